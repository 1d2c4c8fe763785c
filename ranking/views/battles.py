"""One battle: prompt, answers, people's votes, and every game that a judge played on it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena import access
from arena.views.battles import battle_context
from arena.views.context import arena_or_404, page_context
from ranking.game_access import GameReader
from ranking.games import games_on, pages_of


@never_cache
@require_safe
def battle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    arena = arena_or_404(request, slug)
    context = battle_context(request, arena, pk)
    if context is None:
        return render(request, "arena/battle.html", page_context(request, "battles", arena), status=404)
    reader = GameReader.of(request.user, arena)
    games = games_on(context["battle"], reader)
    judged_here = pages_of(games, arena) if access.sees_board(request.user, arena) else frozenset()
    return render(request, "ranking/battle.html", context | {"games": games, "is_open": reader.is_open, "pages": judged_here})
