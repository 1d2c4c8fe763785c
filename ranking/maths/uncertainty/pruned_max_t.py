"""Max-t over all pairs of very many competitors: the largest gap of each draw, from the few pairs that can have it.

For a pair with standard deviations v_i and v_j, and se that of the difference, by Cauchy and Schwarz

    ``|z_i - z_j| / se  <=  kappa sqrt(u_i**2 + u_j**2)``, ``u = |z| / v``, ``kappa = sqrt(v_i**2 + v_j**2) / se``.

Nearly independent ratings have a kappa near 1, so that a pair with small u cannot hold the maximum. Pairs of a large kappa
(two that met each other far more often than others did) are looked at in every draw; where they are many, nothing is
pruned.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Bools, Floats, Ints
from ranking.maths.data.triangle import Triangle

LARGE_KAPPA = 1.25
"""Pairs above are looked at in every draw."""

MOST_CLOSE = 100_000
"""So many of these can be."""

FIRST = 40
"""Competitors of the largest u, whose pairs give a draw its first bound."""

SLACK = 1 + 1e-5
"""Rounding of float32: a bound is never too tight."""

PAIRS_AT_ONCE = 4_000_000

type Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ClosePairs:
    """Pairs whose kappa is above `LARGE_KAPPA`, (k,) places each, and the largest kappa of all others."""

    i: Ints
    j: Ints
    kappa: float

    @classmethod
    def together(cls, parts: Sequence["ClosePairs"]) -> "ClosePairs":
        """Of several blocks of rows."""
        nobody = np.zeros(0, dtype=np.int64)
        i, j = (np.concatenate([nobody, *(getattr(part, side) for part in parts)]) for side in "ij")
        return cls(i, j, max((part.kappa for part in parts), default=1.0))


def largest_gaps(draws: Singles, deviations: Floats, precision: Triangle, close: ClosePairs) -> Singles:
    """``max over pairs of |z_i - z_j| * precision_ij`` for each draw: (n,) float32, to rounding.

    Parameters
    ----------
    draws : (n, m) float32
    deviations : (m,) float64
        Standard deviation of each column.
    precision : Triangle
        1 / standard deviation of each difference; zero for a pair that does not count.
    close : ClosePairs
        Of the pairs that count.

    References
    ----------
    The bound is ours; the maximum is that of `max_t_quantile`.

    Examples
    --------
    >>> precision = Triangle(3)
    >>> precision[slice(0, 3)] = 1 / np.sqrt(2)
    >>> none = ClosePairs.together([])
    >>> largest_gaps(np.array([[0.0, 1.0, 3.0]], dtype=np.float32), np.ones(3), precision, none)
    array([2.1213202], dtype=float32)
    """
    n, m = draws.shape
    largest = np.zeros(n, dtype=np.float32)
    if m < 2:
        return largest
    weight = np.divide(1, deviations, out=np.zeros(m), where=deviations > 0)
    for start in range(0, n, max(1, PAIRS_AT_ONCE // m)):
        is_wanted()
        some = slice(start, start + max(1, PAIRS_AT_ONCE // m))
        # A common shift changes no gap, and u is least about a mean where the sure weigh most.
        shift = (draws[some] @ (weight**2 / max(float((weight**2).sum()), 1e-300)).astype(np.float32))[:, None]
        scaled = np.abs(draws[some] - shift) * weight.astype(np.float32)
        first = _of_the_first(draws[some], scaled, precision)
        first = np.maximum(first, _of_the_close(draws[some], precision, close))
        largest[some] = _of_the_others(draws[some], scaled, precision, first, close.kappa)
    return largest


def _of_the_first(draws: Singles, scaled: Singles, precision: Triangle) -> Singles:
    n, m = draws.shape
    k = min(FIRST, m)
    top = np.argpartition(scaled, m - k, axis=1)[:, m - k :]
    i, j = np.triu_indices(k, 1)
    rows, largest = np.arange(n)[:, None], np.zeros(n, dtype=np.float32)
    for start in range(0, len(i), 100):
        some = slice(start, start + 100)
        left, right = top[:, i[some]], top[:, j[some]]
        gaps = np.abs(draws[rows, left] - draws[rows, right]) * precision.at(left, right)
        largest = np.maximum(largest, gaps.max(axis=1))
    return largest


def _of_the_close(draws: Singles, precision: Triangle, close: ClosePairs) -> Singles:
    largest = np.zeros(len(draws), dtype=np.float32)
    size = max(1, PAIRS_AT_ONCE // max(len(draws), 1))
    for start in range(0, len(close.i), size):
        i, j = (side[start : start + size] for side in (close.i, close.j))
        gaps = np.abs(draws[:, i] - draws[:, j]) * precision.at(i, j)
        largest = np.maximum(largest, gaps.max(axis=1))
    return largest


def _of_the_others(draws: Singles, scaled: Singles, precision: Triangle, first: Singles, kappa: float) -> Singles:
    """Pairs whose bound is above what is found already, one draw after the other."""
    widest = first.copy()
    needed = (first / (kappa * SLACK)) ** 2
    largest = scaled.max(axis=1)
    for row in np.flatnonzero(2 * largest**2 > needed).tolist():
        u = scaled[row]
        able = np.flatnonzero(u**2 > needed[row] - largest[row] ** 2)
        able = able[np.argsort(-u[able])]
        squares = u[able] ** 2
        # Of each, how many come after it in this order that its pair's bound allows.
        until = len(able) - np.searchsorted(squares[::-1], needed[row] - squares, side="right")
        for at, end in enumerate(until.tolist()):
            if end <= at + 1:
                break
            others = able[at + 1 : end]
            gaps = np.abs(draws[row, others] - draws[row, able[at]]) * precision.at(np.full(len(others), able[at]), others)
            widest[row] = max(widest[row], gaps.max())
    return widest


def close_pairs(rows: slice, deviations: Floats, precision: Singles, counted: Bools) -> ClosePairs:
    """Of a block of rows.

    Parameters
    ----------
    rows : slice
    deviations : (m,) float64
    precision, counted : (rows, columns from the first row on)
        Only pairs above the diagonal may be marked.

    Examples
    --------
    >>> precision, counted = np.array([[0.0, 9.0], [9.0, 0.0]], dtype=np.float32), np.array([[False, True], [False, False]])
    >>> close_pairs(slice(0, 2), np.ones(2), precision, counted)
    ClosePairs(i=array([0]), j=array([1]), kappa=1.0)
    """
    squares = (deviations**2).astype(np.float32)
    kappa = (squares[rows, None] + squares[rows.start :]) * precision**2
    kappa[~counted] = 0
    large = kappa * SLACK > LARGE_KAPPA**2
    i, j = np.nonzero(large)
    kappa[large] = 0
    return ClosePairs(i + rows.start, j + rows.start, max(float(np.sqrt(kappa.max(initial=0.0))), 1.0))
