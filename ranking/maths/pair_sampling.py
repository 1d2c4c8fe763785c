"""Pairing: how likely each pair should be compared next, and how to undo that choice afterwards.

Weights are (m, m), symmetric, at least 0, with a zero diagonal; over the pairs i < j they sum to 1, so that a
weight is the chance that the pair is drawn: its propensity. Store it with the comparison.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.data.arrays import Floats
from ranking.maths.data.cells import Cells
from ranking.maths.data.checks import checked_rng
from ranking.maths.estimation.covariance import difference_variance
from ranking.maths.estimation.fit import Fit
from ranking.maths.uncertainty.rank_sets import RankSets


@dataclass(frozen=True, slots=True)
class DrawnPair:
    """Two places, i < j, and the chance with which just this pair was drawn.

    Examples
    --------
    >>> DrawnPair(0, 1, 0.25).propensity
    0.25
    """

    i: int
    j: int
    propensity: float


def uniform_weights(m: int) -> Floats:
    """Every pair alike, ``2 / (m (m - 1))``: (m, m).

    Parameters
    ----------
    m : int
        Competitors, at least 2.

    Raises
    ------
    ValueError
        If m is below 2.

    References
    ----------
    On average the balanced paired-comparison design: H. A. David, "The Method of Paired Comparisons", 1988.

    Examples
    --------
    >>> uniform_weights(3)[0].round(3).tolist()
    [0.0, 0.333, 0.333]
    """
    return _normalised(np.ones((m, m)) - np.eye(m))


def balanced_weights(cells: Cells) -> Floats:
    """The pairs with the fewest comparisons, all alike; nothing for the others: (m, m).

    Parameters
    ----------
    cells : Cells
        Counts by pair of m competitors.

    Raises
    ------
    ValueError
        If m is below 2.

    References
    ----------
    After B. Efron, "Forcing a sequential experiment to be balanced", Biometrika 58(3), 1971; here the coin is so
    biased that it always falls on the rarest pairs.

    Examples
    --------
    >>> from ranking.maths import Comparisons, count_cells
    >>> balanced_weights(count_cells(Comparisons(("x", "y", "z"), a=[0, 0], b=[1, 2], outcome=[0, 0])))[1].tolist()
    [0.0, 0.0, 1.0]
    """
    _refuse_too_few(len(cells.wins))
    pairs = ~np.eye(len(cells.wins), dtype=np.bool_)
    fewest = cells.totals[pairs].min()
    return _normalised(np.where(pairs & (cells.totals == fewest), 1.0, 0.0))


def arena_variance_weights(cells: Cells) -> Floats:
    """Chatbot Arena's rule: how much one more comparison narrows the pair's own win rate, (m, m).

    Proportional to ``sqrt(S / n) - sqrt(S / (n + 1))`` with n the pair's comparisons and S the variance of
    their points (1, a half for a tie, 0).

    What the paper leaves open: S is taken with one win and one loss more than there were, for with equal
    outcomes it were 0 and the pair never drawn again; and a pair that never met counts as met once. So its
    weight is ``(1 - sqrt(1/2)) / 2 = 0.146`` before scaling, the most that any pair has.

    Parameters
    ----------
    cells : Cells
        Counts by pair of m competitors.

    Raises
    ------
    ValueError
        If m is below 2.

    References
    ----------
    W.-L. Chiang et al., "Chatbot Arena: an open platform for evaluating LLMs by human preference", ICML 2024:
    its active sampling rule.

    Examples
    --------
    x and y met 8 times, 4 wins each: S = 1/4, sqrt(1/32) - sqrt(1/36) = .0101; the unmet pairs .1464 each.

    >>> from ranking.maths import Comparisons, count_cells
    >>> c = Comparisons(("x", "y", "z"), a=[0] * 8, b=[1] * 8, outcome=[0, 1] * 4)
    >>> arena_variance_weights(count_cells(c))[0].round(4).tolist()
    [0.0, 0.0334, 0.4833]
    """
    n = cells.totals
    mean = (cells.half_wins + 1) / (n + 2)
    variance = (cells.wins + 1 + cells.ties / 4) / (n + 2) - mean**2
    met = np.maximum(n, 1)
    # sqrt(1 / n) - sqrt(1 / (n + 1)) without the difference of near equals.
    fall = np.sqrt(variance) / (np.sqrt(met * (met + 1)) * (np.sqrt(met) + np.sqrt(met + 1)))
    return _normalised(fall)


def information_weights(fit: Fit) -> Floats:
    """Expected gain of the log-determinant of the information (D-optimal): proportional to ``p (1 - p) d``, (m, m).

    p is what the fit expects i to win against j, and ``d = S_ii + S_jj - 2 S_ij`` the variance of the
    difference of their ratings under the model (`Fit.model_covariance`).

    Parameters
    ----------
    fit : Fit
        Of m competitors. Unrated ones come in by `with_unrated`.

    Raises
    ------
    ValueError
        If m is below 2.

    References
    ----------
    V. V. Fedorov, "Theory of Optimal Experiments", 1972; log det(H + q x x') - log det H =
    log(1 + q x' H^-1 x), here to first order, q = p (1 - p).

    Examples
    --------
    x and y met 100 times, z only 4 times, and only y:

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> a, b = ["x"] * 100 + ["y"] * 4, ["y"] * 100 + ["z"] * 4
    >>> fit = fit_bradley_terry(Comparisons.from_names(a, b, ["a", "b"] * 52))
    >>> information_weights(fit).round(3).tolist()
    [[0.0, 0.019, 0.5], [0.019, 0.0, 0.481], [0.5, 0.481, 0.0]]
    """
    q, d = _outcome_variance(fit), difference_variance(fit.model_covariance())
    return _normalised(q * d)


def variance_drop_weights(fit: Fit) -> Floats:
    """Expected drop in the variance of the pair's own difference: proportional to ``q d**2 / (1 + q d)``, (m, m).

    ``q = p (1 - p)`` and d as in `information_weights`: one more comparison of i and j takes d to
    ``d / (1 + q d)``.

    Parameters
    ----------
    fit : Fit
        Of m competitors.

    Raises
    ------
    ValueError
        If m is below 2.

    References
    ----------
    The update of an inverse by one row: J. Sherman, W. J. Morrison, Annals of Mathematical Statistics 21(1), 1950.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> a, b = ["x"] * 100 + ["y"] * 4, ["y"] * 100 + ["z"] * 4
    >>> fit = fit_bradley_terry(Comparisons.from_names(a, b, ["a", "b"] * 52))
    >>> variance_drop_weights(fit).round(3).tolist()
    [[0.0, 0.001, 0.517], [0.001, 0.0, 0.482], [0.517, 0.482, 0.0]]
    """
    q, d = _outcome_variance(fit), difference_variance(fit.model_covariance())
    return _normalised(q * d**2 / (1 + q * d))


def rank_decision_weights(weights: Floats, found: RankSets) -> Floats:
    """Only pairs whose order is not decided: those whose rank sets share a place, (m, m).

    Where all are decided nothing is left to choose by, and the weights come back as they are.

    Parameters
    ----------
    weights : (m, m) float64
        Of the competitors of `found`, in their order.
    found : RankSets
        From `rank_sets`.

    Raises
    ------
    ValueError
        If `weights` are no weights, or not of m competitors.

    References
    ----------
    After R. Heckel, N. B. Shah, K. Ramchandran, M. J. Wainwright, "Active ranking from pairwise comparisons and
    when parametric assumptions do not help", Annals of Statistics 47(6), 2019: who is decided is compared no
    more. The criterion, rank sets that share a place, is ours.

    Examples
    --------
    >>> sets = RankSets(("x", "y", "z"), np.array([1, 2, 2]), np.array([1, 3, 3]), 2.0, np.inf, 40.0, "iid", ())
    >>> rank_decision_weights(uniform_weights(3), sets).tolist()
    [[0.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]]
    """
    _refuse_wrong_weights(weights, len(found.names))
    open_ = (found.low[:, None] <= found.high) & (found.low <= found.high[:, None])
    kept = np.where(open_, weights, 0.0)
    return _normalised(kept) if kept.any() else weights


def with_floor(weights: Floats, exploration: float) -> Floats:
    """``(1 - exploration) * weights + exploration * uniform``: no pair is below its share of exploration, (m, m).

    Parameters
    ----------
    weights : (m, m) float64
        Chances of pairs, as `uniform_weights`.
    exploration : float
        In [0, 1]; 0.1 to 0.2 is usual. Only above 0 can `inverse_propensity_weights` give every pair its due.

    Raises
    ------
    ValueError
        If `weights` are no weights, or `exploration` is out of range.

    References
    ----------
    P. Auer, N. Cesa-Bianchi, Y. Freund, R. E. Schapire, "The nonstochastic multiarmed bandit problem", SIAM
    Journal on Computing 32(1), 2002: the mixture of Exp3.

    Examples
    --------
    >>> with_floor(np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]]), 0.15).round(2)[0].tolist()
    [0.0, 0.9, 0.05]
    """
    if not 0 <= exploration <= 1:
        raise ValueError(f"exploration is {exploration}: the share of draws by chance lies between 0 and 1")
    _refuse_wrong_weights(weights, len(weights))
    return np.asarray((1 - exploration) * weights + exploration * uniform_weights(len(weights)), dtype=np.float64)


def with_newcomer_boost(weights: Floats, n_votes: ArrayLike, *, until: float = 300, factor: float = 3.0) -> Floats:
    """Pairs with a competitor of fewer than `until` comparisons, `factor` times as likely against the others, (m, m).

    Parameters
    ----------
    weights : (m, m) float64
        Chances of pairs, as `uniform_weights`.
    n_votes : (m,) of float
        Comparisons of each competitor so far.
    until : float
        200 to 500 is usual.
    factor : float
        At least 1. A pair of two newcomers is boosted once.

    Raises
    ------
    ValueError
        If `weights` are no weights, `n_votes` has another length, or `factor` is below 1.

    References
    ----------
    Ours, after the list of models to be sampled more in Chatbot Arena's public code (FastChat).

    Examples
    --------
    >>> with_newcomer_boost(uniform_weights(3), [900, 800, 10], factor=2)[0].round(3).tolist()
    [0.0, 0.2, 0.4]
    """
    votes = np.asarray(n_votes, dtype=np.float64)
    _refuse_wrong_weights(weights, len(votes))
    if not 1 <= factor < np.inf:
        raise ValueError(f"factor is {factor}: a boost multiplies by 1 or more")
    new = votes < until
    return _normalised(weights * np.where(new[:, None] | new, factor, 1.0))


def with_unrated(weights: Floats, names: Sequence[str], everybody: Sequence[str]) -> Floats:
    """Weights of rated competitors among all: a pair with an unrated one weighs as much as the heaviest, (M, M).

    Parameters
    ----------
    weights : (m, m) float64
        Chances of pairs, as `uniform_weights`.
    names : sequence of str
        The m rated ones, in the order of `weights`.
    everybody : sequence of str
        All M, in the order wanted.

    Raises
    ------
    ValueError
        If `weights` are no weights of `names`, or a name is not among everybody.

    References
    ----------
    Ours, after the bandits that first try what they do not know: P. Auer, N. Cesa-Bianchi, P. Fischer,
    "Finite-time analysis of the multiarmed bandit problem", Machine Learning 47, 2002 (UCB1).

    Examples
    --------
    >>> with_unrated(uniform_weights(2), ["x", "y"], ["x", "new", "y"]).round(3)[1].tolist()
    [0.333, 0.0, 0.333]
    """
    _refuse_wrong_weights(weights, len(names))
    place = {name: i for i, name in enumerate(everybody)}
    missing = [name for name in names if name not in place]
    if missing:
        raise ValueError(f"{missing[0]!r} is rated but not among everybody: all rated competitors must be")
    rated = np.array([place[name] for name in names])
    whole = np.full((len(place), len(place)), weights.max())
    whole[np.ix_(rated, rated)] = weights
    return _normalised(whole)


def draw_pair(weights: Floats, rng: np.random.Generator) -> DrawnPair:
    """Draw one pair with the chances that the weights are.

    Parameters
    ----------
    weights : (m, m) float64
        Chances of pairs, as `uniform_weights`.
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If `weights` are no weights.

    References
    ----------
    L. Devroye, "Non-Uniform Random Variate Generation", 1986, chapter III (inversion).

    Examples
    --------
    >>> draw_pair(np.array([[0.0, 1.0], [1.0, 0.0]]), np.random.default_rng(1))
    DrawnPair(i=0, j=1, propensity=1.0)
    """
    checked_rng(rng)
    _refuse_wrong_weights(weights, len(weights))
    i, j = np.triu_indices(len(weights), 1)
    until = np.cumsum(weights[i, j])
    # Below the last sum, so that rounding never leads past the end, nor to a pair of weight zero.
    at = int(np.searchsorted(until, rng.random() * until[-1], side="right"))
    return DrawnPair(i=int(i[at]), j=int(j[at]), propensity=float(weights[i[at], j[at]]))


def inverse_propensity_weights(propensities: ArrayLike, *, clip: float | None = None) -> Floats:
    """Weights ``1 / propensity``, of mean 1, that undo an uneven choice of pairs: (n,).

    Where the model is right, ratings do not need them. Where it is not (cycles, a mix of prompts), the
    ratings depend on how often each pair was drawn; so weighted they tend to those of evenly drawn pairs.
    The propensity must be the one of the moment of the draw, and above zero for every pair.

    As `Comparisons.weight` they are no counts: a row of weight 5 is one comparison. A covariance by
    clusters (each row at least its own) squares them, as is right; ``cluster=None`` takes a weight for a
    number of comparisons, and is then too narrow.

    Parameters
    ----------
    propensities : (n,) of float
        In (0, 1].
    clip : float, optional
        The most that a weight may be, in means. It limits the noise of rare pairs at the price of some bias.

    Raises
    ------
    ValueError
        If a propensity is not in (0, 1] (the first such is named), or `clip` is not above 0.

    References
    ----------
    D. G. Horvitz, D. J. Thompson, "A generalization of sampling without replacement from a finite universe",
    Journal of the American Statistical Association 47, 1952; J. Hajek's scaling by the sum of the weights.

    Examples
    --------
    >>> inverse_propensity_weights([0.5, 0.5, 0.1]).round(3).tolist()
    [0.429, 0.429, 2.143]
    """
    chance = np.asarray(propensities, dtype=np.float64)
    good = (chance > 0) & (chance <= 1)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"propensities[{row}] is {chance[row]}: the chance of a pair that was drawn is above 0, at most 1")
    if clip is not None and not clip > 0:
        raise ValueError(f"clip is {clip}: the largest weight allowed is above 0")
    weights = 1 / chance
    weights /= weights.mean() if len(weights) else 1.0
    return np.asarray(weights if clip is None else np.minimum(weights, clip), dtype=np.float64)


def _outcome_variance(fit: Fit) -> Floats:
    _refuse_too_few(len(fit.names))
    return fit.expected_points * (1 - fit.expected_points)


def _refuse_too_few(m: int) -> None:
    if m < 2:
        raise ValueError(f"{m} competitors: a pair needs at least 2")


def _refuse_wrong_weights(weights: Floats, m: int) -> None:
    _refuse_too_few(m)
    if weights.shape != (m, m):
        raise ValueError(f"weights have shape {weights.shape}: {m} competitors need ({m}, {m})")
    if not (
        np.isfinite(weights).all() and (weights >= 0).all() and (weights == weights.T).all() and not weights.diagonal().any()
    ):
        raise ValueError("weights must be finite, at least 0, symmetric, with a zero diagonal")
    total = weights.sum() / 2
    if not np.isclose(total, 1):
        raise ValueError(f"weights sum to {total:g} over pairs: they are chances and must sum to 1")


def _normalised(values: Floats) -> Floats:
    """Scaled to sum to 1 over pairs, made exactly symmetric, the diagonal set to zero."""
    _refuse_too_few(len(values))
    weights = (values + values.T) / 2
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights / (weights.sum() / 2), dtype=np.float64)
