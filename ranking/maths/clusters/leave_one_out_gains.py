"""The loss without one cluster: how far the variance of each contrast rises, and what only that cluster determines."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from ranking.maths.cancellation import is_wanted
from ranking.maths.clusters.leave_one_out_rows import PART_NUMBERS, SMALL, Degrees
from ranking.maths.data.arrays import Bools, Floats, Ints

ALONE = 1e-8
"""A direction of which less than this share of the information is left without a cluster is carried by it."""

WHOLE = 1 - 1e-6
"""With less leverage than one parameter's a cluster cannot carry anything alone."""

WEAK, ROUNDING = 1e-6, 1e-9
"""Below these shares something may be zero; or is zero but for rounding."""

type Informed = Callable[[Ints], Iterator[tuple[Ints, Floats]]]
"""Slots to some of them at a time, with their information matrices (g, p, p)."""


def gained(information: Floats, hessian: Floats, inverse: Floats, leverage: Floats) -> Floats:
    """``(H - I_g)^-1 - H^-1`` for each cluster, (g, p, p), without the directions that it carries alone."""
    if len(hessian) <= SMALL:
        shares, directions = _taken_apart(information, inverse)
        gains = np.where(shares < 1 - ALONE, shares / np.maximum(1 - shares, ALONE), 0.0)
        return np.asarray((directions * gains[:, None, :]) @ np.swapaxes(directions, 1, 2), dtype=np.float64)
    gains_by_cluster = np.empty_like(information)
    for g, each in enumerate(information):
        is_wanted()
        without = None if leverage[g] >= WHOLE and _is_singular(hessian - each, hessian) else _inverted(hessian - each)
        gains_by_cluster[g] = _gained_in_part(each, inverse) if without is None else without - inverse
    return gains_by_cluster


def _gained_in_part(information: Floats, inverse: Floats) -> Floats:
    shares, directions = (each[0] for each in _taken_apart(information[None], inverse))
    gains = np.where(shares < 1 - ALONE, shares / np.maximum(1 - shares, ALONE), 0.0)
    return np.asarray((directions * gains) @ directions.T, dtype=np.float64)


def _taken_apart(information: Floats, inverse: Floats) -> tuple[Floats, Floats]:
    """Shares (g, p) that clusters hold of all information, along directions (g, p, p): ``H^-1 I_g H^-1`` is their sum.

    Directions are columns u with ``u' H u = 1``.
    """
    root = np.linalg.cholesky(inverse)
    shares, vectors = np.linalg.eigh(root.T @ information @ root)
    return shares, root @ vectors


def _is_singular(without: Floats, hessian: Floats) -> bool:
    """Whether almost no information is left in some direction."""
    factor, failed = lapack.dpotrf(without, lower=1)
    if failed:
        return True
    # An upper bound of the smallest share that is left: an eigenvalue is not above any pivot.
    return bool((np.diagonal(factor) ** 2 < WEAK * np.diagonal(hessian)).any())


def _inverted(matrix: Floats) -> Floats | None:
    """Of a symmetric matrix, which is overwritten; None where it is not positive definite."""
    factor, failed = lapack.dpotrf(matrix.T, lower=1, overwrite_a=1)
    if failed:
        return None
    lower = lapack.dpotri(factor, lower=1, overwrite_c=1)[0]
    inverse = lower + lower.T
    np.fill_diagonal(inverse, np.diagonal(lower))
    return np.asarray(inverse, dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Carrying:
    """The contrasts that a single cluster carries alone.

    Parameters
    ----------
    pairs : (m, m) bool
    parameters : (k,) bool
    ratings : (m,) bool
    """

    pairs: Bools
    parameters: Bools
    ratings: Bools


def carried_by(informed: Informed, leverage: Floats, hessian: Floats, inverse: Floats, exact: Ints, m: int) -> Carrying:
    """Find the contrasts that a single cluster carries alone."""
    pairs, parameters = np.zeros((m, m), dtype=np.bool_), np.zeros(len(inverse) - m, dtype=np.bool_)
    central = np.ones(m, dtype=np.bool_)
    diagonal = np.diagonal(inverse)
    variance = diagonal[:m, None] + diagonal[:m] - 2 * inverse[:m, :m]
    whole = exact[leverage[exact] >= WHOLE]
    for _, information in informed(whole):
        for each in information:
            is_wanted()
            if len(inverse) > SMALL and not _is_singular(hessian - each, hessian):
                continue
            shares, directions = (stack[0] for stack in _taken_apart(each[None], inverse))
            alone = directions[:, shares >= 1 - ALONE]
            if not alone.shape[1]:
                continue
            apart = np.square(alone[:m, None, :] - alone[None, :m, :]).sum(axis=2) > ROUNDING * variance
            pairs |= apart
            parameters |= np.square(alone[m:]).sum(axis=1) > ROUNDING * diagonal[m:]
            together = (~apart).sum(axis=1)
            central &= ~apart[together.argmax()] & (2 * together.max() > m)
    np.fill_diagonal(pairs, False)
    return Carrying(pairs, parameters, ~central)


class Sums:
    """Sums of L_g and of its squares over clusters, for differences (m, m) and for ratings and parameters (p,)."""

    def __init__(self, p: int, weights: Floats) -> None:
        m = len(weights)
        self.weights = weights
        self.pairs, self.pairs_squared = np.zeros((m, m)), np.zeros((m, m))
        self.single, self.single_squared = np.zeros(p), np.zeros(p)
        self.information = np.zeros((p, p))

    def add(self, gained: Floats, information: Floats, times: Floats) -> None:
        """Clusters solved exactly: (g, p, p) each, (g,)."""
        m = len(self.weights)
        self.information += np.tensordot(times, information, axes=1)
        for some in _slices(len(gained), m):
            each, count = gained[some], times[some]
            own = np.diagonal(each, axis1=1, axis2=2)
            single = own.copy()
            mean = each[:, :m, :m] @ self.weights
            single[:, :m] += (mean @ self.weights)[:, None] - 2 * mean
            np.maximum(single, 0, out=single)
            self.single += count @ single
            self.single_squared += count @ single**2
            pairs = own[:, :m, None] + own[:, None, :m] - 2 * each[:, :m, :m]
            np.maximum(pairs, 0, out=pairs)
            self.pairs += np.tensordot(count, pairs, axes=1)
            self.pairs_squared += np.tensordot(count, pairs**2, axes=1)

    def add_small(self, degrees: "Degrees", inverse: Floats) -> None:
        """All others: together they hold what the exact ones leave, shared out by the degrees of the competitors."""
        m = len(self.weights)
        taken = inverse @ self.information @ inverse
        rest = inverse - taken
        variance = np.diagonal(rest)[:m, None] + np.diagonal(rest)[:m] - 2 * rest[:m, :m]
        near = inverse[:m, :m] - np.diagonal(inverse)[:m, None]
        squares = near**2  # [i, j]: what i's end feels of a difference of i and j
        n, k, further, further_squared = degrees.sums()
        size = squares * n[:, None] + squares.T * n
        shared = squares**2 * np.diagonal(k)[:, None] + (squares**2).T * np.diagonal(k) + 2 * squares * squares.T * k
        self._add(self.pairs, self.pairs_squared, variance, size, shared)
        mean = inverse[:m, :m] @ self.weights
        own = (inverse[:m, :m] - mean) ** 2
        centred = np.diagonal(rest)[:m] - 2 * rest[:m, :m] @ self.weights + self.weights @ rest[:m, :m] @ self.weights
        self._add(self.single[:m], self.single_squared[:m], centred, own @ n, ((own @ k) * own).sum(axis=1))
        self.single[m:] += further
        self.single_squared[m:] += further_squared

    def _add(self, total: Floats, squared: Floats, variance: Floats, size: Floats, shared: Floats) -> None:
        left = np.maximum(variance, 0)
        total += left
        squared += np.divide(shared * left**2, size**2, out=np.zeros_like(left), where=size > 0)

    def effective(self, part: slice, n_clusters: float) -> Floats:
        return ratio(self.single[part], self.single_squared[part], n_clusters)

    def effective_differences(self, n_clusters: float) -> Floats:
        return ratio(self.pairs, self.pairs_squared, n_clusters)


def _slices(n: int, m: int) -> Iterator[slice]:
    """So many clusters at a time that their tables of pairs stay small."""
    size = max(1, PART_NUMBERS // (8 * max(m, 1) ** 2))
    return (slice(start, start + size) for start in range(0, n, size))


def ratio(total: Floats, squared: Floats, n_clusters: float) -> Floats:
    """``total**2 / squared``, between 1 and G; G where nothing depends on any cluster, and but for rounding."""
    effective = np.divide(total**2, squared, out=np.full_like(total, n_clusters), where=squared > 0)
    return np.where(effective > n_clusters * (1 - ROUNDING), n_clusters, np.maximum(effective, 1.0))
