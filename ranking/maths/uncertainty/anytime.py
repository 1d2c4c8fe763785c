"""Anytime-valid inference: statements about pairs that stay valid however often, and whenever, one looks.

Votes on one prompt depend on each other, so single votes are no fair bets. The unit is the block: the mean of
a pair's points on one prompt. Prompts drawn from a population give blocks in [0, 1] of one mean, the share
of points that the first wins against the second over all prompts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import lambertw

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.comparisons import Cluster, Comparisons
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, checked_level, spread
from ranking.maths.estimation.fit import Fit
from ranking.maths.notes import numbered
from ranking.maths.uncertainty.blocks import BlockMeans, block_means
from ranking.maths.uncertainty.intervals import Differences, differences

BOLDEST = 0.5
"""No bet stakes more than this share of the wealth."""

CELLS_A_BLOCK = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class ConfidenceSequence(HoldsArrays):
    """Intervals after each block that all hold together with the level: (T,) each, in [0, 1].

    Examples
    --------
    >>> sequence = confidence_sequence(np.full(100, 0.5))
    >>> bool((sequence.low[1:] < 0.5).all() and (0.5 < sequence.high[1:]).all())
    True
    """

    mean: Floats
    low: Floats
    high: Floats
    level: float

    @property
    def estimate(self) -> Floats:
        """The means, by the name that all intervals give them."""
        return self.mean


@dataclass(frozen=True, slots=True, eq=False)
class PairEvidence(HoldsArrays):
    """How strongly the blocks so far speak for "i wins more than half of the points against j".

    Parameters
    ----------
    names : tuple of str
    e_values : (M, M) float64
        ``e_values[i, j]``: wealth of bets against "i wins at most half"; 1 = nothing known. Under that
        hypothesis its mean is at most 1 at any time of looking.
    n_blocks : (M, M) int64
        Symmetric.
    n_late : float
        Votes left out because their block was closed.
    n_open : float
        Votes on prompts that are not done.
    notes : tuple of str
        What the reader must know.

    Examples
    --------
    >>> PairEvidence(("x", "y"), np.array([[1.0, 50.0], [0.1, 1.0]]), np.array([[0, 9], [9, 0]]), 0.0).above().tolist()
    [[False, True], [False, False]]
    """

    names: tuple[str, ...]
    e_values: Floats
    n_blocks: Ints
    n_late: float
    n_open: float = 0.0
    notes: tuple[str, ...] = ()

    def above(self, *, level: float = 0.95) -> Bools:
        """``above[i, j]``: i wins more than half against j, by `e_bh` over all ordered pairs; (M, M) bool.

        Of the statements made, at least the share `level` is right on average, whenever one looks.

        Raises
        ------
        ValueError
            If `level` is out of range.

        Examples
        --------
        >>> c = Comparisons.from_names(["x"] * 9, ["y"] * 9, ["a"] * 9, prompt=range(9))
        >>> pair_evidence(c).above(level=0.8)[0, 1].item(), pair_evidence(c).above(level=0.99)[0, 1].item()
        (True, False)
        """
        pairs = ~np.eye(len(self.names), dtype=np.bool_)
        is_above = np.zeros(pairs.shape, dtype=np.bool_)
        is_above[pairs] = e_bh(self.e_values[pairs], level=level)
        return is_above


def e_process(values: Floats, *, mean: float = 0.5) -> Floats:
    """Wealth after each block of bets against "the mean of the blocks is `mean`": (T,) float64, from 1.

    ``K_t = product over s <= t of 1 + lambda_s (X_s - mean)`` with the approximately growth-optimal bet

        ``lambda_s = (mu - mean) / (v + (mu - mean)**2)``,  clipped to ``-c / (1 - mean) ... c / mean``, c = 1/2,

    mu and v the mean and variance of the blocks before s, regularised by one block of 1/2 and a variance of
    1/4. If the hypothesis is true, K has mean 1 at any time of looking, and ever reaches 1 / alpha with a
    chance of at most alpha (Ville).

    Parameters
    ----------
    values : (T,) float64
        Closed blocks, in [0, 1].
    mean : float
        In (0, 1).

    Raises
    ------
    ValueError
        If `mean` or a value is out of range.

    References
    ----------
    I. Waudby-Smith, A. Ramdas, "Estimating means of bounded random variables by betting", Journal of the
    Royal Statistical Society B 86(1), 2024: the aGRAPA bets.

    Examples
    --------
    First no bet (1/2 is the guess); then mu = .75, v = (1/4 + 1/16) / 2, so lambda = 1.14, clipped to 1.

    >>> e_process(np.array([1.0, 1.0, 0.5])).round(4).tolist()
    [1.0, 1.5, 1.5]
    """
    return np.asarray(np.exp(_log_wealth(_checked_values(values), np.array([_checked_mean(mean)]))[:, 0]), dtype=np.float64)


def e_process_above(values: Floats, *, mean: float = 0.5) -> Floats:
    """Wealth of bets against "the mean of the blocks is at most `mean`": `e_process` without bets on less, (T,).

    Parameters
    ----------
    values : (T,) float64
        Closed blocks, in [0, 1].
    mean : float
        In (0, 1).

    Raises
    ------
    ValueError
        If `mean` or a value is out of range.

    References
    ----------
    As for `e_process`.

    Examples
    --------
    >>> e_process_above(np.array([0.0, 0.0, 0.0])).tolist()
    [1.0, 1.0, 1.0]
    """
    wealth = _log_wealth(_checked_values(values), np.array([_checked_mean(mean)]), lowest=0.0)[:, 0]
    return np.asarray(np.exp(wealth), dtype=np.float64)


def confidence_sequence(values: Floats, *, level: float = 0.95, n_grid: int = 1_000) -> ConfidenceSequence:
    """After each block, the means that the bets could not refute, ``{m : K_t(m) < 1 / (1 - level)}``.

    With probability `level` the mean lies in all these intervals: look as often as you like. They are the
    hulls of the sets on a grid, a step wider on either side.

    Parameters
    ----------
    values : (T,) float64
        Closed blocks, in [0, 1].
    level : float
        In (0, 1).
    n_grid : int
        Means tried.

    Raises
    ------
    ValueError
        If `level`, `n_grid` or a value is out of range.

    References
    ----------
    As for `e_process`; there theorem 1 turns tests into such sets.

    Examples
    --------
    >>> sequence = confidence_sequence(np.tile([1.0, 0.8], 30))
    >>> sequence.low[[1, 59]].round(2).tolist(), sequence.high[[1, 59]].round(2).tolist()
    ([0.0, 0.8], [1.0, 0.94])
    """
    if n_grid < 2:
        raise ValueError(f"n_grid is {n_grid}: at least 2 means must be tried, 1,000 is usual")
    limit = -np.log(1 - checked_level(level))
    means = (np.arange(n_grid) + 0.5) / n_grid
    blocks = _checked_values(values)
    low, high = np.full(len(blocks), np.inf), np.full(len(blocks), -np.inf)
    for part in _grid_parts(means, len(blocks)):
        left = _log_wealth(blocks, part) < limit
        low = np.minimum(low, np.where(left, part, np.inf).min(axis=1))
        high = np.maximum(high, np.where(left, part, -np.inf).max(axis=1))
    mean = np.cumsum(blocks) / np.arange(1, len(blocks) + 1)
    return ConfidenceSequence(mean, np.maximum(low - 1 / n_grid, 0), np.minimum(high + 1 / n_grid, 1), level)


def pair_evidence(comparisons: Comparisons, *, done: ArrayLike | None = None) -> PairEvidence:
    """The wealth of every ordered pair from rows in the order of their arrival; open blocks are left out.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors, the oldest first. A row without prompt is a block of its own.
    done : (d,) int, optional
        Codes of the prompts that get no more votes, in the order in which they were closed: where votes on several prompts
        arrive between each other, as in a live arena, this loses none (see `block_means`).

    Raises
    ------
    ValueError
        If a prompt is done twice, or with `done` a row has no prompt.

    References
    ----------
    As for `e_process`; here with one-sided bets, so that a statement says who is above.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 20, ["y"] * 20, ["a"] * 20, prompt=range(20))
    >>> evidence = pair_evidence(c)
    >>> evidence.n_blocks[0, 1].item(), evidence.above().tolist()
    (19, [[False, True], [False, False]])
    """
    m = len(comparisons.names)
    e_values, n_blocks, n_late, n_open = np.ones((m, m)), np.zeros((m, m), dtype=np.int64), 0.0, 0.0
    for i, j, blocks in _pair_blocks(comparisons, done):
        n_blocks[i, j] = n_blocks[j, i] = len(blocks.values)
        n_late, n_open = n_late + blocks.n_late, n_open + blocks.n_open
        if len(blocks.values):
            e_values[i, j] = e_process_above(blocks.values)[-1]
            e_values[j, i] = e_process_above(1 - blocks.values)[-1]
    late = f"{numbered(n_late, 'vote')} came after the next prompt had begun and did not count: say which prompts are done"
    return PairEvidence(comparisons.names, e_values, n_blocks, n_late, n_open, (late,) if n_late else ())


def e_bh(e_values: Floats, *, level: float = 0.95) -> Bools:
    """Hypotheses to reject so that on average at most the share ``alpha = 1 - level`` is true: (K,) bool.

    The k largest, with k the largest number for which the k-th of them is at least ``K / (alpha k)``. It
    holds however the e-values depend on each other, and whenever one looks. Give the wealth of now: the
    largest wealth so far is no e-value.

    Parameters
    ----------
    e_values : (K,) float64
        At least 0.
    level : float
        The share of rejections that is right on average, in (0, 1).

    Raises
    ------
    ValueError
        If `level` is out of range, or an e-value is negative or NaN.

    References
    ----------
    R. Wang, A. Ramdas, "False discovery rate control with e-values", Journal of the Royal Statistical Society
    B 84(3), 2022.

    Examples
    --------
    4 / .05 = 80: 90 >= 80 alone; 50 >= 80 / 2; 20 < 80 / 3.

    >>> e_bh(np.array([50.0, 1.0, 90.0, 20.0])).tolist()
    [True, False, True, False]
    """
    # Rounded, so that a level of 0.95 allows 0.05 and no bit more.
    alpha = round(1 - checked_level(level), 12)
    values = np.asarray(e_values, dtype=np.float64)
    good = values >= 0
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"e_values[{row}] is {values[row]}: an e-value is at least 0")
    falling = np.sort(values)[::-1]
    enough = np.flatnonzero(falling * np.arange(1, len(values) + 1) >= len(values) / alpha)
    return values >= falling[enough[-1]] if len(enough) else np.zeros(len(values), dtype=np.bool_)


def anytime_critical(n: ArrayLike, *, t0: float, level: float = 0.95) -> Floats:
    """What takes the place of 1.96 after n clusters, so that all intervals hold together in the long run.

    ``sqrt(2 (n rho**2 + 1) / (n rho**2) * ln(sqrt(n rho**2 + 1) / alpha))`` with alpha = 1 - level and rho such
    that it is least at ``n = t0``: ``t0 rho**2 = -W(-alpha**2 / e) - 1``, W the lower branch of Lambert's function.

    Parameters
    ----------
    n : array of float
        Clusters so far, above 0.
    t0 : float
        Where the intervals are to be tightest; to be stated beforehand, above 0.
    level : float
        In (0, 1).

    Raises
    ------
    ValueError
        If `n`, `t0` or `level` is out of range.

    References
    ----------
    I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas, "Time-uniform central limit theory and
    asymptotic confidence sequences", Annals of Statistics 52(6), 2024.

    Examples
    --------
    >>> anytime_critical([10, 100, 1_000], t0=100).round(3).tolist()
    [3.823, 3.035, 3.246]
    """
    counts = np.asarray(n, dtype=np.float64)
    if not (counts > 0).all():
        raise ValueError(f"n is {counts.min():g}: there must be clusters")
    if not t0 > 0:
        raise ValueError(f"t0 is {t0}: the number of clusters to be tightest at is above 0")
    alpha = 1 - checked_level(level)
    # In units of t0, u = n rho**2.
    u = counts / t0 * (-float(lambertw(-(alpha**2) / np.e, k=-1).real) - 1)
    return np.asarray(np.sqrt(2 * (u + 1) / u * (np.log(u + 1) / 2 - np.log(alpha))), dtype=np.float64)


def anytime_differences(fit: Fit, *, t0: float, cluster: Cluster | None = "prompt", level: float = 0.95) -> Differences:
    """`differences` that may be looked at after every prompt: each pair's intervals hold together over time.

    Asymptotically: from some tens of clusters on. Fewer are noted. For pairs decided by exact bets: `pair_evidence`.

    Parameters
    ----------
    fit : Fit
    t0 : float
        Clusters at which the intervals are to be tightest, stated before the first look.
    cluster, level
        As in `differences`.

    Raises
    ------
    ValueError
        If an option is not allowed, or the fit is empty.

    References
    ----------
    As for `anytime_critical`; on the scale of t where standard errors come from clusters, of which each difference has its
    own effective number, as in `spread`.

    Examples
    --------
    >>> from ranking.maths import fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 99, ["y"] * 99, ["a", "a", "b"] * 33, prompt=range(99))
    >>> fit = fit_bradley_terry(c)
    >>> anytime_differences(fit, t0=100).low[0, 1].round(2).item(), differences(fit).low[0, 1].round(2).item()
    (0.03, 0.27)
    """
    fixed_time, standing = differences(fit, cluster=cluster, level=level), spread(fit, cluster=cluster)
    clusters = standing.difference_clusters
    # Of an empty fit too: the least number of clusters there is.
    n = np.append(np.where(np.isinf(clusters), fixed_time.n_clusters, clusters), fixed_time.n_clusters)
    gaussian = anytime_critical(n, t0=t0, level=level)[:-1].reshape(clusters.shape)
    critical = standing.simultaneous(gaussian)
    few = fixed_time.n_clusters < FEWEST_CLUSTERS
    notes = (f"only {numbered(fixed_time.n_clusters, 'cluster')}: too few for an asymptotic statement",) if few else ()
    return replace(
        fixed_time,
        low=fixed_time.estimate - critical * fixed_time.se,
        high=fixed_time.estimate + critical * fixed_time.se,
        critical=critical,
        notes=(*fixed_time.notes, *notes),
    )


def _pair_blocks(comparisons: Comparisons, done: ArrayLike | None) -> Iterator[tuple[int, int, BlockMeans]]:
    """Each pair i < j that met, with its blocks of i's points."""
    kept = comparisons.weights() > 0
    a, b = comparisons.a[kept].astype(np.int64), comparisons.b[kept].astype(np.int64)
    turned = a > b
    points = np.array([1.0, 0.0, 0.5, 0.5])[comparisons.outcome[kept]]
    points = np.where(turned, 1 - points, points)
    first = np.full(len(a), -1) if comparisons.first is None else comparisons.first[kept].astype(np.int64)
    first = np.where(turned & (first >= 0), 1 - first, first)
    prompt, weight = comparisons.clusters("prompt")[kept], comparisons.weights()[kept]
    keys = np.minimum(a, b) * len(comparisons.names) + np.maximum(a, b)
    order = np.argsort(keys, kind="stable")
    pairs, starts = np.unique(keys[order], return_index=True)
    for key, rows in zip(pairs, np.split(order, starts[1:]), strict=False):
        i, j = divmod(int(key), len(comparisons.names))
        yield i, j, block_means(prompt[rows], points[rows], first=first[rows], weight=weight[rows], done=done)


def _checked_mean(mean: float) -> float:
    if not 0 < mean < 1:
        raise ValueError(f"mean is {mean}: the mean to bet against lies between 0 and 1")
    return mean


def _checked_values(values: Floats) -> Floats:
    blocks = np.asarray(values, dtype=np.float64)
    good = (blocks >= 0) & (blocks <= 1)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"values[{row}] is {blocks[row]}: a block mean lies between 0 and 1")
    return blocks


def _log_wealth(values: Floats, means: Floats, *, lowest: float = -np.inf) -> Floats:
    """Logarithm of the wealth after each block against each mean: (T, n_means). No bet is below `lowest`."""
    n = np.arange(2, len(values) + 2)
    mu = (0.5 + np.cumsum(values)) / n
    variance = (0.25 + np.cumsum((values - mu) ** 2)) / n
    # What was known before each block.
    mu, variance = np.append(0.5, mu)[:-1, None], np.append(0.25, variance)[:-1, None]
    bet = (mu - means) / (variance + (mu - means) ** 2)
    bet = np.clip(bet, np.maximum(-BOLDEST / (1 - means), lowest), BOLDEST / means)
    return np.cumsum(np.log1p(bet * (values[:, None] - means)), axis=0)


def _grid_parts(means: Floats, n_blocks: int) -> list[Floats]:
    """The means in parts, so that a table of blocks by means stays small."""
    size = max(1, CELLS_A_BLOCK // max(n_blocks, 1))
    return [means[start : start + size] for start in range(0, len(means), size)]
