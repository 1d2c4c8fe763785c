"""Bootstrap: ratings of resampled data, for every method; it also serves to check the sandwich covariance."""

import inspect
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Bools, Codes, Floats, HoldsArrays, Ints, chunks
from ranking.maths.data.cells import Cells, cell_keys
from ranking.maths.data.checks import checked_rng, named_cluster
from ranking.maths.data.comparisons import CLUSTER_COLUMNS, Cluster, Column, Comparisons
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.covariance import checked_level
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.likelihood import CellLikelihood
from ranking.maths.estimation.scores import Scores
from ranking.maths.models.bradley_terry import fit_bradley_terry
from ranking.maths.notes import noted
from ranking.maths.resampling.poisson import PoissonCells
from ranking.maths.resampling.refits import Refitter

Unit = Literal["cells"] | Cluster
Method = Callable[..., Fit | Scores]

# Two threads want large blocks: Python is left less often. With many competitors memory wants smaller ones.
REPLICATES_A_BLOCK = 100
NUMBERS_A_BLOCK = 2_500_000
N_THREADS = 2
# Sums of so many are exact in 32 bits, with room for a heavy cluster that is drawn often.
LARGEST_IN_32_BITS = 2**20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BootstrapIntervals(HoldsArrays, Tabled):
    """Percentile intervals, (m,) each, in the unit of the method (natural log-odds for a fit).

    `estimate` is what the method gives on the whole data, or where that is not known the mean of the replicates.
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap(HoldsArrays):
    """Ratings of R resampled data sets.

    Parameters
    ----------
    names : tuple of str
        The m competitors rated on the whole data.
    ratings : (R, m) float64
        Natural log-odds, mean zero, or the unit that its maker states: `bootstrap` gives that of its method,
        `elo_replicates` Elo points. NaN where the resampled data give none (some competitor without a win
        or tie, say).
    cluster : str, pair of str or None
        What was resampled.
    notes : tuple of str
        What the reader must know.
    whole : (m,) float64, optional
        The ratings of the whole data.
    """

    names: tuple[str, ...]
    ratings: Floats
    cluster: Unit | None
    notes: tuple[str, ...]
    whole: Floats | None = None

    def finite(self) -> Floats:
        """The replicates that rate everybody. Raises ValueError if there are fewer than two."""
        kept = self.ratings[np.isfinite(self.ratings).all(axis=1)]
        if len(kept) < 2:
            raise ValueError(noted("too_few_replicates", n_kept=len(kept), n=len(self.ratings)))
        return kept

    def standard_errors(self) -> Floats:
        """Standard deviation over replicates, (m,)."""
        return np.asarray(self.finite().std(axis=0, ddof=1), dtype=np.float64)

    def intervals(self, *, level: float = 0.95) -> BootstrapIntervals:
        """Percentile intervals: the middle `level` of the replicates.

        Raises
        ------
        ValueError
            If `level` is not in (0, 1), fewer than two replicates are finite, or someone has the same
            rating in all of them: such data (all outcomes equal, say) do not say how wide an interval is.
        """
        tail = (1 - checked_level(level)) / 2
        kept = self.finite()
        fixed = np.ptp(kept, axis=0) <= 1e-9 * (1 + np.abs(kept[0]))
        if fixed.any():
            raise ValueError(noted("same_in_all", name=self.names[int(np.argmax(fixed))], n=len(kept)))
        low, high = np.quantile(kept, [tail, 1 - tail], axis=0)
        estimate = kept.mean(axis=0) if self.whole is None else self.whole
        return BootstrapIntervals(names=self.names, estimate=estimate, se=self.standard_errors(), low=low, high=high)


def bootstrap(
    comparisons: Comparisons,
    *,
    method: Method = fit_bradley_terry,
    cluster: Unit | None = "prompt",
    n_resamples: int,
    rng: np.random.Generator,
    whole: Fit | Scores | None = None,
) -> Bootstrap:
    """Rate resampled data, as often as asked.

    ``cluster="prompt"``, ``"voter"`` or ``"judge"`` draws G clusters of G with replacement. Two columns, as
    ``("prompt", "voter")``, are drawn independently of each other, and a comparison counts as often as its
    prompt times as often as its voter (the pigeonhole bootstrap). It counts the noise of single comparisons up to three
    times [2]_: where most prompts and voters meet once, which is the rule, its standard errors are 1.2 to 1.8 times too
    wide, the wider the less outcomes hang on prompts and voters. `Fit.two_way`, and so
    ``intervals(fit, cluster=("prompt", "voter"))``, is the one to use where a fit has it. ``cluster="cells"`` (or None)
    draws every single comparison as a Poisson variable of mean one, which resamples comparisons up to their total.
    Comparisons of unknown cluster are clusters of their own, and drawn that way too. A row whose weight is a sampling
    weight is one comparison.

    `fit_bradley_terry` is refitted on counts, many replicates at once; of it a replicate whose maximum does
    not exist is NaN throughout. Any other method is called once a replicate, on
    ``comparisons.reweighted(...)``; one that takes `start` gets the whole data's result. Competitors whom
    it does not rate, and all where it does not converge, are NaN.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors.
    method : callable
        Comparisons to a `Fit` or `Scores`. Give it options with `functools.partial`.
    cluster : "cells" or None, "prompt", "voter", "judge", or two of these columns
    n_resamples : int
        R; 200 give a standard error to 5 %, intervals want 1,000.
    rng : numpy.random.Generator
        The result depends on it alone, not on the number of threads.
    whole : Fit or Scores, optional
        What `method` gives on these comparisons, if it is at hand: it is not called for it again.

    Raises
    ------
    ValueError
        If `cluster` is unknown, R < 1, or nobody can be rated on the whole data.

    References
    ----------
    .. [1] B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, sections 6 and 8.
    .. [2] A. B. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1(2), 2007, section 4.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 800, ["y"] * 800, (["a"] * 3 + ["b"]) * 200)
    >>> replicates = bootstrap(c, cluster="cells", n_resamples=400, rng=np.random.default_rng(1))
    >>> replicates.ratings.shape, replicates.standard_errors().round(2).tolist()
    ((400, 2), [0.04, 0.04])
    """
    checked_rng(rng)
    columns = _checked_columns(cluster)
    if n_resamples < 1:
        raise ValueError(f"n_resamples is {n_resamples}: at least 1 is needed, 1,000 is usual")
    whole = method(comparisons) if whole is None else whole
    if not whole.names:
        raise ValueError("no competitor can be rated on these comparisons: there is nothing to resample")
    if method is fit_bradley_terry and isinstance(whole, Fit):
        ratings = _refitted(whole, columns, n_resamples, rng)
    else:
        ratings = _called(comparisons, method, whole, columns, n_resamples, rng)
    n_lost = int(np.isnan(ratings).any(axis=1).sum())
    notes = (noted("replicates_lost", n_lost=n_lost, n=n_resamples),) if n_lost else ()
    point = whole.ratings if isinstance(whole, Fit) else whole.scores
    return Bootstrap(names=whole.names, ratings=ratings, cluster=cluster, notes=notes, whole=point)


def _checked_columns(cluster: Unit | None) -> tuple[Column, ...]:
    """The columns to draw from: none for cells."""
    cluster = named_cluster(cluster)
    if cluster is None or cluster == "cells":
        return ()
    columns = (cluster,) if isinstance(cluster, str) else tuple(cluster)
    if not set(columns) <= set(CLUSTER_COLUMNS) or len(set(columns)) != len(columns) or not 1 <= len(columns) <= 2:
        raise ValueError(f"unknown unit {cluster!r}: allowed are 'cells', 'prompt', 'voter', 'judge', or two different columns")
    return columns


def _called(
    comparisons: Comparisons,
    method: Method,
    whole: Fit | Scores,
    columns: tuple[Column, ...],
    n_resamples: int,
    rng: np.random.Generator,
) -> Floats:
    """One call of the method a replicate, its results in the order of the whole data's names: (R, m)."""
    options: dict[str, Any] = {"start": whole} if "start" in inspect.signature(method).parameters else {}
    weights = RowWeights.of(comparisons, columns)
    ratings = np.full((n_resamples, len(whole.names)), np.nan)
    for replicate in ratings:
        is_wanted()
        try:
            result = method(comparisons.reweighted(weights.draw(rng)), **options)
        except NotConvergedError:
            continue
        values = result.ratings if isinstance(result, Fit) else result.scores
        rated = dict(zip(result.names, values, strict=True))
        replicate[:] = [rated.get(name, np.nan) for name in whole.names]
    return ratings


@dataclass(frozen=True, slots=True, eq=False)
class RowWeights:
    """Weights of rows for replicates: what each of up to two columns of clusters, or the row itself, is drawn.

    Parameters
    ----------
    weight : (n,) float64
    multiples : (n,) float64
        How many comparisons each row stands for.
    columns : tuple of (n,) int32
        Codes 0 to G - 1 of the clusters that have comparisons; -1 = unknown.
    n_clusters : tuple of int
        G of each.
    """

    weight: Floats
    multiples: Floats
    columns: tuple[Codes, ...]
    n_clusters: tuple[int, ...]

    @classmethod
    def of(cls, comparisons: Comparisons, columns: tuple[Column, ...]) -> "RowWeights":
        """From comparisons; without columns every comparison is drawn by itself.

        Examples
        --------
        >>> c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "a"], prompt=[7, 7, 9])
        >>> RowWeights.of(c, ("prompt",)).n_clusters
        (2,)
        """
        weight = comparisons.weights()
        coded = [dense_codes(comparisons.clusters(column), weight > 0) for column in columns]
        codes, n_clusters = tuple(each for each, _ in coded), tuple(n for _, n in coded)
        return cls(weight=weight, multiples=comparisons.multiples(), columns=codes, n_clusters=n_clusters)

    def draw(self, rng: np.random.Generator) -> Floats:
        """One replicate: (n,) float64 >= 0.

        Examples
        --------
        >>> c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "a"], prompt=[7, 7, 9])
        >>> RowWeights.of(c, ("prompt",)).draw(np.random.default_rng(2)).tolist()
        [1.0, 1.0, 1.0]
        """
        times = [drawn_clusters(n, 1, rng)[:, 0] for n in self.n_clusters]
        drawn = self.weight.copy()
        single: Bools = np.full(len(drawn), not self.columns)
        for codes, drawn_times in zip(self.columns, times, strict=True):
            known = codes >= 0
            drawn[known] *= drawn_times[codes[known]]
            single |= ~known
        # A row of unknown cluster that stands for w comparisons is w clusters of one each.
        single &= self.weight > 0
        drawn[single] *= rng.poisson(self.multiples[single]) / self.multiples[single]
        return drawn


def dense_codes(codes: Codes, counted: Bools) -> tuple[Codes, int]:
    """Cluster codes without gaps, over the clusters that have a counted row, and their number.

    Examples
    --------
    >>> dense_codes(np.array([5, 2, -1, 5], dtype=np.int32), np.array([True, False, True, True]))
    (array([ 0, -1, -1,  0], dtype=int32), 1)
    """
    present = np.zeros(int(codes.max(initial=-1)) + 2, dtype=np.bool_)
    present[codes[counted]] = True
    # The last slot is where a code of -1 looks.
    present[-1] = False
    place = np.where(present, np.cumsum(present) - 1, -1).astype(np.int32)
    return place[codes], int(present.sum())


def drawn_clusters(n_clusters: int, size: int, rng: np.random.Generator) -> Floats:
    """How often each of G clusters comes up in G draws with replacement: (G, size) float64, columns sum to G.

    Examples
    --------
    >>> drawn_clusters(4, 3, np.random.default_rng(1)).sum(axis=0).tolist()
    [4.0, 4.0, 4.0]
    """
    drawn = np.empty((size, n_clusters))
    for replicate in drawn:
        # Five times faster than rng.multinomial, and the same draw.
        replicate[:] = np.bincount(rng.integers(n_clusters, size=n_clusters), minlength=n_clusters)
    return np.ascontiguousarray(drawn.T)


def _refitted(fit: Fit, columns: tuple[Column, ...], n_resamples: int, rng: np.random.Generator) -> Floats:
    """Bradley-Terry on counts, blocks of replicates beside each other in threads: (R, m)."""
    m = len(fit.names)
    refitter = Refitter.of(_cells(fit).half_wins, fit.ratings)
    is_by_row = len(columns) == 2 or fit.comparisons.weight_kind == "sampling"
    draw = _row_counts(fit, columns) if is_by_row else _one_way_counts(fit, columns, n_resamples)

    def block(size: int, seed: Ints) -> Floats:
        first_wins, second_wins, ties = draw(size, np.random.default_rng(seed)).reshape(3, -1, size)
        ties *= 0.5
        first_wins += ties
        second_wins += ties
        second_wins += first_wins
        return refitter.refit(first_wins, second_wins)

    largest = max(1, min(REPLICATES_A_BLOCK, 2 * NUMBERS_A_BLOCK // m**2))
    sizes = [min(largest, n_resamples - start) for start in range(0, n_resamples, largest)]
    # Each block has a seed of its own, so that it does not matter which is drawn first.
    seeds = rng.integers(2**63, size=(len(sizes), 2))
    with ThreadPoolExecutor(N_THREADS) as pool:
        return np.concatenate(list(_while_wanted(pool.map(block, sizes, seeds))))


def _while_wanted(blocks: Iterator[Floats]) -> Iterator[Floats]:
    """An exception calls off the blocks that have not begun."""
    for block in blocks:
        is_wanted()
        yield block


type _Counts = Callable[[int, np.random.Generator], Floats]
"""Draws so many replicates of all cells: (3 P, size) float64, wins of the first, of the second, and ties of each pair."""


def _one_way_counts(fit: Fit, columns: tuple[Column, ...], n_resamples: int) -> _Counts:
    singles, clusters = _cell_counts(_cells(fit)), None
    if columns:
        codes, n_clusters = dense_codes(fit.comparisons.clusters(columns[0]), fit.comparisons.weights() > 0)
        clusters = _cluster_table(fit.comparisons, codes, n_clusters)
        singles = _cell_sums(fit.comparisons, fit.comparisons.weights() * (codes < 0))
    poisson = PoissonCells.of(singles, n_resamples=n_resamples)

    def draw(size: int, rng: np.random.Generator) -> Floats:
        if clusters is None:
            return poisson.draw(size, rng)
        drawn = np.asarray(clusters @ drawn_clusters(clusters.shape[1], size, rng).astype(clusters.dtype), dtype=np.float64)
        return drawn + poisson.draw(size, rng) if poisson.groups else drawn

    return draw


def _row_counts(fit: Fit, columns: tuple[Column, ...]) -> _Counts:
    weights = RowWeights.of(fit.comparisons, columns)

    def draw(size: int, rng: np.random.Generator) -> Floats:
        return np.stack([_cell_sums(fit.comparisons, weights.draw(rng)) for _ in range(size)], axis=1)

    return draw


def _cells(fit: Fit) -> Cells:
    """The fit's counts, reused rather than counted again."""
    return fit.likelihood.cells if isinstance(fit.likelihood, CellLikelihood) else fit.cells


def _cell_counts(cells: Cells) -> Floats:
    i, j = np.triu_indices(len(cells.wins), 1)
    return np.concatenate([cells.wins[i, j], cells.wins[j, i], cells.ties[i, j]])


def _cell_places(m: int) -> Codes:
    """Where a key of `cell_keys` has its place among the 3 P counts: (m * m * 4,) int32."""
    i, j = np.triu_indices(m, 1)
    pair = np.arange(len(i), dtype=np.int32)
    place = np.zeros((m, m, 4), dtype=np.int32)
    for outcome, (seen_from_i, seen_from_j) in enumerate([(0, 1), (1, 0), (2, 2), (2, 2)]):
        place[i, j, outcome] = seen_from_i * len(i) + pair
        place[j, i, outcome] = seen_from_j * len(i) + pair
    return place.ravel()


def _cell_sums(comparisons: Comparisons, weight: Floats) -> Floats:
    """Weights summed by cell: (3 P,) float64."""
    m = len(comparisons.names)
    table = np.zeros(m * m * 4)
    for part in chunks(len(comparisons), at_least=len(table)):
        table += np.bincount(cell_keys(comparisons, part), weights=weight[part], minlength=len(table))
    return np.bincount(_cell_places(m), weights=table, minlength=3 * m * (m - 1) // 2)


def _cluster_table(comparisons: Comparisons, codes: Codes, n_clusters: int) -> csr_array:
    """Comparisons of each cell in each cluster, (3 P, G); in 32 bits where sums of them are exact."""
    m = len(comparisons.names)
    place = _cell_places(m)
    rows = np.concatenate([place.take(cell_keys(comparisons, part)) for part in chunks(len(comparisons))])
    known = codes >= 0
    weight = comparisons.weights()[known]
    exact = weight.max(initial=0) < LARGEST_IN_32_BITS and (weight == np.floor(weight)).all()
    data: NDArray[Any] = weight.astype(np.float32 if exact and weight.sum() < 2**31 else np.float64)
    return csr_array((data, (rows[known], codes[known])), shape=(3 * m * (m - 1) // 2, n_clusters))
