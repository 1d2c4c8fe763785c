"""What changed between two snapshots of one board: votes, models, the method, and each model's rating and range of ranks."""

from dataclasses import dataclass

from arena.models import Competitor
from ranking.models import Entry, Leaderboard, Snapshot

DEFINING = (
    "ties", "clusters", "intervals", "level", "covariates", "sources", "combiner", "jury", "own_answers", "marked", "external",
    "category", "language", "filters",
)  # fmt: skip
"""Parameters of snapshots that say how a board is made, unlike those that say of what."""

MOST_MODELS, MOST_COUNTED, MOST_SECONDS = 300, 60_000, 2.0
"""Models, votes and verdicts, and of methods that take long the fits of both snapshots: beyond these no page fits again."""

LONG_METHODS = {Leaderboard.Method.PREDICTION, Leaderboard.Method.ELO, Leaderboard.Method.TOURNAMENT}
"""Those whose ratings cost about as much as all of a fit."""


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One model in both snapshots, or in one of them."""

    competitor: Competitor
    older: Entry | None
    newer: Entry | None

    @property
    def is_new(self) -> bool:
        return _is_placed(self.newer) and not _is_placed(self.older)

    @property
    def is_gone(self) -> bool:
        return _is_placed(self.older) and not _is_placed(self.newer)

    @property
    def ratings(self) -> tuple[float, float] | None:
        """Before and now; None unless it is rated in both."""
        if self.older is None or self.newer is None or self.older.rating is None or self.newer.rating is None:
            return None
        return self.older.rating, self.newer.rating

    @property
    def points(self) -> float | None:
        return None if self.ratings is None else self.ratings[1] - self.ratings[0]

    @property
    def n_votes(self) -> int:
        return (self.newer.n_votes if self.newer else 0) - (self.older.n_votes if self.older else 0)

    @property
    def is_clear(self) -> bool:
        """Whether the two ranges of ranks have no rank in common."""
        before, now = _range(self.older), _range(self.newer)
        return before is not None and now is not None and (before[1] < now[0] or now[1] < before[0])


@dataclass(frozen=True, slots=True)
class BoardChanges:
    """`n_arrived` counts what was given, whether it counts or is set aside; below 0 `n_set_aside`, some was brought back."""

    older: Snapshot
    newer: Snapshot
    models: list[ModelChange]

    @property
    def is_quick(self) -> bool:
        """Whether a reader can wait for the fits that divide the changes by cause."""
        both = (self.older, self.newer)
        n_counted = max(each.n_votes + each.n_set_aside for each in both)
        if n_counted > MOST_COUNTED or len(self.models) > MOST_MODELS:
            return False
        is_long = self.newer.method in LONG_METHODS or "parts" in self.newer.parameters
        return not is_long or sum(each.fit_seconds for each in both) <= MOST_SECONDS

    @property
    def n_counted(self) -> int:
        return self.newer.n_votes - self.older.n_votes

    @property
    def n_set_aside(self) -> int:
        return self.newer.n_set_aside - self.older.n_set_aside

    @property
    def n_prompts(self) -> int:
        return self.newer.n_prompts - self.older.n_prompts

    @property
    def n_arrived(self) -> int:
        return self.n_counted + self.n_set_aside

    @property
    def n_brought_back(self) -> int:
        return max(-self.n_set_aside, 0)

    @property
    def joined(self) -> list[ModelChange]:
        return [model for model in self.models if model.is_new]

    @property
    def left(self) -> list[ModelChange]:
        return [model for model in self.models if model.is_gone]

    @property
    def is_other_method(self) -> bool:
        """Whether the board is defined otherwise; a parameter that one of the two did not store tells nothing."""
        before, now = self.older.parameters, self.newer.parameters
        both = [name for name in DEFINING if name in before and name in now]
        return self.older.method != self.newer.method or any(before[name] != now[name] for name in both)

    @property
    def is_other_code(self) -> bool:
        return self.older.code_version != self.newer.code_version

    @property
    def first(self) -> tuple[ModelChange, ModelChange] | None:
        """Who was first and who is, where these are two models."""
        before = next((model for model in self.models if model.older and model.older.has_place and model.older.rank == 1), None)
        now = next((model for model in self.models if model.newer and model.newer.has_place and model.newer.rank == 1), None)
        return (before, now) if before and now and before != now else None

    @property
    def is_first_clear(self) -> bool:
        """Whether no rank is in the range of the first and also in that of the one who was first."""
        if self.first is None:
            return False
        was, now = (_range(model.newer) for model in self.first)
        return was is not None and now is not None and now[1] < was[0]

    @property
    def moved_most(self) -> ModelChange | None:
        """Of the models with another rank than before, the one whose rank changed most."""
        moved = [(abs(by), model) for model in self.models if (by := _ranks_moved(model))]
        return max(moved, key=lambda each: (each[0], abs(each[1].points or 0.0), -each[1].competitor.pk))[1] if moved else None


def changes_between(older: Snapshot, newer: Snapshot) -> BoardChanges:
    """By the newer one's ranks; models that only the older one has come last. In one query."""
    entries = Entry.objects.filter(snapshot__in=[older.pk, newer.pk]).select_related("competitor").by_place()
    before: dict[int, Entry] = {}
    now: dict[int, Entry] = {}
    for entry in entries:
        (now if entry.snapshot_id == newer.pk else before)[entry.competitor_id] = entry
    order = [*now, *(pk for pk in before if pk not in now)]
    models = [ModelChange((now.get(pk) or before[pk]).competitor, before.get(pk), now.get(pk)) for pk in order]
    return BoardChanges(older, newer, models)


def _is_placed(entry: Entry | None) -> bool:
    return entry is not None and entry.has_place


def _range(entry: Entry | None) -> tuple[int, int] | None:
    if entry is None or not entry.has_place or entry.rank_low is None or entry.rank_high is None:
        return None
    return min(entry.rank_low, entry.rank_high), max(entry.rank_low, entry.rank_high)


def _ranks_moved(model: ModelChange) -> int:
    """How many ranks up; 0 without a place in both."""
    before, now = model.older, model.newer
    if before is None or now is None or not before.has_place or not now.has_place:
        return 0
    return (before.rank or 0) - (now.rank or 0)
