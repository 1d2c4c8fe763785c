"""Spread: which variance and which quantile hold for a fit, given how many clusters stand behind it."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from ranking.maths.arrays import Bools, Floats
from ranking.maths.comparisons import Cluster, Column, Comparisons
from ranking.maths.meat import cluster_sizes

FEWEST_CLUSTERS = 30
"""Below this, or with no more clusters than competitors, a clustered covariance is not trusted alone."""

FLAT = 1e-9
"""A variance below this share of the model's own is rounding, not knowledge."""


class Rated(Protocol):
    """Ratings whose covariances are known: a `Fit`, or a `Resampled`."""

    @property
    def names(self) -> tuple[str, ...]:
        """The m rated competitors."""

    @property
    def ratings(self) -> Floats:
        """(m,), natural log-odds, mean zero."""

    @property
    def comparisons(self) -> Comparisons:
        """The rows between them."""

    def covariance(self, cluster: Cluster | None = None) -> Floats:
        """(m, m) with comparisons (None) or clusters drawn independently."""

    def model_covariance(self) -> Floats:
        """(m, m) if all outcomes were independent draws of the model."""


def _above(tail: float, df: float) -> float:
    """What a t (or for infinite df a normal) variable exceeds with chance `tail`. (`scipy.stats` takes a second to load.)"""
    return float(-ndtri(tail) if np.isinf(df) else -stdtrit(df, tail))


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Variances of centred ratings and of their differences, and how to read them.

    Parameters
    ----------
    kind : str
        "iid": comparisons are independent; "prompt" (or "voter", "judge"): clusters are; "few_prompts"
        (or ...): too few clusters, so the larger of the iid and the clustered variance; "prompt and
        voter": two columns that cross.
    rating_variance : (m,) float64
    difference_variance : (m, m) float64
        Of ``rating[i] - rating[j]``; zero on the diagonal.
    flat : (m, m) bool
        Pairs whose outcomes show no spread at all; their variance above is the model's own.
    joint : (m, m) float64
        The covariance from which simultaneous statements are drawn.
    df : float
        Degrees of freedom of the t quantile; infinite = normal.
    n_clusters : float
    notes : tuple of str
        What the reader must know.
    """

    kind: str
    rating_variance: Floats
    difference_variance: Floats
    flat: Bools
    joint: Floats
    df: float
    n_clusters: float
    notes: tuple[str, ...]

    def critical(self, level: float) -> float:
        """Two-sided quantile for one statement: t with `df` degrees of freedom, or normal."""
        tail = (1 - checked_level(level)) / 2
        return _above(tail, self.df)

    def simultaneous(self, gaussian: float) -> float:
        """A simultaneous Gaussian critical value on the scale of t: the value of the same tail."""
        return gaussian if np.isinf(self.df) else _above(float(ndtr(-gaussian)), self.df)


def checked_level(level: float) -> float:
    """`level` itself if it lies strictly between 0 and 1; else ValueError."""
    if not 0 < level < 1:
        raise ValueError(f"level is {level}: a confidence level lies between 0 and 1, for example 0.95")
    return level


def difference_variance(covariance: Floats) -> Floats:
    """``V[i, i] + V[j, j] - 2 V[i, j]``, never below zero: (m, m).

    Examples
    --------
    >>> difference_variance(np.array([[1.0, -1.0], [-1.0, 1.0]])).tolist()
    [[0.0, 4.0], [4.0, 0.0]]
    """
    diagonal = np.diagonal(covariance)
    return np.asarray(np.maximum(diagonal[:, None] + diagonal - 2 * covariance, 0.0), dtype=np.float64)


def spread(fit: Rated, *, cluster: Cluster | None) -> Spread:
    """Choose the covariance that can be trusted, and say which it was.

    - Clusters not asked for, or unknown throughout: the iid sandwich, normal quantiles.
    - G >= 30 clusters and more than competitors: the clustered sandwich, t(G - 1).
    - Two crossed columns: the two-way sandwich, with the G of the column that has fewer; where one of
      them is too few, every variance is the largest of iid, both one-way ones and the two-way one.
    - Fewer: a clustered covariance has rank G - 1 at most, and differences outside that space would
      look certain. So every difference and every centred rating takes the larger of its iid and its
      clustered variance, with t(G - 1). That holds for these prompts; whether it holds for others,
      so few cannot tell. With one cluster t(1) stands in for t(0), which has no quantile.

    Where only part of the comparisons name their cluster, G in this rule is Kish's effective number
    ``(sum n_g)**2 / sum n_g**2``, rounded down: thirty singles do not turn two prompts into many.

    A variance that is zero up to rounding (all outcomes equal, or cancelling inside every cluster) is
    no knowledge. It is replaced by the model's own, and the pair is marked `flat`.

    Parameters
    ----------
    fit : Fit or Resampled
        Of m competitors.
    cluster : "prompt", "voter", "judge", two of them, or None
        What is drawn independently; None = comparisons.

    Returns
    -------
    Spread
        Variances in the square of the unit of the ratings (natural log-odds).

    Raises
    ------
    ValueError
        If a column is unknown, or the two are the same.

    References
    ----------
    t(G - 1): A. C. Cameron, D. L. Miller, "A practitioner's guide to cluster-robust inference", Journal of Human
    Resources 50(2), 2015; two columns: A. C. Cameron, J. B. Gelbach, D. L. Miller, Journal of Business & Economic
    Statistics 29(2), 2011. The effective number: L. Kish, "Survey Sampling", 1965. That the larger variance
    counts where clusters are few, and the limit of 30, are ours.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, 2]))
    >>> found = spread(fit, cluster="prompt")
    >>> found.kind, found.df, found.notes
    ('few_prompts', 1.0, ('only 2 prompts: holds for these prompts',))
    """
    m = len(fit.names)
    found = standing(fit, cluster)
    used = [fit.covariance(columns) for columns in found.covariances]
    ratings = np.max([np.diagonal(v) for v in used], axis=0)
    differences = np.max([difference_variance(v) for v in used], axis=0)
    own = fit.model_covariance()
    own_differences = difference_variance(own)
    flat = differences <= FLAT * own_differences
    flat_ratings = ratings <= FLAT * np.diagonal(own)
    return Spread(
        kind=found.kind,
        rating_variance=np.where(flat_ratings, np.diagonal(own), ratings),
        difference_variance=np.where(flat, own_differences, differences),
        flat=flat & ~np.eye(m, dtype=np.bool_),
        joint=used[0],
        df=np.inf if found.kind == "iid" else max(found.n_clusters - 1, 1.0),
        n_clusters=found.n_clusters,
        notes=(*found.notes, *_flat_notes(fit.names, flat)),
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """On how many independent units ratings stand, and which covariances speak for them.

    Parameters
    ----------
    kind : str
        As in `Spread`.
    n_clusters : float
    notes : tuple of str
        What the reader must know.
    covariances : tuple of cluster or None
        Every variance is the largest of these; the first is the joint one.
    """

    kind: str
    n_clusters: float
    notes: tuple[str, ...]
    covariances: tuple[Cluster | None, ...]


def standing(fit: Rated, cluster: Cluster | None) -> Standing:
    """The rule of `spread`, before any covariance is computed.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, 2]))
    >>> standing(fit, "prompt").covariances
    (None, 'prompt')
    """
    if cluster is None:
        return Standing("iid", float(fit.comparisons.weights().sum()), (), (None,))
    if isinstance(cluster, tuple):
        if len(cluster) != 2:
            raise ValueError(f"clusters {cluster!r}: one column, or two that cross, as ('prompt', 'voter')")
        return _two_way(cluster, *(_one_way(fit, column) for column in cluster))
    return _one_way(fit, cluster)


def _two_way(columns: tuple[Column, Column], first: Standing, second: Standing) -> Standing:
    """Two crossed columns: as few as the fewer of the two, and as wide as the widest where that is few."""
    if "iid" in (first.kind, second.kind):
        known = second if first.kind == "iid" else first
        return replace(known, notes=(*first.notes, *second.notes))
    fewer = min(first, second, key=lambda standing: standing.n_clusters)
    if (first.kind, second.kind) == columns:
        return Standing(" and ".join(columns), fewer.n_clusters, (*first.notes, *second.notes), (columns,))
    few = [standing for standing in (first, second) if standing.kind not in columns]
    covariances = dict.fromkeys([*first.covariances, *second.covariances])
    two_way = (columns,) if min(first.n_clusters, second.n_clusters) >= 2 else ()
    ordered = (None, *(columns for columns in covariances if columns is not None), *two_way)
    return Standing(" and ".join(standing.kind for standing in few), fewer.n_clusters, (*first.notes, *second.notes), ordered)


def _one_way(fit: Rated, cluster: Column) -> Standing:
    sizes, n_clusters = cluster_sizes(fit.comparisons, cluster=cluster)
    if not n_clusters:
        return Standing("iid", 0.0, (), (None,))
    if not len(sizes):
        return Standing("iid", n_clusters, (f"{cluster}s unknown: comparisons are taken as independent",), (None,))
    notes = []
    n_unknown = round(n_clusters - len(sizes))
    if n_unknown:
        notes.append(f"{n_unknown} comparisons name no {cluster}: each counts as a {cluster} of its own")
        n_clusters = float(np.floor((sizes.sum() + n_unknown) ** 2 / (np.square(sizes).sum() + n_unknown)))
    if n_clusters >= FEWEST_CLUSTERS and n_clusters > len(fit.names):
        return Standing(cluster, n_clusters, tuple(notes), (cluster,))
    covariances: tuple[Cluster | None, ...] = (None, cluster) if n_clusters >= 2 else (None,)
    notes = [_few_note(n_clusters, len(fit.names), cluster), *notes]
    return Standing(f"few_{cluster}s", n_clusters, tuple(notes), covariances)


def _few_note(n_clusters: float, m: int, cluster: str) -> str:
    if n_clusters < 2:
        return f"only 1 {cluster}: holds for this {cluster}"
    against = f" for {m} competitors" if n_clusters >= FEWEST_CLUSTERS else ""
    return f"only {n_clusters:g} {cluster}s{against}: holds for these {cluster}s"


def _flat_notes(names: tuple[str, ...], flat: Bools) -> tuple[str, ...]:
    pairs = np.argwhere(np.triu(flat, k=1))
    if not len(pairs):
        return ()
    shown = ", ".join(f"{names[i]} and {names[j]}" for i, j in pairs[:3])
    more = f" and {len(pairs) - 3} more pairs" if len(pairs) > 3 else ""
    return (
        f"no spread in the outcomes that set {shown}{more} apart (all equal, or cancelling in every cluster): "
        "their width is the model's own, and they are not called separated",
    )
