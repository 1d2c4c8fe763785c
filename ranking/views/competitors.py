"""One model: its rating, and its record against each opponent."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from arena.models import Arena, Competitor
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from judges.safeguards.constant_answer_flags import flags_of
from ranking.boards.pairs.pair_rows import read_pair_list
from ranking.models import Entry, Leaderboard, PairTable
from ranking.scale import ELO_PER_LOGIT
from ranking.views.board_table import board_table, by_place
from ranking.views.counted_words import counted_on, words_for


@dataclass(frozen=True, slots=True)
class Opponent:
    """A record against one opponent. Shares in per cent, a tie (or both bad) half; the interval is Wilson's."""

    entry: Entry
    wins: int
    losses: int
    ties: int
    both_bad: int
    share: float
    low: float
    high: float
    fitted: float | None

    @property
    def n_votes(self) -> int:
        return self.wins + self.losses + self.ties + self.both_bad


@require_safe
@of_the_board
def competitor(request: HttpRequest, arena: Arena, pk: int) -> HttpResponse:
    shown = get_object_or_404(Competitor.objects.named(), arena=arena, pk=pk)
    board = Leaderboard.objects.filter(arena=arena, is_default=True).first()
    newest = board.newest_snapshot() if board else None
    entries = {entry.competitor_id: entry for entry in newest.entries.select_related("competitor")} if newest else {}
    mine = entries.get(pk)
    slices = _slices(arena.pk, pk)
    context: dict[str, Any] = {
        "competitor": shown,
        "board": board,
        "snapshot": newest,
        "entry": mine,
        "n_placed": sum(entry.has_place for entry in entries.values()),
        "opponents": _opponents(board, entries, mine) if board and mine else [],
        "slices": slices,
        "evidence": words_for(counted_on(newest)) if newest else {},
        "alike": flags_of(arena.pk).get(pk, []),
        "table": board_table(newest, sort="rank", descending=False, with_retired=True, search="", older={}) if newest else None,
    }
    return render(request, "ranking/competitor.html", page_context(request, "competitor", arena, **context))


def _slices(arena_id: int, pk: int) -> list[Entry]:
    """Its entries on the newest snapshots of the arena's other boards: by category, by language, by other methods."""
    boards = Leaderboard.objects.filter(arena_id=arena_id, is_default=False).exclude(is_by_itself=True, is_live=False)
    newest = [snapshot.pk for board in boards if (snapshot := board.newest_snapshot())]
    entries = Entry.objects.filter(snapshot__in=newest, competitor_id=pk).select_related("snapshot__leaderboard")
    return list(
        entries.order_by("snapshot__leaderboard__language", "snapshot__leaderboard__category", "snapshot__leaderboard_id")
    )


def _opponents(board: Leaderboard, entries: dict[int, Entry], mine: Entry) -> list[Opponent]:
    table = PairTable.objects.filter(leaderboard=board).first()
    if table is None or mine.competitor_id not in table.competitor_ids:
        return []
    me, known = table.competitor_ids.index(mine.competitor_id), read_pair_list(table)
    is_first = known.pairs[:, 0] == me
    here = (is_first | (known.pairs[:, 1] == me)) & known.record.any(axis=1)
    others = np.where(is_first, known.pairs[:, 1], known.pairs[:, 0])[here].tolist()
    # Seen from the other side, wins are losses.
    records = np.where(is_first[here, None], known.record[here], known.record[here][:, [1, 0, 2, 3]]).tolist()
    met = [(entries.get(table.competitor_ids[other]), record) for other, record in zip(others, records, strict=True)]
    opponents = [_opponent(mine, entry, *record) for entry, record in met if entry]
    return sorted(opponents, key=lambda opponent: by_place(opponent.entry))


def _opponent(mine: Entry, entry: Entry, wins: int, losses: int, ties: int, both_bad: int) -> Opponent:
    n_votes = wins + losses + ties + both_bad
    low, share, high = _wilson(wins + (ties + both_bad) / 2, n_votes)
    fitted = None
    if mine.rating is not None and entry.rating is not None:
        fitted = 100 / (1 + math.exp((entry.rating - mine.rating) / ELO_PER_LOGIT))
    return Opponent(entry, wins, losses, ties, both_bad, share=share, low=low, high=high, fitted=fitted)


def _wilson(points: float, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """Lower limit, share, upper limit in per cent; votes taken as independent."""
    p = points / n
    centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return 100 * (centre - spread) / (1 + z * z / n), 100 * p, 100 * (centre + spread) / (1 + z * z / n)
