"""Asking for a board that nobody has fitted yet, and keeping one under a name. Reading a page asks for nothing by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from arena import access
from arena.models import Arena
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.visitors.voter_identity import address_of
from arena.wording import number
from ranking.boards.asked.board_queue import QueueFull, ask, keep_under_a_name, may_be_asked_again, n_before
from ranking.boards.asked.too_little import CODES, told
from ranking.models import Leaderboard
from ranking.views.board_choice import FILTERING, Choice, boards_of, chosen

USE_IS_SAID_AFTER = timedelta(minutes=10)
ROBOTS = "User-agent: *\nDisallow: /arenas/*?\nDisallow: /api/\nDisallow: /admin/\n"


@dataclass(frozen=True, slots=True)
class Asking:
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


def asking_for(arena: Arena, choice: Choice, now: datetime) -> Asking | None:
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
        return Asking(_waiting(board), is_waiting=True, hides_board=not has_board)
    return Asking(failure, may_ask=may_ask, says_used=says_used, hides_board=bool(failure) or not has_board)


def _unasked(arena: Arena) -> Asking:
    if arena.is_archived:
        return Asking(_("This board was not fitted before the arena was archived."), hides_board=True)
    return Asking(_("This board is not fitted yet: a worker fits it as soon as somebody asks."), may_ask=True, hides_board=True)


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


@require_POST
@of_the_board
def ask_for_board(request: HttpRequest, arena: Arena) -> HttpResponse:
    choice = chosen(request, arena, boards_of(arena), request.POST)
    like, refusal = choice.like, choice.sentence
    if choice.definition is not None and like is not None and not arena.is_archived:
        try:
            ask(arena, choice.definition, like=like, network=address_of(request), now=timezone.now())
        except QueueFull as full:
            refusal = str(full)
    if request.headers.get("HX-Request"):
        return render(request, "ranking/asking.html", {"refusal": refusal}) if refusal else HttpResponse(status=204)
    address = _page_of(request, arena)
    if refusal:
        context = page_context(request, "leaderboard", arena, refusal=refusal, address=address)
        return render(request, "ranking/asking_refused.html", context, status=429)
    return HttpResponseRedirect(address, status=303)


def _page_of(request: HttpRequest, arena: Arena) -> str:
    pairs = [(name, value) for name in ("board", *FILTERING) for value in request.POST.getlist(name) if value]
    return f"{arena.get_absolute_url()}?{urlencode(pairs)}"


@require_POST
@of_the_board
def keep_board(request: HttpRequest, arena: Arena) -> HttpResponse:
    if not access.is_curator(request.user):
        raise PermissionDenied
    board = get_object_or_404(Leaderboard, arena=arena, slug=request.POST.get("board", ""), is_asked=True)
    keep_under_a_name(board, " ".join(request.POST.get("name", "").replace("\0", "").split()) or board.name)
    board.refresh_from_db()
    return HttpResponseRedirect(f"{arena.get_absolute_url()}?{urlencode({'board': board.slug})}", status=303)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Filtered boards are without number: a robot would read them for ever."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
