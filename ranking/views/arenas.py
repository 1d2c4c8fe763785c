"""The first page: which arenas there are, and who leads them."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena
from arena.pairing.pair_candidates import offers_vote
from arena.views.context import page_context
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_choice import board_with_evidence, boards_of


@dataclass(frozen=True, slots=True)
class Card:
    arena: Arena
    snapshot: Snapshot | None
    leaders: list[Entry]
    may_vote: bool
    sees_board: bool
    is_judged: bool  # what is shown are verdicts of judges: no vote counts yet
    n_models: int
    n_rated: int


@require_safe
def arenas(request: HttpRequest) -> HttpResponse:
    known = access.arenas_for(request.user)
    is_archived, n_archived = "archived" in request.GET, known.archived().count()
    cards = [_card(request, arena) for arena in (known.archived() if is_archived else known.in_use())]
    context: dict[str, Any] = {"cards": cards, "is_archived": is_archived, "n_archived": n_archived}
    return render(request, "ranking/arenas.html", page_context(request, "arenas", **context))


def _card(request: HttpRequest, arena: Arena) -> Card:
    sees_board = access.sees_board(request.user, arena)
    board = board_with_evidence(boards_of(arena)) if sees_board else None
    newest = board.newest_snapshot() if board else None
    placed = newest.entries.exclude(rank=None).exclude(low=None) if newest else Entry.objects.none()
    leaders = list(placed.select_related("competitor").by_place()[:3])
    is_judged = board is not None and board.sources == Leaderboard.Sources.JUDGES
    may_vote = access.may_vote(request.user, arena) and offers_vote(arena)
    rated = [rating is not None for rating in newest.entries.values_list("rating", flat=True)] if newest else []
    return Card(arena, newest, leaders, may_vote, sees_board, is_judged, n_models=len(rated), n_rated=sum(rated))
