"""Fit: the frozen result of every model that rates competitors from pairs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np

from ranking.maths.clusters.leave_one_out import LeaveOut
from ranking.maths.data.arrays import Floats, HoldsArrays, Ints
from ranking.maths.data.cells import Cells, count_cells
from ranking.maths.data.checks import named_cluster
from ranking.maths.data.comparisons import Cluster, Column, Comparisons
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.likelihood import (
    Likelihood,
    covariance,
    crossed_covariance,
    model_covariance,
    without_negative_directions,
)


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """How the maximum was found.

    Parameters
    ----------
    n_comparisons : float
        Comparisons between the fitted competitors (a sum of weights).
    n_left_out : float
        Comparisons with a competitor that could not be rated.
    steps : int
        Newton steps taken.
    last_step : float
        Largest change of a difference of ratings in the last step (natural log-odds).
    log_likelihood : float
        At the maximum; a tie contributes half of either result.
    """

    n_comparisons: float
    n_left_out: float
    steps: int
    last_step: float
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was fitted and how, in words and numbers that a snapshot can store."""

    method: str
    ties: str
    parameters: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A further parameter of a model, beside the ratings: its name and its estimate."""

    name: str
    estimate: float


@dataclass(frozen=True, slots=True)
class AtLimit:
    """A further parameter that has no maximum inside its range: the likelihood rises all the way to the end of it.

    Parameters
    ----------
    name : str
    limit : float
        Where the estimate runs to, often an infinity. It has no standard error.
    bound : float
        One-sided 95 % confidence bound: the parameter lies between it and `limit`. The limit at the range's
        other end means that nothing is known.
    reason : str
        What in the data makes it so.

    Examples
    --------
    >>> AtLimit("slot intercept", limit=float("inf"), bound=2.3, reason="slot 1 was chosen every time").bound
    2.3
    """

    name: str
    limit: float
    bound: float
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class Fit(HoldsArrays, Tabled):
    """Ratings with all that is needed to compute their uncertainty.

    Parameters
    ----------
    names : tuple of str
        The m fitted competitors, in the order of the comparisons' names.
    ratings : (m,) float64
        Natural log-odds, mean zero. One unit is ``400 / ln 10 = 173.7`` Elo points.
    components : tuple of tuple of str
        Strong components of "won or tied against" among all competitors, best first.
    unrated : tuple of Unrated
        Competitors without finite rating, each with the reason.
    diagnostics : Diagnostics
    provenance : Provenance
    comparisons : Comparisons
        The rows between fitted competitors, on which the ratings stand.
    likelihood : Likelihood
        At the maximum; all covariances come from it.
    expected_points : (m, m) float64
        ``expected_points[i, j]``: what the model expects i to win of a comparison with j, a tie as
        half; in [0, 1]. In Bradley-Terry ``1 / (1 + exp(ratings[j] - ratings[i]))``.
    parameters : tuple of Parameter
        What else was estimated (k of them), in the order of `parameter_covariance`.
    at_limit : tuple of AtLimit
        Parameters that could not be: the data are so one-sided that they run to the end of their range.
    notes : tuple of str
        What the reader must know of how the ratings came about.
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("ratings",)

    names: tuple[str, ...]
    ratings: Floats
    components: tuple[tuple[str, ...], ...]
    unrated: tuple[Unrated, ...]
    diagnostics: Diagnostics
    provenance: Provenance
    comparisons: Comparisons = field(repr=False)
    likelihood: Likelihood = field(repr=False)
    expected_points: Floats = field(repr=False)
    parameters: tuple[Parameter, ...] = ()
    at_limit: tuple[AtLimit, ...] = ()
    notes: tuple[str, ...] = ()

    def covariance(self, cluster: Cluster | None = "prompt") -> Floats:
        """Sandwich covariance of `ratings`, (m, m) in squared log-odds; its rows sum to zero.

        ``V = H+ B H+`` with H the Hessian of the log-likelihood and B the covariance of the score:
        summed over clusters ("prompt", as in `intervals`, "voter" or "judge") times G / (G - 1), or over comparisons
        (None). Comparisons of unknown cluster are clusters of their own. Two columns that cross, as ("prompt", "voter"):
        ``V_p + V_v - V_pv``, negative eigenvalues clipped to zero.

        Raises
        ------
        ValueError
            If `cluster` is unknown, or there are fewer than two clusters.

        Examples
        --------
        >>> from ranking.maths import Comparisons, fit_bradley_terry
        >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
        >>> fit.covariance().round(4).tolist(), fit.covariance(None).round(4).tolist()
        ([[0.4444, -0.4444], [-0.4444, 0.4444]], [[0.3333, -0.3333], [-0.3333, 0.3333]])
        """
        m = len(self.names)
        return self._whole_covariance(cluster)[:m, :m]

    def parameter_covariance(self, cluster: Cluster | None = "prompt") -> Floats:
        """Sandwich covariance of `parameters`, (k, k); see `covariance`."""
        m = len(self.names)
        return self._whole_covariance(cluster)[m:, m:]

    def model_covariance(self) -> Floats:
        """``H+``: the covariance of `ratings` if every outcome were an independent draw of the model, (m, m)."""
        m = len(self.names)
        return model_covariance(self.likelihood, m)[:m, :m]

    def leave_out(self, column: Column) -> LeaveOut:
        """Leave-one-cluster-out variance of ratings and parameters, and how many clusters stand behind each of them.

        Raises
        ------
        ValueError
            If the column is unknown, or there are fewer than two clusters.

        References
        ----------
        `ranking.maths.clusters.leave_one_out.leave_out`.

        Examples
        --------
        >>> from ranking.maths import Comparisons, fit_bradley_terry
        >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 2, 3, 3])
        >>> fit_bradley_terry(c).leave_out("prompt").ratings.round(2).tolist()
        [2.27, 2.27]
        """
        if column not in self._left_out:
            self._left_out[column] = self.likelihood.leave_out(column)
        return self._left_out[column]

    def two_way(self, columns: tuple[Column, Column]) -> Floats:
        """``V_1 + V_2 - V_12`` of the ratings from leave-one-cluster-out variances, negative directions clipped: (m, m).

        Raises
        ------
        ValueError
            If the columns are the same, one is unknown, or has fewer than two clusters.

        References
        ----------
        A. C. Cameron, J. B. Gelbach, D. L. Miller, "Robust inference with multiway clustering", Journal of Business &
        Economic Statistics 29(2), 2011, equation 2.11.

        Examples
        --------
        >>> from ranking.maths import Comparisons, fit_bradley_terry
        >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"], prompt=[1, 1, 2, 2], voter=[1, 2, 1, 2])
        >>> fit_bradley_terry(c).two_way(("prompt", "voter")).round(4).tolist()
        [[0.6667, -0.6667], [-0.6667, 0.6667]]
        """
        m = len(self.names)
        one_way = sum(self.leave_out(column).covariance[:m, :m] for column in columns)
        crossed = crossed_covariance(self.likelihood, m, columns)[:m, :m]
        return without_negative_directions(np.asarray(one_way - crossed, dtype=np.float64))

    def win_rates(self) -> Floats:
        """Fitted points against a uniformly drawn other fitted competitor, (m,) in [0, 1].

        ``win_rates[i] = sum over j != i of expected_points[i, j] / (m - 1)``. A tie counts as half a win.

        Examples
        --------
        >>> from ranking.maths import Comparisons, fit_bradley_terry
        >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
        >>> fit.win_rates().round(6).tolist()
        [0.75, 0.25]
        """
        others = self.expected_points.sum(axis=1) - np.diagonal(self.expected_points)
        return np.asarray(others / max(len(self.names) - 1, 1), dtype=np.float64)

    @property
    def groups(self) -> Ints:
        """The group of each competitor, (m,): all zero, since a likelihood rates only linked competitors."""
        return np.zeros(len(self.names), dtype=np.int64)

    @property
    def is_pulled(self) -> bool:
        """False: likelihood ratings have no fixed start."""
        return False

    @cached_property
    def cells(self) -> Cells:
        """Counts by pair of `comparisons`."""
        return count_cells(self.comparisons)

    def _whole_covariance(self, cluster: Cluster | None) -> Floats:
        cluster = named_cluster(cluster)
        if cluster not in self._covariances:
            whole = covariance(self.likelihood, len(self.names), cluster=cluster)
            whole.flags.writeable = False
            self._covariances[cluster] = whole
        return self._covariances[cluster]

    @cached_property
    def _left_out(self) -> dict[Column, LeaveOut]:
        return {}

    @cached_property
    def _covariances(self) -> dict[Cluster | None, Floats]:
        return {}
