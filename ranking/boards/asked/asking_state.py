"""How far a board is that a reader asks for, in a sentence, and whether it can be asked for now."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.models import Arena
from arena.wording import number
from ranking.boards.asked.board_choice import Choice
from ranking.boards.asked.board_queue import may_be_asked_again, n_before
from ranking.boards.asked.too_little import CODES, told
from ranking.models import Leaderboard

USE_IS_SAID_AFTER = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class AskedState:
    """What a page says of a board that a reader asks for.

    `may_ask`: a form asks a worker for it. `says_used`: the same form tells that somebody reads it.
    """

    sentence: str = ""
    may_ask: bool = False
    is_waiting: bool = False
    says_used: bool = False
    hides_board: bool = False

    @property
    def is_under_way(self) -> bool:
        return self.is_waiting or (self.may_ask and self.hides_board)


def asking_for(arena: Arena, choice: Choice, now: datetime) -> AskedState | None:
    """None for boards that have a name."""
    board = choice.board
    if board is None:
        return _unasked(arena) if choice.definition is not None and choice.is_narrowed else None
    if not board.is_asked:
        return None
    has_board, failure = bool(board.newest), _failure(board)  # type: ignore[attr-defined]
    may_ask = not arena.is_archived and (may_be_asked_again(board, now) or not (has_board or failure or board.asked_at))
    says_used = board.used_at is None or board.used_at < now - USE_IS_SAID_AFTER
    if board.asked_at is not None:
        return AskedState(_waiting(board), is_waiting=True, hides_board=not has_board)
    return AskedState(failure, may_ask=may_ask, says_used=says_used, hides_board=bool(failure) or not has_board)


def _unasked(arena: Arena) -> AskedState:
    if arena.is_archived:
        return AskedState(_("This board was not fitted before the arena was archived."), hides_board=True)
    return AskedState(
        _("This board is not fitted yet: a worker fits it as soon as somebody asks."), may_ask=True, hides_board=True
    )


def _failure(board: Leaderboard) -> str:
    if board.error_code in CODES:
        return told(board)
    if board.error and board.error_code:
        return f"{board.error}."
    return _("This board could not be fitted; its curators can see why.") if board.error else ""


def _waiting(board: Leaderboard) -> str:
    n = n_before(board)
    if not n:
        return _("This board is being fitted and will appear here in a moment.")
    text = ngettext(
        "This board will be fitted after %(n)s other, and appears here then.",
        "This board will be fitted after %(n)s others, and appears here then.",
        n,
    )
    return text % {"n": number(n)}
