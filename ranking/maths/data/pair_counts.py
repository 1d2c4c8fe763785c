"""Pair counts: comparisons counted by pair as a list of those that met, for boards of which most pairs never do."""

from dataclasses import dataclass

import numpy as np

from ranking.maths.data.arrays import Codes, Floats, HoldsArrays, Ints, chunks, own
from ranking.maths.data.cells import Cells
from ranking.maths.data.comparisons import OUTCOMES, Comparisons
from ranking.maths.data.packing import split


@dataclass(frozen=True, slots=True, eq=False)
class PairCounts(HoldsArrays):
    """Counts of comparisons of the K pairs that met, in order of (i, j).

    Parameters
    ----------
    m : int
        Competitors; i and j are places among them.
    i, j : (K,) int32
        ``i < j``.
    wins, losses : (K,) float64
        Times i beat j, and j beat i.
    ties : (K,) float64
        "Both bad" is in it, as a tie.
    both_bad : (K,) float64
        The part of `ties` that was "both bad".

    Examples
    --------
    >>> c = Comparisons.from_names(["x", "x", "y"], ["y", "y", "x"], ["a", "tie", "a"])
    >>> pairs = count_pairs(c)
    >>> pairs.i.tolist(), pairs.j.tolist(), pairs.wins.tolist(), pairs.losses.tolist(), pairs.totals.tolist()
    ([0], [1], [1.0], [1.0], [3.0])
    """

    m: int
    i: Codes
    j: Codes
    wins: Floats
    losses: Floats
    ties: Floats
    both_bad: Floats

    def __len__(self) -> int:
        """Number of pairs that met."""
        return len(self.i)

    @property
    def totals(self) -> Floats:
        """Comparisons of each pair, (K,)."""
        return self.wins + self.losses + self.ties

    def dense(self) -> Cells:
        """The same as tables, (m, m) each."""
        wins, ties, both_bad = (np.zeros((self.m, self.m)) for _ in range(3))
        wins[self.i, self.j], wins[self.j, self.i] = self.wins, self.losses
        for table, values in ((ties, self.ties), (both_bad, self.both_bad)):
            table[self.i, self.j] = table[self.j, self.i] = values
        return Cells(wins=wins, ties=ties, both_bad=both_bad)


def count_pairs(comparisons: Comparisons) -> PairCounts:
    """Count comparisons by pair and outcome; memory grows with the rows, not with the square of the competitors.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors. Pairs whose rows all weigh nothing have not met.

    References
    ----------
    The counts of `count_cells`, of which most would be zero.

    Examples
    --------
    >>> c = Comparisons(("x", "y", "z"), a=[0, 2, 1], b=[1, 0, 0], outcome=[0, 3, 2])
    >>> pairs = count_pairs(c)
    >>> [pairs.i.tolist(), pairs.j.tolist(), pairs.wins.tolist(), pairs.ties.tolist(), pairs.both_bad.tolist()]
    [[0, 0], [1, 2], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
    """
    m, weight = len(comparisons.names), comparisons.weights()
    keys, n_cells = _turned_keys(comparisons), m * m * len(OUTCOMES)
    if n_cells <= len(keys):
        table = np.bincount(keys, weights=weight, minlength=n_cells).reshape(-1, len(OUTCOMES))
        met = np.flatnonzero(table.any(axis=1))
        table = table[met]
    else:
        counted = np.flatnonzero(weight > 0)
        pairs, outcome = split(keys[counted], len(OUTCOMES))
        met, place = np.unique(pairs, return_inverse=True)
        cells = place * len(OUTCOMES) + outcome
        table = np.bincount(cells, weights=weight[counted], minlength=len(met) * len(OUTCOMES)).reshape(-1, len(OUTCOMES))
    won, lost, tied, bad = table.T
    i, j = np.divmod(met, max(m, 1))
    return PairCounts(
        m=m,
        i=own(i.astype(np.int32)),
        j=own(j.astype(np.int32)),
        wins=own(won.copy()),
        losses=own(lost.copy()),
        ties=own(tied + bad),
        both_bad=own(bad.copy()),
    )


def _turned_keys(comparisons: Comparisons) -> Ints:
    """``(i * m + j) * 4 + outcome`` with i < j: a row seen from i, for whom the other's win is a loss."""
    keys = np.empty(len(comparisons), dtype=np.int64)
    for part in chunks(len(keys)):
        a, b, outcome = comparisons.a[part], comparisons.b[part], comparisons.outcome[part]
        key = keys[part]
        key[:] = np.minimum(a, b)
        key *= len(comparisons.names)
        key += np.maximum(a, b)
        key *= len(OUTCOMES)
        key += np.where((a > b) & (outcome < 2), 1 - outcome, outcome)
    return keys
