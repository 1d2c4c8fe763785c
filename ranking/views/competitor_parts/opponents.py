"""A model's record against each opponent, and against whom it does best and worst."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ranking.boards.pairs.pair_rows import read_pair_list
from ranking.boards.pairs.pair_tables import expected_on
from ranking.models import Entry, Leaderboard, PairTable
from ranking.views.board_table import by_place

MOST_AT_AN_END = 5


@dataclass(frozen=True, slots=True)
class Opponent:
    """A record against one opponent. Shares in per cent, a tie (or both bad) half; the interval is Wilson's."""

    entry: Entry
    name: str
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


def opponents_of(board: Leaderboard, entries: dict[int, Entry], names: dict[int, str], mine: Entry) -> list[Opponent]:
    """In the order of the board; entries and names by competitor."""
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
    here_too = [(entry, record) for entry, record in met if entry]
    ratings = np.array([_rating(entry) for entry, _ in here_too])
    fitted = expected_on(mine.snapshot, _rating(mine) - ratings).tolist()
    opponents = [
        _opponent(entry, names[entry.competitor_id], expected, *record)
        for (entry, record), expected in zip(here_too, fitted, strict=True)
    ]
    return sorted(opponents, key=lambda opponent: by_place(opponent.entry))


def best_and_worst(opponents: Sequence[Opponent]) -> list[Opponent]:
    """The five against whom its share is surely high, and the five against whom it is surely low; all where they are so few.

    Sure is what the interval leaves: one win of one is no record to be proud of.
    """
    if len(opponents) <= 2 * MOST_AT_AN_END:
        return sorted(opponents, key=lambda opponent: (-opponent.share, -opponent.n_votes, opponent.entry.pk))
    best = sorted(opponents, key=lambda opponent: (-opponent.low, opponent.entry.pk))[:MOST_AT_AN_END]
    taken = {opponent.entry.pk for opponent in best}
    others = [opponent for opponent in opponents if opponent.entry.pk not in taken]
    worst = sorted(others, key=lambda opponent: (opponent.high, opponent.entry.pk))[:MOST_AT_AN_END]
    return [*best, *reversed(worst)]


def _rating(entry: Entry) -> float:
    return math.nan if entry.rating is None else entry.rating


def _opponent(entry: Entry, name: str, expected: float, wins: int, losses: int, ties: int, both_bad: int) -> Opponent:
    n_votes = wins + losses + ties + both_bad
    low, share, high = wilson_percent(wins + (ties + both_bad) / 2, n_votes)
    fitted = None if math.isnan(expected) else 100 * expected
    return Opponent(entry, name, wins, losses, ties, both_bad, share=share, low=low, high=high, fitted=fitted)


def wilson_percent(points: float, n: int, z: float = 1.96) -> tuple[float, float, float]:
    """Lower limit, share, upper limit in per cent; votes taken as independent."""
    p = points / n
    centre, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return 100 * (centre - spread) / (1 + z * z / n), 100 * p, 100 * (centre + spread) / (1 + z * z / n)
