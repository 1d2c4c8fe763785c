"""Sums of outer products over very many competitors, read by blocks of rows: covariances, and information of clusters."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import blas, lapack

from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.data.triangle import blocks

type Singles = NDArray[np.float32]

SPARSE_SHARE = 0.03
"""Below this share of entries that are not zero a sparse product is faster than a dense one."""

CANCELLED = 1e-3
"""A variance of a difference below this share of the sum of both variances is made again, difference first."""


class Gram:
    """``sum of d d'`` over lines d, (m, m): kept as the lines while these are not many more than m, else as the sum.

    Parameters
    ----------
    m, n_lines : int
    single : bool
        Whether a sum is kept in float32: enough where no entries are subtracted from each other.

    Examples
    --------
    >>> gram = Gram(2, n_lines=1)
    >>> gram.add(np.array([[1.0, 3.0]]))
    >>> gram.block(slice(0, 1)).tolist(), gram.diagonal.tolist()
    ([[1.0, 3.0]], [1.0, 9.0])
    """

    def __init__(self, m: int, *, n_lines: int, single: bool = False) -> None:
        self.diagonal = np.zeros(m)
        # Whichever is smaller, or nearly.
        are_kept = n_lines <= (1.0 if single else 2.5) * m
        self.lines: Singles | None = np.zeros((n_lines, m), dtype=np.float32) if are_kept else None
        kind = np.float32 if single else np.float64
        self.total: Floats | Singles = np.zeros((0, 0) if are_kept else (m, m), dtype=kind, order="F")
        self.n_held = 0

    def add(self, lines: Floats) -> None:
        """Some more lines, (s, m)."""
        self.diagonal += np.einsum("si,si->i", lines, lines)
        if self.lines is not None:
            self.lines[self.n_held : self.n_held + len(lines)] = lines
        else:  # the lower triangle
            add = blas.ssyrk if self.total.dtype == np.float32 else blas.dsyrk
            given = lines.T.astype(self.total.dtype, copy=False)
            self.total = add(1.0, given, beta=1.0, c=self.total, lower=1, overwrite_c=1)  # type: ignore[arg-type]
        self.n_held += len(lines)

    def block(self, rows: slice) -> Floats | Singles:
        """Entries of some rows, from the first of these on to the last column; right above the diagonal."""
        if self.lines is not None:
            return np.asarray(self.lines[:, rows].T @ self.lines[:, rows.start :], dtype=np.float32)
        return self.total[rows.start :, rows].T

    def differences(self, rows: slice) -> Singles:
        """``sum of (d_i - d_j)**2`` over lines, of the same places."""
        both = both_of(self.diagonal, rows)
        if self.lines is None:
            squares = (self.diagonal[rows, None] + self.diagonal[rows.start :] - 2 * self.block(rows)).astype(np.float32)
            return np.maximum(squares, 0, out=squares)
        squares = self.lines[:, rows].T @ self.lines[:, rows.start :]
        squares *= -2
        squares += both
        i, j = cancelled(squares, both)
        for some in (slice(k, k + 1024) for k in range(0, len(i), 1024)):
            gap = self.lines[:, i[some] + rows.start].astype(np.float64) - self.lines[:, j[some] + rows.start]
            squares[i[some], j[some]] = np.einsum("sk,sk->k", gap, gap)
        return np.maximum(squares, 0, out=squares)

    def draws(self, n: int, rng: np.random.Generator) -> Singles:
        """n draws from Normal(0, the matrix plus any multiple of 1 1'), (n, m): right for differences."""
        if self.lines is not None:
            return rng.standard_normal((n, len(self.lines)), dtype=np.float32) @ self.lines
        root = square_root(self.total)  # fewer lines than columns where the sum has no full rank
        return rng.standard_normal((n, len(root)), dtype=np.float32) @ root


def both_of(diagonal: Floats, rows: slice) -> Singles:
    """Sums of the variances of two: a block of rows, from the first of these on.

    Examples
    --------
    >>> both_of(np.array([1.0, 2.0]), slice(1, 2)).tolist()
    [[4.0]]
    """
    single = diagonal.astype(np.float32)
    return np.asarray(single[rows, None] + single[rows.start :])


def cancelled(differences: Singles, both: Singles) -> tuple[Ints, Ints]:
    """Places above the diagonal where hardly anything is left of the sum of both variances.

    Examples
    --------
    >>> cancelled(np.array([[0.0, 1e-9], [1e-9, 0.0]]), np.ones((2, 2)))
    (array([0]), array([1]))
    """
    i, j = np.nonzero(differences < CANCELLED * both)
    return i[j > i], j[j > i]


def square_root(lower: Floats | Singles) -> Singles:
    """R with ``R' R`` = a covariance of which the lower triangle is given, plus a multiple of 1 1': (r, m) float32.

    Examples
    --------
    >>> root = square_root(np.array([[1.0, -1.0], [-1.0, 1.0]]))
    >>> gap = root[:, 0] - root[:, 1]
    >>> round(float(gap @ gap), 5)
    4.0
    """
    shift = float(np.trace(lower)) / max(len(lower), 1)
    table = lower.astype(np.float32, order="F")
    table += np.float32(shift)
    factor, failed = lapack.spotrf(table, lower=1, clean=1, overwrite_a=1)
    if not failed:
        return np.asarray(factor.T, dtype=np.float32)
    values, vectors = np.linalg.eigh(lower + shift)
    kept = values > values.max(initial=0.0) * 1e-12
    return np.asarray((vectors[:, kept] * np.sqrt(values[kept])).T, dtype=np.float32)


def whole(gram: Gram) -> Singles:
    """All entries, (m, m).

    Examples
    --------
    >>> gram = Gram(2, n_lines=1)
    >>> gram.add(np.array([[1.0, 3.0]]))
    >>> whole(gram).tolist()
    [[1.0, 3.0], [3.0, 9.0]]
    """
    if gram.lines is not None:
        return np.asarray(gram.lines.T @ gram.lines, dtype=np.float32)
    entries = gram.total.astype(np.float32)
    mirror(entries)
    return entries


def mirror(matrix: Floats | Singles) -> None:
    """Copy the lower triangle to the upper one, in place and without a copy of the whole.

    Examples
    --------
    >>> matrix = np.array([[1.0, 0.0], [3.0, 9.0]])
    >>> mirror(matrix)
    >>> matrix.tolist()
    [[1.0, 3.0], [3.0, 9.0]]
    """
    for rows in blocks(len(matrix)):
        square = matrix[rows, rows]
        square[:] = np.tril(square) + np.tril(square, -1).T
        matrix[rows, rows.stop :] = matrix[rows.stop :, rows].T
