"""The list of pairs as a row of the database, and back."""

import numpy as np

from ranking.boards.pair_list import PairList
from ranking.models import Leaderboard, PairTable, Snapshot


def write_pair_list(board: Leaderboard, snapshot: Snapshot, listed: PairList, competitor_ids: list[int]) -> None:
    """In the place of what the fit before knew."""
    blobs = {name: getattr(listed, name).tobytes() for name in ("pairs", "record", "weights", "others")}
    PairTable.objects.update_or_create(
        leaderboard=board, defaults={"snapshot": snapshot, "competitor_ids": competitor_ids} | blobs
    )


def read_pair_list(table: PairTable) -> PairList:
    """What was written."""
    return PairList(
        pairs=np.frombuffer(bytes(table.pairs), dtype=np.int32).reshape(-1, 2),
        record=np.frombuffer(bytes(table.record), dtype=np.int32).reshape(-1, 4),
        weights=np.frombuffer(bytes(table.weights), dtype=np.float32),
        others=np.frombuffer(bytes(table.others), dtype=np.float32).reshape(-1, 2),
    )
