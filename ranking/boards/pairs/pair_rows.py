"""The list of pairs as a row of the database, and back."""

import numpy as np
from numpy.typing import NDArray

from ranking.boards.pairs.listed_pairs import PairList
from ranking.models import Leaderboard, PairTable, Snapshot

ROWS_A_BLOCK = 256


def write_pair_list(board: Leaderboard, snapshot: Snapshot, listed: PairList, competitor_ids: list[int]) -> None:
    """Replace the pairs of the previous fit."""
    blobs = {name: getattr(listed, name).tobytes() for name in ("pairs", "record", "weights", "others")}
    PairTable.objects.update_or_create(
        leaderboard=board, defaults={"snapshot": snapshot, "competitor_ids": competitor_ids} | blobs
    )


def read_pair_list(table: PairTable) -> PairList:
    """The stored list."""
    return PairList(
        pairs=np.frombuffer(bytes(table.pairs), dtype=np.int32).reshape(-1, 2),
        record=np.frombuffer(bytes(table.record), dtype=np.int32).reshape(-1, 4),
        weights=np.frombuffer(bytes(table.weights), dtype=np.float32),
        others=np.frombuffer(bytes(table.others), dtype=np.float32).reshape(-1, 2),
    )


def table_of(listed: PairList, m: int) -> NDArray[np.float64]:
    """(m, m) symmetric weights, zero diagonal; no second table of that size is held."""
    table = np.zeros((m, m))
    i, j = listed.pairs.T
    if len(listed.others):
        rating, own = listed.others.astype(np.float64).T
        for rows in (slice(start, start + ROWS_A_BLOCK) for start in range(0, m, ROWS_A_BLOCK)):
            chance = 1 / (1 + np.exp(np.subtract.outer(rating[rows], rating)))
            table[rows] = chance * (1 - chance) * np.add.outer(own[rows], own)
        np.fill_diagonal(table, 0.0)  # nobody meets itself: that is no pair's weight
        heaviest = max(float(np.fmax.reduce(table, axis=None, initial=0.0)), float(listed.weights.max(initial=0.0)))
        table[~np.isfinite(table)] = heaviest or 1.0
    table[i, j] = table[j, i] = listed.weights
    np.fill_diagonal(table, 0.0)
    return table
