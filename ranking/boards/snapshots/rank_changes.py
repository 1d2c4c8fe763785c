"""Which models changed places on a board, day by day, as far as its rank ranges say so.

Two models are in a certain order where their simultaneous rank ranges do not overlap. Only a new certain order counts as a
change, and only once: ranges that touch again and part again the same way tell nothing new.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ranking.models import Entry, Leaderboard

DAYS_READ = timedelta(days=60)
MOST_PLACES = 40  # pairs grow with the square of these
DEFINING = (
    "sources", "category", "language", "filters", "external", "combiner", "jury", "own_answers", "marked",
    "covariates", "clusters", "intervals", "level", "ties",
)  # fmt: skip
"""Those parameters of a snapshot that its board's definition set."""

type Places = dict[int, tuple[int, int, int]]
"""By competitor: its place, and the first and the last that it may hold."""


@dataclass(frozen=True, slots=True)
class RankChange:
    """One day's changes: pairs are (the one now above, the one now below)."""

    day: datetime
    snapshot: int
    first: tuple[int, int] | None  # who is first now, and who was
    overtaken: tuple[tuple[int, int], ...]  # certain orders that turned round
    parted: tuple[tuple[int, int], ...]  # orders that are certain for the first time
    is_other_method: bool  # the definition or the code differs from that of the day before


def rank_changes(board: Leaderboard, *, until: datetime) -> list[RankChange]:
    """Of the days of the last `DAYS_READ` on which something changed, the oldest first."""
    days = _last_of_each_day(board, until)
    places = _places(list(days.values()))
    rows = board.snapshots.filter(pk__in=days.values()).order_by("created_at", "pk")
    made = rows.values_list("pk", "created_at", "method", "seed", "code_version", "parameters")
    changes, reader, made_before = [], _Reader(), None
    for pk, at, method, seed, code_version, parameters in made:
        made_by = (method, seed, code_version, _defining(parameters))
        is_other = made_before is not None and made_by != made_before
        if (change := reader.read(places.get(pk, {}), pk, at, is_other_method=is_other)) is not None:
            changes.append(change)
        made_before = made_by
    return changes


def _last_of_each_day(board: Leaderboard, until: datetime) -> dict[object, int]:
    recent = board.snapshots.filter(created_at__gt=until - DAYS_READ).order_by("created_at", "pk")
    return {at.astimezone(UTC).date(): pk for pk, at in recent.values_list("pk", "created_at")}


def _places(snapshots: Sequence[int]) -> dict[int, Places]:
    """Of those with a place; archived models are left out, as on the board."""
    entries = Entry.objects.filter(snapshot__in=snapshots, competitor__archived_at=None, low__isnull=False)
    placed = entries.filter(rank__lte=MOST_PLACES, rank_low__isnull=False, rank_high__isnull=False)
    rows = placed.order_by().values_list("snapshot_id", "competitor_id", "rank", "rank_low", "rank_high")
    places: dict[int, Places] = {}
    for snapshot, competitor, rank, low, high in rows:
        places.setdefault(snapshot, {})[competitor] = (rank or 0, low or 0, high or 0)
    return places


def _defining(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: parameters[name] for name in DEFINING if name in parameters}


class _Reader:
    """Reads one day after the other and remembers who was first, and every order that was ever certain."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._above: dict[frozenset[int], int] = {}  # pair -> the one above
        self._known: set[int] = set()

    def read(self, places: Places, snapshot: int, day: datetime, *, is_other_method: bool) -> RankChange | None:
        first, (overtaken, parted) = self._new_first(places), self._new_orders(places)
        self._known |= set(places)
        if first is None and not overtaken and not parted:
            return None
        return RankChange(day, snapshot, first, tuple(overtaken), tuple(parted), is_other_method)

    def _new_first(self, places: Places) -> tuple[int, int] | None:
        """Where one model alone has the first place, and another had it last."""
        leaders = [competitor for competitor, (rank, _, _) in places.items() if rank == 1]
        if len(leaders) != 1:
            return None
        before, self._first = self._first, leaders[0]
        return (leaders[0], before) if before is not None and before != leaders[0] else None

    def _new_orders(self, places: Places) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        overtaken, parted = [], []
        ordered = sorted(places, key=lambda competitor: (places[competitor], competitor))
        for i, above in enumerate(ordered):
            for below in ordered[i + 1 :]:
                if places[above][2] >= places[below][1]:
                    continue  # their ranges overlap
                pair = frozenset((above, below))
                before = self._above.get(pair)
                self._above[pair] = above
                if before == below:
                    overtaken.append((above, below))
                elif before is None and pair <= self._known:
                    parted.append((above, below))
        return overtaken, parted
