"""Spread: which variance and which quantile hold for each rating and difference, by the clusters that stand behind it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
from scipy.special import ndtr, ndtri, stdtrit

from ranking.maths.clusters.few_clusters import apart_note, notes_of, unlinked_note
from ranking.maths.clusters.leave_one_out import LeaveOut
from ranking.maths.clusters.sandwich import cluster_sizes
from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import named_cluster
from ranking.maths.data.comparisons import Cluster, Column, Comparisons
from ranking.maths.notes import by_column, noted

FEWEST_CLUSTERS = 30
"""With fewer effective clusters, or no more clusters than competitors, a clustered variance is not trusted alone."""

MOST_DF = 1e9
"""Above, t is normal; infinity itself has no quantile function."""

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

    @property
    def groups(self) -> Ints:
        """(m,) numbers, from 0: nothing compares ratings of different groups. All 0 where the method links everybody."""

    @property
    def is_pulled(self) -> bool:
        """Whether a fixed start holds ratings on few comparisons near it, as Elo's does."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes for readers of the ratings."""

    def covariance(self, cluster: Cluster | None = "prompt") -> Floats:
        """(m, m) with comparisons (None) or clusters drawn independently."""

    def model_covariance(self) -> Floats:
        """(m, m) if all outcomes were independent draws of the model."""

    def leave_out(self, column: Column) -> LeaveOut:
        """With the clusters of a column left out in turn."""

    def two_way(self, columns: tuple[Column, Column]) -> Floats:
        """(m, m) with the clusters of two columns that cross."""


def above(tail: float | Floats, df: Floats) -> Floats:
    """What a t (or for infinite df a normal) variable exceeds with chance `tail`.

    (`scipy.stats` takes a second to load.)

    Examples
    --------
    >>> above(0.025, np.array([1.0, 30.0, np.inf])).round(3).tolist()
    [12.706, 2.042, 1.96]
    """
    return np.asarray(np.where(np.isinf(df), -ndtri(tail), -stdtrit(np.minimum(df, MOST_DF), tail)), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Spread(HoldsArrays):
    """Variances of centred ratings and of their differences, and how to read them.

    Parameters
    ----------
    kind : str
        "iid": comparisons are independent; "prompt" (or "voter", "judge"): clusters are; "few_prompts"
        (or ...): most ratings stand on too few, so they take the larger of the iid and the clustered variance;
        "prompt and voter": two columns that cross.
    rating_variance : (m,) float64
        Infinite where one cluster carries the rating alone, or nothing links it with the others: no statement.
    difference_variance : (m, m) float64
        Of ``rating[i] - rating[j]``; zero on the diagonal, infinite where one cluster carries it alone.
    rating_clusters : (m,) float64
    difference_clusters : (m, m) float64
        Effective clusters behind each; infinite where comparisons are independent.
    flat : (m, m) bool
        Pairs of which nothing is said: their outcomes show no spread at all (the variance above is the model's own), or
        one cluster carries them alone.
    joints : tuple of (m, m) float64
        Covariances from which simultaneous statements are drawn; the first is the joint one.
    n_clusters : float
        Of all comparisons.
    notes : tuple of str
        What the reader must know.
    """

    kind: str
    rating_variance: Floats
    difference_variance: Floats
    rating_clusters: Floats
    difference_clusters: Floats
    flat: Bools
    joints: tuple[Floats, ...]
    n_clusters: float
    notes: tuple[str, ...]

    @property
    def rating_df(self) -> Floats:
        """Degrees of freedom of the t quantile of each rating, (m,); infinite = normal."""
        return np.maximum(self.rating_clusters - 1, 1.0)

    @property
    def difference_df(self) -> Floats:
        """The same of each difference, (m, m)."""
        return np.maximum(self.difference_clusters - 1, 1.0)

    def critical(self, level: float) -> Floats:
        """Two-sided quantile for one statement about each rating, (m,)."""
        return above((1 - checked_level(level)) / 2, self.rating_df)

    def difference_critical(self, level: float) -> Floats:
        """The same for each difference, (m, m)."""
        return above((1 - checked_level(level)) / 2, self.difference_df)

    def simultaneous(self, gaussian: float | Floats) -> Floats:
        """A simultaneous Gaussian critical value on the scale of each difference's t: the value of the same tail, (m, m)."""
        return above(ndtr(-gaussian), self.difference_df)


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
    """The uncertainty of every rating and difference, by the clusters behind each, with notes in words.

    Votes on one prompt depend on each other, so what counts is not how many votes there are but on how many prompts, and
    how evenly. That is asked for each statement by itself, not for the board: a newcomer met on three prompts stands on
    three, whatever the others have been through.

    - Clusters not asked for, or unknown throughout: the iid sandwich, normal quantiles.
    - Clusters: the leave-one-cluster-out variance (CR3), with the t quantile of ``G_eff - 1`` degrees of freedom, at least
      1. The
      effective clusters ``G_eff = (sum L_g)**2 / sum L_g**2`` are those of the one statement: L_g is by how much its
      variance would rise if cluster g were not there. Equal clusters count as they are.
    - ``G_eff < 30``, or no more clusters than competitors: the variance is at least the iid one. It holds for these
      prompts; whether it holds for others, so few cannot tell.
    - One cluster carries a statement alone, so that nothing would be known without it: no statement, an infinite variance.
      Nor is there one across groups that no comparisons link (Elo and its like rate them all the same).
    - Ratings are compared with the mean of all but those who stand on few clusters while the others do not: what is not
      known of a newcomer makes nobody else's rating less sure.
    - Two crossed columns: ``V_1 + V_2 - V_12``, with the fewer effective clusters of the two columns; under 30 the largest
      of it, of both one-way ones and of the iid one.

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
    Leave-one-cluster-out variance and t: R. M. Bell, D. F. McCaffrey, "Bias reduction in standard errors for linear
    regression with multi-stage samples", Survey Methodology 28(2), 2002; few clusters: A. C. Cameron, D. L. Miller, "A
    practitioner's guide to cluster-robust inference", Journal of Human Resources 50(2), 2015; effective clusters: A. V.
    Carter, K. T. Schnepel, D. G. Steigerwald, Review of Economics and Statistics 99(4), 2017; two columns: A. C. Cameron,
    J. B. Gelbach, D. L. Miller, Journal of Business & Economic Statistics 29(2), 2011. That clusters are counted for each
    contrast by what leaving them out does, that the larger variance counts where they are few, and the limit of 30, are
    ours; `tests/bench/test_cluster_coverage.py` holds what it reaches.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, 2]))
    >>> variances = spread(fit, cluster="prompt")
    >>> variances.kind, variances.rating_df.tolist(), variances.notes
    ('few_prompts', [1.0, 1.0], ('only 2 prompts, so results may differ with other prompts',))
    """
    _refuse_without_covariance(fit)
    of_fit, cluster = _known.setdefault(fit, {}), named_cluster(cluster)
    if cluster not in of_fit:
        of_fit[cluster] = _spread(fit, cluster)
    return of_fit[cluster]


_known: WeakKeyDictionary[Rated, dict[Cluster | None, Spread]] = WeakKeyDictionary()
"""Spreads of fits that are still in use: what is said of one board asks for the same one several times."""


def _spread(fit: Rated, cluster: Cluster | None) -> Spread:
    counts = standing(fit, cluster)
    m = len(fit.names)
    variances = [fit.covariance(None)] if counts.is_iid else [each.covariance[:m, :m] for each in counts.left_out]
    if len(counts.left_out) == 2 and counts.n_clusters >= 2:
        variances.insert(0, fit.two_way(counts.columns))  # type: ignore[arg-type]
    centre = counts.centre
    ratings, differences = rating_variance(variances[0], centre), difference_variance(variances[0])
    joints: tuple[Floats, ...] = (variances[0],)
    few, few_pairs = counts.few_ratings, counts.few_differences
    if few.any() or few_pairs.any():
        least = [*variances[1:], fit.covariance(None)]
        ratings = np.where(few, np.max([ratings, *(rating_variance(v, centre) for v in least)], axis=0), ratings)
        wide = np.max([differences, *(difference_variance(v) for v in least)], axis=0)
        differences = np.where(few_pairs, wide, differences)
        joints = (variances[0], fit.covariance(None))
    own = fit.model_covariance()
    own_ratings, own_differences = rating_variance(own, centre), difference_variance(own)
    flat = differences <= FLAT * own_differences
    ratings = np.where(ratings <= FLAT * own_ratings, own_ratings, ratings)
    return Spread(
        kind=counts.kind,
        rating_variance=np.where(counts.carried_ratings, np.inf, ratings),
        difference_variance=np.where(counts.carried, np.inf, np.where(flat, own_differences, differences)),
        rating_clusters=counts.rating_clusters,
        difference_clusters=counts.difference_clusters,
        flat=(flat | counts.carried) & ~np.eye(m, dtype=np.bool_),
        joints=joints,
        n_clusters=counts.n_clusters,
        notes=(*fit.notes, *counts.notes, *_flat_notes(fit.names, flat & ~counts.carried)),
    )


def rating_variance(covariance: Floats, centre: Floats) -> Floats:
    """Variances of ratings less their mean, weighted by `centre`: (m,), never below zero.

    Examples
    --------
    >>> rating_variance(np.diag([1.0, 1.0, 9.0]), np.array([0.5, 0.5, 0.0])).tolist()
    [0.5, 0.5, 9.5]
    """
    mean = covariance @ centre
    return np.asarray(np.maximum(np.diagonal(covariance) - 2 * mean + centre @ mean, 0.0), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class ClusterCounts:
    """On how many independent units each statement stands, before any variance is chosen.

    Parameters
    ----------
    kind, rating_clusters, difference_clusters, n_clusters, notes
        As in `Spread`, without the notes on pairs that show no spread.
    columns : tuple of str
        What is left out in turn: none where comparisons are independent.
    left_out : tuple of LeaveOut
        One a column; none where there are not two clusters of each.
    carried : (m, m) bool
    carried_ratings : (m,) bool
        Statements that one cluster carries alone.
    centre : (m,) float64
        Weights of the mean that ratings are compared with; they add up to 1.
    few_ratings : (m,) bool
    few_differences : (m, m) bool
        Where the clustered variance is not trusted alone.
    """

    kind: str
    columns: tuple[Column, ...]
    left_out: tuple[LeaveOut, ...]
    rating_clusters: Floats
    difference_clusters: Floats
    carried: Bools
    carried_ratings: Bools
    centre: Floats
    few_ratings: Bools
    few_differences: Bools
    n_clusters: float
    notes: tuple[str, ...]

    @property
    def is_iid(self) -> bool:
        """Whether comparisons count as independent; or where all is carried by one cluster, nothing else is known."""
        return not self.left_out

    @property
    def needs(self) -> tuple[Cluster | None, ...]:
        """The covariances that `spread` may ask for."""
        if self.is_iid:
            return (None,)
        crossed = (self.columns,) if len(self.columns) == 2 else ()
        few = (None,) if self.few_ratings.any() or self.few_differences.any() else ()
        return (*few, *self.columns, *crossed)


def standing(fit: Rated, cluster: Cluster | None) -> ClusterCounts:
    """The rule of `spread`, before any variance is chosen.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, 2]))
    >>> standing(fit, "prompt").rating_clusters.round(6).tolist()
    [2.0, 2.0]
    """
    _refuse_without_covariance(fit)
    return _apart(_by_clusters(fit, cluster), fit.names, fit.groups)


def _refuse_without_covariance(fit: Rated) -> None:
    if not hasattr(fit, "leave_out"):
        raise TypeError(
            f"{type(fit).__name__} has no covariance to tell how sure it is: give what a fit_... function returned, or for "
            "scores the intervals of `bootstrap`, or a `Resampled`"
        )


def _by_clusters(fit: Rated, cluster: Cluster | None) -> ClusterCounts:
    cluster = named_cluster(cluster)
    asked: tuple[Column, ...] = () if cluster is None else (cluster,) if isinstance(cluster, str) else tuple(cluster)
    if isinstance(cluster, tuple) and (len(asked) != 2 or asked[0] == asked[1]):
        raise ValueError(f"clusters {cluster!r}: one column, or two that cross, as ('prompt', 'voter')")
    counted = {column: cluster_sizes(fit.comparisons, cluster=column) for column in asked}
    columns = tuple(column for column in asked if len(counted[column][0])) if fit.names else ()
    unknown = tuple(
        noted(by_column("unknown_clusters", column), column=column)
        for column, (known, n) in counted.items()
        if n and not len(known) and fit.names
    )
    if not columns:
        return _independent(len(fit.names), float(fit.comparisons.multiples().sum()) if fit.names else 0.0, unknown)
    n_clusters = [counted[column][1] for column in columns]
    if min(n_clusters) < 2:
        return _on_one(fit, columns, n_clusters, unknown)
    left_out = tuple(fit.leave_out(column) for column in columns)
    return _on_clusters(fit, columns, left_out, unknown)


def _apart(counts: ClusterCounts, names: tuple[str, ...], groups: Ints) -> ClusterCounts:
    """The same where no comparisons link some of the rated: nothing is said across groups, and places are of the largest."""
    if not groups.any():
        return counts
    sizes = np.bincount(groups)
    has_core = bool(2 * sizes.max() > len(groups))
    core = groups == sizes.argmax() if has_core else np.zeros(len(groups), dtype=np.bool_)
    if has_core:
        note = unlinked_note([name for name, one in zip(names, core, strict=True) if not one])
    else:
        largest_first = np.argsort(-sizes, kind="stable")
        note = apart_note([[names[i] for i in np.flatnonzero(groups == one)] for one in largest_first if sizes[one]])
    return replace(
        counts,
        carried=counts.carried | (groups[:, None] != groups),
        carried_ratings=counts.carried_ratings | ~core,
        notes=(*counts.notes, note),
    )


def _independent(m: int, n: float, notes: tuple[str, ...]) -> ClusterCounts:
    nobody, no_pair = np.zeros(m, dtype=np.bool_), np.zeros((m, m), dtype=np.bool_)
    endless, centre = np.full((m, m), np.inf), np.full(m, 1 / max(m, 1))
    return ClusterCounts(
        "iid", (), (), endless[:, 0] if m else np.zeros(0), endless, no_pair, nobody, centre, nobody, no_pair, n, notes
    )


def _on_one(fit: Rated, columns: tuple[Column, ...], n_clusters: list[float], notes: tuple[str, ...]) -> ClusterCounts:
    """The counts where all comparisons are of one cluster, such as a single prompt: nothing is known of others."""
    m = len(fit.names)
    column = columns[int(np.argmin(n_clusters))]
    apart = ~np.eye(m, dtype=np.bool_)
    all_notes = (noted(by_column("one_cluster", column), column=column), *notes)
    bare = _independent(m, min(n_clusters), all_notes)
    return replace(
        bare,
        kind=f"few_{column}s",
        columns=columns,
        rating_clusters=np.ones(m),
        difference_clusters=np.ones((m, m)),
        carried=apart,
        carried_ratings=np.ones(m, dtype=np.bool_),
    )


def _on_clusters(
    fit: Rated, columns: tuple[Column, ...], left_out: tuple[LeaveOut, ...], notes: tuple[str, ...]
) -> ClusterCounts:
    m = len(fit.names)
    ratings = np.min([each.ratings for each in left_out], axis=0)
    differences = np.min([each.differences for each in left_out], axis=0)
    carried_ratings = np.any([each.carried_ratings for each in left_out], axis=0)
    scarce = min(each.n_clusters for each in left_out) <= m
    few_columns = [
        column
        for column, each in zip(columns, left_out, strict=True)
        if each.n_clusters <= m or float(np.median(each.ratings)) < FEWEST_CLUSTERS
    ]
    sound = np.all([each.centre > 0 for each in left_out], axis=0)
    sound = sound if sound.any() else np.ones(m, dtype=np.bool_)
    return ClusterCounts(
        kind=" and ".join(f"few_{column}s" for column in few_columns) or " and ".join(columns),
        columns=columns,
        left_out=left_out,
        rating_clusters=np.asarray(ratings, dtype=np.float64),
        difference_clusters=np.asarray(differences, dtype=np.float64),
        carried=np.any([each.carried for each in left_out], axis=0),
        carried_ratings=carried_ratings,
        centre=sound / sound.sum(),
        few_ratings=(ratings < FEWEST_CLUSTERS) | scarce,
        few_differences=((differences < FEWEST_CLUSTERS) | scarce) & ~np.eye(m, dtype=np.bool_),
        n_clusters=min(each.n_clusters for each in left_out),
        notes=(
            *notes,
            *(
                note
                for pair in zip(columns, left_out, strict=True)
                for note in notes_of(fit.comparisons, *pair, is_pulled=fit.is_pulled)
            ),
        ),
    )


def _flat_notes(names: tuple[str, ...], flat: Bools) -> tuple[str, ...]:
    pairs = np.argwhere(np.triu(flat, k=1))
    return flat_note(names, pairs[:3].tolist(), len(pairs)) if len(pairs) else ()


def flat_note(names: tuple[str, ...], first: Sequence[tuple[int, int]], n_pairs: int) -> tuple[str, ...]:
    """A note on pairs that show no spread; the first three are named.

    Examples
    --------
    >>> flat_note(("x", "y"), [(0, 1)], 1)[0].partition(" (")[0]
    'no spread in the outcomes that set x and y apart'
    """
    shown: Any = [noted("pair", first=names[i], second=names[j]) for i, j in first]
    if n_pairs > 3:
        shown = noted("pairs_and_more", pairs=shown, n=n_pairs - 3)
    return (noted("flat", pairs=shown),)
