"""The matrix: each model against each other, as it came out and as the ratings expect it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from numpy.typing import NDArray

from arena.models import Arena, Competitor
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from arena.wording import MINUS, figure
from ranking.boards.pairs.pair_tables import PairTables, expected_points, pair_tables, pairs_counted
from ranking.models import Entry, Snapshot
from ranking.views.board_chosen import ChosenBoard, chosen_board

MOST_MODELS = 300
MOST_LINKED = 40  # with more models, cells are numbers alone: 90,000 links are ten megabytes
MOST_CYCLES = 50
SHOWS = {"observed": _("Observed"), "fitted": _("Fitted"), "residual": _("Difference"), "counts": _("Counts")}
EVEN, A_STEP, A_STEP_OF_RESIDUAL = 0.5, 0.125, 0.05
STEPS = 4


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One model: all it played against, whether shown or not, and its cells."""

    entry: Entry
    total: str
    cells: SafeString


@dataclass(frozen=True, slots=True)
class ShownCycle:
    """Three models, of whom each beats the next; chances that this is an accident, alone and among all triads."""

    models: tuple[Competitor, Competitor, Competitor]
    wins: tuple[str, str, str]
    p: str
    adjusted: str


@require_safe
@of_the_board
def matrix(request: HttpRequest, arena: Arena) -> HttpResponse:
    shown, show = chosen_board(request, arena), request.GET.get("show", "observed")
    show = show if show in SHOWS else "observed"
    context = shown.context() | {"show": show, "shows": SHOWS, "shows_now": SHOWS[show], "n_most": MOST_MODELS}
    context["kept_fields"] = [("show", show)] if show != "observed" else []
    if shown.snapshot is not None:
        context |= _matrix(arena, shown, shown.snapshot, show)
    return private(render(request, "ranking/matrix.html", page_context(request, "compare", arena, **context)))


def _matrix(arena: Arena, shown: ChosenBoard, snapshot: Snapshot, show: str) -> dict[str, Any]:
    """Those that played and are not archived, the best first."""
    played = [entry for entry in shown.entries if entry.n_votes and not entry.competitor.is_archived]
    counted = pairs_counted(snapshot)
    tables = pair_tables(snapshot, played[:MOST_MODELS], counted)
    links = _Links(arena, tables.entries, shown.query) if len(tables.entries) <= MOST_LINKED else None
    values, texts, shades = _shown(tables, show)
    expected = dict(zip(shown.entries, expected_points(snapshot, shown.entries, counted).tolist(), strict=True))
    rows = [
        MatrixRow(entry, _total(entry, expected[entry], show), _cells(texts[i], shades[i], i, links))
        for i, entry in enumerate(tables.entries)
    ]
    has_any = bool(np.isfinite(values).any())
    return _cycles(tables) | {"rows": rows, "n_models": len(played), "has_links": links is not None, "has_any": has_any}


def _shown(tables: PairTables, show: str) -> tuple[NDArray[np.float64], list[list[str]], list[list[int]]]:
    """Values, what is written of them, and how strongly each is shaded: from -4 to 4."""
    if show == "counts":
        values = np.where(tables.totals > 0, tables.totals, np.nan)
        steps = np.ceil(STEPS * np.log1p(values) / np.log1p(np.nanmax(values, initial=1.0)))
        return values, _written(values, str), _whole(steps)
    if show == "residual":
        values = tables.observed - tables.fitted
        return values, _written(100 * values, _signed), _whole(_away(values / A_STEP_OF_RESIDUAL))
    values = tables.fitted if show == "fitted" else tables.observed
    return values, _written(100 * values, str), _whole(_away((values - EVEN) / A_STEP))


def _away(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """From zero to the next whole step, four at most."""
    return np.asarray(np.clip(np.sign(steps) * np.ceil(np.abs(steps) - 1e-9), -STEPS, STEPS))


def _whole(steps: NDArray[np.float64]) -> list[list[int]]:
    whole: list[list[int]] = np.where(np.isfinite(steps), steps, 0).astype(int).tolist()
    return whole


def _written(values: NDArray[np.float64], write: Callable[[int], str]) -> list[list[str]]:
    """Whole numbers as text; empty if there is none."""
    whole = np.where(np.isfinite(values), np.floor(np.nan_to_num(values) + 0.5), np.nan).tolist()
    return [["" if math.isnan(value) else write(int(value)) for value in row] for row in whole]


def _signed(value: int) -> str:
    return f"{MINUS}{-value}" if value < 0 else f"+{value}" if value else "0"


def _total(entry: Entry, expected: float, show: str) -> str:
    """The same figure over all that a model met, whether they are shown or not."""
    if show == "counts":
        return str(entry.n_votes)
    observed = math.nan if entry.raw_win_rate is None else entry.raw_win_rate
    fitted = expected / entry.n_votes
    value = {"observed": observed, "fitted": fitted, "residual": observed - fitted}[show]
    return _written(np.array([[100 * value]]), _signed if show == "residual" else str)[0][0]


@dataclass(frozen=True)
class _Links:
    """The links from cells to the pages of their pairs."""

    arena: Arena
    entries: Sequence[Entry]
    query: str

    def to(self, i: int, j: int) -> str:
        pair = (self.entries[i].competitor_id, self.entries[j].competitor_id)
        return f"{reverse('pair', args=[self.arena.slug, *pair])}{self.query}"


def _cells(texts: list[str], shades: list[int], own: int, links: _Links | None) -> SafeString:
    """The HTML of the cells, built here because a template takes seconds for 90,000; it has only numbers and our addresses."""
    return mark_safe("".join(_cell(j, texts[j], shades[j], own, links) for j in range(len(texts))))  # noqa: S308  # numbers and our own addresses  # nosec B308, B703


def _cell(j: int, text: str, shade: int, own: int, links: _Links | None) -> str:
    if j == own:
        return '<td role="cell" class="own">'
    kind = f' class="{"u" if shade > 0 else "d"}{abs(shade)}"' if shade else ""
    shown = f'<a href="{links.to(own, j)}">{text}</a>' if links is not None and text else text
    return f'<td role="cell"{kind}>{shown}'


def _cycles(tables: PairTables) -> dict[str, Any]:
    from ranking.boards.pairs.board_cycles import board_cycles  # scipy: half a second that other pages need not wait for

    cycles = board_cycles(tables)
    rings = zip(cycles.members.tolist(), cycles.p.tolist(), cycles.adjusted.tolist(), strict=True)
    listed = [_cycle(tables, *ring) for ring in rings]
    return {
        "cycles": listed[:MOST_CYCLES],
        "n_cycles": len(listed),
        "n_triads": cycles.n_triads,
        "n_by_majority": cycles.n_by_majority,
        "n_decided": cycles.n_decided,
    }


def _cycle(tables: PairTables, members: list[int], p: float, adjusted: float) -> ShownCycle:
    a, b, c = members
    first, second, third = (tables.entries[place].competitor for place in members)
    wins = tables.wins
    return ShownCycle(
        (first, second, third),
        (f"{wins[a, b]} : {wins[b, a]}", f"{wins[b, c]} : {wins[c, b]}", f"{wins[c, a]} : {wins[a, c]}"),
        figure(f"{p:.2g}"), figure(f"{adjusted:.2g}"),
    )  # fmt: skip
