"""Likelihoods whose scores touch a few parameters each, wherever these are: rankings of k, voters with a slope."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from ranking.maths.clusters.leave_one_out import LeaveOut, leave_out_exactly
from ranking.maths.clusters.leave_one_out_rows import PART_NUMBERS
from ranking.maths.data.arrays import Codes, Floats, Ints
from ranking.maths.data.comparisons import CLUSTER_COLUMNS, Cluster, Column

# Above this share of entries that are not zero a dense product is faster than a sparse one.
DENSE_SHARE = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class SparseLikelihood:
    """A likelihood at its maximum, with the score of each row kept as a sparse line.

    Parameters
    ----------
    information : (p, p) float64
        The grounded Hessian.
    scores : (n, p) csr_array
        The gradient of each row's log-likelihood, unweighted.
    weight : (n,) float64
        How many equal rows each stands for.
    clusters : dict of column to (n,) int32
        Codes of "prompt", "voter" and "judge", -1 = unknown.
    factors : (r, p) csr_array, optional
        Lines f whose outer products add up to the rows' information, ``I_row = sum of f f'``, unweighted. Without them
        nothing can be left out.
    owner : (r,) int64, optional
        The row of each.

    Examples
    --------
    Two rows of one prompt, with scores 1 and 1, and one of another with -2: (2 / 1) * (4 + 4).

    >>> rows = csr_array(np.array([[1.0], [1.0], [-2.0]]))
    >>> likelihood = SparseLikelihood(np.eye(1), rows, np.ones(3), {"prompt": np.array([0, 0, 1], dtype=np.int32)})
    >>> likelihood.meat(None).tolist(), likelihood.meat("prompt").tolist()
    ([[6.0]], [[16.0]])
    """

    information: Floats
    scores: csr_array
    weight: Floats
    clusters: dict[Column, Codes]
    factors: csr_array | None = None
    owner: Ints | None = None

    def hessian(self) -> Floats:
        """The grounded Hessian, (p, p)."""
        return self.information

    def meat(self, cluster: Cluster | None) -> Floats:
        """(p, p): summed over rows, over clusters of rows, or ``B_1 + B_2 - B_12`` for two columns that cross.

        Raises
        ------
        ValueError
            If a column is unknown, two are the same, or there are fewer than two clusters.
        """
        if cluster is None:
            return _outer(self._scaled(np.sqrt(self.weight)))
        if not isinstance(cluster, tuple):
            return self._clustered(self._codes(cluster), f"{cluster}s")
        return self.meat(cluster[0]) + self.meat(cluster[1]) - self.crossed(cluster)

    def crossed(self, columns: tuple[Column, Column]) -> Floats:
        """(p, p): summed over pairs of values of two columns."""
        first, second = columns
        if first == second:
            raise ValueError(f"clusters {columns!r}: two different columns are needed")
        return self._clustered(_crossed(self._codes(first), self._codes(second)), f"pairs of {first} and {second}")

    def leave_out(self, column: Column) -> LeaveOut:
        """Variance and effective clusters with those of a column left out in turn, where all parameters are ratings."""
        return self.left_out(column, n_ratings=len(self.information), project=lambda matrices: matrices)

    def left_out(self, column: Column, *, n_ratings: int, project: Callable[[Floats], Floats]) -> LeaveOut:
        """The same with `n_ratings` ratings first, of scores (S, p) and information matrices (g, p, p) seen by `project`."""
        if self.factors is None or self.owner is None:
            raise ValueError("the information of single rows is not known: no cluster can be left out")
        codes, p = self._codes(column), len(self.information)
        known, alone = (codes >= 0) & (self.weight > 0), np.flatnonzero((codes < 0) & (self.weight > 0))
        met, places = np.unique(codes[known], return_inverse=True)
        slot = np.full(len(codes), -1, dtype=np.int64)
        slot[known], slot[alone] = places, len(met) + np.arange(len(alone))
        times = np.append(np.ones(len(met)), self.weight[alone])
        if times.sum() < 2:
            raise ValueError(f"{times.sum():g} {column}s: a covariance by cluster needs at least 2")
        inside = np.flatnonzero(slot >= 0)
        within = np.where(codes < 0, 1.0, self.weight)
        gather = csr_array((within[inside], (slot[inside], inside)), shape=(len(times), len(codes)))
        scores = project((gather @ self.scores).toarray()[:, :, None])[:, :, 0]
        of_factor, lines = slot[self.owner], csr_array(self.factors.multiply(np.sqrt(within[self.owner])[:, None]))

        def informed(part: Ints) -> Iterator[tuple[Ints, Floats]]:
            for some in np.array_split(part, max(1, len(part) * p * p // PART_NUMBERS)):
                each = [lines[np.flatnonzero(of_factor == g)] for g in some.tolist()]
                yield some, project(np.array([(f.T @ f).toarray() for f in each]).reshape(-1, p, p))

        return leave_out_exactly(scores, informed, times, self.information, n_ratings)

    def in_unit(self, unit: float) -> "SparseLikelihood":
        """The same of weights `unit` times as large."""
        return replace(self, information=self.information * unit, weight=self.weight * unit)

    def _codes(self, column: Column) -> Codes:
        if column not in CLUSTER_COLUMNS:
            raise ValueError(f"unknown cluster {column!r}: allowed are {', '.join(map(repr, CLUSTER_COLUMNS))}")
        return self.clusters.get(column, np.full(len(self.weight), -1, dtype=np.int32))

    def _clustered(self, codes: Codes | Ints, kind: str) -> Floats:
        """A row of unknown cluster and weight w is w clusters of one row each."""
        known = (codes >= 0) & (self.weight > 0)
        alone = np.where(codes < 0, self.weight, 0.0)
        met, slots = np.unique(codes[known], return_inverse=True)
        n_clusters = float(len(met) + alone.sum())
        if n_clusters < 2:
            raise ValueError(f"{n_clusters:g} {kind}: a covariance by cluster needs at least 2")
        gather = csr_array((self.weight[known], (slots, np.flatnonzero(known))), shape=(len(met), len(codes)))
        meat = _outer(csr_array(gather @ self.scores)) + _outer(self._scaled(np.sqrt(alone)))
        return np.asarray(meat * (n_clusters / (n_clusters - 1)), dtype=np.float64)

    def _scaled(self, factor: Floats) -> csr_array:
        return csr_array(self.scores.multiply(factor[:, None]))


def _outer(rows: csr_array) -> Floats:
    if rows.nnz > DENSE_SHARE * rows.shape[0] * rows.shape[1]:
        dense = rows.toarray()
        return np.asarray(dense.T @ dense, dtype=np.float64)
    return np.asarray((rows.T @ rows).toarray(), dtype=np.float64)


def _crossed(first: Codes, second: Codes) -> Ints:
    """One code for each pair of values, -1 where either is unknown."""
    keys = first.astype(np.int64) * (int(second.max(initial=0)) + 1) + second
    return np.where((first >= 0) & (second >= 0), keys, -1)
