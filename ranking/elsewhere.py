"""What boards say on pages of other rooms: which of them count a judge, and what ratings expected of a battle.

The settings name these functions, because those rooms know no boards (`BOARDS_OF_JUDGES`, `EXPECTED_OF_BATTLE`).
"""

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import OuterRef, Q, Subquery

from arena.models import Arena, Battle
from ranking.models import Entry, Leaderboard, Snapshot


@dataclass(frozen=True, slots=True)
class BoardLink:
    """A board with its address."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class ExpectedBattle:
    """The chance of each side in per cent, by the ratings of a board as of a time."""

    board: BoardLink
    a: float
    b: float
    as_of: datetime
    snapshot: str
    is_before: bool  # the ratings were made before anybody voted on the battle


def boards_of_judges(arena: Arena) -> dict[int, list[BoardLink]]:
    """By judge, the arena's boards whose newest numbers count its verdicts; two queries however many boards."""
    boards = (
        Leaderboard.objects.live()
        .named()
        .select_related("arena")
        .filter(arena=arena)
        .exclude(sources=Leaderboard.Sources.PEOPLE)
    )
    newest = Snapshot.objects.filter(leaderboard=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    with_newest = boards.annotate(newest_pk=Subquery(newest)).order_by("pk")
    by_snapshot: dict[int, Leaderboard] = {board.newest_pk: board for board in with_newest}  # type: ignore[attr-defined]
    by_judge: dict[int, list[BoardLink]] = {}
    known = Snapshot.objects.filter(pk__in=by_snapshot).order_by("leaderboard")
    for pk, parameters in known.values_list("pk", "parameters"):
        for juror in parameters.get("judges", []):
            if juror["counts"]:
                by_judge.setdefault(juror["judge"], []).append(_link(by_snapshot[pk]))
    return by_judge


def expected_of_battle(battle: Battle) -> ExpectedBattle | None:
    """By the arena's own board, as of before the battle's first vote where numbers of that time are kept, else as of now.

    None without ratings of both.
    """
    board = Leaderboard.objects.select_related("arena").filter(arena=battle.arena_id, is_default=True).first()
    if board is None:
        return None
    kept = Snapshot.objects.filter(leaderboard=board)
    before = kept.filter(_before_votes(battle)).order_by("-pk").first()
    shown = before or kept.order_by("-pk").first()
    if shown is None:
        return None
    sides = (battle.competitor_a_id, battle.competitor_b_id)
    ratings: dict[int, Any] = dict(
        Entry.objects.filter(snapshot=shown, competitor__in=sides).values_list("competitor", "rating")
    )
    a, b = (ratings.get(side) for side in sides)
    if a is None or b is None:
        return None
    import numpy as np  # which few of the pages about battles wait for

    from ranking.boards.pairs.pair_tables import expected_on

    share = float(expected_on(shown, np.array(a - b)))
    if math.isnan(share):
        return None
    return ExpectedBattle(_link(board), 100 * share, 100 - 100 * share, shown.created_at, shown.key, before is not None)


def _before_votes(battle: Battle) -> Q:
    """Snapshots that read no vote on the battle."""
    first = battle.votes.order_by("voted_at").values_list("voted_at", flat=True).first()
    return Q() if first is None else Q(created_at__lt=first)


def _link(board: Leaderboard) -> BoardLink:
    query = "" if board.is_default else f"?{urlencode({'board': board.slug})}"
    return BoardLink(board.category or board.method_name, board.arena.get_absolute_url() + query)
