"""A board in a frame of another site: its first places, and a link to the whole."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_table import axis_of, by_place
from ranking.views.embeds.public_boards import framed_anywhere, of_a_public_board
from ranking.views.whiskers import Whisker, whisker

THEMES = ("light", "dark")
USUAL_TOP, MOST_ROWS = 10, 100


@dataclass(frozen=True, slots=True)
class EmbeddedLine:
    entry: Entry
    whisker: Whisker | None


@framed_anywhere
@of_a_public_board
def board(request: HttpRequest, board: Leaderboard) -> HttpResponse:
    theme = request.GET.get("theme", "")
    snapshot = board.newest_snapshot()
    rated = rated_entries(snapshot) if snapshot else []
    shown = rated[: top_of(request)]
    axis = axis_of(shown) if shown else None
    context = {
        "board": board,
        "snapshot": snapshot,
        "lines": [EmbeddedLine(entry, whisker(axis, entry)) for entry in shown] if axis else [],
        "n_rated": len(rated),
        "theme": theme if theme in THEMES else "",
        "address": board_address(board),
    }
    return render(request, "ranking/embeds/board.html", context)


def rated_entries(snapshot: Snapshot) -> list[Entry]:
    """Of models in use, the best first."""
    entries = snapshot.entries.filter(competitor__archived_at=None).select_related("competitor")
    return sorted((entry for entry in entries if entry.is_rated), key=by_place)


def top_of(request: HttpRequest) -> int:
    """How many rows are asked for; the usual number where that is no number from 1 to `MOST_ROWS`."""
    asked = request.GET.get("top", "")
    n = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 4 else 0
    return n if 1 <= n <= MOST_ROWS else USUAL_TOP


def board_address(board: Leaderboard) -> str:
    """Its page on this site, without the host."""
    page = reverse("leaderboard", args=[board.arena.slug])
    return page if board.is_default else f"{page}?{urlencode({'board': board.slug})}"
