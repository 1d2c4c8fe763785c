"""Resampled ratings adjusted for slot preference, by small refits that run side by side instead of one after the other."""

import numpy as np
from scipy.sparse import csr_array

from ranking.maths.data.arrays import Bools, Floats
from ranking.maths.data.checks import checked_rng
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.failures import NotConvergedError, SeparationError
from ranking.maths.estimation.fit import Fit
from ranking.maths.models.contextual import POINTS, SLOT_SD, fit_contextual

MOST_TOGETHER = 24
"""Competitors: with more, products of whole designs cost more than refits one by one."""

MOST_STEPS = 25
FAR = 20.0
"""Log-odds beyond which a parameter is taken to diverge."""

TOLERANCE = 1e-9
FLAT = 1e-9
"""Of the largest curvature: what is below may be rounding."""


def levelled_draws(fit: Fit, *, n_resamples: int, rng: np.random.Generator) -> Floats:
    """Ratings of a `fit_contextual` without covariates on resampled prompts, all judges sharing one slot intercept.

    Prompts are drawn as `bootstrap` draws them; the order of presentation is that of the rows.

    Parameters
    ----------
    fit : Fit
        Of n rows between M competitors.
    n_resamples : int
        R.
    rng : numpy.random.Generator

    Returns
    -------
    (R, M) float64
        Natural log-odds, each row with mean zero; NaN for whom the resampled data do not rate.

    References
    ----------
    A. C. Cameron, J. B. Gelbach, D. L. Miller, "Bootstrap-based improvements for inference with clustered errors", Review
    of Economics and Statistics 90(3), 2008, 414-427 (pairs cluster bootstrap).

    Examples
    --------
    >>> c = Comparisons(names=("x", "y"), a=[0] * 8, b=[1] * 8, outcome=[0, 1] * 4, first=[0, 0, 1, 1] * 2, prompt=range(8))
    >>> drawn = levelled_draws(fit_contextual(c), n_resamples=100, rng=np.random.default_rng(1))
    >>> drawn.shape, bool(np.nanmin(drawn) < 0 < np.nanmax(drawn))
    ((100, 2), True)
    """
    checked_rng(rng)
    c = fit.comparisons
    slots = np.full(len(c), -1) if c.first is None else c.first
    rows = np.array([c.a, c.b, c.outcome, slots], dtype=np.int64).T
    cells, cell = np.unique(rows, axis=0, return_inverse=True)
    prompts, prompt = np.unique(c.clusters("prompt"), return_inverse=True)
    table = csr_array((c.weights(), (prompt, cell.ravel())), shape=(len(prompts), len(cells)))
    drawn = rng.multinomial(len(prompts), np.full(len(prompts), 1 / len(prompts)), size=n_resamples) @ table
    a, b = cells[:, :2].astype(np.int32).T
    outcome, first = cells[:, 2:].astype(np.int8).T
    return levelled_refits(Comparisons(names=c.names, a=a, b=b, outcome=outcome, first=first), drawn, fit)


def levelled_refits(comparisons: Comparisons, weights: Floats, start: Fit) -> Floats:
    """Ratings under each of R weightings of the same n rows, (R, n): (R, M), NaN for whom a weighting does not rate.

    Where all have a rating they are found together by Newton's method from `start`; a maximum that is reached is the only
    one, since the log-likelihood is concave. What does not get there is fitted alone.
    """
    ratings = np.full((len(weights), len(start.names)), np.nan)
    left = np.ones(len(weights), dtype=np.bool_)
    if len(start.names) <= MOST_TOGETHER and start.names == comparisons.names:
        ratings, left = _together(comparisons, weights, start)
    for replicate in np.flatnonzero(left):
        ratings[replicate] = _alone(comparisons.reweighted(weights[replicate]), start)
    return ratings


def _alone(comparisons: Comparisons, start: Fit) -> list[float]:
    try:
        fit = fit_contextual(comparisons, start=start)
    except (SeparationError, NotConvergedError):
        return [np.nan] * len(start.names)
    rated = dict(zip(fit.names, fit.ratings.tolist(), strict=True))
    return [rated.get(name, np.nan) for name in start.names]


def _together(comparisons: Comparisons, weights: Floats, start: Fit) -> tuple[Floats, Bools]:
    """Ratings where a maximum was reached, (R, M), and where it was not, (R,)."""
    design, total, won = _design(comparisons, weights)
    m, p = len(start.names), design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), p * p)
    ground = np.zeros((p, p))
    ground[:m, :m] = 1.0  # ratings have no level: pinned, which moves no maximum
    begin = np.concatenate([start.ratings, [each.estimate for each in start.parameters], np.zeros(p)])[:p]
    ridge = np.append(np.zeros(m), np.full(p - m, SLOT_SD**-2))  # the prior of `fit_contextual`
    here, reached = np.tile(begin, (len(weights), 1)), np.zeros(len(weights), dtype=np.bool_)
    going = (total @ np.abs(design) > 0).all(axis=1)
    for _ in range(MOST_STEPS):
        if not going.any():
            break
        chance = 1 / (1 + np.exp(-(here[going] @ design.T)))
        slope = (won[going] - total[going] * chance) @ design - ridge * here[going]
        bend = ((total[going] * chance * (1 - chance)) @ products).reshape(-1, p, p) + ground + np.diag(ridge)
        try:
            step = np.linalg.solve(bend, slope[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:
            break
        here[going] += step
        is_there = np.abs(step).max(axis=1) <= TOLERANCE
        at = np.flatnonzero(going)
        reached[at[is_there]] = _is_sharp(bend[is_there])
        going[at[is_there | (np.abs(here[at]).max(axis=1) > FAR)]] = False
    return here[:, :m] - here[:, :m].mean(axis=1, keepdims=True), ~reached


def _is_sharp(bends: Floats) -> Bools:
    """Whether a maximum is a single one: where groups never met, or a slot cannot be told from ratings, it is flat."""
    values = np.linalg.eigvalsh(bends)
    return np.asarray(values[:, 0] > FLAT * values[:, -1], dtype=np.bool_)


def _design(comparisons: Comparisons, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Rows of one pair and slot as one: (n', M + 1) with the slot last; their weights, and what a won of them: (R, n')."""
    slot = np.full(len(comparisons), -1) if comparisons.first is None else comparisons.first
    rows = np.array([comparisons.a, comparisons.b, np.array([1, -1, 0])[slot]], dtype=np.int64).T
    kinds, kind = np.unique(rows, axis=0, return_inverse=True)
    merged = csr_array((np.ones(len(rows)), (np.arange(len(rows)), kind.ravel())), shape=(len(rows), len(kinds)))
    m, at = len(comparisons.names), np.arange(len(kinds))
    design = np.zeros((len(kinds), m + 1))
    design[at, kinds[:, 0]], design[at, kinds[:, 1]], design[:, m] = 1.0, -1.0, kinds[:, 2]
    if not design[:, m].any():
        design = design[:, :m]
    return design, np.asarray(weights @ merged), np.asarray((weights * POINTS[comparisons.outcome]) @ merged)
