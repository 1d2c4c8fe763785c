"""Heavy clusters of a large board, left out exactly: through the few pairs that each of them holds.

With W the pairs of a cluster, ``I_g = W W'``, everything that `leave_one_out_gains` solves in (m, m) is solved in (r, r):

    ``(H - W W')^-1 - H^-1 = F F'``, ``F = P C'^-1``, ``P = H^-1 W``, ``C C' = 1 - W' P``

(M. A. Woodbury, "Inverting modified matrices", Princeton, 1950). The eigenvalues of ``W' P`` are the shares of all
information that the cluster holds; one of (nearly) 1 is a direction that it carries alone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from ranking.maths.cancellation import is_wanted
from ranking.maths.clusters.leave_one_out_gains import ALONE, ROUNDING, WEAK, WHOLE
from ranking.maths.data.arrays import Bools, Codes, Floats

ROWS_A_BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class HeavyCluster:
    """One cluster, solved exactly.

    Parameters
    ----------
    i, j : (r,) int32
        The pairs that it holds.
    information : (r,) float64
        On each.
    gain : (r, m) float32
        F'. What the covariance of the ratings would gain without it is ``F F'``.
    alone : (k, m) float64
        Directions that it carries alone.
    """

    i: Codes
    j: Codes
    information: Floats
    gain: NDArray[np.float32]
    alone: Floats


def solved(i: Codes, j: Codes, information: Floats, inverse: Floats, leverage: float) -> HeavyCluster:
    """Leave out one cluster.

    Parameters
    ----------
    i, j : (n,) int32
        Pairs of its rows, in any order.
    information : (n,) float64
        Of each row.
    inverse : (m, m) float64
        Of the grounded Hessian of all rows.
    leverage : float
        ``trace(I_g H^-1)``.

    Examples
    --------
    Half of all information on a single pair: without it the variance is twice what it was.

    >>> inverse = np.linalg.inv(np.array([[2.0, -2.0], [-2.0, 2.0]]) + 1)
    >>> cluster = solved(np.array([0]), np.array([1]), np.array([1.0]), inverse, 0.5)
    >>> (inverse + cluster.gain.T @ cluster.gain).round(3).tolist()
    [[0.5, 0.0], [0.0, 0.5]]
    """
    is_wanted()
    m = len(inverse)
    keys, place = np.unique(np.minimum(i, j).astype(np.int64) * m + np.maximum(i, j), return_inverse=True)
    low, high = np.divmod(keys, m)
    weight = np.bincount(place, information)
    held = inverse[low] - inverse[high]
    held *= np.sqrt(weight)[:, None]
    shares = (held[:, low] - held[:, high]) * np.sqrt(weight)
    factor, failed = lapack.dpotrf(np.eye(len(keys)) - shares, lower=1)
    near = failed or (leverage >= WHOLE and bool((np.diagonal(factor) ** 2 < WEAK).any()))
    if near:
        gain, alone = _in_part((shares + shares.T) / 2, held)
    else:
        gain, alone = blas.dtrsm(1.0, factor, held.T, side=1, lower=1, trans_a=1).T, np.zeros((0, m))
    return HeavyCluster(low.astype(np.int32), high.astype(np.int32), weight, gain.astype(np.float32), alone)


def _in_part(shares: Floats, held: Floats) -> tuple[Floats, Floats]:
    """The gain without the directions that are carried alone, and these."""
    values, vectors = np.linalg.eigh(shares)
    lines = vectors.T @ held
    left = values < 1 - ALONE
    return lines[left] / np.sqrt(1 - values[left])[:, None], lines[~left] / np.sqrt(values[~left])[:, None]


def held_by(each: HeavyCluster, inverse: Floats) -> Floats:
    """P', what the cluster holds of the covariance is ``P P'``: (r, m).

    Examples
    --------
    >>> inverse = np.linalg.inv(np.array([[2.0, -2.0], [-2.0, 2.0]]) + 1)
    >>> held_by(solved(np.array([0]), np.array([1]), np.array([1.0]), inverse, 0.5), inverse).round(3).tolist()
    [[0.25, -0.25]]
    """
    return np.asarray((inverse[each.i] - inverse[each.j]) * np.sqrt(each.information)[:, None], dtype=np.float64)


def apart(alone: Floats, rows: slice, columns: slice, variance: Floats) -> Bools:
    """Differences of ratings of which nothing would be known without the cluster: a block of (m, m).

    Parameters
    ----------
    alone : (k, m) float64
        Of `HeavyCluster`.
    rows, columns : slice
    variance : float64
        The model's own of these differences.

    Examples
    --------
    >>> apart(np.array([[1.0, 0.0]]), slice(2), slice(2), np.ones((2, 2))).tolist()
    [[False, True], [True, False]]
    """
    squares = np.zeros(variance.shape)
    for direction in alone:
        squares += (direction[rows, None] - direction[columns]) ** 2
    return np.asarray(squares > ROUNDING * variance, dtype=np.bool_)


def carried_ratings(heavy: list[HeavyCluster], inverse: Floats) -> Bools:
    """Ratings of which nothing would be known without some one cluster, (m,): see `leave_one_out_gains.carried_by`."""
    m, diagonal = len(inverse), np.diagonal(inverse)
    central = np.ones(m, dtype=np.bool_)

    def of(alone: Floats, rows: slice) -> Bools:
        variance = diagonal[rows, None] + diagonal - 2 * inverse[rows]
        return apart(alone, rows, slice(None), variance)

    for each in heavy:
        if len(each.alone):
            blocks = [slice(start, start + ROWS_A_BLOCK) for start in range(0, m, ROWS_A_BLOCK)]
            together = np.concatenate([(~of(each.alone, rows)).sum(axis=1) for rows in blocks])
            most = int(together.argmax())
            central &= ~of(each.alone, slice(most, most + 1))[0] & bool(2 * together[most] > m)
    return ~central
