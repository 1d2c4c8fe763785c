"""Effective clusters behind every difference of very many ratings, by blocks: the sums of `leave_one_out_gains.Sums`."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ranking.maths.cancellation import is_wanted
from ranking.maths.clusters.leave_one_out_gains import ROUNDING
from ranking.maths.clusters.many_exact import HeavyCluster
from ranking.maths.clusters.many_gram import Gram, Singles, both_of
from ranking.maths.data.arrays import Floats
from ranking.maths.data.triangle import Triangle, blocks


@dataclass(frozen=True, slots=True, eq=False)
class Small:
    """What the clusters that are not solved exactly tell of each competitor together: see `leave_one_out_gains.Sums`.

    Parameters
    ----------
    degrees : (m,) float64
        Sums of information over clusters.
    products : Gram
        ``sum over clusters of n_i n_j``.
    """

    degrees: Floats
    products: Gram


def effective_clusters(
    heavy: tuple[HeavyCluster, ...], small: Small | None, n_clusters: float, single: Singles, diagonal: Floats
) -> Triangle:
    """``(sum L_g)**2 / sum L_g**2`` of each difference of two ratings, from 1 to G.

    Parameters
    ----------
    heavy : tuple of HeavyCluster
    small : Small, or None where every cluster is heavy
    n_clusters : float
        G.
    single : (m, m) float32
        The inverse of the grounded Hessian.
    diagonal : (m,) float64
        Of it.

    References
    ----------
    `ranking.maths.clusters.leave_one_out`.

    Examples
    --------
    Two clusters of one comparison each of the only pair:

    >>> from ranking.maths.clusters.many_exact import solved
    >>> inverse = np.linalg.inv(np.array([[1.0, -1.0], [-1.0, 1.0]]) + 0.5)
    >>> one = solved(np.array([0]), np.array([1]), np.array([0.5]), inverse, 0.5)
    >>> clusters = effective_clusters((one, one), None, 2.0, inverse.astype(np.float32), np.diagonal(inverse))
    >>> clusters.at(np.array([0]), np.array([1])).tolist()
    [2.0]
    """
    m, n = len(diagonal), np.float32(n_clusters)
    effective, held = Triangle(m), _Held(heavy, single)
    gains = [(each.gain, np.einsum("ri,ri->i", each.gain, each.gain)) for each in heavy]
    own = diagonal.astype(np.float32)
    for rows in blocks(m):
        is_wanted()
        total = np.zeros((rows.stop - rows.start, m - rows.start), dtype=np.float32)
        squared = np.zeros_like(total)
        for gain, size in gains:
            gained = -2 * (gain[:, rows].T @ gain[:, rows.start :])
            gained += size[rows, None]
            gained += size[rows.start :]
            np.maximum(gained, 0, out=gained)
            total += gained
            gained *= gained
            squared += gained
        if small is not None:
            left = both_of(diagonal, rows)
            left -= 2 * single[rows, rows.start :]
            left -= held.differences(rows)
            _add_small(total, squared, np.maximum(left, 0, out=left), small, single, own, rows)
        each = np.divide(total * total, squared, out=np.full_like(total, n), where=squared > 0)
        effective[rows] = np.where(each > n * (1 - np.float32(ROUNDING)), n, np.maximum(each, 1))
    return effective


def _add_small(
    total: Singles, squared: Singles, left: Singles, small: Small, single: Singles, own: Singles, rows: slice
) -> None:
    """What the heavy clusters leave is shared out by the degrees of the two competitors."""
    later = slice(rows.start, None)
    here, there = (single[rows, later] - own[rows, None]) ** 2, (single[rows, later] - own[later]) ** 2
    degrees, squares = small.degrees.astype(np.float32), small.products.diagonal.astype(np.float32)
    size = here * degrees[rows, None] + there * degrees[later]
    shared = here * there
    shared *= 2 * small.products.block(rows)
    shared += here**2 * squares[rows, None]
    shared += there**2 * squares[later]
    total += left
    left /= np.where(size > 0, size, np.inf)
    squared += shared * left * left


class _Held:
    """What heavy clusters hold of the covariance together, ``H^-1 (sum I_g) H^-1``."""

    def __init__(self, heavy: tuple[HeavyCluster, ...], single: Singles) -> None:
        m = len(single)
        i, j, information = (
            np.concatenate([np.zeros(0, dtype=kind), *(getattr(each, name) for each in heavy)])
            for name, kind in (("i", np.int32), ("j", np.int32), ("information", np.float64))
        )
        self.met = np.union1d(i, j)
        i, j = np.searchsorted(self.met, i), np.searchsorted(self.met, j)
        places = (np.concatenate([i, j, i, j]), np.concatenate([j, i, i, j]))
        values = np.concatenate([-information, -information, information, information]).astype(np.float32)
        self.information = csr_array((values, places), shape=(len(self.met), len(self.met)))
        self.lines = single if len(self.met) == m else single[self.met]
        self.diagonal = np.zeros(m, dtype=np.float32)
        for rows in blocks(m):
            lines = self.lines[:, rows]
            self.diagonal[rows] = np.einsum("ki,ki->i", self.information @ lines, lines)

    def differences(self, rows: slice) -> Singles:
        """Of some rows, from the first of these on."""
        bent = self.information @ self.lines[:, rows]
        squares = self.diagonal[rows, None] + self.diagonal[rows.start :] - 2 * (bent.T @ self.lines[:, rows.start :])
        return np.asarray(squares, dtype=np.float32)
