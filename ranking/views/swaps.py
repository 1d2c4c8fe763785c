"""The votes or verdicts without which two neighbours of a board would swap places."""

from collections.abc import Mapping, Sequence
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
from judges.models import Judge
from ranking.models import Leaderboard, NeighbourTable, Snapshot
from ranking.views.board_chosen import chosen_board
from ranking.views.board_parts.neighbours import LISTED
from ranking.views.counted_words import counted_on
from ranking.views.pair_battles import of_board

PLAIN = 4  # winner, loser, is_tie and n; parts of one judge and one order have more

MOST_LISTED = 30
"""Votes or verdicts of a part: more are on the page of its pair."""

MOST_READ = 1_000
"""Battles of a part that are looked through for such as this reader may see."""


@dataclass(frozen=True, slots=True)
class ListedPart:
    """Any `n` of `n_all` results in which the winner beat the loser, or in which the two tied; the first are listed.

    Where it matters: the judge who said so, and who of the two was shown `first`.
    """

    winner: Competitor
    loser: Competitor
    is_tie: bool
    n: int
    n_all: int
    battles: list[Battle]
    n_others: int  # battles that are not listed
    judge: str = ""
    first: Competitor | None = None


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
    parts_of = _of_judges if counted_on(shown.snapshot) == Leaderboard.Sources.JUDGES else _of_people
    context = shown.context() | {
        "above": names[above], "below": names[below], "n": round(row["n_to_swap"]), "is_verified": row["is_verified"],
        "parts": parts_of(readable, shown.snapshot, names, row["parts"]) if may_read else [], "may_read": may_read,
        "is_of_judges": parts_of is _of_judges, "are_by_order": any(len(part) > PLAIN for part in row["parts"]),
    }  # fmt: skip
    return private(render(request, "ranking/swap.html", page_context(request, "leaderboard", arena, **context)))


def _row(snapshot: Snapshot | None, above: int, below: int) -> Mapping[str, Any]:
    table = NeighbourTable.objects.filter(snapshot=snapshot).first() if snapshot else None
    rows: list[dict[str, Any]] = table.rows if table and snapshot and counted_on(snapshot) in LISTED else []
    for row in rows:
        if (row["above"], row["below"]) == (above, below) and row["parts"]:
            return row
    raise Http404("these two are no neighbours on this board now, or what holds them is not known")


def _named(row: Mapping[str, Any]) -> set[int]:
    return {pk for part in row["parts"] for pk in part[:2]}


# --- people's votes ------------------------------------------------------------------------------------------------------


def _of_people(
    readable: QuerySet[Battle], snapshot: Snapshot, names: Mapping[int, Competitor], parts: Sequence[list[Any]]
) -> list[ListedPart]:
    return [_part(readable, snapshot, names, part) for part in parts]


def _part(readable: QuerySet[Battle], snapshot: Snapshot, names: Mapping[int, Competitor], part: list[Any]) -> ListedPart:
    winner, loser, is_tie, n = part
    votes = _votes(snapshot, readable, winner, loser, is_tie=is_tie).order_by("battle_id", "pk")
    battles = [vote.battle for vote in votes.select_related("battle__prompt")[:MOST_LISTED]]
    n_all = votes.count()
    return ListedPart(names[winner], names[loser], is_tie, round(n), n_all, battles, n_all - len(battles))


def _votes(snapshot: Snapshot, readable: QuerySet[Battle], winner: int, loser: int, *, is_tie: bool) -> QuerySet[Vote]:
    """Those that count on the board and that this reader may see."""
    low, high = min(winner, loser), max(winner, loser)
    battles = of_board(readable.filter(competitor_a=low, competitor_b=high), snapshot.leaderboard)
    won = Outcome.A if winner == low else Outcome.B
    outcomes = [Outcome.TIE, Outcome.BOTH_BAD] if is_tie else [won]
    votes = Vote.objects.counted().filter(battle__in=battles, outcome__in=outcomes)
    return votes if snapshot.parameters.get("external", True) else votes.exclude(Q(voter__kind=Voter.Kind.EXTERNAL))


# --- judges' verdicts ----------------------------------------------------------------------------------------------------


def _of_judges(
    readable: QuerySet[Battle], snapshot: Snapshot, names: Mapping[int, Competitor], parts: Sequence[list[Any]]
) -> list[ListedPart]:
    from ranking.boards.pairs.verdict_battles import battles_of_parts  # scipy: a second that other pages need not wait for

    kinds = [(winner, loser, is_tie, *(slot or (None, None))) for winner, loser, is_tie, _, *slot in parts]
    behind = battles_of_parts(snapshot.key, tuple(kinds))
    judges = {judge.pk: str(judge) for judge in Judge.objects.filter(pk__in={judge for *_, judge, _ in kinds if judge})}
    listed = []
    for (winner, loser, is_tie, judge, first), part, battles in zip(kinds, parts, behind, strict=True):
        shown = _found(readable, battles)
        listed.append(
            ListedPart(
                names[winner], names[loser], is_tie, round(part[3]), len(battles), shown, len(set(battles)) - len(shown),
                judge=judges.get(judge, ""), first={0: names[winner], 1: names[loser]}.get(first),
            )
        )  # fmt: skip
    return listed


def _found(readable: QuerySet[Battle], battles: Sequence[int]) -> list[Battle]:
    return list(readable.filter(pk__in=battles[:MOST_READ]).select_related("prompt").order_by("pk")[:MOST_LISTED])
