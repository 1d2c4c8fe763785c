"""A model on the other boards of its arena, by category, by language and by method: whiskers on one axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ranking.boards.asked.board_names import names_among
from ranking.models import Entry, Leaderboard
from ranking.views.board_table import Axis, axis_over
from ranking.views.whiskers import Whisker, place, whisker


@dataclass(frozen=True, slots=True)
class OnBoard:
    entry: Entry
    board: Leaderboard
    name: str
    whisker: Whisker | None


@dataclass(frozen=True, slots=True)
class OtherBoards:
    """`groups`: a heading and the boards below it. `reference`: the interval on the board of the page, left edge and width."""

    groups: list[tuple[str, list[OnBoard]]]
    axis: Axis | None
    reference: tuple[str, str] | None

    @property
    def by_evidence(self) -> list[tuple[str, Entry]]:
        """The first ratings over all prompts by judges, and by people and judges together, each with its name."""
        named = {Leaderboard.Sources.JUDGES: _("judges"), Leaderboard.Sources.BOTH: _("combined")}
        first: dict[str, Entry] = {}
        for one in (one for _heading, ones in self.groups for one in ones):
            if one.entry.is_rated and not (one.board.category or one.board.language):
                first.setdefault(one.board.sources, one.entry)
        return [(name, first[sources]) for sources, name in named.items() if sources in first]


def entries_on(boards: Sequence[Leaderboard], competitor: int) -> list[tuple[Leaderboard, Entry]]:
    """Its lines in the newest snapshots of these boards (of `boards_of`), in one question."""
    by_snapshot = {board.newest: board for board in boards if board.newest}  # type: ignore[attr-defined]
    entries = Entry.objects.filter(snapshot__in=by_snapshot, competitor=competitor)
    lines = [(by_snapshot[entry.snapshot_id], entry) for entry in entries]
    return sorted(lines, key=lambda line: (line[0].category, line[0].language, line[0].pk))


def other_boards(lines: Sequence[tuple[Leaderboard, Entry]], mine: Entry | None) -> OtherBoards:
    rated = [entry for _, entry in lines if entry.is_rated]
    limits = [value for entry in [*rated, *([mine] if mine else [])] for value in (entry.rating, entry.low, entry.high)]
    numbers = [value for value in limits if value is not None]
    axis = axis_over(numbers) if rated else None
    groups = {
        _("Category"): [line for line in lines if line[0].category],
        _("Language"): [line for line in lines if line[0].language and not line[0].category],
        _("Method"): [line for line in lines if not line[0].category and not line[0].language],
    }
    names = names_among([board for board, _ in lines])
    shown = [
        (heading, [OnBoard(entry, board, names[board.pk], whisker(axis, entry) if axis else None) for board, entry in own])
        for heading, own in groups.items() if own
    ]  # fmt: skip
    return OtherBoards(shown, axis, _reference(axis, mine))


def _reference(axis: Axis | None, mine: Entry | None) -> tuple[str, str] | None:
    if axis is None or mine is None or mine.low is None or mine.high is None:
        return None
    return place(axis, mine.low), f"{axis.at(mine.high) - axis.at(mine.low):.2f}%"
