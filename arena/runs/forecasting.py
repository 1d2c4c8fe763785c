"""Forecast of a run's cost from calls that are over: a pilot, or calls that were asked in the same way before.

The bound of a call is what is held for it; what it costs is a share of that. The share is a ratio estimate, so prices that were
changed meanwhile, and prompts that are longer than those of the pilot, are taken into account.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from django.db.models import Exists, Min, OuterRef, QuerySet, Sum

from arena.models import Attempt, Call

FEWEST = 5
"""Finished calls needed for a forecast."""
LEVEL = 0.95
MOST_READ = 1_000


@dataclass(frozen=True, slots=True)
class PastCall:
    """Micro-dollars: what was held for its first attempt, and what all its attempts cost."""

    bound: int
    cost: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast in micro-dollars, with a 95 % prediction interval, and the number of calls behind it."""

    cost: float
    low: float
    high: float
    n: int


def forecast(past: Sequence[PastCall], *, n_calls: int, bound: int) -> Forecast | None:
    """
    The cost of so many calls with so large a bound in all; None where too little is known.

    With ``R = sum cost / sum bound`` over n past calls and ``s^2 = sum (cost - R bound)^2 / (n - 1)``, the cost is R times the
    bound, with the prediction variance ``s^2 (N + n (bound / sum bound)^2)`` for N calls: that of those to come, and of R.
    Calls are taken as independent, so a pilot is drawn at random.

    Examples
    --------
    >>> found = forecast([PastCall(100, 20), PastCall(100, 30)] * 10, n_calls=100, bound=10_000)
    >>> round(found.cost), round(found.low), round(found.high)
    (2500, 2237, 2763)
    >>> forecast([PastCall(100, 20)] * 4, n_calls=1, bound=100) is None
    True
    """
    from scipy.stats import t  # a second that pages without a forecast do not wait for

    held = sum(call.bound for call in past)
    if len(past) < FEWEST or not held:
        return None
    n, ratio = len(past), sum(call.cost for call in past) / held
    variance = sum((call.cost - ratio * call.bound) ** 2 for call in past) / (n - 1)
    half = float(t.ppf(0.5 + LEVEL / 2, n - 1)) * sqrt(variance * (n_calls + n * (bound / held) ** 2))
    cost = ratio * bound
    return Forecast(cost, max(cost - half, 0.0), cost + half, n)


def combined(forecasts: Sequence[Forecast | None]) -> Forecast | None:
    """
    Of calls at several addresses or for several judges, taken as independent: half widths add up as squares.

    None where nothing is known of one of them.

    Examples
    --------
    >>> combined([Forecast(100, 97, 103, 20), Forecast(200, 196, 204, 30)])
    Forecast(cost=300, low=295.0, high=305.0, n=50)
    """
    known = [each for each in forecasts if each is not None]
    if not known or len(known) < len(forecasts):
        return None
    cost, half = sum(each.cost for each in known), sqrt(sum((each.high - each.cost) ** 2 for each in known))
    return Forecast(cost, max(cost - half, 0.0), cost + half, sum(each.n for each in known))


def at_most(uncapped: Forecast, bound: float) -> Forecast:
    """The forecast, limited to the bound."""
    return Forecast(min(uncapped.cost, bound), min(uncapped.low, bound), min(uncapped.high, bound), uncapped.n)


def past_calls(calls: QuerySet[Call]) -> list[PastCall]:
    """The newest finished calls with a reply of any content; lost calls are not sampled."""
    answered = Attempt.objects.filter(call=OuterRef("pk"), state=Attempt.State.OK)
    over = calls.filter(Exists(answered), state__in=[Call.State.DONE, Call.State.FAILED]).order_by("-pk")
    ids = list(over.values_list("pk", flat=True)[:MOST_READ])
    attempts = Attempt.objects.filter(call__in=ids, reserved__gt=0).exclude(state=Attempt.State.LOST).order_by().values("call")
    rows = attempts.annotate(bound=Min("reserved"), paid=Sum("cost"))
    return [PastCall(row["bound"], row["paid"]) for row in rows.order_by("call")]
