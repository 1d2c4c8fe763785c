"""How often each model was put before a voter, on which side, and how many of these votes were set aside."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from arena.models import Arena, Competitor, CompetitorStatus, Vote
from arena.outcomes import Outcome, Side


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


def showings_of(arena: Arena) -> Showings:
    """In three questions to the database, whatever the number of models."""
    counts = _Counts()
    counted = Vote.objects.counted().filter(battle__arena=arena)
    for a, b, first, outcome, n in _grouped(counted):
        counts.add(a, b, first, n)
        counts.choose(first, outcome, n)
    for a, b, first, _outcome, n in _grouped(Vote.objects.set_aside().filter(battle__arena=arena)):
        counts.add(a, b, first, n)
        counts.set_aside(a, b, n)
    models = [counts.of(each) for each in Competitor.objects.named().filter(arena=arena)]
    return Showings([model for model in models if model.n or model.is_in_use], ShownSides(counts.n_left, counts.n_chosen))


def _grouped(votes: QuerySet[Vote]) -> QuerySet[Vote, tuple[int, int, str, str, int]]:
    grouped = votes.order_by().values_list("battle__competitor_a", "battle__competitor_b", "first_shown", "outcome")
    return grouped.annotate(n=Count("pk"))


class _Counts:
    """By competitor."""

    def __init__(self) -> None:
        self.shown, self.left, self.right, self.aside = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
        self.n_left = self.n_chosen = 0

    def add(self, a: int, b: int, first: str, n: int) -> None:
        self.shown[a] += n
        self.shown[b] += n
        if first:
            self.left[a if first == Side.A else b] += n
            self.right[b if first == Side.A else a] += n

    def choose(self, first: str, outcome: str, n: int) -> None:
        if first and outcome in (Outcome.A, Outcome.B):
            self.n_chosen += n
            self.n_left += n if (outcome == Outcome.A) == (first == Side.A) else 0

    def set_aside(self, a: int, b: int, n: int) -> None:
        self.aside[a] += n
        self.aside[b] += n

    def of(self, competitor: Competitor) -> ShownModel:
        pk = competitor.pk
        return ShownModel(competitor, self.shown[pk], self.left[pk], self.right[pk], self.aside[pk])
