"""Bootstrap: ratings of resampled data, the twin that checks the sandwich."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from ranking.maths.arrays import Floats, Ints
from ranking.maths.bradley_terry import fit_bradley_terry, maximise
from ranking.maths.cells import cell_keys
from ranking.maths.comparisons import Cluster, Comparisons
from ranking.maths.existence import strong_labels
from ranking.maths.half_wins import SCORES
from ranking.maths.spread import checked_level

REPLICATES_A_BLOCK = 50

Unit = Literal["prompt", "cells", "voter"]


@dataclass(frozen=True, slots=True, eq=False)
class BootstrapIntervals:
    """Percentile intervals of ratings: natural log-odds, (m,) each."""

    names: tuple[str, ...]
    se: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Ratings of R resampled data sets.

    Parameters
    ----------
    names : tuple of str
        The m competitors fitted on the whole data.
    ratings : (R, m) float64
        Natural log-odds, each row with mean zero. A row is NaN where the resampled data have no
        finite maximum (some competitor without a win or tie, say).
    by : str
        What was resampled.
    notes : tuple of str
        What the reader must know.
    """

    names: tuple[str, ...]
    ratings: Floats
    by: str
    notes: tuple[str, ...]

    def finite(self) -> Floats:
        """The replicates that have ratings. Raises ValueError if there are fewer than two."""
        kept = self.ratings[np.isfinite(self.ratings).all(axis=1)]
        if len(kept) < 2:
            raise ValueError(f"{len(kept)} of {len(self.ratings)} replicates have finite ratings: at least 2 are needed")
        return kept

    def standard_errors(self) -> Floats:
        """Standard deviation over replicates, (m,)."""
        return np.asarray(self.finite().std(axis=0, ddof=1), dtype=np.float64)

    def intervals(self, *, level: float = 0.95) -> BootstrapIntervals:
        """Percentile intervals: the middle `level` of the replicates."""
        tail = (1 - checked_level(level)) / 2
        low, high = np.quantile(self.finite(), [tail, 1 - tail], axis=0)
        return BootstrapIntervals(names=self.names, se=self.standard_errors(), low=low, high=high)


def bootstrap(comparisons: Comparisons, *, by: Unit = "prompt", n_replicates: int, rng: np.random.Generator) -> Bootstrap:
    """Refit Bradley-Terry (ties as half) on resampled data.

    ``by="prompt"`` or ``"voter"`` draws G clusters of G with replacement. ``by="cells"`` draws every
    count of (pair, outcome) as a Poisson variable of that mean, which resamples single comparisons up to
    their total; half-win Bradley-Terry does not care about the total. Comparisons of unknown cluster
    are clusters of their own, and drawn that way too.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors.
    by : "prompt", "cells" or "voter"
    n_replicates : int
        R; 200 give a standard error to 5 %, intervals want 1,000.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `by` is unknown, R < 1, or nobody can be rated on the whole data.

    References
    ----------
    B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, sections 6 and 8.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 80, ["y"] * 80, (["a"] * 3 + ["b"]) * 20)
    >>> found = bootstrap(c, by="cells", n_replicates=400, rng=np.random.default_rng(1))
    >>> found.ratings.shape, found.standard_errors().round(2).tolist()
    ((400, 2), [0.13, 0.13])
    """
    if by not in ("prompt", "cells", "voter"):
        raise ValueError(f"unknown unit {by!r}: allowed are 'prompt', 'cells' and 'voter'")
    if n_replicates < 1:
        raise ValueError(f"n_replicates is {n_replicates}: at least 1 is needed, 1,000 is usual")
    fit = fit_bradley_terry(comparisons)
    if not fit.names:
        raise ValueError("no competitor can be rated on these comparisons: there is nothing to resample")
    unit: Cluster | None = None if by == "cells" else by
    sampler = _Sampler.of(fit.comparisons, unit)
    blocks = (sampler.draw(size, rng) for size in _block_sizes(n_replicates))
    ratings = np.array([_refit(half_wins, fit.ratings) for block in blocks for half_wins in block])
    n_lost = int(np.isnan(ratings[:, 0]).sum())
    notes = (f"{n_lost} of {n_replicates} replicates have no finite ratings and are left out",) if n_lost else ()
    return Bootstrap(names=fit.names, ratings=ratings, by=by, notes=notes)


@dataclass(frozen=True, slots=True, eq=False)
class _Sampler:
    """Half-wins as sparse tables times random weights.

    `clusters` is (M * M, G), a column for each known cluster; `cells` is (M * M, C), a column for each
    (pair, outcome) of the rows that are resampled one by one, with `cell_counts` (C,) of each.
    """

    m: int
    clusters: csr_array
    cells: csr_array
    cell_counts: Floats

    @classmethod
    def of(cls, comparisons: Comparisons, cluster: Cluster | None) -> "_Sampler":
        m = len(comparisons.names)
        codes = np.full(len(comparisons), -1) if cluster is None else comparisons.clusters(cluster)
        counted = comparisons.weights() > 0
        known, single = counted & (codes >= 0), counted & (codes < 0)
        column = np.unique(codes[known], return_inverse=True)[1]
        keys, place = np.unique(cell_keys(comparisons, slice(None))[single], return_inverse=True)
        first = np.zeros(len(keys), dtype=np.int64)
        first[place] = np.flatnonzero(single)
        return cls(
            m=m,
            clusters=_half_win_table(comparisons, np.flatnonzero(known), column, comparisons.weights()[known]),
            cells=_half_win_table(comparisons, first, np.arange(len(keys)), np.ones(len(keys))),
            cell_counts=np.bincount(place, weights=comparisons.weights()[single], minlength=len(keys)),
        )

    def draw(self, size: int, rng: np.random.Generator) -> Floats:
        """Half-wins of some replicates: (size, m, m)."""
        n_clusters = self.clusters.shape[1]
        drawn = np.empty((n_clusters, size))
        for replicate in range(size):
            # Five times faster than rng.multinomial, and the same draw.
            drawn[:, replicate] = np.bincount(rng.integers(n_clusters, size=n_clusters), minlength=n_clusters)
        single = rng.poisson(self.cell_counts[:, None], size=(len(self.cell_counts), size))
        half_wins = self.clusters @ drawn + self.cells @ single.astype(np.float64)
        return np.ascontiguousarray(half_wins.T).reshape(size, self.m, self.m)


def _half_win_table(comparisons: Comparisons, rows: Ints, column: Ints, weight: Floats) -> csr_array:
    """Column c sums the half-wins of its rows: (M * M, number of columns)."""
    m = len(comparisons.names)
    a, b = comparisons.a[rows].astype(np.int64), comparisons.b[rows].astype(np.int64)
    score = SCORES[comparisons.outcome[rows]]
    entries = (np.concatenate([a * m + b, b * m + a]), np.concatenate([column, column]))
    shape = (m * m, int(column.max(initial=-1)) + 1)
    return csr_array((np.concatenate([weight * score, weight * (1 - score)]), entries), shape=shape)


def _block_sizes(n_replicates: int) -> list[int]:
    block = REPLICATES_A_BLOCK
    return [min(block, n_replicates - start) for start in range(0, n_replicates, block)]


def _refit(half_wins: Floats, start: Floats) -> Floats:
    """Ratings of one replicate, from the whole data's ratings; NaN where no maximum exists."""
    if strong_labels(half_wins).any():
        return np.full(len(start), np.nan)
    return maximise(half_wins, max_steps=100, tolerance=1e-6, start=start).ratings
