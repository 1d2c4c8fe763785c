"""Pairing weights for matchmaking, read from the newest fit. Wired in by the setting PAIR_WEIGHTS."""

import numpy as np
from numpy.typing import NDArray

from ranking.boards.pairs.pair_rows import read_pair_list, table_of
from ranking.models import PairTable


def pair_weights(arena_id: int, competitor_ids: list[int]) -> NDArray[np.float64] | None:
    """(m, m) symmetric weights in the order of `competitor_ids`, zero diagonal; None before the first fit.

    A pair that the newest fit did not know weighs as much as the heaviest that it knew.
    """
    table = PairTable.objects.filter(leaderboard__arena_id=arena_id, leaderboard__is_default=True).first()
    if table is None or not table.competitor_ids:
        return None
    known = table_of(read_pair_list(table), len(table.competitor_ids))
    if competitor_ids == table.competitor_ids:
        return known
    place = {pk: i for i, pk in enumerate(table.competitor_ids)}
    rows = np.array([place.get(pk, -1) for pk in competitor_ids], dtype=np.int64)
    weights = known[np.ix_(rows, rows)]
    weights[rows < 0, :] = weights[:, rows < 0] = known.max(initial=0.0) or 1.0
    np.fill_diagonal(weights, 0.0)
    return weights
