"""Places: chances of first places, expected ranks, the public arena's rank, and tiers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Cluster
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.covariance import FLAT, MOST_DF, Rated, Spread, above, spread
from ranking.maths.estimation.fit import Fit
from ranking.maths.models.prediction_powered import PredictionPowered
from ranking.maths.uncertainty.rank_sets import RankSets

DRAWS_A_CHUNK = 1_000

TAIL = 1e-6
"""Of the distribution of one rating, in the search for who can be the best."""

ANYWHERE = 1e12
"""A multiple of the model's own variance that is practically infinite."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Chances(HoldsArrays, Tabled):
    """How likely each competitor holds one of the first places.

    Parameters
    ----------
    names : tuple of str
    chance : (m,) float64
        In [0, 1]; they add up to the number of places (1, or k). Shares of `n_resamples` draws: the error of
        drawing is at most ``1 / (2 sqrt(n_resamples))``, 0.005 with 10,000.
    n_resamples : int
    kind : str
        As in `Intervals`.
    notes : tuple of str
        What the reader must know.

    Examples
    --------
    >>> Chances(("x", "y"), np.array([0.9, 0.1]), 10_000, "iid", ()).chance.sum().item()
    1.0
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("chance",)

    names: tuple[str, ...]
    chance: Floats
    n_resamples: int
    kind: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExpectedRanks(HoldsArrays, Tabled):
    """The mean of each competitor's rank over the distribution of the ratings.

    Parameters
    ----------
    names : tuple of str
    rank : (m,) float64
        From 1 (certainly best) to m; they add up to ``m (m + 1) / 2``.
    kind : str
        As in `Intervals`.
    notes : tuple of str
        What the reader must know.

    Examples
    --------
    >>> ExpectedRanks(("x", "y"), np.array([1.1, 1.9]), "iid", ()).rank.sum().item()
    3.0
    """

    SHOWN: ClassVar[tuple[str, ...]] = ("rank",)

    names: tuple[str, ...]
    rank: Floats
    kind: str
    notes: tuple[str, ...]


class HasLimits(Protocol):
    """Anything with limits: `Intervals`, `BootstrapIntervals`."""

    @property
    def low(self) -> Floats:
        """(m,) lower limits."""

    @property
    def high(self) -> Floats:
        """(m,) upper limits."""


def arena_rank(limits: HasLimits) -> Ints:
    """The public arena's rank, ``1 + #{j : low[j] > high[i]}``: (m,) int64.

    One more than the competitors whose whole interval lies above. It is the best place that i may have by
    comparing intervals; these ignore that ratings are estimated together, and each holds at its own level,
    so it is no statement about all ranks at once: that is `rank_sets`.

    Parameters
    ----------
    limits : Intervals or BootstrapIntervals

    References
    ----------
    W.-L. Chiang et al., "Chatbot Arena: an open platform for evaluating LLMs by human preference", ICML 2024;
    the rule as its leaderboard states it.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry, intervals
    >>> a, b = ["x"] * 100 + ["y"] * 100, ["y"] * 100 + ["z"] * 100
    >>> fit = fit_bradley_terry(Comparisons.from_names(a, b, (["a"] * 90 + ["b"] * 10) + ["a"] * 51 + ["b"] * 49))
    >>> arena_rank(intervals(fit)).tolist()
    [1, 2, 2]
    """
    # Sorted lower limits: how many lie above each upper limit.
    n_above = len(limits.low) - np.searchsorted(np.sort(limits.low), limits.high, side="right")
    return np.asarray(1 + n_above, dtype=np.int64)


def p_best(
    fit: Rated,
    *,
    cluster: Cluster | None = "prompt",
    n_resamples: int = 10_000,
    rng: np.random.Generator,
    among: Bools | None = None,
) -> Chances:
    """Chance that each competitor is the best, given the uncertainty of all ratings: see `p_top` with k = 1.

    Parameters
    ----------
    fit : Fit or Resampled
    cluster : "prompt", "voter", "judge", two of them, or None
        As in `intervals`.
    n_resamples : int
        At least 1; the error of a chance is at most ``1 / (2 sqrt(n_resamples))``.
    rng : numpy.random.Generator
    among : (m,) bool, optional
        The best of these is meant, and of them only those are drawn that are it in one of a million draws; the chance of
        all others is 0. None = all.

    Raises
    ------
    ValueError
        If `cluster` or `n_resamples` is not allowed.

    References
    ----------
    As for `p_top`.

    Examples
    --------
    3 wins of 4: the difference is ln 3 = 1.0986 with standard error 1.1547, so the chance is Phi(.951) = .829.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> p_best(fit, rng=np.random.default_rng(1)).chance.round(2).tolist()
    [0.83, 0.17]
    """
    variances = spread(fit, cluster=cluster)
    able = _able(fit.ratings, variances.rating_variance, variances.rating_df, among)
    chance = _shares_of_first(fit.ratings, _covariance(fit, variances), variances.rating_df, able, n_resamples, rng)
    return Chances(fit.names, chance, n_resamples, variances.kind, variances.notes)


def p_best_powered(
    powered: PredictionPowered, *, n_resamples: int = 10_000, rng: np.random.Generator, among: Bools | None = None
) -> Chances:
    """`p_best` of ratings that verdicts narrowed.

    Each rating has a lambda of its own, so that no one covariance stands behind them: draws have the correlations of the
    joint covariance at these lambdas, and each rating's own standard error.

    Parameters
    ----------
    powered : PredictionPowered
    n_resamples, rng, among
        As in `p_best`.

    Raises
    ------
    ValueError
        If `n_resamples` is not allowed.

    References
    ----------
    As for `p_top`.

    Examples
    --------
    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.models.prediction_powered import fit_prediction_powered
    >>> c = Comparisons(names=("x", "y"), a=[0] * 900, b=[1] * 900, outcome=[0, 0, 1] * 300)
    >>> powered = fit_prediction_powered(c, np.where(np.arange(900) < 300, c.outcome, -1))
    >>> p_best_powered(powered, rng=np.random.default_rng(1)).chance.tolist()
    [1.0, 0.0]
    """
    ratings, variance = powered.ratings.estimate, powered.ratings.se**2
    own = np.diagonal(powered.joint)
    wanted = np.where(np.isinf(variance), ANYWHERE * own, variance)
    stretch = np.sqrt(np.divide(wanted, own, out=np.ones_like(own), where=own > 0))
    covariance = powered.joint * np.outer(stretch, stretch)
    able = _able(ratings, variance, powered.df, among)
    chance = _shares_of_first(ratings, covariance, powered.df, able, n_resamples, rng)
    return Chances(powered.names, chance, n_resamples, powered.kind, powered.notes)


def p_top(
    fit: Fit, k: int, *, cluster: Cluster | None = "prompt", n_resamples: int = 10_000, rng: np.random.Generator
) -> Chances:
    """Chance that each competitor is among the best k.

    The share of draws in which it is. A draw is ``ratings + Z`` with Z normal with the covariance of the
    ratings (the sampling distribution, read the other way round: a posterior under a flat prior). The rules
    of `spread` hold here too: each competitor's part of Z is divided by its own ``sqrt(chi2 / (G - 1))``, with G - 1
    degrees of freedom for the effective clusters G behind its rating; with few of
    them every coordinate is stretched to the larger variance; and where outcomes of some pair have no spread, Z has the
    model's own covariance, so that no chance is 0 or 1 for lack of knowledge. Whom one cluster carries alone is as often
    above all others as below.

    Parameters
    ----------
    fit : Fit
    k : int
        1 to m - 1 (or m, which all are).
    cluster : "prompt", "voter", "judge", two of them, or None
        As in `intervals`.
    n_resamples : int
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `k`, `cluster` or `n_resamples` is not allowed.

    References
    ----------
    Ranks from draws of a joint distribution: H. Goldstein, D. J. Spiegelhalter, "League tables and their
    limitations", Journal of the Royal Statistical Society A 159(3), 1996, section 3.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x", "y", "z"] * 9, ["y", "z", "x"] * 9, ["a"] * 27))
    >>> p_top(fit, 2, rng=np.random.default_rng(1)).chance.sum().item()
    2.0
    """
    m = len(fit.names)
    if not 1 <= k <= m:
        raise ValueError(f"k is {k}: of {m} rated competitors, 1 to {m} are the top")
    variances = spread(fit, cluster=cluster)
    n_top = np.zeros(m, dtype=np.int64)
    factor = _square_root(_covariance(fit, variances))
    for draws in _draws(fit.ratings, factor, variances.rating_df, n_resamples, rng):
        n_top += np.bincount(np.argpartition(draws, m - k, axis=0)[m - k :].ravel(), minlength=m)
    return Chances(fit.names, n_top / n_resamples, n_resamples, variances.kind, variances.notes)


def expected_ranks(fit: Fit, *, cluster: Cluster | None = "prompt") -> ExpectedRanks:
    """``1 + sum over j != i of P(theta_j > theta_i)``: the mean rank, without drawing.

    ``P(theta_j > theta_i) = F((rating[j] - rating[i]) / se[i, j])`` with F the normal distribution function,
    or that of t with G - 1 degrees of freedom, G the effective clusters behind the difference; standard errors, also with
    few clusters or without spread, as in `differences`. Where one cluster carries a difference alone, either is as likely.

    Parameters
    ----------
    fit : Fit
    cluster : "prompt", "voter", "judge", two of them, or None
        As in `intervals`.

    Raises
    ------
    ValueError
        If `cluster` is not allowed.

    References
    ----------
    N. M. Laird, T. A. Louis, "Empirical Bayes ranking methods", Journal of Educational Statistics 14(1), 1989.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> expected_ranks(fit).rank.round(3).tolist()
    [1.171, 1.829]
    """
    variances = spread(fit, cluster=cluster)
    gap = fit.ratings[None, :] - fit.ratings[:, None]
    pairs = ~np.eye(len(fit.names), dtype=np.bool_)
    ratio = gap[pairs] / np.sqrt(variances.difference_variance[pairs])
    above = np.zeros(gap.shape)
    df = variances.difference_df[pairs]
    above[pairs] = np.where(np.isinf(df), ndtr(ratio), stdtr(np.minimum(df, MOST_DF), ratio))
    return ExpectedRanks(fit.names, 1 + above.sum(axis=1), variances.kind, variances.notes)


def tiers(found: RankSets) -> tuple[tuple[str, ...], ...]:
    """Groups of competitors whose rank sets hang together, best first.

    Two competitors are in one tier if a chain of rank sets leads from one to the other, each sharing a place
    with the next. So between tiers everything is known, within the level of the rank sets (everybody of a
    tier stands above everybody of the next), and inside a tier no cut can be made without separating sets
    that overlap. Two members need not overlap themselves: a tier is not a set of equals.

    Parameters
    ----------
    found : RankSets
        From `rank_sets`.

    Returns
    -------
    tuple of tuple of str
        Names, in each tier by best and worst possible rank.

    References
    ----------
    Ours: the connected components of an interval graph (C. G. Lekkerkerker, J. C. Boland, "Representation of a
    finite graph by a set of intervals on the real line", Fundamenta Mathematicae 51, 1962), here of rank sets.

    Examples
    --------
    Places 1 to 2, 2 to 3, 2 to 3 hang together; place 4 stands apart.

    >>> sets = RankSets(tuple("wxyz"), np.array([1, 2, 4, 2]), np.array([2, 3, 4, 3]), 2.0, np.inf, 40.0, "iid", ())
    >>> tiers(sets)
    (('w', 'x', 'z'), ('y',))
    """
    groups: list[list[str]] = []
    reached = 0
    for i in np.lexsort([found.high, found.low]):
        if found.low[i] > reached:
            groups.append([])
        groups[-1].append(found.names[i])
        reached = max(reached, int(found.high[i]))
    return tuple(map(tuple, groups))


def _able(ratings: Floats, variance: Floats, df: Floats, among: Bools | None) -> Bools:
    """Of those that are meant, whose rating may reach the largest that another surely has."""
    if among is None or not among.any():
        return np.ones(len(ratings), dtype=np.bool_) if among is None else among
    reach = above(TAIL, df) * np.sqrt(variance)
    return np.asarray(among & (ratings + reach >= (ratings - reach)[among].max()), dtype=np.bool_)


def _shares_of_first(
    ratings: Floats, covariance: Floats, df: Floats, able: Bools, n_resamples: int, rng: np.random.Generator
) -> Floats:
    """The share of draws in which each of the able is the best of them, (m,)."""
    shares, n_first = np.zeros(len(ratings)), np.zeros(int(able.sum()), dtype=np.int64)
    factor = _square_root(covariance[np.ix_(able, able)])
    for draws in _draws(ratings[able], factor, df[able], n_resamples, rng):
        n_first += np.bincount(draws.argmax(axis=0), minlength=len(n_first)) if len(n_first) else 0
    shares[able] = n_first / n_resamples
    return shares


def _draws(
    ratings: Floats, factor: NDArray[np.float32], df: Floats, n_resamples: int, rng: np.random.Generator
) -> Iterator[NDArray[np.float32]]:
    """Draws of all ratings, (m, up to `DRAWS_A_CHUNK`) float32 at a time."""
    checked_rng(rng)
    if n_resamples < 1:
        raise ValueError(f"n_resamples is {n_resamples}: at least 1 draw is needed, 10,000 is usual")
    centre, df = ratings.astype(np.float32)[:, None], df[:, None]
    for start in range(0, n_resamples, DRAWS_A_CHUNK):
        size = min(DRAWS_A_CHUNK, n_resamples - start)
        noise = factor @ rng.standard_normal((factor.shape[1], size), dtype=np.float32)
        if len(df) and np.isfinite(df).all():
            noise *= np.sqrt(df / rng.chisquare(df, size=(len(df), size))).astype(np.float32)
        noise += centre
        yield noise


def _covariance(fit: Rated, variances: Spread) -> Floats:
    """Of a draw, (m, m): at least the variance that `spread` found for each rating."""
    own = fit.model_covariance()
    flat = np.diagonal(variances.joints[0]) <= FLAT * np.diagonal(own)
    base = own if flat.any() or variances.flat.any() else variances.joints[0]
    # Of whom nothing is known, one draw is above all others and the next one below.
    wanted = np.where(np.isinf(variances.rating_variance), ANYWHERE * np.diagonal(base), variances.rating_variance)
    stretch = np.sqrt(np.maximum(wanted / np.diagonal(base), 1.0))
    return np.asarray(base * np.outer(stretch, stretch), dtype=np.float64)


def _square_root(covariance: Floats) -> NDArray[np.float32]:
    """F with F F' = covariance: (m, rank)."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > values.max(initial=0.0) * 1e-12
    return np.asarray(vectors[:, kept] * np.sqrt(values[kept]), dtype=np.float32)
