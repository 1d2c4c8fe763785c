"""Bootstrap of Elo over random orders: clusters drawn again, all replicates and orders at once."""

from dataclasses import dataclass

import numpy as np

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Codes, Floats
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Column, Comparisons
from ranking.maths.models.elo import (
    Keys,
    _block_sizes,
    _checked_rate,
    _last_rows,
    _met,
    _n_present,
    _play,
    _rows_to_forget,
    _unit_rows,
    _whole_weights,
)
from ranking.maths.notes import noted
from ranking.maths.resampling.bootstrap import Bootstrap

FORGOTTEN_IN_REPLICATES = 1e-2
"""The same for bootstrap replicates, which differ by whole points."""

ROUNDS_OF_FORGETTING = 4
"""A replicate plays this many times the rows that forgetting takes, and averages over the later ones."""

NO_NOISE = 0.005
"""A smaller share of noise is neither removed nor noted."""

MOST_NOISE = 0.75
"""A larger share of the replicates' variance is not removed, because too little would remain."""


def elo_replicates(
    comparisons: Comparisons,
    *,
    cluster: Column = "prompt",
    k: float = 4.0,
    initial: float = 1000.0,
    base: float = 10.0,
    scale: float = 400.0,
    n_resamples: int = 200,
    orders_each: int = 2,
    rng: np.random.Generator,
) -> Bootstrap:
    """Bootstrap of `elo_mean_over_orders`: clusters are resampled, each replicate is a mean over a few random orders.

    G clusters of G are drawn with replacement; a comparison of unknown cluster is a cluster of its own.
    All replicates and orders advance together. As in `elo_over_orders` only the last rows are played,
    here those after which a start counts at most `FORGOTTEN_IN_REPLICATES` (0.01 points), and three
    times as many more: every place of a random order has the same distribution, so the mean over the
    later places (one in `ROWS_A_CHUNK`) has the same expectation as the final rating, and less noise.

    The noise of a few orders would widen the intervals. Its share of the replicates' variance is
    known from the orders inside each, and is taken out: replicates are drawn together, around their
    mean, by ``sqrt(1 - share)``. A share below `NO_NOISE` is left in as it changes nothing; one above `MOST_NOISE` is left
    in too, and a note asks for more orders.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors, whole weights.
    cluster : "prompt", "voter", ...
        What is resampled.
    k, initial, base, scale : float
        As in `elo`.
    n_resamples : int
        R (>= 2).
    orders_each : int
        Random orders a replicate (>= 2).
    rng : numpy.random.Generator

    Returns
    -------
    Bootstrap
        `ratings` are Elo points, (R, m) for the m competitors with comparisons. A row is NaN where a
        competitor is not among the resampled comparisons.

    Raises
    ------
    ValueError
        If a weight is no whole number, an option is not allowed, or there are no comparisons.

    References
    ----------
    B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 8.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 40, ["y"] * 40, ["a"] * 30 + ["b"] * 10)
    >>> replicates = elo_replicates(c, k=4, n_resamples=100, rng=np.random.default_rng(1))
    >>> replicates.ratings.shape, replicates.standard_errors().round().tolist()
    ((100, 2), [9.0, 9.0])
    """
    checked_rng(rng)
    rate = _checked_rate(k, base, scale)
    for name, value in (("n_resamples", n_resamples), ("orders_each", orders_each)):
        if value < 2:
            raise ValueError(f"{name} is {value}: at least 2 are needed")
    met = _met(comparisons)
    if not met.any():
        raise ValueError("there are no comparisons: nothing can be resampled")
    resampler = _Resampler.of(comparisons, cluster)
    point = scale / np.log(base)
    n_forget = _rows_to_forget(comparisons, rate, FORGOTTEN_IN_REPLICATES / point)
    bytes_each = resampler.units.itemsize * orders_each * min(ROUNDS_OF_FORGETTING * n_forget, len(resampler.units))
    blocks = [
        resampler.ratings(n_resamples=size, orders_each=orders_each, n_forget=n_forget, rate=rate, rng=rng)
        for size in _block_sizes(n_resamples, bytes_each)
    ]
    ratings = initial + point * np.concatenate(blocks)[:, :, met]
    means, notes = _without_order_noise(ratings)
    return Bootstrap(
        names=tuple(name for name, one in zip(comparisons.names, met, strict=True) if one),
        ratings=means,
        cluster=cluster,
        notes=notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Resampler:
    """Single comparisons as keys, and the cluster of each, numbered from 0: where replicates come from."""

    units: Keys
    clusters: Codes
    n_clusters: int
    m: int

    @classmethod
    def of(cls, comparisons: Comparisons, cluster: Column) -> "_Resampler":
        codes = np.repeat(comparisons.clusters(cluster), _whole_weights(comparisons)).astype(np.int64)
        unknown = codes < 0
        codes[unknown] = codes.max(initial=-1) + 1 + np.arange(np.count_nonzero(unknown))
        known, clusters = np.unique(codes, return_inverse=True)
        return cls(_unit_rows(comparisons), clusters.astype(np.int32), len(known), len(comparisons.names))

    def draw(self, rng: np.random.Generator) -> Keys:
        """The single comparisons of G clusters drawn with replacement, in no order that means anything."""
        times = np.bincount(rng.integers(self.n_clusters, size=self.n_clusters), minlength=self.n_clusters)
        return np.repeat(self.units, times[self.clusters])

    def ratings(self, *, n_resamples: int, orders_each: int, n_forget: int, rate: float, rng: np.random.Generator) -> Floats:
        """(n_resamples, orders_each, M) natural log-odds; NaN throughout where a competitor is not drawn."""
        n_present = _n_present(self.units, self.m)
        complete, orders = [], []
        for _ in range(n_resamples):
            is_wanted()
            units = self.draw(rng)
            complete.append(_n_present(units, self.m) == n_present)
            orders += [_last_rows(units, ROUNDS_OF_FORGETTING * n_forget, rng) for _ in range(orders_each)]
        ratings = _play(orders, self.m, rate=rate, n_forget=n_forget).reshape(n_resamples, orders_each, self.m)
        ratings[~np.array(complete)] = np.nan
        return ratings


def _without_order_noise(ratings: Floats) -> tuple[Floats, tuple[str, ...]]:
    """Means of (R, orders, m) ratings over orders, drawn together by the share of noise; and the notes."""
    means = ratings.mean(axis=1)
    kept = np.isfinite(means).all(axis=1)
    n_lost = int(np.count_nonzero(~kept))
    lost = (noted("replicates_miss_one", n_lost=n_lost, n=len(means)),) if n_lost else ()
    variance = means[kept].var(axis=0, ddof=1).mean() if kept.sum() > 1 else 0.0
    if variance == 0:
        return means, lost
    share = ratings[kept].var(axis=1, ddof=1).mean() / ratings.shape[1] / variance
    if share < NO_NOISE:
        return means, lost
    parameters = {"n_orders": ratings.shape[1], "percent": 100 * share}
    if share > MOST_NOISE:
        return means, (*lost, noted("too_much_order_noise", **parameters))
    centre = means[kept].mean(axis=0)
    return centre + (means - centre) * np.sqrt(1 - share), (*lost, noted("order_noise", **parameters))
