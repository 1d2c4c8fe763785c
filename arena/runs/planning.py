"""The common part of plans of every kind: an upper bound of what they send, and a cost forecast from earlier calls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import zip_longest
from operator import add
from random import Random
from typing import Any, Protocol, Self

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from arena.llm import pricing
from arena.llm.wires.messages import Request, Usage
from arena.models import Arena, Call, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.runs.endpoint_checks import trouble_with
from arena.runs.forecasting import FEWEST, Forecast, at_most, combined, forecast, past_calls
from arena.wording import figure

PILOT = 20
"""Calls of a pilot, unless another number is given."""


class CannotPlan(ValueError):
    """There is nothing to ask, or no endpoint to ask it of; the message names the next step."""


def without_prompts(arena: Arena, pools: Sequence[str]) -> CannotPlan:
    """No prompt of the arena, or of these pools, can be asked about."""
    if pools:
        message = _("the arena %(arena)s has no active prompt in %(pools)s: import prompts first")
    else:
        message = _("the arena %(arena)s has no active prompt: import prompts first")
    return CannotPlan(message % {"arena": arena.slug, "pools": ", ".join(pools)})


class PlanStale(RuntimeError):
    """Somebody else has planned or done some of the same meanwhile."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An upper bound of what would be sent; cost in micro-dollars."""

    n_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(
            self.n_calls + other.n_calls, self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out,
            self.cost + other.cost,
        )  # fmt: skip

    def times(self, n: float) -> "Estimate":
        """
        The estimate multiplied by a number.

        Examples
        --------
        >>> Estimate(2, 100, 10, 50).times(1.5)
        Estimate(n_calls=3, tokens_in=150, tokens_out=15, cost=75)
        """
        return Estimate(round(self.n_calls * n), round(self.tokens_in * n), round(self.tokens_out * n), round(self.cost * n))


@dataclass(frozen=True, slots=True)
class Share[A: Model]:
    """What one endpoint or judge would be asked, and its expected cost."""

    asked: A
    estimate: Estimate
    forecast: Forecast | None


@dataclass(frozen=True, slots=True)
class Outlook[A: Model]:
    """The shares that cost money; `total` is None if one of them is unknown."""

    shares: tuple[Share[A], ...] = ()
    total: Forecast | None = None

    @property
    def unknown(self) -> list[A]:
        """Those whose cost cannot be forecast."""
        return [share.asked for share in self.shares if share.forecast is None]


@dataclass(frozen=True, kw_only=True)
class Draft[A: Model]:
    """A plan that has not been started: what it would send, to whom, and which part of the request it leaves out."""

    arena: Arena
    estimates: Mapping[A, Estimate]
    n_wanted: int  # pieces of work; one may take several calls
    n_here: int = 0  # are done already
    n_under_way: int = 0  # another run is to ask for them
    runs: Collection[int] = ()  # those runs
    name: str = ""  # of the run; empty: by what it does

    @property
    def holding(self) -> list[Run]:
        """The runs that are to ask for the rest."""
        return list(Run.objects.filter(pk__in=self.runs).order_by("pk"))

    @property
    def estimate(self) -> Estimate:
        return total(self.estimates.values())

    @property
    def is_something_left(self) -> bool:
        """Whether there is anything to start."""
        return bool(self.n_wanted)

    @property
    def held_up(self) -> list[tuple[str, str]]:
        """The endpoints whose calls would wait as things are: name, and why."""
        asked: Iterable[Any] = self.estimates
        endpoints = {each for one in asked if (each := one if isinstance(one, Endpoint) else one.endpoint) is not None}
        reasons = [(each.name, each.paused_because or trouble_with(each)) for each in endpoints]
        return sorted((name, reason) for name, reason in reasons if reason)

    def expected(self) -> Mapping[A, Estimate]:
        """How much of the estimates is likely to be sent."""
        return self.estimates

    def similar_calls(self, asked: A) -> QuerySet[Call]:
        """Earlier calls made in the same way: the sample for the forecast."""
        raise NotImplementedError

    def outlook(self, pilot: Run | None = None) -> Outlook[A]:
        """The forecast from similar calls, or only from those of a pilot; never more than the estimate."""
        shares = [
            Share(asked, each, self._forecast(asked, each, pilot)) for asked, each in self.expected().items() if each.cost
        ]
        whole = combined([share.forecast for share in shares])
        return Outlook(tuple(shares), whole and at_most(whole, self.estimate.cost))

    def _forecast(self, asked: A, estimate: Estimate, pilot: Run | None) -> Forecast | None:
        past = self.similar_calls(asked)
        foreseen = forecast(
            past_calls(past if pilot is None else past.filter(run=pilot)), n_calls=estimate.n_calls, bound=estimate.cost
        )
        return foreseen and at_most(foreseen, estimate.cost)

    def pilot(self, n: int = PILOT) -> Self | None:
        """Some of its calls as a plan of their own, drawn by its seed; None where that would be all of them."""
        return None


class Starts[D: Draft[Any]](Protocol):
    """Writes a plan down."""

    def __call__(self, draft: D, *, cap: int | None = None, created_by: User | None = None) -> Run: ...


def drawn[P](pieces: Mapping[Any, Sequence[P]], n: int, *, seed: int) -> list[P] | None:
    """
    A random sample of so many pieces, spread evenly over the groups, with enough of each to forecast the rest; None if that is
    all of them.

    Examples
    --------
    >>> sorted(drawn({"a": range(100), "b": range(100, 200)}, 12, seed=1)) == sorted(range(200))
    False
    >>> [len(drawn({"a": range(100), "b": range(100)}, n, seed=1)) for n in (2, 12)]
    [10, 12]
    >>> drawn({"a": range(10)}, 10, seed=1) is None
    True
    """
    rng = Random(f"{seed}|pilot")  # noqa: S311  # a sample, no secret  # nosec B311
    shuffled = [rng.sample(each, len(each)) for each in pieces.values()]
    in_turn = [piece for round_ in zip_longest(*shuffled) for piece in round_ if piece is not None]
    n = max(n, FEWEST * len(shuffled))
    return in_turn[:n] if n < len(in_turn) else None


def alike(kind: Run.Kind, endpoint: Endpoint, *, max_tokens: int) -> QuerySet[Call]:
    """Calls of this kind with the same limit on replies: the share of its bound that a call costs depends on it."""
    runs = Run.objects.filter(kind=kind, plan__settings__max_tokens=max_tokens)
    return Call.objects.filter(endpoint=endpoint, run__in=runs.order_by().values("pk"))


def one_call(usage: Usage, endpoint: Endpoint) -> Estimate:
    """A call that takes so many tokens at the most."""
    cost = pricing.cost(usage, endpoint.price_in, endpoint.price_out)
    return Estimate(1, usage.tokens_in, usage.tokens_out, cost)


def one_request(request: Request, endpoint: Endpoint) -> Estimate:
    """The most that a call with this request can take."""
    return one_call(Usage(pricing.tokens_in_bound(request), request.max_tokens), endpoint)


def total(estimates: Iterable[Estimate]) -> Estimate:
    return reduce(add, estimates, Estimate())


def roughly(micro: float) -> str:
    """
    A forecast amount for people: in cents, and below a dollar with two significant digits.

    Examples
    --------
    >>> roughly(1_234_567), roughly(98_765), roughly(1_234), roughly(0)
    ('$1.23', '$0.099', '$0.0012', '$0.00')
    """
    amount = micro / DOLLAR
    if amount >= 1 or amount < 1e-6:
        return figure(f"${amount:,.2f}")
    text = f"{float(f'{amount:.2g}'):.7f}".rstrip("0")
    return figure(f"${text}" + "0" * max(2 - len(text.partition(".")[2]), 0))
