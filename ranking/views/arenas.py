"""The first page: which arenas there are, and who leads them."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena
from arena.views.context import page_context
from ranking.models import Entry, Leaderboard, Snapshot


@dataclass(frozen=True, slots=True)
class Card:
    arena: Arena
    snapshot: Snapshot | None
    leaders: list[Entry]
    may_vote: bool
    sees_board: bool


@require_safe
def arenas(request: HttpRequest) -> HttpResponse:
    cards = [_card(request, arena) for arena in access.arenas_for(request.user)]
    return render(request, "ranking/arenas.html", page_context(request, "arenas", cards=cards))


def _card(request: HttpRequest, arena: Arena) -> Card:
    sees_board = access.sees_board(request.user, arena)
    board = Leaderboard.objects.filter(arena=arena, is_default=True).first() if sees_board else None
    newest = board.newest_snapshot() if board else None
    leaders = list(newest.entries.exclude(rank=None).select_related("competitor").order_by("rank", "pk")[:3]) if newest else []
    return Card(arena, newest, leaders, access.may_vote(request.user, arena), sees_board)
