"""One battle: prompt, answers, people's votes, and every game that a judge played on it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Battle
from arena.views.battles import NotNow, battle_context
from arena.views.context import arena_or_404, page_context
from judges.games.access import GameReader
from judges.games.battle_games import games_on, pages_of
from judges.games.battle_rules import rules_on
from judges.models import GoldItem

MOST_LABELS = 20


@never_cache
@require_safe
def battle(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    arena = arena_or_404(request, slug)
    context = battle_context(request, arena, pk)
    if isinstance(context, NotNow):
        return render(request, "arena/battle.html", page_context(request, "battles", arena, not_now=context.value), status=404)
    reader = GameReader.of(request.user, arena)
    games = games_on(context["battle"], reader)
    sees_board = access.sees_board(request.user, arena)
    judged_here = pages_of(games, arena) if sees_board else frozenset()
    more = {
        "games": games, "is_open": reader.is_open, "pages": judged_here, "gold": _gold(context["battle"], reader),
        "rules": rules_on(games),
        "expected": import_string(settings.EXPECTED_OF_BATTLE)(context["battle"]) if sees_board else None,
    }  # fmt: skip
    return render(request, "judges/battle.html", context | more)


def _gold(battle: Battle, reader: GameReader) -> list[GoldItem]:
    """Labels of which answer is right, for curators."""
    items = GoldItem.objects.filter(battle=battle).select_related("gold_set").order_by("pk")
    return list(items[:MOST_LABELS]) if reader.is_curator else []
