"""Cycles: triads a > b > c > a that are more than chance, which no single line of ratings can show."""

from dataclasses import dataclass
from math import comb

import numpy as np
from scipy.special import bdtrc

from ranking.maths.data.arrays import Bools, Codes, Floats, HoldsArrays
from ranking.maths.data.cells import Cells, count_cells
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.covariance import checked_level


@dataclass(frozen=True, slots=True, eq=False)
class Cycles(HoldsArrays):
    """Significant cycles among m competitors, least p first.

    Parameters
    ----------
    names : tuple of str
    members : (c, 3) int32
        Places in `names`: the first beats the second, the second the third, the third the first.
    p : (c,) float64
        Of a triad: the largest p of its three edges.
    adjusted : (c,) float64
        The same after Holm's correction over all triads in both directions; at most ``1 - level``.
    level : float
        Chance that every listed cycle is one.
    n_triads : int
        ``m (m - 1) (m - 2) / 6``.
    n_decided : int
        Triads in which each pair has one who won more often.
    n_by_majority : int
        Those of them that are cycles by these majorities, significant or not.
    """

    names: tuple[str, ...]
    members: Codes
    p: Floats
    adjusted: Floats
    level: float
    n_triads: int
    n_decided: int
    n_by_majority: int

    @property
    def cyclic_share(self) -> float:
        """Significant cycles over all triads, in [0, 1]; 0 where there are no triads."""
        return len(self.members) / max(self.n_triads, 1)

    def named(self, *, first: int = 10) -> tuple[tuple[str, str, str], ...]:
        """The names of the first so many cycles."""
        return tuple((self.names[a], self.names[b], self.names[c]) for a, b, c in self.members[:first].tolist())


def cycles(comparisons: Comparisons, *, level: float = 0.95) -> Cycles:
    """Find triads a > b > c > a of which every edge is significant.

    The p of an edge i > j is that of the exact one-sided sign test, ``P(X >= wins_ij)`` for
    X ~ Binomial(wins_ij + wins_ji, 1/2): ties and "both bad" favour nobody and are dropped. "Not a cycle"
    means that some edge is not there, so a triad's p is the largest of its three (intersection-union).
    Holm's correction is over all ``2 C(m, 3)`` hypotheses: each triad can turn either way.

    Only edges with p <= 1 - level can be part of a significant cycle; triads are looked up among those,
    one competitor after the other, in O(m**2) memory and O(m**3) bit operations.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; weights must be whole, as the test counts. Comparisons
        are taken as independent: votes on few prompts make p too small.
    level : float
        Chance that all listed cycles are some: 1 less the family-wise error; in (1/2, 1).

    Raises
    ------
    ValueError
        If `level` is not allowed, or the wins of a pair are no whole number.

    References
    ----------
    R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982
    (intersection-union). S. Holm, "A simple sequentially rejective multiple test procedure", 1979.

    Examples
    --------
    Each edge is 10 wins of 10, p = 2**-10, times 2 triads:

    >>> c = Comparisons.from_names(["x"] * 10 + ["y"] * 10 + ["z"] * 10, ["y"] * 10 + ["z"] * 10 + ["x"] * 10, ["a"] * 30)
    >>> triads = cycles(c)
    >>> triads.named(), triads.adjusted.round(5).tolist(), triads.cyclic_share
    ((('x', 'y', 'z'),), [0.00195], 1.0)
    """
    if checked_level(level) <= 0.5:
        raise ValueError(f"level is {level}: more than 1/2 is needed, for example 0.95")
    alpha = round(1 - level, 12)  # a level of 0.95 allows 0.05 and no bit more
    cells = count_cells(comparisons)
    p_edge = edge_p(comparisons.names, cells)
    members = _rings(p_edge <= alpha)
    p = p_edge[members, np.roll(members, -1, axis=1)].max(axis=1)
    order = np.argsort(p, kind="stable")
    n_triads = comb(len(comparisons.names), 3)
    adjusted = _holm(p[order], 2 * n_triads)
    kept = adjusted <= alpha
    above = (cells.wins > cells.wins.T).astype(np.float64)
    either = above + above.T
    return Cycles(
        names=comparisons.names,
        members=members[order][kept],
        p=p[order][kept],
        adjusted=adjusted[kept],
        level=level,
        n_triads=n_triads,
        n_decided=round(np.sum(either @ either * either) / 6),
        n_by_majority=round(np.sum(above @ above * above.T) / 3),
    )


def edge_p(names: tuple[str, ...], cells: Cells) -> Floats:
    """One-sided exact p of "i beats j more often than not", (M, M); 1 where i never won.

    Raises
    ------
    ValueError
        If the wins of a pair are no whole number.

    Examples
    --------
    3 wins of 4: (4 + 1) / 16.

    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"])
    >>> edge_p(c.names, count_cells(c)).tolist()
    [[1.0, 0.3125], [0.9375, 1.0]]
    """
    whole = cells.wins == np.floor(cells.wins)
    if not whole.all():
        i, j = np.argwhere(~whole)[0]
        raise ValueError(f"{names[i]!r} won {cells.wins[i, j]} times over {names[j]!r}: the exact test needs whole counts")
    decided = cells.wins + cells.wins.T
    won = cells.wins > 0
    p = np.ones_like(decided)
    p[won] = bdtrc(cells.wins[won] - 1, decided[won].astype(np.int64), 0.5)
    return p


def _rings(edges: Bools) -> Codes:
    """All i > j > k > i among the edges, (c, 3); the least place comes first."""
    triads = [np.zeros((0, 3), dtype=np.int32)]
    for i in range(len(edges) - 2):
        second = i + 1 + np.flatnonzero(edges[i, i + 1 :])
        third = i + 1 + np.flatnonzero(edges[i + 1 :, i])
        j, k = np.nonzero(edges[np.ix_(second, third)])
        triads.append(np.column_stack([np.full(len(j), i), second[j], third[k]]).astype(np.int32))
    return np.concatenate(triads)


def _holm(p: Floats, n_tests: int) -> Floats:
    """Adjusted p of the smallest of `n_tests` p, which are given in ascending order."""
    return np.minimum(np.maximum.accumulate(p * (n_tests - np.arange(len(p)))), 1.0)
