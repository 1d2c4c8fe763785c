"""Pairs that a run drew by what the next verdict on each was expected to tell: kept in its plan by name, shown on pages."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from arena.models import Arena, Competitor

MOST_KEPT = 50


@dataclass(frozen=True, slots=True)
class SampledPair:
    """
    Two competitors of whom battles were drawn.

    `gain` is what the next verdict on them was expected to tell, the mean over all pairs being 1; None before the first fit.
    `propensity` is the chance of each draw, before any pair ran out of prompts. `n` battles were drawn.
    """

    first: str
    second: str
    gain: float | None
    propensity: float
    n: int


@dataclass(frozen=True, slots=True)
class ShownPair:
    """The same for a page; a competitor that is called otherwise by now has no link."""

    sampled: SampledPair
    first: Competitor | None
    second: Competitor | None

    @property
    def percent(self) -> float:
        return 100 * self.sampled.propensity


@dataclass(frozen=True, slots=True)
class ShownSampling:
    """`n_pairs` could be drawn and `n_drawn` were; those with the highest chances are listed."""

    n_pairs: int
    n_drawn: int
    pairs: Sequence[ShownPair]

    @property
    def knows_gains(self) -> bool:
        return any(pair.sampled.gain is not None for pair in self.pairs)


def as_plan(pairs: Sequence[SampledPair], n_pairs: int) -> dict[str, Any]:
    """For the plan of a run; of very many pairs those with the highest chances."""
    likeliest = sorted(pairs, key=lambda pair: (-pair.propensity, -pair.n, pair.first, pair.second))
    return {"n_pairs": n_pairs, "n_drawn": len(pairs), "pairs": [asdict(pair) for pair in likeliest[:MOST_KEPT]]}


def of_plan(plan: Mapping[str, Any]) -> list[SampledPair]:
    return [SampledPair(**pair) for pair in plan.get("sampling", {}).get("pairs", ())]


def shown_sampling(arena: Arena, plan: Mapping[str, Any]) -> ShownSampling | None:
    """None where the plan drew no pairs by their gain."""
    pairs = of_plan(plan)
    if not pairs:
        return None
    names = {name for pair in pairs for name in (pair.first, pair.second)}
    known = {each.name: each for each in Competitor.objects.filter(arena=arena, name__in=names)}
    shown = [ShownPair(pair, known.get(pair.first), known.get(pair.second)) for pair in pairs]
    return ShownSampling(plan["sampling"]["n_pairs"], plan["sampling"]["n_drawn"], shown)
