"""Two to eight models beside each other: their ratings on one axis, by category, and against each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena.models import Arena, Competitor
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from ranking.boards.pairs.pair_tables import PairTables, pair_tables, pairs_counted
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_chosen import ChosenBoard, chosen_board
from ranking.views.board_table import Axis, BoardLine, axis_of, axis_over, line_of
from ranking.views.whiskers import Whisker, place, whisker_of

FEWEST, MOST = 2, 8


@dataclass(frozen=True, slots=True)
class CategoryRows:
    """The chosen models on the board of one category; `name` tells it from other boards of the category."""

    board: Leaderboard
    name: str
    lines: list[BoardLine]


@dataclass(frozen=True, slots=True)
class PairCell:
    """The share of points that the row's model won against the column's, in per cent; None if they never met."""

    other: int  # the column's model
    n: int
    observed: float | None
    fitted: float | None


@dataclass(frozen=True, slots=True)
class GapLine:
    """How far one chosen model is ahead of another, with its place on an axis; no whisker where no interval can be given."""

    ahead: Competitor
    behind: Competitor
    points: float
    low: float | None
    high: float | None
    is_apart: bool
    whisker: Whisker


@dataclass(frozen=True, slots=True)
class Gaps:
    lines: list[GapLine]
    axis: Axis
    zero: str


@require_safe
@of_the_board
def compare(request: HttpRequest, arena: Arena) -> HttpResponse:
    shown = chosen_board(request, arena)
    asked = {int(text) for text in request.GET.getlist("model") if text.isascii() and text.isdecimal() and len(text) < 12}
    chosen = [entry for entry in shown.entries if entry.competitor_id in asked]
    context = shown.context() | {
        "offered": [entry for entry in shown.entries if not entry.competitor.is_archived or entry in chosen],
        "asked": {entry.competitor_id for entry in chosen},
        "n_unknown": len(asked) - len(chosen) if shown.snapshot else 0,
        "to_choose": _to_choose(len(chosen)),
        "most": MOST,
        "kept_fields": [("model", entry.competitor_id) for entry in chosen],
    }
    if shown.snapshot is not None and FEWEST <= len(chosen) <= MOST:
        context |= _beside_each_other(shown, chosen)
    return private(render(request, "ranking/compare.html", page_context(request, "compare", arena, **context)))


def _to_choose(n: int) -> str:
    if n > MOST:
        return _("%(n)s models are chosen, and %(most)s can stand beside each other: take some out.") % {"n": n, "most": MOST}
    return "" if n >= FEWEST else _("Choose two to %(most)s models.") % {"most": MOST}


def _beside_each_other(shown: ChosenBoard, chosen: Sequence[Entry]) -> dict[str, Any]:
    if shown.snapshot is None:
        return {}
    rated, categories = [entry for entry in chosen if entry.is_rated], _by_category(shown, chosen)
    axis = axis_of(rated) if rated else None
    in_categories = [entry for _, entries in categories for entry in entries if entry.is_rated]
    category_axis = axis_of(in_categories) if in_categories else None
    return {
        "lines": [line_of(entry, axis, {}) for entry in chosen],
        "axis": axis,
        "categories": [
            CategoryRows(board, shown.names[board.pk], _lines(entries, category_axis)) for board, entries in categories
        ],
        "category_axis": category_axis,
        "pair_rows": _pair_rows(pair_tables(shown.snapshot, chosen, pairs_counted(shown.snapshot))),
        "chosen": chosen,
        "gaps": _gaps(shown.snapshot, rated),
    }


def _gaps(snapshot: Snapshot, rated: Sequence[Entry]) -> Gaps | None:
    """The better of each pair first; None where no intervals can be given, or not while a reader waits."""
    from ranking.boards.pairs.board_differences import differences_among  # scipy: a second that other pages need not wait for

    models = {entry.competitor_id: entry.competitor for entry in rated}
    best_first = sorted(rated, key=lambda entry: (-(entry.rating or 0.0), entry.pk))
    differences = differences_among(snapshot, tuple(entry.competitor_id for entry in best_first))
    limits = [value for each in differences for value in (each.points, each.low, each.high) if value is not None]
    if not limits:
        return None
    axis = axis_over([0.0, *limits])
    lines = [
        GapLine(
            models[each.first], models[each.second], each.points, each.low, each.high, each.is_apart,
            whisker_of(axis, each.points, each.low, each.high),
        )
        for each in differences
    ]  # fmt: skip
    return Gaps(lines, axis, place(axis, 0.0))


def _lines(entries: Sequence[Entry], axis: Axis | None) -> list[BoardLine]:
    return [line_of(entry, axis, {}) for entry in entries]


def _by_category(shown: ChosenBoard, chosen: Sequence[Entry]) -> list[tuple[Leaderboard, list[Entry]]]:
    """The lines of the chosen models on the newest snapshots of the plain boards of categories, in two queries at most."""
    boards = [board for board in shown.boards if board.is_plain and board.category and not board.language]
    newest = {board.newest: board for board in boards if board.newest}  # type: ignore[attr-defined]
    if not newest:
        return []
    competitors = [entry.competitor_id for entry in chosen]
    entries = Entry.objects.filter(snapshot__in=newest, competitor__in=competitors).select_related("competitor")
    by_snapshot: dict[int, list[Entry]] = {}
    for entry in entries:
        by_snapshot.setdefault(entry.snapshot_id, []).append(entry)
    rows = [
        (newest[pk], sorted(lines, key=lambda entry: competitors.index(entry.competitor_id)))
        for pk, lines in by_snapshot.items()
    ]
    return sorted(rows, key=lambda row: row[0].category)


def _pair_rows(tables: PairTables) -> list[tuple[Entry, list[PairCell | None]]]:
    n, observed, fitted = tables.totals.tolist(), tables.observed.tolist(), tables.fitted.tolist()
    others = [entry.competitor_id for entry in tables.entries]
    return [
        (
            entry,
            [
                None if i == j else PairCell(others[j], n[i][j], _percent(observed[i][j]), _percent(fitted[i][j]))
                for j in range(len(others))
            ],
        )
        for i, entry in enumerate(tables.entries)
    ]


def _percent(share: float) -> float | None:
    return None if math.isnan(share) else 100 * share
