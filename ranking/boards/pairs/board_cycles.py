"""Cycles of a board: three models of which each beats the next more often than chance would have it.

It loads the library: pages import it where they use it.
"""

import numpy as np

from ranking.boards.pairs.pair_tables import PairTables
from ranking.maths import Comparisons, Cycles
from ranking.maths.transitivity.cycles import cycles


def board_cycles(tables: PairTables) -> Cycles:
    """Of a whole board; the names of the library's result are places in the board's entries."""
    a, b = np.triu_indices(len(tables.entries), 1)
    counts = np.stack([tables.wins[a, b], tables.wins[b, a], tables.ties[a, b], tables.both_bad[a, b]])
    outcome, pair = np.nonzero(counts)
    comparisons = Comparisons(
        names=tuple(str(place) for place in range(len(tables.entries))),
        a=a[pair].astype(np.int32), b=b[pair].astype(np.int32), outcome=outcome.astype(np.int8),
        weight=counts[outcome, pair].astype(np.float64),
    )  # fmt: skip
    return cycles(comparisons)
