"""Likelihoods at their maximum: the Hessian, the score of each comparison, and the covariances that follow.

A model has m ratings, which sum to zero, and k further parameters (a tie width, a slope ...): p = m + k in
all, ratings first. A comparison of a and b has a score (the gradient of its log-likelihood) with an entry at
a, one at b and k more. From the Hessian H and the scores come all covariances, V = H+ B H+.
"""

from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from ranking.maths.clusters.leave_one_out import LeaveOut, leave_out
from ranking.maths.clusters.leave_one_out_rows import Alike, RowsLeft, Term, TermRows
from ranking.maths.clusters.sandwich import Entries, ScoreRows, clustered_meat, crossed_meat, meat_of, two_way_meat
from ranking.maths.data.arrays import Bools, Floats, Ints, chunks
from ranking.maths.data.cells import Cells, cell_keys, count_cells, short_keys
from ranking.maths.data.comparisons import Cluster, Column, Comparisons

ROWS_A_KIND = 8
"""So many rows to each pair and outcome, and what rests on these alone is worked out once."""


class Likelihood(Protocol):
    """What a fit needs from its model to compute covariances."""

    def hessian(self) -> Floats:
        """(p, p), sign turned, positive definite: the free shift of the ratings is pinned (see `grounded`)."""

    def meat(self, cluster: Cluster | None) -> Floats:
        """(p, p): the covariance of the total score."""

    def crossed(self, columns: tuple[Column, Column]) -> Floats:
        """(p, p): the covariance of the score with a cluster for every pair of values of two columns."""

    def leave_out(self, column: Column) -> LeaveOut:
        """Variance and effective clusters with those of a column left out in turn."""

    def in_unit(self, unit: float) -> "Likelihood":
        """The same of weights `unit` times as large."""


def covariance(likelihood: Likelihood, n_ratings: int, *, cluster: Cluster | None) -> Floats:
    """``V = H+ B H+`` of ratings and further parameters: (p, p), symmetric; the ratings' rows sum to zero.

    With two crossed columns B can have negative directions (it is a difference); they are clipped to zero.

    References
    ----------
    H. White, "Maximum likelihood estimation of misspecified models", Econometrica 50(1), 1982.
    A. C. Cameron, J. B. Gelbach, D. L. Miller, "Robust inference with multiway clustering", Journal of
    Business & Economic Statistics 29(2), 2011, section 2.3.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> covariance(fit.likelihood, 2, cluster=None).round(4).tolist()
    [[0.3333, -0.3333], [-0.3333, 0.3333]]
    """
    if not len(likelihood.hessian()):
        return likelihood.hessian()
    sandwich = _sandwich(likelihood.hessian(), likelihood.meat(cluster), n_ratings)
    return without_negative_directions(sandwich) if isinstance(cluster, tuple) else sandwich


def crossed_covariance(likelihood: Likelihood, n_ratings: int, columns: tuple[Column, Column]) -> Floats:
    """``H+ B_12 H+``, with a cluster for every pair of values of two columns: (p, p).

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"], prompt=[1, 1, 2, 2], voter=[1, 2, 1, 2])
    >>> crossed_covariance(fit_bradley_terry(c).likelihood, 2, ("prompt", "voter")).round(4).tolist()
    [[0.3333, -0.3333], [-0.3333, 0.3333]]
    """
    return _sandwich(likelihood.hessian(), likelihood.crossed(columns), n_ratings)


def _sandwich(hessian: Floats, meat: Floats, n_ratings: int) -> Floats:
    bread = cho_factor(hessian)
    product = np.asarray(cho_solve(bread, cho_solve(bread, meat).T), dtype=np.float64)
    return centred((product + product.T) / 2, n_ratings)


def model_covariance(likelihood: Likelihood, n_ratings: int) -> Floats:
    """``H+``, the inverse information: (p, p); right if every outcome is an independent draw of the model.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"]))
    >>> model_covariance(fit.likelihood, 2).round(4).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    hessian = likelihood.hessian()
    if not len(hessian):
        return hessian
    return centred(np.asarray(cho_solve(cho_factor(hessian), np.eye(len(hessian))), dtype=np.float64), n_ratings)


def centred(covariance: Floats, n_ratings: int) -> Floats:
    """The covariance of ratings minus their mean (and of the further parameters as they are): (p, p).

    Examples
    --------
    >>> centred(np.eye(2), 2).tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    result = covariance.copy()
    result[:n_ratings] -= result[:n_ratings].mean(axis=0)
    result[:, :n_ratings] -= result[:, :n_ratings].mean(axis=1, keepdims=True)
    return result


def without_negative_directions(covariance: Floats) -> Floats:
    """The nearest positive semidefinite matrix: negative eigenvalues become zero.

    Examples
    --------
    >>> without_negative_directions(np.diag([2.0, -1.0])).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    values, vectors = np.linalg.eigh(covariance)
    if values.min(initial=0.0) >= 0:
        return covariance
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T, dtype=np.float64)


def grounded(hessian: Floats, n_ratings: int) -> Floats:
    """A Hessian that does not see a common shift of the ratings, with that shift pinned: ``H + c 1 1'``.

    On ratings that sum to zero its inverse is H+. The size of c does not matter; it is taken from H so that
    the sum is well conditioned.

    Examples
    --------
    >>> grounded(np.array([[1.0, -1.0], [-1.0, 1.0]]), 2).tolist()
    [[1.5, -0.5], [-0.5, 1.5]]
    """
    pinned = hessian.copy()
    ratings = slice(n_ratings)
    pinned[ratings, ratings] += np.trace(hessian[ratings, ratings]) / max(n_ratings, 1) ** 2
    return pinned


@dataclass(frozen=True, slots=True, eq=False)
class CellTerm:
    """A part ``weight z z'`` of the information of each cell; z is the same for all.

    Parameters
    ----------
    weight : (m, m, 4) float64
        Of a comparison (a, b, outcome).
    at_a, at_b : float
        Entries of z at a and at b.
    further : (k,) float64
        Its other entries.
    """

    weight: Floats
    at_a: float
    at_b: float
    further: Floats


@dataclass(frozen=True, slots=True, eq=False)
class CellLikelihood:
    """A likelihood whose scores depend on pair and outcome alone, so that most is done on counts.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors.
    cells : Cells
        Their counts.
    information : (p, p) float64
        The grounded Hessian.
    toward_a, toward_b : (m, m, 4) float64
        Entries of the score at a and at b of a comparison (a, b, outcome).
    further : (m * m * 4, k) float64
        Its other entries.
    terms : tuple of CellTerm
        Of the information of a comparison.
    kinds : (n,) int, optional
        The cell of each row; None = worked out whenever it is asked for.
    """

    comparisons: Comparisons
    cells: Cells
    information: Floats
    toward_a: Floats
    toward_b: Floats
    further: Floats
    terms: tuple[CellTerm, ...]
    kinds: NDArray[np.integer[Any]] | None = None

    def hessian(self) -> Floats:
        """The grounded Hessian, (p, p)."""
        return self.information

    def leave_out(self, column: Column) -> LeaveOut:
        """Variance and effective clusters with those of a column left out in turn: see `clusters.leave_one_out`."""
        alike = self._alike()
        if alike is None:
            return leave_out(RowsLeft(self.comparisons, self.information, self._entries, self._terms), column)
        known = replace(self, kinds=alike.kind)
        return leave_out(RowsLeft(self.comparisons, self.information, known._entries, known._terms, alike), column)

    def _alike(self) -> Alike | None:
        """Rows of one pair and outcome, where there are far fewer of these than rows."""
        n, n_kinds = len(self.comparisons), len(self.further)
        if n < ROWS_A_KIND * n_kinds:
            return None
        kind, row = np.empty(n, dtype=np.min_scalar_type(n_kinds)), np.zeros(n_kinds, dtype=np.int64)
        for part in chunks(n):
            kind[part] = short_keys(self.comparisons, part)
            row[kind[part]] = np.arange(part.start, part.stop)
        return Alike(kind, row)

    def in_unit(self, unit: float) -> "CellLikelihood":
        """The same of weights `unit` times as large."""
        c, n = self.comparisons, self.cells
        return replace(
            self,
            comparisons=replace(c, weight=c.weights() * unit),
            cells=Cells(wins=n.wins * unit, ties=n.ties * unit, both_bad=n.both_bad * unit),
            information=self.information * unit,
        )

    def _keys(self, rows: slice | Ints) -> NDArray[np.integer[Any]]:
        return cell_keys(self.comparisons, rows) if self.kinds is None else self.kinds[rows]

    def _terms(self, rows: slice | Ints) -> list[Term]:
        keys = self._keys(rows)
        return [Term(term.weight.ravel()[keys], term.at_a, term.at_b, term.further[None]) for term in self.terms]

    def meat(self, cluster: Cluster | None) -> Floats:
        """(p, p): summed over cells, or over clusters of rows."""
        if cluster is None:
            return self._cell_meat(self.cells if self.comparisons.weight_kind == "count" else self._squared(None))
        if isinstance(cluster, tuple):
            return two_way_meat(self._by_column, self.crossed(cluster), cluster)
        return self._by_column(cluster)

    def crossed(self, columns: tuple[Column, Column]) -> Floats:
        """(p, p): summed over pairs of values of two columns."""
        return crossed_meat(self.comparisons, self._entries, self.meat(None), *columns)

    def _by_column(self, cluster: Column) -> Floats:
        unknown = self.comparisons.clusters(cluster) < 0
        singles = self._cell_meat(self._squared(unknown)) if unknown.any() else None
        return clustered_meat(self.comparisons, self._entries, singles, len(self.information), cluster)

    def _squared(self, rows: Bools | None) -> Cells:
        """Counts of the comparisons that each stand for themselves, by the square of what one weighs."""
        c = self.comparisons
        squared = c if c.weight_kind == "count" else replace(c, weight=c.unit_weights() ** 2)
        return count_cells(squared, rows=rows)

    def _entries(self, rows: slice | Ints) -> Entries:
        keys = self._keys(rows)
        return Entries(self.toward_a.ravel()[keys], self.toward_b.ravel()[keys], self.further[keys])

    def _cell_meat(self, cells: Cells) -> Floats:
        once = np.triu(np.ones_like(cells.wins))
        counts = np.stack([cells.wins, np.zeros_like(once), (cells.ties - cells.both_bad) * once, cells.both_bad * once], -1)
        met = np.flatnonzero(counts)
        m = len(cells.wins)
        a, b = np.divmod(met // 4, m)
        entries = Entries(self.toward_a.ravel()[met], self.toward_b.ravel()[met], self.further[met])
        return meat_of(a, b, entries, counts.ravel()[met], m)


@dataclass(frozen=True, slots=True, eq=False)
class RowLikelihood:
    """A likelihood whose scores differ from row to row (covariates, judges, order).

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors.
    information : (p, p) float64
        The grounded Hessian.
    score : callable
        Rows (a slice or indices) to their `Entries`, unweighted.
    terms : callable
        Rows to the terms of their information, unweighted.
    prior : (p,) float64, optional
        Information that priors bring, where they count as evidence: one more independent score each, of that variance.
    alike : Alike, optional
        Which rows have the same terms.
    """

    comparisons: Comparisons
    information: Floats
    score: ScoreRows
    terms: TermRows
    prior: Floats | None = None
    alike: Alike | None = None

    def hessian(self) -> Floats:
        """The grounded Hessian, (p, p)."""
        return self.information

    def leave_out(self, column: Column) -> LeaveOut:
        """Variance and effective clusters with those of a column left out in turn: see `clusters.leave_one_out`."""
        left_out = leave_out(RowsLeft(self.comparisons, self.information, self.score, self.terms, self.alike), column)
        return (
            left_out
            if self.prior is None
            else replace(left_out, covariance=left_out.covariance + self._of_the_prior(self.prior, left_out.centre))
        )

    def _of_the_prior(self, prior: Floats, centre: Floats) -> Floats:
        """What the priors' scores add to a covariance of ratings less their mean by these weights: (p, p)."""
        m = len(centre)
        moved = np.asarray(cho_solve(cho_factor(self.information), np.diag(np.sqrt(prior))), dtype=np.float64)
        moved[:m] -= centre @ moved[:m]
        return np.asarray(moved @ moved.T, dtype=np.float64)

    def in_unit(self, unit: float) -> "RowLikelihood":
        """The same of weights `unit` times as large."""
        c = self.comparisons
        prior = None if self.prior is None else self.prior * unit
        weighed = replace(c, weight=c.weights() * unit)
        return replace(self, comparisons=weighed, information=self.information * unit, prior=prior)

    def meat(self, cluster: Cluster | None) -> Floats:
        """(p, p): summed over rows, or over clusters of rows, with what priors add."""
        of_rows = self._of_the_rows(cluster)
        return of_rows if self.prior is None else of_rows + np.diag(self.prior)

    def _of_the_rows(self, cluster: Cluster | None) -> Floats:
        if cluster is None:
            return self._row_meat(None)
        if isinstance(cluster, tuple):
            return two_way_meat(self._by_column, self.crossed(cluster), cluster)
        return self._by_column(cluster)

    def crossed(self, columns: tuple[Column, Column]) -> Floats:
        """(p, p): summed over pairs of values of two columns."""
        return crossed_meat(self.comparisons, self.score, self._row_meat(None), *columns)

    def _by_column(self, cluster: Column) -> Floats:
        unknown = self.comparisons.clusters(cluster) < 0
        singles = self._row_meat(unknown.astype(np.float64)) if unknown.any() else None
        return clustered_meat(self.comparisons, self.score, singles, len(self.information), cluster)

    def _row_meat(self, counted: Floats | None) -> Floats:
        c, m = self.comparisons, len(self.comparisons.names)
        total = np.zeros_like(self.information)
        for part in chunks(len(c)):
            weight = c.multiples(part) * c.unit_weights(part) ** 2
            weight = weight if counted is None else weight * counted[part]
            total += meat_of(c.a[part], c.b[part], self.score(part), weight, m)
        return total
