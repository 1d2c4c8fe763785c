"""For visitors who may vote in an arena but not read its board: every page of the board gives the same answer.

(An arena in which a visitor may do neither is not found, whatever is requested.)
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from arena import access
from arena.models import Arena
from arena.views.context import arena_or_404, page_context


def board_is_private(request: HttpRequest, arena: Arena) -> HttpResponse:
    return render(request, "arena/private_board.html", page_context(request, "leaderboard", arena), status=403)


def of_the_board(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view of an arena, given by its slug, for readers of its board only."""

    @wraps(view)
    def guarded(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
        arena = arena_or_404(request, slug)
        if not access.sees_board(request.user, arena):
            return board_is_private(request, arena)
        return view(request, arena, *args, **kwargs)

    return guarded
