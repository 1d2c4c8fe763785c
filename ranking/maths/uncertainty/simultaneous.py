"""Differences of some ratings, all of which hold together."""

from collections.abc import Sequence

import numpy as np

from ranking.maths.data.comparisons import Cluster
from ranking.maths.estimation.covariance import Rated, checked_level, spread
from ranking.maths.uncertainty.intervals import Differences
from ranking.maths.uncertainty.rank_sets import N_DRAWS, max_t_quantile


def simultaneous_differences(
    fit: Rated,
    among: Sequence[str],
    *,
    cluster: Cluster | None = "prompt",
    level: float = 0.95,
    n_resamples: int = N_DRAWS,
    rng: np.random.Generator,
) -> Differences:
    """``rating[i] - rating[j] -+ critical * se[i, j]`` for all pairs among some competitors, at one level together.

    With probability `level` every one of these intervals holds what it is for. `critical` is that of `rank_sets`, drawn for
    these competitors alone: among few of many it is smaller. Two of them are as `differences` has them.

    Parameters
    ----------
    fit, cluster, n_resamples, rng
        As in `rank_sets`.
    among : sequence of str
        Names of two or more fitted competitors, in the order of the result.
    level : float
        Of all intervals together, in (0, 1).

    Raises
    ------
    ValueError
        If `level` or `cluster` is not allowed, if fewer than two are named, or one that is not fitted.

    References
    ----------
    Simultaneous differences by the largest of all: J. W. Tukey, "The problem of multiple comparisons", 1953; by draws from a
    covariance: T. Hothorn, F. Bretz, P. Westfall, "Simultaneous inference in general parametric models", Biometrical
    Journal 50(3), 2008, section 3.

    Examples
    --------
    >>> from ranking.maths import Comparisons, differences, fit_bradley_terry
    >>> a, b = ["x"] * 100 + ["y"] * 100, ["y"] * 100 + ["z"] * 100
    >>> fit = fit_bradley_terry(Comparisons.from_names(a, b, (["a"] * 90 + ["b"] * 10) + ["a"] * 51 + ["b"] * 49))
    >>> gaps = simultaneous_differences(fit, ["z", "x", "y"], rng=np.random.default_rng(1))
    >>> gaps.estimate[1, 2].round(3).item(), bool(gaps.low[1, 2] < differences(fit).low[0, 1])
    (2.197, True)
    """
    checked_level(level)
    unknown = sorted(set(among) - set(fit.names))
    if len(set(among)) < 2 or unknown:
        raise ValueError(f"{list(among)}: name two or more fitted competitors; not fitted are {unknown}")
    variances = spread(fit, cluster=cluster)
    places = [fit.names.index(name) for name in among]
    chosen = np.ix_(places, places)
    counted = ~variances.flat[chosen]
    gaussian = max(
        max_t_quantile(joint[chosen], counted, level=level, n_resamples=n_resamples, rng=rng) for joint in variances.joints
    )
    critical = np.maximum(variances.simultaneous(gaussian), variances.difference_critical(level))[chosen]
    estimate = fit.ratings[places][:, None] - fit.ratings[places]
    se = np.sqrt(variances.difference_variance[chosen])
    return Differences(
        names=tuple(among),
        estimate=estimate,
        se=se,
        low=estimate - critical * se,
        high=estimate + critical * se,
        critical=critical,
        df=variances.difference_df[chosen],
        n_clusters=variances.n_clusters,
        kind=variances.kind,
        notes=variances.notes,
    )
