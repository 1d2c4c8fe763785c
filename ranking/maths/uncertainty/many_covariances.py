"""Covariances of very many ratings: the inverse Hessian in place, and the one of independent comparisons, by blocks."""

import numpy as np
from scipy.linalg import LinAlgError, lapack
from scipy.sparse import csr_array

from ranking.maths.cancellation import is_wanted
from ranking.maths.clusters.many_gram import SPARSE_SHARE, Singles, both_of, cancelled, mirror, square_root
from ranking.maths.data.arrays import Floats
from ranking.maths.data.pair_counts import PairCounts
from ranking.maths.data.triangle import blocks
from ranking.maths.estimation.failures import NotConvergedError


def inverse_in_place(matrix: Floats) -> Floats:
    """Of a symmetric positive definite matrix, by columns, which is overwritten: (m, m), by rows.

    Raises
    ------
    NotConvergedError
        If it is singular.

    Examples
    --------
    >>> inverse_in_place(np.array([[2.0, 0.0], [0.0, 4.0]], order="F")).round(9).tolist()
    [[0.5, 0.0], [0.0, 0.25]]
    """
    factor, failed = lapack.dpotrf(matrix, lower=1, clean=0, overwrite_a=1)
    is_wanted()
    inverse, failed_too = (factor, 1) if failed else lapack.dpotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        raise NotConvergedError("no single maximum: the log-likelihood is flat in some direction") from LinAlgError()
    mirror(inverse)
    return np.asarray(inverse.T, dtype=np.float64)


class IidCovariance:
    """``H^-1 B H^-1`` with comparisons drawn independently, by blocks; right for differences of ratings.

    Parameters
    ----------
    pairs : PairCounts
    squares : (K,) float64
        Summed squares of the scores of each pair.
    inverse : (m, m) float64
        Of the grounded Hessian.
    single : (m, m) float32
        The same.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> from ranking.maths.data.pair_counts import count_pairs
    >>> pairs = count_pairs(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"]))
    >>> inverse = np.array([[0.5, 0.0], [0.0, 0.5]])
    >>> iid = IidCovariance(pairs, np.array([1.0]), inverse, inverse.astype(np.float32))
    >>> iid.rating_variance(np.full(2, 0.5), inverse).tolist()
    [0.25, 0.25]
    """

    def __init__(self, pairs: PairCounts, squares: Floats, inverse: Floats, single: Singles) -> None:
        m = pairs.m
        places = (np.concatenate([pairs.i, pairs.j, np.arange(m)]), np.concatenate([pairs.j, pairs.i, np.arange(m)]))
        own = np.bincount(pairs.i, squares, m) + np.bincount(pairs.j, squares, m)
        self.meat = csr_array((np.concatenate([-squares, -squares, own]), places), shape=(m, m))
        self.single = single
        is_dense = self.meat.nnz > SPARSE_SHARE * m * m
        self.diagonal = np.zeros(m)
        for columns in blocks(m):
            is_wanted()
            # Dense, where it is, for some columns at a time.
            some = self.meat[:, columns]
            bent = inverse @ some.toarray() if is_dense else (some.T @ inverse).T
            self.diagonal += np.einsum("ik,ik->i", bent, inverse[:, columns])
        single_meat = self.meat.astype(np.float32)
        self.single_meat: Singles | csr_array = single_meat.toarray() if is_dense else single_meat

    def rating_variance(self, centre: Floats, inverse: Floats) -> Floats:
        """Of ratings less their mean by `centre`: (m,)."""
        mean = inverse @ (self.meat @ (inverse @ centre))
        return np.asarray(np.maximum(self.diagonal - 2 * mean + centre @ mean, 0.0), dtype=np.float64)

    def differences(self, rows: slice) -> Singles:
        """Variances of differences of some rows' ratings, from the first of these on to the last column."""
        bent = (self.single_meat @ self.single[rows].T).T
        both = both_of(self.diagonal, rows)
        variances = np.asarray(bent @ self.single[:, rows.start :], dtype=np.float32)
        variances *= -2
        variances += both
        i, j = cancelled(variances, both)
        for some in (slice(k, k + 512) for k in range(0, len(i), 512)):
            gap = self.single[i[some] + rows.start].astype(np.float64) - self.single[j[some] + rows.start]
            variances[i[some], j[some]] = np.einsum("ki,ik->k", gap, self.meat @ gap.T)
        np.maximum(variances, 0, out=variances)
        return variances

    def draws(self, n: int, rng: np.random.Generator) -> Singles:
        """n draws of ratings up to a common shift, (n, m)."""
        root = square_root(self.meat.astype(np.float32).toarray())
        return np.asarray((rng.standard_normal((n, len(root)), dtype=np.float32) @ root) @ self.single, dtype=np.float32)
