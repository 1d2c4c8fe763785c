"""Moments of a board: some of its snapshots, thinned out evenly, each with what happened since the one before."""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Mod, RowNumber

from arena.statements.compiled_query import compiled
from ranking.models import Entry, Leaderboard, Snapshot

MOST_ON_TIMELINE = 12

type Row = tuple[int, str, datetime, int, int, str, str]
COLUMNS = ("pk", "key", "created_at", "n_votes", "n_set_aside", "method", "code_version")


@dataclass(frozen=True, slots=True)
class Moment:
    """One snapshot; `n_models` have a rating (None: not counted)."""

    pk: int
    key: str
    at: datetime
    n_votes: int
    n_set_aside: int
    method: str
    code_version: str
    n_models: int | None
    before: "Moment | None"

    @property
    def n_new(self) -> int:
        return 0 if self.before is None else self.n_votes - self.before.n_votes

    @property
    def n_more_models(self) -> int:
        if self.before is None or self.n_models is None or self.before.n_models is None:
            return 0
        return self.n_models - self.before.n_models

    @property
    def n_more_set_aside(self) -> int:
        """Below 0 where some was brought back."""
        return 0 if self.before is None else self.n_set_aside - self.before.n_set_aside

    @property
    def is_other_method(self) -> bool:
        return self.before is not None and self.method != self.before.method

    @property
    def is_other_code(self) -> bool:
        return self.before is not None and self.code_version != self.before.code_version

    @property
    def is_event(self) -> bool:
        """Whether more happened than that results came."""
        return bool(self.n_more_models or self.n_more_set_aside or self.is_other_method)


def timeline(shown: Snapshot, *, counts_models: bool = True) -> list[Moment]:
    """A dozen of the board's snapshots, evenly from the first to the newest, and the one shown."""
    snapshots = shown.leaderboard.snapshots.all()
    n, newest = snapshots.count(), snapshots.order_by("-pk").values_list("pk", flat=True)[0]
    step = max(1, -(-(n - 1) // (MOST_ON_TIMELINE - 1)))
    rows = snapshots_on_timeline(board=shown.leaderboard_id, step=step, newest=newest, shown=shown.pk)
    return _moments(rows, counts_models=counts_models and len(rows) > 1)


def moments_in_time(board: Leaderboard, *, most: int) -> list[Moment]:
    """The first and the last snapshot of each of the equal parts of the time that they cover, at most so many."""
    snapshots = list(board.snapshots.order_by("created_at", "pk").values_list("pk", "created_at"))
    rows = Snapshot.objects.filter(pk__in=evenly_in_time(snapshots, most=most)).order_by("created_at", "pk")
    return _moments(list(rows.values_list(*COLUMNS)))


def evenly_in_time(snapshots: Sequence[tuple[int, datetime]], *, most: int) -> list[int]:
    """Of these, in order, the last one of each part of the time that they cover, and the first of all."""
    if len(snapshots) <= most:
        return [pk for pk, _ in snapshots]
    times = [at for _, at in snapshots]
    step = (times[-1] - times[0]) / (most - 1)
    places = {bisect_right(times, times[0] + step * k) - 1 for k in range(most - 1)}
    return [snapshots[i][0] for i in sorted(places | {len(snapshots) - 1})]


def rated_models(snapshots: Collection[int]) -> dict[int, int]:
    """How many models have a rating, by snapshot."""
    rated = Entry.objects.filter(snapshot__in=snapshots, rating__isnull=False).order_by()
    return dict(rated.values("snapshot").annotate(n=Count("pk")).values_list("snapshot", "n"))


@compiled
def snapshots_on_timeline(*, board: int, step: int, newest: int, shown: int) -> QuerySet[Snapshot, Row]:
    """Each `step`-th of a board's snapshots from the first on, the newest, and the one that is shown."""
    snapshots = Snapshot.objects.filter(leaderboard=board)
    placed = snapshots.annotate(place=Window(RowNumber(), order_by=F("pk").asc())).annotate(off=Mod(F("place") - 1, step))
    return placed.filter(Q(off=0) | Q(pk__in=[newest, shown])).order_by("pk").values_list(*COLUMNS)


def _moments(rows: Sequence[Row], *, counts_models: bool = True) -> list[Moment]:
    counts = rated_models([row[0] for row in rows]) if counts_models else {}
    moments: list[Moment] = []
    for row in rows:
        n_models = counts.get(row[0], 0) if counts_models else None
        moments.append(Moment(*row, n_models=n_models, before=moments[-1] if moments else None))
    return moments
