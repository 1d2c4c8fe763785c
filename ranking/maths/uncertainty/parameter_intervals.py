"""Intervals for parameters other than ratings: slot intercepts, covariates, tie widths."""

from dataclasses import dataclass, replace

import numpy as np

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays
from ranking.maths.data.comparisons import Cluster
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, FLAT, ClusterCounts, above, checked_level, standing
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.likelihood import crossed_covariance, model_covariance


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ParameterIntervals(HoldsArrays, Tabled):
    """Confidence intervals of a fit's further parameters, each at its own level.

    Parameters
    ----------
    names : tuple of str
        The k parameters, in the order of `Fit.parameters`.
    estimate, se, low, high : (k,) float64
        In the unit of each parameter, natural log-odds for slot intercepts; se and limits are infinite where one cluster
        carries the parameter alone.
    df : (k,) float64
        Of the t quantile: the effective clusters behind each, less 1; infinite = normal.
    n_clusters : float
    kind : str
        As in `Intervals`.
    notes : tuple of str
        What the reader must know.
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    df: Floats
    n_clusters: float
    kind: str
    notes: tuple[str, ...]


def parameter_intervals(fit: Fit, *, cluster: Cluster | None = "prompt", level: float = 0.95) -> ParameterIntervals:
    """``estimate -+ critical * se`` for every further parameter, by the same rule as the ratings' (see `spread`).

    The variance is the leave-one-cluster-out one, the quantile that of t with the effective clusters behind this one
    parameter; under 30 of them the variance is at least that of independent comparisons. Comparisons of unknown cluster
    are clusters of their own. Parameters without finite estimate are not here: they are `Fit.at_limit`.

    Parameters
    ----------
    fit : Fit
    cluster : "prompt", "voter", "judge", two of them, or None
        As in `intervals`.
    level : float
        Of each interval, in (0, 1).

    Raises
    ------
    ValueError
        If `level` or `cluster` is not allowed.

    References
    ----------
    As for `ranking.maths.estimation.covariance.spread`.

    Examples
    --------
    Slot 1 wins 12 of 16, whoever stands there: gamma = ln 3, its variance 1 / (16 * 3/16) if all are independent.

    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.models.contextual import fit_contextual
    >>> c = Comparisons.from_names(["x"] * 16, ["y"] * 16, ["a", "b"] * 6 + ["b", "a"] * 2, first=["a", "b"] * 8)
    >>> slots = parameter_intervals(fit_contextual(c, slot_sd=None), cluster=None)
    >>> slots.names, slots.estimate.round(3).tolist(), slots.se.round(3).tolist(), slots.low.round(2).tolist()
    (('slot intercept',), [1.099], [0.577], [-0.03])
    """
    counts = standing(fit, cluster)
    tail, estimate = (1 - checked_level(level)) / 2, np.array([parameter.estimate for parameter in fit.parameters])
    clusters, carried = _clusters(fit, counts)
    variance = np.where(carried, np.inf, _variance(fit, counts, clusters))
    df, se = np.maximum(clusters - 1, 1.0), np.sqrt(variance)
    half = above(tail, df) * se
    return ParameterIntervals(
        names=tuple(parameter.name for parameter in fit.parameters),
        estimate=estimate,
        se=se,
        low=estimate - half,
        high=estimate + half,
        df=df,
        n_clusters=counts.n_clusters,
        kind=counts.kind,
        notes=(*fit.notes, *counts.notes),
    )


def slot_intervals(fit: Fit, *, cluster: Cluster | None = "prompt", level: float = 0.95) -> ParameterIntervals:
    """Intervals of slot intercepts: as `parameter_intervals`, but none narrower than its prior and games allow.

    Where one slot was always chosen no game differs from another, and the prior's own width is all that is known.

    Parameters
    ----------
    fit, cluster, level
        As in `parameter_intervals`; every further parameter of the fit has a prior.

    Raises
    ------
    ValueError
        If `level` or `cluster` is not allowed.

    References
    ----------
    As for `ranking.maths.estimation.covariance.spread`.

    Examples
    --------
    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.models.contextual import fit_contextual
    >>> c = Comparisons.from_names(["x"] * 16, ["y"] * 16, ["a", "b"] * 8, first=["a", "b"] * 8)
    >>> slots = slot_intervals(fit_contextual(c), cluster=None)
    >>> bool(slots.low[0] < slots.estimate[0] < slots.high[0] < np.inf)
    True
    """
    own_intervals, m = parameter_intervals(fit, cluster=cluster, level=level), len(fit.names)
    if not len(own_intervals.names):
        return own_intervals
    own = np.sqrt(np.diagonal(model_covariance(fit.likelihood, m))[m:])
    half = np.maximum(own_intervals.high - own_intervals.estimate, above((1 - level) / 2, np.full(len(own), np.inf)) * own)
    return replace(
        own_intervals,
        se=np.maximum(own_intervals.se, own),
        low=own_intervals.estimate - half,
        high=own_intervals.estimate + half,
    )


def _clusters(fit: Fit, counts: ClusterCounts) -> tuple[Floats, Bools]:
    """Effective clusters behind each parameter, and whether one carries it alone: (k,) each."""
    k = len(fit.parameters)
    if not counts.left_out:
        alone = bool(counts.columns)  # one cluster in all
        return np.full(k, 1.0 if alone else np.inf), np.full(k, alone)
    carried = np.any([each.carried_parameters for each in counts.left_out], axis=0)
    return np.asarray(np.min([each.parameters for each in counts.left_out], axis=0), dtype=np.float64), carried


def _variance(fit: Fit, counts: ClusterCounts, clusters: Floats) -> Floats:
    """As `spread` chooses it for ratings: (k,)."""
    m = len(fit.names)
    iid, own = np.diagonal(fit.parameter_covariance(None)), np.diagonal(model_covariance(fit.likelihood, m))[m:]
    variance = iid
    if counts.left_out:
        one_way = [np.diagonal(each.covariance)[m:] for each in counts.left_out]
        variance = one_way[0]
        if len(one_way) == 2:
            crossed = np.diagonal(crossed_covariance(fit.likelihood, m, counts.columns))[m:]  # type: ignore[arg-type]
            variance = np.maximum(one_way[0] + one_way[1] - crossed, 0.0)
        few = (clusters < FEWEST_CLUSTERS) | (counts.n_clusters <= m)
        variance = np.where(few, np.max([variance, *one_way, iid], axis=0), variance)
    return np.where(variance <= FLAT * own, own, variance)
