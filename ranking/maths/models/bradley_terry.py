"""Bradley-Terry ratings by Newton's method on the counts of pairs."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import log_expit

from ranking.maths.data.arrays import Floats
from ranking.maths.data.cells import count_cells
from ranking.maths.data.checks import checked_stop
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.existence import check_existence, never_met
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.fit import Diagnostics, Fit, Provenance
from ranking.maths.estimation.half_wins import grounded_hessian, half_win_likelihood, win_chances
from ranking.maths.estimation.rescaling import in_any_unit


@dataclass(frozen=True, slots=True, eq=False)
class Maximum:
    """Where Newton's method ended: ratings (m,), steps taken, and the last step's length."""

    ratings: Floats
    steps: int
    last_step: float


@in_any_unit
def fit_bradley_terry(
    comparisons: Comparisons,
    *,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood Bradley-Terry ratings, a tie (and "both bad") as half a win each.

    ``P(i beats j) = 1 / (1 + exp(theta_j - theta_i))``; theta maximises
    ``sum over i, j of w_ij log P(i beats j)`` with ``w_ij`` the wins of i over j plus half their ties.
    Only competitors for whom that maximum is finite are rated (see `check_existence`); with none such,
    for example with no data or one competitor, the fit is empty and `unrated` says why.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; the rows are counted once, then the cost is O(M**3) a step.
    prior_sd : float, optional
        Standard deviation of a Normal prior on each rating (natural log-odds). With one, everybody has a
        finite rating, pulled towards the mean; groups that never met are noted. None = maximum likelihood.
    start : Fit, optional
        Where to begin: the fit of similar data. The result does not depend on it.
    max_steps : int
        Newton steps allowed.
    tolerance : float
        Done when no difference of ratings changes by more (natural log-odds). Convergence is
        quadratic: the error left is about the square of it.

    Returns
    -------
    Fit
        Ratings in natural log-odds, mean zero.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` is not positive.

    References
    ----------
    R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs", Biometrika 39, 1952.
    Step length: T. Sun, Q. Tran-Dinh, "Generalized self-concordant functions", Mathematical
    Programming 178, 2019, section 4 (nu = 2); here with the sup norm of differences.

    Examples
    --------
    x beats y 3 times of 4, so the difference is ln 3 = 1.0986:

    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> fit.names, fit.ratings.round(4).tolist()
    (('x', 'y'), [0.5493, -0.5493])

    A competitor that never lost has no finite rating:

    >>> fit_bradley_terry(Comparisons.from_names(["x"], ["y"], ["a"])).unrated[0]
    Unrated(name='x', reason='never lost or tied (1 comparison)')

    With a prior it has one, where the pull of the win is that of the prior: ``1 - P(x beats y) = theta``.

    >>> fit_bradley_terry(Comparisons.from_names(["x"], ["y"], ["a"]), prior_sd=1).ratings.round(3).tolist()
    [0.337, -0.337]
    """
    ridge = checked_ridge(prior_sd)
    all_cells = count_cells(comparisons)
    existence = check_existence(comparisons.names, all_cells.half_wins)
    fitted = existence.fitted if prior_sd is None else np.ones_like(existence.fitted)
    rated = comparisons.among(fitted)
    cells = all_cells.among(fitted)
    begin = None if start is None else aligned(start, rated.names)
    maximum = maximise(cells.half_wins, ridge=ridge, max_steps=max_steps, tolerance=tolerance, start=begin)
    n_comparisons = cells.wins.sum() + cells.ties.sum() / 2
    return Fit(
        names=rated.names,
        ratings=maximum.ratings,
        components=existence.components,
        unrated=existence.unrated if prior_sd is None else (),
        diagnostics=Diagnostics(
            n_comparisons=float(n_comparisons),
            n_left_out=float(all_cells.wins.sum() + all_cells.ties.sum() / 2 - n_comparisons),
            steps=maximum.steps,
            last_step=maximum.last_step,
            log_likelihood=log_likelihood(cells.half_wins, maximum.ratings),
        ),
        provenance=Provenance(
            method="fit_bradley_terry",
            ties="half a win each, both bad as a tie",
            parameters={"max_steps": max_steps, "tolerance": tolerance} | ({} if prior_sd is None else {"prior_sd": prior_sd}),
        ),
        comparisons=rated,
        likelihood=half_win_likelihood(rated, cells, maximum.ratings, ridge=ridge),
        expected_points=win_chances(maximum.ratings),
        notes=existence.notes if prior_sd is None else never_met(rated.names, cells.half_wins),
    )


def checked_ridge(prior_sd: float | None) -> float:
    """``1 / prior_sd ** 2``, zero without a prior; ValueError if the standard deviation is not positive.

    Examples
    --------
    >>> checked_ridge(None), checked_ridge(2.0)
    (0.0, 0.25)
    """
    if prior_sd is None:
        return 0.0
    if not prior_sd > 0:
        raise ValueError(f"prior_sd is {prior_sd}: a standard deviation is more than 0; None = no prior")
    return 1 / prior_sd**2


def aligned(start: Fit, names: tuple[str, ...]) -> Floats:
    """Ratings to begin with, (len(names),): those of `start`, zero for whom it does not rate.

    Examples
    --------
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))
    >>> aligned(fit, ("y", "z")).round(4).tolist()
    [-0.5493, 0.0]
    """
    rating = dict(zip(start.names, start.ratings.tolist(), strict=True))
    return np.array([rating.get(name, 0.0) for name in names])


def log_likelihood(half_wins: Floats, ratings: Floats) -> float:
    """``sum over i, j of half_wins[i, j] log P(i beats j)``; (m, m) counts and (m,) log-odds.

    Examples
    --------
    >>> round(log_likelihood(np.array([[0.0, 1.0], [1.0, 0.0]]), np.zeros(2)), 4)
    -1.3863
    """
    return float(np.sum(half_wins * log_expit(ratings[:, None] - ratings[None, :])))


def maximise(
    half_wins: Floats, *, max_steps: int, tolerance: float, start: Floats | None = None, ridge: float = 0.0
) -> Maximum:
    """Newton's method with steps that cannot overshoot, from `start` (zeros by default).

    A full step that would move some difference of ratings by r is shortened to ``ln(1 + r) / r`` of
    itself: that never lowers the likelihood, and keeps convergence quadratic.

    Parameters
    ----------
    half_wins : (m, m) float64
        Strongly connected as a directed graph, so that the maximum exists.
    max_steps, tolerance
        As in `fit_bradley_terry`.
    start : (m,) float64, optional
        Natural log-odds.
    ridge : float
        1 / variance of a Normal prior on each rating; with one the maximum always exists.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough.

    Examples
    --------
    >>> maximise(np.array([[0.0, 3.0], [1.0, 0.0]]), max_steps=100, tolerance=1e-9).ratings.round(4)
    array([ 0.5493, -0.5493])
    """
    checked_stop(max_steps, tolerance)
    ratings = np.zeros(len(half_wins)) if start is None else start - start.sum() / max(len(start), 1)
    totals = half_wins + half_wins.T
    length = 0.0
    for steps in range(max_steps + 1):
        step = _newton_step(half_wins, totals, ratings, ridge)
        length = float(np.ptp(step)) if len(step) else 0.0
        if length <= tolerance:
            ratings = ratings + step
            return Maximum(ratings=ratings - ratings.sum() / max(len(ratings), 1), steps=steps, last_step=length)
        ratings = ratings + step * (np.log1p(length) / length)
    raise NotConvergedError(
        f"no maximum after {max_steps} steps: the last would still move a difference of ratings by {length:.3g}, "
        f"more than the tolerance {tolerance:.3g}",
        "allow more steps (max_steps) or look for extreme weights",
    )


def _newton_step(half_wins: Floats, totals: Floats, ratings: Floats, ridge: float) -> Floats:
    chance = win_chances(ratings)
    # w_ij P(j beats i) - w_ji P(i beats j), not w - n p: no cancellation where p is near 0 or 1.
    pull = half_wins * chance.T
    score = (pull - pull.T).sum(axis=1) - ridge * ratings
    if not len(score):
        return score
    hessian = grounded_hessian(totals, chance)
    hessian[np.diag_indices(len(score))] += ridge
    try:
        return np.asarray(cho_solve(cho_factor(hessian), score), dtype=np.float64)
    except LinAlgError as error:
        raise NotConvergedError(
            f"no maximum can be found: weights of pairs from {totals[totals > 0].min():.2g} to {totals.max():.2g} are too far "
            "apart for the arithmetic",
            "leave out the lightest, or set a prior (prior_sd)",
        ) from error
