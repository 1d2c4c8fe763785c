"""The votes without which two neighbours of a board would swap places."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena, Battle, Competitor, Vote, Voter
from arena.outcomes import Outcome
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from arena.visitors import voter_identity
from ranking.models import Leaderboard, NeighbourTable, Snapshot
from ranking.views.board_chosen import chosen_board
from ranking.views.counted_words import counted_on
from ranking.views.pair_battles import of_board

MOST_LISTED = 30
"""Votes of a part: more are on the page of its pair."""


@dataclass(frozen=True, slots=True)
class ListedPart:
    """Any `n` of `n_all` votes in which the winner beat the loser, or in which the two tied; the first are listed."""

    winner: Competitor
    loser: Competitor
    is_tie: bool
    n: int
    n_all: int
    battles: list[Battle]

    @property
    def n_others(self) -> int:
        return self.n_all - len(self.battles)


@require_safe
@of_the_board
def swap(request: HttpRequest, arena: Arena, above: int, below: int) -> HttpResponse:
    shown = chosen_board(request, arena)
    row = _row(shown.snapshot, above, below)
    names = Competitor.objects.named().filter(arena=arena).in_bulk([above, below, *_named(row)])
    if shown.snapshot is None or not {above, below} <= names.keys():
        raise Http404("these two are no neighbours on this board")
    voter = voter_identity.voter_of(request, arena, create=False)
    may_read = access.sees_content(request.user, arena)
    readable = access.battles_for(request.user, arena, voter)
    parts = [_part(readable, shown.snapshot, names, part) for part in row["parts"]] if may_read else []
    context = shown.context() | {
        "above": names[above], "below": names[below], "n": round(row["n_to_swap"]), "is_verified": row["is_verified"],
        "parts": parts, "may_read": may_read,
    }  # fmt: skip
    return private(render(request, "ranking/swap.html", page_context(request, "leaderboard", arena, **context)))


def _row(snapshot: Snapshot | None, above: int, below: int) -> Mapping[str, Any]:
    table = NeighbourTable.objects.filter(snapshot=snapshot).first() if snapshot else None
    rows: list[dict[str, Any]] = table.rows if table and snapshot and counted_on(snapshot) == Leaderboard.Sources.PEOPLE else []
    for row in rows:
        if (row["above"], row["below"]) == (above, below) and row["parts"]:
            return row
    raise Http404("these two are no neighbours on this board now, or which votes hold them is not known")


def _named(row: Mapping[str, Any]) -> set[int]:
    return {pk for part in row["parts"] for pk in part[:2]}


def _part(readable: QuerySet[Battle], snapshot: Snapshot, names: Mapping[int, Competitor], part: list[Any]) -> ListedPart:
    winner, loser, is_tie, n = part
    votes = _votes(snapshot, readable, winner, loser, is_tie=is_tie).order_by("battle_id", "pk")
    battles = [vote.battle for vote in votes.select_related("battle__prompt")[:MOST_LISTED]]
    return ListedPart(names[winner], names[loser], is_tie, round(n), votes.count(), battles)


def _votes(snapshot: Snapshot, readable: QuerySet[Battle], winner: int, loser: int, *, is_tie: bool) -> QuerySet[Vote]:
    """Those that count on the board and that this reader may see."""
    low, high = min(winner, loser), max(winner, loser)
    battles = of_board(readable.filter(competitor_a=low, competitor_b=high), snapshot.leaderboard)
    won = Outcome.A if winner == low else Outcome.B
    outcomes = [Outcome.TIE, Outcome.BOTH_BAD] if is_tie else [won]
    votes = Vote.objects.counted().filter(battle__in=battles, outcome__in=outcomes)
    return votes if snapshot.parameters.get("external", True) else votes.exclude(Q(voter__kind=Voter.Kind.EXTERNAL))
