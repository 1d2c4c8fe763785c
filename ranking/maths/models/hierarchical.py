"""Hierarchical Bradley-Terry: ratings by category, shrunk to the whole by as much as categories turn out to be alike."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit

from ranking.maths.clusters.few_clusters import notes_of
from ranking.maths.clusters.leave_one_out_rows import Term
from ranking.maths.clusters.sandwich import Entries, cluster_sizes
from ranking.maths.data.arrays import Floats, HoldsArrays, Ints, chunks
from ranking.maths.data.coding import coded
from ranking.maths.data.comparisons import Column, Comparisons
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, FLAT, above, checked_level
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.half_wins import SCORES
from ranking.maths.estimation.likelihood import RowLikelihood, centred, covariance, grounded
from ranking.maths.estimation.rescaling import near_one
from ranking.maths.models.bradley_terry import fit_bradley_terry
from ranking.maths.notes import Note

LEAST_TAU, MOST_TAU = 0.01, 3.0
"""Where tau is looked for, beside 0: a hundredth of a log-odds unit is no difference, three no common whole."""

N_TAUS = 15
"""Values of tau over which intervals are averaged."""


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchical(HoldsArrays):
    """Ratings by category with posterior intervals. Natural log-odds, mean zero in every category.

    Parameters
    ----------
    names : tuple of str
        The m rated competitors.
    categories : tuple of str
        C categories, sorted.
    whole, whole_se : (m,) float64
        The mean over categories, each with the same weight whatever its size, and its standard error.
    ratings, se, low, high : (C, m) float64
        By category.
    covariance : (C, m, m) float64
        Of the ratings of each category, averaged over tau as the intervals are; its diagonal is ``se**2``.
    critical : (m,) float64
        How many standard errors an interval reaches.
    shrinkage : (C, m) float64
        In [0, 1], how far the data of a category leave its difference from the whole to the prior: 1 = not a word,
        so that the rating is that of the whole.
    tau : float
        Standard deviation over categories of a rating; 0 = no sign that categories differ.
    design_effect : float
        What a comparison's variance is of the model's own: over 1 where those of a prompt agree, under 1 with many ties.
    n_comparisons : (C,) float64
    unrated : tuple of Unrated
        Competitors without finite rating, each with the reason.
    log_likelihood : float
        At the posterior mode.
    notes : tuple of str
        What the reader must know.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    whole: Floats
    whole_se: Floats
    ratings: Floats
    se: Floats
    low: Floats
    high: Floats
    covariance: Floats
    critical: Floats
    shrinkage: Floats
    tau: float
    design_effect: float
    n_comparisons: Floats
    unrated: tuple[Unrated, ...]
    log_likelihood: float
    notes: tuple[str, ...]

    @property
    def estimate(self) -> Floats:
        """`ratings`, by the name that all intervals give them."""
        return self.ratings


def fit_hierarchical(
    comparisons: Comparisons,
    *,
    category: Any,
    tau: float | None = None,
    cluster: Column | None = "prompt",
    level: float = 0.95,
    max_steps: int = 100,
    tolerance: float = 1e-8,
) -> Hierarchical:
    """Bradley-Terry ratings for each category that borrow from all others (empirical Bayes), a tie as half a win.

    ``P(i beats j in c) = 1 / (1 + exp(theta_jc - theta_ic))``, ``theta_ic = theta_i + delta_ic``,
    ``delta_ic ~ Normal(0, tau**2)``. Ratings are the mode of theta and delta together; tau maximises the likelihood with
    both integrated out by Laplace's method. A category with few comparisons is pulled to the whole, one with many stands
    on its own. Intervals are those of the posterior, averaged over the values that tau may have (each a priori as likely):
    at the estimate alone they would be too narrow where the data hardly tell tau from 0. They hold on average over
    categories and competitors, not for the one picked because it stands out.

    Comparisons of a prompt that agree count for less: all log-likelihoods are divided by the design effect
    ``trace(H V) / (m - 1)``, with V the leave-one-cluster-out variance around the category's own ratings and a
    correction for the parameters fitted; where somebody stands on few clusters it is at least that of independent
    comparisons. The quantile of each competitor is that of t, by the effective clusters behind it (see `spread`).
    tau and the design effect are found in turn until both stand still.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors. A step costs O(C M**3), whatever n.
    category : (n,)
        Codes or names of any kind.
    tau : float, optional
        Standard deviation over categories, 0 or more; None = from the data.
    cluster : "prompt", "voter", "judge" or None
        For the design effect and the quantiles.
    level : float
        Of each interval, in (0, 1).
    max_steps, tolerance
        As in `fit_bradley_terry`.

    Raises
    ------
    ValueError
        If a row has no category, or `tau` is negative.
    NotConvergedError
        If `max_steps` steps were not enough, or tau and the design effect do not settle.

    References
    ----------
    Laplace's method for tau: N. E. Breslow, D. G. Clayton, "Approximate inference in generalized linear mixed models",
    Journal of the American Statistical Association 88, 1993. A flat prior on tau: A. Gelman, "Prior distributions for
    variance parameters in hierarchical models", Bayesian Analysis 1(3), 2006.

    Examples
    --------
    x and y are even in 200 comparisons about code; 3 of 4 about poems went to x:

    >>> outcomes = ["a", "b"] * 100 + ["a", "a", "a", "b"]
    >>> c = Comparisons.from_names(["x"] * 204, ["y"] * 204, outcomes)
    >>> fit = fit_hierarchical(c, category=["code"] * 200 + ["poem"] * 4, tau=0.5)
    >>> fit.categories, fit.ratings.round(2).tolist(), fit.shrinkage[:, 0].round(2).tolist()
    (('code', 'poem'), [[0.01, -0.01], [0.26, -0.26]], [0.52, 0.84])
    """
    checked_level(level)
    if tau is not None and not tau >= 0:
        raise ValueError(f"tau is {tau}: a standard deviation is 0 or more; None = from the data")
    categories, place = _categories(category, len(comparisons))
    comparisons, unit = near_one(comparisons)
    plain = fit_bradley_terry(comparisons, max_steps=max_steps, tolerance=tolerance)
    rated = np.array([name in set(plain.names) for name in comparisons.names], dtype=np.bool_)
    place = place[rated[comparisons.a] & rated[comparisons.b]]
    half_wins = _half_wins(plain.comparisons, place, len(categories))
    climb = _Climb(half_wins, max_steps, tolerance)
    begin = np.repeat(plain.ratings[None], len(categories) + 1, axis=0)
    begin[1:] = 0
    # One category is the whole: how far others would be from it cannot be estimated.
    given = 0.0 if tau is None and len(categories) < 2 else tau
    mode, clusters, notes = _settled(climb, plain.comparisons, place, begin, given, cluster)
    critical = above((1 - level) / 2, np.maximum(clusters - 1, 1.0))
    around = [(1.0, mode)] if given is not None else _around(climb, mode)
    fit = _result(mode, around, plain, categories, half_wins, critical, notes)
    return replace(fit, n_comparisons=fit.n_comparisons * unit, log_likelihood=fit.log_likelihood * unit)


@dataclass(frozen=True, slots=True, eq=False)
class _Climb:
    """What stays the same from one climb to the next: half wins (C, m, m) and when to stop."""

    half_wins: Floats
    max_steps: int
    tolerance: float


@dataclass(frozen=True, slots=True, eq=False)
class _Mode:
    """The posterior mode: theta and delta below each other (1 + C, m), and what the posterior is there.

    information : (C, m, m), of each category's ratings, over the design effect.
    left : (C, m, m), ``(1 + tau**2 information)^-1``: the share of delta's prior variance that stays.
    pooled : (m, m), the grounded information on theta with delta integrated out.
    """

    at: Floats
    tau: float
    effect: float
    value: float
    information: Floats
    left: Floats
    pooled: Floats

    @property
    def ratings(self) -> Floats:
        return np.asarray(self.at[0] + self.at[1:], dtype=np.float64)


def _categories(category: Any, n_rows: int) -> tuple[tuple[str, ...], Ints]:
    coding = coded(category)
    if len(coding.codes) != n_rows:
        raise ValueError(f"category has {len(coding.codes)} rows: it must have {n_rows}, as long as a")
    if coding.codes.min(initial=0) < 0:
        raise ValueError(f"category[{int(np.argmin(coding.codes))}] is unknown: every comparison has a category")
    order = sorted(range(len(coding.values)), key=lambda i: (str(type(coding.values[i])), coding.values[i]))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return tuple(str(coding.values[i]) for i in order), place[coding.codes]


def _half_wins(c: Comparisons, place: Ints, n_categories: int) -> Floats:
    """Wins and half the ties by category, (C, m, m), in one pass over chunks."""
    m = len(c.names)
    table = np.zeros(n_categories * m * m)
    for part in chunks(len(c), at_least=len(table)):
        points = SCORES[c.outcome[part]] * c.weights(part)
        keys = (place[part] * m + c.a[part]) * m + c.b[part]
        table += np.bincount(keys, weights=points, minlength=len(table))
        keys = (place[part] * m + c.b[part]) * m + c.a[part]
        table += np.bincount(keys, weights=c.weights(part) - points, minlength=len(table))
    return table.reshape(n_categories, m, m)


def _settled(
    climb: _Climb, c: Comparisons, place: Ints, begin: Floats, tau: float | None, cluster: Column | None
) -> tuple[_Mode, Floats, tuple[str, ...]]:
    """tau and the design effect in turn, until the latter moves by less than a hundredth."""
    effect = 1.0
    for _ in range(climb.max_steps):
        mode = _likeliest(climb, begin, effect) if tau is None else _mode(climb, begin, tau, effect)
        last, begin = effect, mode.at
        effect, clusters, notes = _design_effect(c, place, mode, cluster)
        if abs(effect - last) <= 0.01 * last:
            return mode, clusters, notes
    raise NotConvergedError(
        f"tau and the design effect do not settle in {climb.max_steps} rounds", "allow more (max_steps) or give a tau"
    )


def _likeliest(climb: _Climb, begin: Floats, effect: float) -> _Mode:
    """The mode at the tau of largest marginal likelihood."""
    bounds = (np.log(LEAST_TAU), np.log(MOST_TAU))
    optimum = minimize_scalar(
        lambda log_tau: -_mode(climb, begin, float(np.exp(log_tau)), effect).value, bounds=bounds, method="bounded"
    )
    modes = [_mode(climb, begin, tau, effect) for tau in (0.0, float(np.exp(optimum.x)))]
    return max(modes, key=lambda mode: mode.value)


def _around(climb: _Climb, best: _Mode) -> list[tuple[float, _Mode]]:
    """Values of tau, evenly from 0 to where the likelihood has fallen to a fiftieth: their posterior shares and modes."""
    top = max(best.tau, LEAST_TAU)
    while top < MOST_TAU and best.value - _mode(climb, best.at, top, best.effect).value < np.log(50):
        top *= 1.5
    modes = [_mode(climb, best.at, float(tau), best.effect) for tau in np.linspace(0, top, N_TAUS)]
    shares = np.exp([mode.value - best.value for mode in modes])
    return list(zip((shares / shares.sum()).tolist(), modes, strict=True))


def _mode(climb: _Climb, begin: Floats, tau: float, effect: float) -> _Mode:
    """Newton's method on theta and all deltas; steps shortened as in `bradley_terry.maximise`."""
    at = begin if tau > 0 else np.vstack([begin[:1], np.zeros_like(begin[1:])])
    for _ in range(climb.max_steps + 1):
        mode, step = _at(climb, at, tau, effect)
        moved = step[0] + step[1:]
        length = float(np.ptp(moved, axis=1).max(initial=0.0)) if moved.size else 0.0
        if length <= climb.tolerance:
            return mode
        at = at + step * (np.log1p(length) / length)
    raise NotConvergedError(
        f"no maximum after {climb.max_steps} steps: the last would still move a difference of ratings by {length:.3g}, "
        f"more than the tolerance {climb.tolerance:.3g}",
        "allow more steps (max_steps)",
    )


def _at(climb: _Climb, at: Floats, tau: float, effect: float) -> tuple[_Mode, Floats]:
    """The posterior at a point, and the Newton step from there: theta with deltas eliminated, then each delta."""
    m, ratings = at.shape[1], at[0] + at[1:]
    chance = expit(ratings[:, :, None] - ratings[:, None, :])
    other = np.swapaxes(chance, 1, 2)
    pull = climb.half_wins * other
    score = (pull - np.swapaxes(pull, 1, 2)).sum(axis=2) / effect
    information = -(climb.half_wins + np.swapaxes(climb.half_wins, 1, 2)) * chance * other / effect
    information[:, np.arange(m), np.arange(m)] -= information.sum(axis=2)
    prior = np.eye(m) + tau**2 * information
    left = np.linalg.solve(prior, np.broadcast_to(np.eye(m), prior.shape))
    pooled = grounded((information @ left).sum(axis=0), m)
    alone = (left @ (tau**2 * score - at[1:])[:, :, None])[:, :, 0]
    theta = _solved(pooled, (score - (information @ alone[:, :, None])[:, :, 0]).sum(axis=0))
    step = np.vstack([theta, alone - tau**2 * (left @ information @ theta)])
    value = float(np.sum(climb.half_wins * log_expit(ratings[:, :, None] - ratings[:, None, :]))) / effect
    value -= float(np.sum(at[1:] ** 2)) / (2 * tau**2) if tau > 0 else 0.0
    value -= float(np.linalg.slogdet(prior)[1].sum() + _log_size(pooled)) / 2
    return _Mode(at, tau, effect, value, information, left, pooled), step


def _solved(matrix: Floats, right: Floats) -> Floats:
    solution = np.asarray(cho_solve(cho_factor(matrix), right), dtype=np.float64) if len(matrix) else right
    return solution - solution.mean(axis=0) if len(matrix) else solution


def _log_size(pooled: Floats) -> float:
    """log determinant on ratings that sum to zero: without what `grounded` put on the common shift."""
    m = len(pooled)
    return float(np.linalg.slogdet(pooled)[1] - np.log(pooled.sum() / m)) if m else 0.0


def _posterior(mode: _Mode) -> tuple[Floats, Floats]:
    """Covariances of theta (m, m), and of the ratings of each category (C, m, m)."""
    whole = _solved(mode.pooled, np.eye(len(mode.pooled)))
    each = mode.tau**2 * mode.left + mode.left @ whole @ mode.left
    return whole, _centred(np.swapaxes(_centred(each), 1, 2))


def _variances(near: _Mode, mode: _Mode) -> Floats:
    """Around the estimates of `mode`, if tau is that of `near`: of the whole, then of each category, (1 + C, m)."""
    whole, each = _posterior(near)
    own = np.vstack([np.diagonal(whole), np.diagonal(each, axis1=1, axis2=2)])
    moved = np.vstack([near.at[:1] - mode.at[:1], near.ratings - mode.ratings])
    return np.asarray(own + _centred(moved) ** 2, dtype=np.float64)


def _covariance_around(around: list[tuple[float, _Mode]], mode: _Mode) -> Floats:
    """Of each category's ratings, (C, m, m): within each value of tau, and of the ratings from one value to the next."""
    total = np.zeros((len(mode.ratings), len(mode.pooled), len(mode.pooled)))
    for share, near in around:
        moved = _centred(near.ratings - mode.ratings)
        total += share * (_posterior(near)[1] + moved[:, :, None] * moved[:, None, :])
    return total


def _centred(ratings: Floats) -> Floats:
    """Less their mean, along the last axis; of nobody there is none."""
    return ratings - ratings.mean(axis=-1, keepdims=True) if ratings.shape[-1] else ratings


def _design_effect(c: Comparisons, place: Ints, mode: _Mode, cluster: Column | None) -> tuple[float, Floats, tuple[str, ...]]:
    """``trace(H V) / (m - 1)``, over the share of the comparisons that the fitted parameters leave free."""
    m, information = len(mode.pooled), mode.information.sum(axis=0) * mode.effect
    if m < 2:
        return 1.0, np.full(m, np.inf), ()
    fitted = float(np.sum(_posterior(mode)[1] * mode.information))
    free = 1 - fitted / float(c.weights().sum())
    ratings, outcome = mode.ratings, SCORES[c.outcome]

    def score(rows: slice | Ints) -> Entries:
        pull = outcome[rows] - expit(ratings[place[rows], c.a[rows]] - ratings[place[rows], c.b[rows]])
        return Entries(pull, -pull, np.zeros((len(pull), 0)))

    def terms(rows: slice | Ints) -> list[Term]:
        chance = expit(ratings[place[rows], c.a[rows]] - ratings[place[rows], c.b[rows]])
        return [Term(chance * (1 - chance), 1.0, -1.0, np.zeros((1, 0)))]

    likelihood = RowLikelihood(c, grounded(information, m), score, terms)
    covariances, clusters, notes = _covariances(likelihood, cluster)
    largest = max(float(np.trace(likelihood.hessian() @ centred(each, m))) for each in covariances)
    if largest <= FLAT * m:
        return 1.0, clusters, (*notes, "no spread in the outcomes (all equal, or cancelling): the width is the model's own")
    return largest / (m - 1) / free, clusters, notes


def _covariances(likelihood: RowLikelihood, cluster: Column | None) -> tuple[list[Floats], Floats, tuple[str, ...]]:
    """Covariances (the largest makes the design effect), clusters behind each competitor, and notes on them."""
    c, m = likelihood.comparisons, len(likelihood.comparisons.names)
    iid, endless = covariance(likelihood, m, cluster=None), np.full(m, np.inf)
    if cluster is None:
        return [iid], endless, ()
    known, n_clusters = cluster_sizes(c, cluster=cluster)
    if not len(known):
        return [iid], endless, (f"{cluster}s unknown: comparisons are taken as independent",)
    if n_clusters < 2:
        return [iid], np.ones(m), (Note(f"only 1 {cluster}, so results may differ with other {cluster}s", "few_clusters"),)
    left_out = likelihood.leave_out(cluster)
    few = bool((left_out.ratings < FEWEST_CLUSTERS).any())
    return [left_out.covariance, *([iid] if few else [])], left_out.ratings, tuple(notes_of(c, cluster, left_out))


def _result(
    mode: _Mode,
    around: list[tuple[float, _Mode]],
    plain: Fit,
    categories: tuple[str, ...],
    half_wins: Floats,
    critical: Floats,
    notes: tuple[str, ...],
) -> Hierarchical:
    se = np.sqrt(np.sum([share * _variances(near, mode) for share, near in around], axis=0))
    reach = critical * se[1:]
    centre = _centred(mode.ratings)
    if mode.tau == 0:
        notes = (*notes, "tau is 0: no sign that categories differ, so all have the ratings of the whole")
    return Hierarchical(
        names=plain.names,
        categories=categories,
        whole=_centred(mode.at[0]),
        whole_se=se[0],
        ratings=centre,
        se=se[1:],
        low=centre - reach,
        high=centre + reach,
        covariance=_covariance_around(around, mode),
        critical=critical,
        shrinkage=np.diagonal(mode.left, axis1=1, axis2=2).copy(),
        tau=mode.tau,
        design_effect=mode.effect,
        n_comparisons=half_wins.sum(axis=(1, 2)),
        unrated=plain.unrated,
        log_likelihood=float(np.sum(half_wins * log_expit(centre[:, :, None] - centre[:, None, :]))),
        notes=(*plain.notes, *notes),
    )
