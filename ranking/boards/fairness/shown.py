"""How often each model was put before a voter, on which side, and how many of these votes were set aside."""

from dataclasses import dataclass

from arena.evidence.shown_counts import LEFT, PLACES, RIGHT, ShownCounts
from arena.models import Arena, Competitor, CompetitorStatus


@dataclass(frozen=True, slots=True)
class ShownModel:
    """Votes that a model was part of, and the side it had where that is known; `n_set_aside` of the votes count nowhere."""

    competitor: Competitor
    n: int
    n_left: int
    n_right: int
    n_set_aside: int

    @property
    def is_in_use(self) -> bool:
        return not self.competitor.is_archived and self.competitor.status != CompetitorStatus.RETIRED


@dataclass(frozen=True, slots=True)
class ShownSides:
    """Of counted votes for one of two answers whose sides are known: how many chose the left one."""

    n_left: int
    n: int


@dataclass(frozen=True, slots=True)
class Showings:
    """Every vote shows two models. `models`: those in use, and those that were shown before they went."""

    models: list[ShownModel]
    sides: ShownSides

    @property
    def n_places(self) -> int:
        return sum(model.n for model in self.models)


def showings_of(arena: Arena, counted: ShownCounts) -> Showings:
    """From the counts of the arena's votes, in one question to the database."""
    n_by_place: dict[int, list[int]] = {}
    for key, n in zip(counted.keys.tolist(), counted.counts.tolist(), strict=True):
        competitor, place = divmod(key, 2 * PLACES)
        n_by_place.setdefault(competitor, [0] * (2 * PLACES))[place] = n
    nothing = [0] * (2 * PLACES)
    models = [_shown(each, n_by_place.get(each.pk, nothing)) for each in Competitor.objects.named().filter(arena=arena)]
    n_left, n_chosen = counted.sides.tolist()
    return Showings([model for model in models if model.n or model.is_in_use], ShownSides(n_left, n_chosen))


def _shown(competitor: Competitor, n_by_place: list[int]) -> ShownModel:
    """`n_by_place` as in `ShownCounts`: counted and set aside, of each place."""
    n_left, n_right = (sum(n_by_place[2 * place : 2 * place + 2]) for place in (LEFT, RIGHT))
    return ShownModel(competitor, sum(n_by_place), n_left, n_right, sum(n_by_place[1::2]))
