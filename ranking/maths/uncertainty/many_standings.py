"""Intervals and rank ranges of very many competitors: the figures of `intervals` and `rank_sets`, by blocks of pairs.

The way: ratings from the pairs that met -> the inverse Hessian, in place -> what leaving each prompt out does -> variance and
effective clusters of every difference, a block of rows at a time, of which two numbers are kept (how many standard errors
apart, on how many degrees of freedom) -> the simultaneous critical value -> who stands certainly above how many.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtr, ndtri

from ranking.maths.cancellation import is_wanted
from ranking.maths.clusters.few_clusters import notes_of
from ranking.maths.clusters.many_exact import apart
from ranking.maths.clusters.many_gram import Gram, Singles, both_of
from ranking.maths.clusters.many_left_out import ClusterRows, ManyLeftOut, leave_out_of_many
from ranking.maths.clusters.sandwich import cluster_sizes
from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Column, Comparisons
from ranking.maths.data.pair_counts import PairCounts
from ranking.maths.data.triangle import Triangle, blocks
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, FLAT, above, checked_level, flat_note
from ranking.maths.estimation.half_wins import SCORES
from ranking.maths.estimation.pair_newton import pair_hessian
from ranking.maths.models.many_bradley_terry import ManyFit
from ranking.maths.notes import by_column, noted
from ranking.maths.uncertainty.intervals import Intervals
from ranking.maths.uncertainty.many_covariances import IidCovariance, inverse_in_place
from ranking.maths.uncertainty.pruned_max_t import MOST_CLOSE, ClosePairs, close_pairs, largest_gaps

N_DRAWS = 1_000
"""Draws that give the critical value to about half a per cent: with more pairs, the largest gap varies less."""

GRID = 512
"""Degrees of freedom between which a critical value is bounded before it is computed."""


@dataclass(frozen=True, slots=True, eq=False)
class ManyStandings(HoldsArrays):
    """Intervals, rank ranges and other figures of very many ratings.

    Parameters
    ----------
    intervals : Intervals
    low, high : (m,) int64
        Best and worst possible rank, as in `RankSets`.
    gaussian : float
        The simultaneous critical value, before it is put on the scale of t.
    n_draws : int
        Of which it is a quantile; 0 = it is Bonferroni's.
    win_rates : (m,) float64
        As in `Fit.win_rates`.
    met : (K,) float64
        Of each pair that met, as in `information_weights`: ``p (1 - p)`` times the model's variance of the difference.
    own_variance : (m,) float64
        v, so that ``v_i + v_j`` is near the model's variance of the difference of a pair that did not meet.
    """

    intervals: Intervals
    low: Ints
    high: Ints
    gaussian: float
    n_draws: int
    win_rates: Floats
    met: Floats
    own_variance: Floats


def are_suitable(comparisons: Comparisons, cluster: Column | None) -> bool:
    """Whether `stand` knows how to treat these comparisons: counted, and of known clusters, or unknown throughout.

    Examples
    --------
    >>> are_suitable(Comparisons.from_names(["x", "x"], ["y", "y"], ["a", "b"], prompt=[1, None]), "prompt")
    False
    """
    if comparisons.weight_kind != "count":
        return False
    if cluster is None:
        return True
    codes = comparisons.clusters(cluster)[comparisons.weights() > 0]
    if (codes < 0).all():
        return True
    if (codes < 0).any():
        return False
    sizes = np.bincount(codes)
    return bool((sizes > 0).sum() >= 2 and sizes.max() < len(comparisons.names))


def stand(
    fit: ManyFit, *, cluster: Column | None, level: float = 0.95, n_resamples: int = N_DRAWS, rng: np.random.Generator
) -> ManyStandings:
    """Intervals, rank ranges, win rates and gains of very many competitors.

    Parameters
    ----------
    fit : ManyFit
        Of m competitors, at least 2.
    cluster : "prompt", "voter", "judge" or None
        What is drawn independently; the comparisons must be suitable, see `are_suitable`.
    level : float
        Of each interval, and of all rank ranges together; in (0, 1).
    n_resamples : int
        Draws of the largest difference.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `level` is not allowed.

    References
    ----------
    `ranking.maths.estimation.covariance.spread` and `ranking.maths.uncertainty.rank_sets.rank_sets`, whose figures these are.

    Examples
    --------
    >>> from ranking.maths.models.many_bradley_terry import fit_many
    >>> a, b = ["x"] * 100 + ["y"] * 100, ["y"] * 100 + ["z"] * 100
    >>> fit = fit_many(Comparisons.from_names(a, b, (["a"] * 90 + ["b"] * 10) + ["a"] * 51 + ["b"] * 49))
    >>> standings = stand(fit, cluster="prompt", rng=np.random.default_rng(1))
    >>> standings.low.tolist(), standings.high.tolist()
    ([1, 2, 2], [1, 3, 3])
    """
    checked_rng(rng)
    checked_level(level)
    spread = _spread(fit, cluster)
    draws = [joint.draws(n_resamples, rng) for joint in spread.joints]
    apart_ = _Apart(spread, fit.ratings)
    gaussian, notes = apart_.gaussian(draws, level)
    low, high = apart_.ranks(gaussian, level)
    rating_df = np.maximum(spread.rating_clusters - 1, 1.0)
    critical, se = above((1 - level) / 2, rating_df), np.sqrt(spread.rating_variance)
    flat = () if not apart_.flat else flat_note(fit.names, apart_.flat[:3], apart_.n_flat)
    return ManyStandings(
        intervals=Intervals(
            names=fit.names,
            estimate=fit.ratings,
            se=se,
            low=fit.ratings - critical * se,
            high=fit.ratings + critical * se,
            critical=critical,
            df=rating_df,
            n_clusters=spread.n_clusters,
            kind=spread.kind,
            notes=(*fit.notes, *spread.notes, *flat, *notes),
        ),
        low=low,
        high=high,
        gaussian=gaussian,
        n_draws=0 if notes else n_resamples,
        win_rates=apart_.win_rates,
        met=spread.model.met,
        own_variance=spread.model.own_variance,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """If every outcome were an independent draw of the model: the inverse Hessian, and what is read off it."""

    single: Singles
    diagonal: Floats
    met: Floats
    own_variance: Floats

    @classmethod
    def of(cls, pairs: PairCounts, variance: Floats, inverse: Floats) -> "_Model":
        """`variance` : p (1 - p) of each pair that met."""
        m, diagonal = len(inverse), np.diagonal(inverse).copy()
        between = diagonal[pairs.i] + diagonal[pairs.j] - 2 * inverse[pairs.i, pairs.j]
        whole = m * diagonal + diagonal.sum() - 2 * inverse.sum(axis=1)
        # Of a table v_i + v_j without its diagonal, v follows from the sums of its rows.
        own = (whole - whole.sum() / (2 * (m - 1))) / (m - 2) if m > 2 else whole / 2
        return cls(inverse.astype(np.float32), diagonal, variance * between, np.maximum(own, 0.0))

    def differences(self, rows: slice) -> Singles:
        """Variances of differences of some rows' ratings, from the first of these on."""
        variances = both_of(self.diagonal, rows)
        variances -= 2 * self.single[rows, rows.start :]
        return np.maximum(variances, 0, out=variances)


@dataclass(frozen=True, slots=True, eq=False)
class _ManySpread:
    """The rating variances of `estimation.covariance.spread`, and the parts of its rule for differences."""

    kind: str
    rating_variance: Floats
    rating_clusters: Floats
    n_clusters: float
    notes: tuple[str, ...]
    model: _Model
    joints: tuple[Gram | IidCovariance, ...]
    clusters: Triangle | None
    alone: tuple[Floats, ...]
    is_scarce: bool


def _spread(fit: ManyFit, cluster: Column | None) -> _ManySpread:
    c, pairs, m = fit.comparisons, fit.pairs, len(fit.names)
    gap = fit.ratings[pairs.i] - fit.ratings[pairs.j]
    chance, other = expit(gap), expit(-gap)
    inverse = inverse_in_place(pair_hessian(pairs, pairs.totals * chance * other))
    squares = pairs.wins * other**2 + pairs.losses * chance**2 + pairs.ties * (0.5 - chance) ** 2
    model = _Model.of(pairs, chance * other, inverse)
    if cluster is not None and len(cluster_sizes(c, cluster=cluster)[0]):
        left_out = leave_out_of_many(_rows(c, fit.ratings, cluster), inverse, model.single)
        return _on_clusters(fit, cluster, left_out, model, squares, inverse)
    iid, centre = IidCovariance(pairs, squares, inverse, model.single), np.full(m, 1 / m)
    notes = () if cluster is None else (noted(by_column("unknown_clusters", cluster), column=cluster),)
    return _ManySpread(
        kind="iid", rating_variance=_known(iid.rating_variance(centre, inverse), inverse, centre),
        rating_clusters=np.full(m, np.inf), n_clusters=float(c.multiples().sum()), notes=notes, model=model, joints=(iid,),
        clusters=None, alone=(), is_scarce=False,
    )  # fmt: skip


def _on_clusters(
    fit: ManyFit, cluster: Column, left_out: ManyLeftOut, model: _Model, squares: Floats, inverse: Floats
) -> _ManySpread:
    m = len(fit.names)
    is_scarce = left_out.n_clusters <= m
    few = (left_out.ratings < FEWEST_CLUSTERS) | is_scarce
    variance = left_out.variance
    joints: tuple[Gram | IidCovariance, ...] = (left_out.covariance,)
    if few.any() or _has_few(left_out.clusters):
        iid = IidCovariance(fit.pairs, squares, inverse, model.single)
        variance = np.where(few, np.maximum(variance, iid.rating_variance(left_out.centre, inverse)), variance)
        joints = (left_out.covariance, iid)
    is_few = is_scarce or float(np.median(left_out.ratings)) < FEWEST_CLUSTERS
    return _ManySpread(
        kind=f"few_{cluster}s" if is_few else cluster,
        rating_variance=np.where(left_out.carried_ratings, np.inf, _known(variance, inverse, left_out.centre)),
        rating_clusters=left_out.ratings, n_clusters=left_out.n_clusters,
        notes=tuple(notes_of(fit.comparisons, cluster, left_out)), model=model, joints=joints,
        clusters=left_out.clusters, alone=left_out.alone, is_scarce=is_scarce,
    )  # fmt: skip


def _rows(c: Comparisons, ratings: Floats, cluster: Column) -> ClusterRows:
    counted = np.flatnonzero(c.weights() > 0)
    a, b, weight = c.a[counted], c.b[counted], c.weights()[counted]
    chance, other = expit(ratings[a] - ratings[b]), expit(ratings[b] - ratings[a])
    score = weight * (SCORES[c.outcome[counted]] - chance)
    return ClusterRows.of(len(ratings), a, b, score, weight * chance * other, c.clusters(cluster)[counted])


def _known(variance: Floats, inverse: Floats, centre: Floats) -> Floats:
    """Where outcomes show no spread at all, the model's own."""
    mean = inverse @ centre
    own = np.maximum(np.diagonal(inverse) - 2 * mean + centre @ mean, 0.0)
    return np.where(variance <= FLAT * own, own, variance)


def _above_diagonal(rows: slice, m: int) -> Bools:
    return np.asarray(np.arange(rows.start, m) > np.arange(rows.start, rows.stop)[:, None], dtype=np.bool_)


def _has_few(clusters: Triangle) -> bool:
    return any(bool((clusters[rows][_above_diagonal(rows, clusters.m)] < FEWEST_CLUSTERS).any()) for rows in blocks(clusters.m))


class _Apart:
    """How many standard errors each pair is apart, on how many degrees of freedom, and how precise each joint knows it."""

    def __init__(self, spread: _ManySpread, ratings: Floats) -> None:
        m = len(ratings)
        self.spread, self.ratings = spread, ratings
        self.errors, self.precision = Triangle(m), [Triangle(m) for _ in spread.joints]
        self.close: list[list[ClosePairs]] = [[] for _ in spread.joints]
        self.flat: list[tuple[int, int]] = []
        self.n_flat, self.n_counted = 0, 0
        points = np.zeros(m)
        for rows in blocks(m):
            is_wanted()
            points[rows] = expit(ratings[rows, None] - ratings).sum(axis=1) - 0.5
            self._add(rows)
        self.win_rates = points / max(m - 1, 1)

    def _add(self, rows: slice) -> None:
        spread, m = self.spread, len(self.ratings)
        own = spread.model.differences(rows)
        variances = [joint.differences(rows) for joint in spread.joints]
        variance = variances[0]
        if len(variances) > 1:
            few = True if spread.is_scarce or spread.clusters is None else spread.clusters[rows] < FEWEST_CLUSTERS
            variance = np.where(few, np.maximum(*variances), variance)
        upper = _above_diagonal(rows, m)
        flat = upper & (variance <= np.float32(FLAT) * own)
        carried = self._carried(rows, own)
        self._note_flat(rows, flat & ~carried)
        counted = upper & ~flat & ~carried
        self.n_counted += int(counted.sum())
        gap = (self.ratings[rows, None] - self.ratings[rows.start :]).astype(np.float32)
        self.errors[rows] = np.divide(gap, np.sqrt(variance), out=np.zeros_like(gap), where=counted)
        for k, (joint, each) in enumerate(zip(spread.joints, variances, strict=True)):
            known = counted & (each > 0)
            precision = np.divide(1, np.sqrt(each), out=np.zeros_like(each), where=known)
            self.precision[k][rows] = precision
            self.close[k].append(close_pairs(rows, np.sqrt(joint.diagonal), precision, known))

    def _carried(self, rows: slice, own: Singles) -> Bools:
        is_carried = np.zeros(own.shape, dtype=np.bool_)
        for alone in self.spread.alone:
            is_carried |= apart(alone, rows, slice(rows.start, None), own.astype(np.float64))
        if is_carried.any() and self.spread.clusters is not None:
            self.spread.clusters[rows][is_carried] = 1
        return is_carried

    def _note_flat(self, rows: slice, flat: Bools) -> None:
        self.n_flat += int(flat.sum())
        if flat.any() and len(self.flat) < 3:
            self.flat += [(i + rows.start, j + rows.start) for i, j in np.argwhere(flat)[:3].tolist()]

    def gaussian(self, draws: list[Singles], level: float) -> tuple[float, tuple[str, ...]]:
        """The largest over joints of the quantile of the largest gap; Bonferroni's where nothing can be pruned."""
        quantiles: list[float] = []
        for joint, drawn, precision, parts in zip(self.spread.joints, draws, self.precision, self.close, strict=True):
            close = ClosePairs.together(parts)
            if len(close.i) > MOST_CLOSE:
                tail = (1 - level) / (2 * max(self.n_counted, 1))
                return float(-ndtri(tail)), (noted("bonferroni", n=len(close.i)),)
            gaps = largest_gaps(drawn, np.sqrt(joint.diagonal), precision, close)
            quantiles.append(float(np.quantile(gaps, level, method="higher")))
        return max(quantiles), ()

    def ranks(self, gaussian: float, level: float) -> tuple[Ints, Ints]:
        """Best and worst possible rank of each."""
        m = len(self.ratings)
        least = max(gaussian, -ndtri((1 - level) / 2)) * (1 - 1e-6)
        n_above, n_below = np.zeros(m, dtype=np.int64), np.zeros(m, dtype=np.int64)
        for rows in blocks(m):
            errors = self.errors[rows]
            i, j = np.nonzero(np.abs(errors) > least)
            size = np.abs(errors[i, j]).astype(np.float64)
            clusters = None if self.spread.clusters is None else self.spread.clusters[rows][i, j].astype(np.float64)
            certain = are_beyond(size, clusters, gaussian, level)
            i, j, first = i[certain] + rows.start, j[certain] + rows.start, errors[i[certain], j[certain]] > 0
            better, worse = np.where(first, i, j), np.where(first, j, i)
            n_above += np.bincount(worse, minlength=m)
            n_below += np.bincount(better, minlength=m)
        return 1 + n_above, m - n_below


def are_beyond(errors: Floats, clusters: Floats | None, gaussian: float, level: float) -> Bools:
    """Which differences of so many standard errors are beyond their critical value: (n,).

    The value of each is that of its own t. It falls with the degrees of freedom, so most are settled by the values at
    `GRID` of them; only what lies between two of these is computed.

    Parameters
    ----------
    errors : (n,) float64
    clusters : (n,) float64 or None
        Effective clusters behind each; None = comparisons are independent.
    gaussian, level : float
        As in `Spread.simultaneous` and `Spread.difference_critical`.

    Examples
    --------
    >>> are_beyond(np.array([3.0, 3.0]), np.array([4.0, 400.0]), 2.5, 0.95).tolist()
    [False, True]
    """

    def critical(df: Floats) -> Floats:
        return np.maximum(above(ndtr(-gaussian), df), above((1 - level) / 2, df))

    if clusters is None or not len(errors):
        return np.asarray(errors > critical(np.array([np.inf])), dtype=np.bool_)
    df = np.maximum(clusters - 1, 1.0)
    grid = np.geomspace(df.min(), df.max() * (1 + 1e-9), GRID)
    grid[0] = df.min()
    values = critical(grid)
    beyond = errors > values[0]
    open_ = np.flatnonzero(~beyond & (errors > values[-1]))
    at = np.clip(np.searchsorted(grid, df[open_], side="right") - 1, 0, GRID - 2)
    beyond[open_] = errors[open_] > values[at]
    open_ = open_[~beyond[open_] & (errors[open_] > values[at + 1])]
    beyond[open_] = errors[open_] > critical(df[open_])
    return np.asarray(beyond, dtype=np.bool_)
