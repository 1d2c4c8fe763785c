"""What plans of every kind share: the most that they would send, and what they will cost by what was sent before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

from django.db.models import QuerySet

from arena.llm import pricing
from arena.llm.wires.messages import Usage
from arena.models import Arena, Call, Endpoint, Run
from arena.models.endpoints import DOLLAR
from arena.runs.forecasting import Forecast, combined, forecast, past_calls


class CannotPlan(ValueError):
    """There is nothing to ask so, or nobody to ask; the message says what to do."""


class PlanStale(RuntimeError):
    """Somebody else planned some of the same meanwhile, or did it."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What would be sent at the most; micro-dollars."""

    n_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: int = 0

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(
            self.n_calls + other.n_calls, self.tokens_in + other.tokens_in, self.tokens_out + other.tokens_out,
            self.cost + other.cost,
        )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A plan that is not started: what it would send, and what of the wish it leaves out."""

    arena: Arena
    estimates: Mapping[Endpoint, Estimate]
    n_wanted: int  # pieces of work; one may take several calls
    n_here: int = 0  # are done already
    n_under_way: int = 0  # another run is to ask for them
    runs: tuple[int, ...] = ()  # those runs

    @property
    def holding(self) -> list[Run]:
        """The runs that are to ask for the rest."""
        return list(Run.objects.filter(pk__in=self.runs).order_by("pk"))

    @property
    def estimate(self) -> Estimate:
        return total(self.estimates.values())

    def similar_calls(self) -> QuerySet[Call]:
        """Calls that were asked in the same way before: they tell what these will cost."""
        raise NotImplementedError

    def forecast(self, past: QuerySet[Call] | None = None) -> Forecast | None:
        """By similar calls, or by those given."""
        return foreseen(self.estimates, self.similar_calls() if past is None else past)


def alike(kind: Run.Kind, *, max_tokens: int) -> QuerySet[Call]:
    """Calls of this kind whose replies might be as long: the share of its bound that a call costs hangs on that."""
    runs = Run.objects.filter(kind=kind, plan__settings__max_tokens=max_tokens)
    return Call.objects.filter(run__in=runs.order_by().values("pk"))


def one_call(usage: Usage, endpoint: Endpoint) -> Estimate:
    """A call that takes so many tokens at the most."""
    cost = pricing.cost(usage, endpoint.price_in, endpoint.price_out)
    return Estimate(1, usage.tokens_in, usage.tokens_out, cost)


def total(estimates: Iterable[Estimate]) -> Estimate:
    return reduce(add, estimates, Estimate())


def foreseen(estimates: Mapping[Endpoint, Estimate], past: QuerySet[Call]) -> Forecast | None:
    """
    The cost of these calls by those that are over; None where one endpoint that costs money has too few of them.

    Never above the bound.
    """
    dear = {endpoint: each for endpoint, each in estimates.items() if each.cost}
    found = [
        forecast(past_calls(past.filter(endpoint=endpoint)), n_calls=each.n_calls, bound=each.cost)
        for endpoint, each in dear.items()
    ]
    whole, most = combined(found), total(dear.values()).cost
    return whole and replace(whole, cost=min(whole.cost, most), low=min(whole.low, most), high=min(whole.high, most))


def roughly(micro: float) -> str:
    """
    A foreseen amount for people: cents, and under a dollar two digits that count.

    Examples
    --------
    >>> roughly(1_234_567), roughly(98_765), roughly(1_234), roughly(0)
    ('$1.23', '$0.099', '$0.0012', '$0.00')
    """
    amount = micro / DOLLAR
    if amount >= 1 or amount < 1e-6:
        return f"${amount:,.2f}"
    text = f"{float(f'{amount:.2g}'):.7f}".rstrip("0")
    return f"${text}" + "0" * max(2 - len(text.partition(".")[2]), 0)
