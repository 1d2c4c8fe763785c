"""Shared by the pages of pairs: the requested board, its newest snapshot, and its lines in order."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from arena.models import Arena
from ranking.boards.asked.asked_definition import is_narrowed
from ranking.boards.asked.board_choice import board_with_evidence, boards_of, chosen
from ranking.boards.asked.board_names import names_among
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.counted_words import counted_on, words_for

MOST_BOARDS = 50


@dataclass(frozen=True)
class ChosenBoard:
    """A board with its newest snapshot; `entries` are all its lines, the best first. Without a snapshot there are none."""

    boards: list[Leaderboard]
    board: Leaderboard | None
    sentence: str
    snapshot: Snapshot | None
    entries: list[Entry]
    query: str  # the query of links to other pages of this board: "" or "?board=..."
    names: Mapping[int, str]  # of `boards` and of the board, each told apart from the others

    def context(self) -> dict[str, Any]:
        """The context for the templates of these pages."""
        return {
            "board": self.board,
            "board_name": self.names[self.board.pk] if self.board else "",
            "board_method": self._method,
            "boards": [(board, self.names[board.pk]) for board in self.boards[:MOST_BOARDS]],
            "no_board": self.sentence,
            "snapshot": self.snapshot,
            "evidence": words_for(counted_on(self.snapshot)) if self.snapshot else {},
            "board_query": self.query,
        }

    @property
    def _method(self) -> str:
        """The method, where the board's name does not have it."""
        return self.board.method_name if self.board and self.board.is_plain and is_narrowed(self.board) else ""


def chosen_board(request: HttpRequest, arena: Arena) -> ChosenBoard:
    boards = boards_of(arena)
    choice = chosen(request, arena, boards)
    snapshot = choice.board.newest_snapshot() if choice.board else None
    entries = list(Entry.objects.filter(snapshot=snapshot).select_related("competitor").by_place()) if snapshot else []
    opens_on = board_with_evidence(boards)
    is_usual = choice.board is None or (opens_on is not None and choice.board.pk == opens_on.pk)
    query = "" if is_usual or choice.board is None else f"?{urlencode({'board': choice.board.slug})}"
    named = boards if choice.board is None or choice.board in boards else [*boards, choice.board]
    return ChosenBoard(boards, choice.board, choice.sentence, snapshot, entries, query, names_among(named))
