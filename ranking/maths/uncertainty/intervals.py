"""Intervals for ratings, and for differences of ratings, one statement at a time."""

from dataclasses import dataclass

import numpy as np

from ranking.maths.data.arrays import Floats, HoldsArrays
from ranking.maths.data.comparisons import Cluster
from ranking.maths.data.tables import Tabled, TabledPairs
from ranking.maths.estimation.covariance import Rated, spread


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Intervals(HoldsArrays, Tabled):
    """Confidence intervals of ratings, each at its own level. Natural log-odds, mean zero.

    Parameters
    ----------
    names : tuple of str
    estimate : (m,) float64
        The ratings.
    se, low, high : (m,) float64
        Standard error and limits; infinite where nothing can be said, as one cluster carries the rating alone.
    critical : (m,) float64
        ``low, high = estimate -+ critical * se``.
    df : (m,) float64
        Of the t quantile, effective clusters less 1; infinite = normal.
    n_clusters : float
        Independent units of all comparisons: clusters, or comparisons where `kind` is "iid".
    kind : str
        "iid", "prompt" or "few_prompts" ("voter", "few_voters"): see `spread`.
    notes : tuple of str
        What the reader must know.
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    critical: Floats
    df: Floats
    n_clusters: float
    kind: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Differences(HoldsArrays, TabledPairs):
    """Differences of ratings, ``estimate[i, j] = rating[i] - rating[j]``, each at its own level.

    Parameters
    ----------
    names : tuple of str
    estimate, se, low, high : (m, m) float64
        Natural log-odds; zero on the diagonal, and without limits where one cluster carries the difference alone.
    critical, df : (m, m) float64
        Of each difference, by the clusters that stand behind it.
    n_clusters, kind, notes
        As in `Intervals`.
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    critical: Floats
    df: Floats
    n_clusters: float
    kind: str
    notes: tuple[str, ...]


def intervals(fit: Rated, *, cluster: Cluster | None = "prompt", level: float = 0.95) -> Intervals:
    """``rating -+ critical * se`` for every fitted competitor, against the mean of all fitted.

    Parameters
    ----------
    fit : Fit or Resampled
    cluster : "prompt", "voter" or None
        What is drawn independently; unknown clusters fall back to None and say so in `notes`.
    level : float
        Of each interval, in (0, 1).

    Raises
    ------
    ValueError
        If `level` or `cluster` is not allowed.

    References
    ----------
    The variance, and how many clusters stand behind it: `ranking.maths.estimation.covariance.spread`.

    Examples
    --------
    3 wins of 4: se of a difference 2 / sqrt 3 = 1.1547, of a centred rating half of it.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> limits = intervals(fit)
    >>> limits.kind, limits.se.round(4).tolist(), limits.low.round(3).tolist()
    ('iid', [0.5774, 0.5774], [-0.582, -1.681])
    >>> limits
    Intervals (iid)
    name  estimate     se     low   high
    x        0.549  0.577  -0.582  1.681
    y       -0.549  0.577  -1.681  0.582
    note: prompts unknown: comparisons are taken as independent
    """
    variances = spread(fit, cluster=cluster)
    critical = variances.critical(level)
    se = np.sqrt(variances.rating_variance)
    return Intervals(
        names=fit.names,
        estimate=fit.ratings,
        se=se,
        low=fit.ratings - critical * se,
        high=fit.ratings + critical * se,
        critical=critical,
        df=variances.rating_df,
        n_clusters=variances.n_clusters,
        kind=variances.kind,
        notes=variances.notes,
    )


def differences(fit: Rated, *, cluster: Cluster | None = "prompt", level: float = 0.95) -> Differences:
    """``rating[i] - rating[j] -+ critical * se[i, j]`` for every pair, each at its own level.

    Statements about many pairs at once need `rank_sets`.

    Parameters
    ----------
    fit, cluster, level
        As in `intervals`.

    Raises
    ------
    ValueError
        If `level` or `cluster` is not allowed.

    References
    ----------
    The variance, and how many clusters stand behind it: `ranking.maths.estimation.covariance.spread`.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> gaps = differences(fit)
    >>> gaps.estimate[0, 1].round(4).item(), gaps.se[0, 1].round(4).item()
    (1.0986, 1.1547)
    """
    variances = spread(fit, cluster=cluster)
    critical = variances.difference_critical(level)
    estimate = fit.ratings[:, None] - fit.ratings[None, :]
    se = np.sqrt(variances.difference_variance)
    return Differences(
        names=fit.names,
        estimate=estimate,
        se=se,
        low=estimate - critical * se,
        high=estimate + critical * se,
        critical=critical,
        df=variances.difference_df,
        n_clusters=variances.n_clusters,
        kind=variances.kind,
        notes=variances.notes,
    )
