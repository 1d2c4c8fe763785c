"""Asking for a board that nobody has fitted yet, and keeping one under a name. Reading a page asks for nothing by itself."""

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from arena import access
from arena.models import Arena
from arena.models.names import check_name
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.visitors.addresses import address_of
from ranking.boards.asked.board_choice import FILTERING, boards_of, chosen
from ranking.boards.asked.board_queue import QueueFull, ask, keep_under_a_name
from ranking.models import Leaderboard

ROBOTS = "User-agent: *\nDisallow: /arenas/*?\nDisallow: /api/\nDisallow: /admin/\n"


@require_POST
@of_the_board
def ask_for_board(request: HttpRequest, arena: Arena) -> HttpResponse:
    choice = chosen(request, arena, boards_of(arena), request.POST)
    like, refusal, status = choice.like, choice.sentence, 400
    if choice.definition is not None and like is not None and not arena.is_archived:
        try:
            ask(arena, choice.definition, like=like, network=address_of(request), now=timezone.now())
        except QueueFull as full:
            refusal, status = str(full), 429
    if request.headers.get("HX-Request"):
        return render(request, "ranking/asking.html", {"refusal": refusal}) if refusal else HttpResponse(status=204)
    address = _page_of(request, arena)
    if refusal:
        context = page_context(request, "leaderboard", arena, refusal=refusal, address=address, is_too_soon=status == 429)
        context["nearest"] = choice.nearest if status == 400 else []
        return render(request, "ranking/asking_refused.html", context, status=status)
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
    name, address = " ".join(request.POST.get("name", "").split()) or board.name, f"{arena.get_absolute_url()}?"
    try:
        check_name(name)
    except ValidationError as wrong:
        address += urlencode({"board": board.slug})
        context = page_context(request, "leaderboard", arena, refusal=" ".join(wrong.messages), address=address)
        return render(request, "ranking/asking_refused.html", context, status=400)
    keep_under_a_name(board, name)
    board.refresh_from_db()
    return HttpResponseRedirect(address + urlencode({"board": board.slug}), status=303)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Filtered boards are without number: a robot would read them for ever."""
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")
