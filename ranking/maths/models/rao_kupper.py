"""Rao and Kupper's model: a difference smaller than a threshold is seen as a tie."""

import numpy as np
from scipy.special import expit, log_expit

from ranking.maths.data.arrays import Floats
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.pair_models import PairBend
from ranking.maths.estimation.rescaling import in_any_unit
from ranking.maths.models.tie_width import TieModel, fit_tie_model

# Where theta_a - theta_b - eta and theta_b - theta_a - eta go with (theta_a, theta_b, eta).
ABOVE, BELOW, WIDTH = np.array([1.0, -1.0, -1.0]), np.array([-1.0, 1.0, -1.0]), np.array([0.0, 0.0, 1.0])


@in_any_unit
def fit_rao_kupper(
    comparisons: Comparisons,
    *,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood ratings of Rao and Kupper's model, in which a tie is a difference too small to see.

    ``P(i beats j) = 1 / (1 + exp(-(theta_i - theta_j - eta)))``, ``P(j beats i)`` likewise, a tie the rest, and
    "both bad" a tie. The one further parameter is ``eta > 0`` (natural log-odds). It is the ordered logit with
    cut points -eta and eta; its log-likelihood is concave in ratings and eta together. The competitors rated are
    those of `fit_bradley_terry`.

    Without any tie the maximum is at ``eta = 0``, where the model is Bradley-Terry: the fit is that one, without
    parameters, and `Fit.at_limit` has the upper bound of eta.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors; counted once, then the cost is O(M**3) a step.
    prior_sd : float, optional
        Standard deviation of a Normal prior on each rating (natural log-odds); None = maximum likelihood.
    start : Fit, optional
        Where to begin: the fit of similar data. The result does not depend on it.
    max_steps : int
        Newton steps allowed.
    tolerance : float
        Done when no parameter changes by more (natural log-odds).

    Returns
    -------
    Fit
        Ratings in natural log-odds, mean zero; `expected_points` is ``P(win) + P(tie) / 2``.

    Raises
    ------
    SeparationError
        If eta has no finite maximum: only ties, or wins that never outnumber ties (see `refuse_endless_width`).
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` is not positive.

    References
    ----------
    P. V. Rao, L. L. Kupper, "Ties in paired-comparison experiments: a generalization of the Bradley-Terry model",
    Journal of the American Statistical Association 62, 1967; their theta is e^eta. Concavity: J. W. Pratt,
    "Concavity of the log likelihood", same journal 76, 1981.

    Examples
    --------
    P(x) = 4/8, P(y) = 1/8: ln(1) = d - eta and ln(1/7) = -d - eta, so d = eta = ln(7) / 2 = .973.

    >>> fit = fit_rao_kupper(Comparisons.from_names(["x"] * 8, ["y"] * 8, ["a"] * 4 + ["b"] + ["tie"] * 3))
    >>> round(fit.ratings[0] - fit.ratings[1], 4), fit.parameters[0].name, round(fit.parameters[0].estimate, 4)
    (np.float64(0.973), 'eta', 0.973)
    """
    return fit_tie_model(RAO_KUPPER, comparisons, prior_sd=prior_sd, start=start, max_steps=max_steps, tolerance=tolerance)


def _pairs(point: Floats) -> PairBend:
    """P(tie) = P(a does not win) P(b does not win) (1 - exp(-2 eta)): no difference of nearly equal chances."""
    above, below, eta = point @ ABOVE, point @ BELOW, point[:, 2]
    # Outside eta > 0 there is no tie: a log-chance of -inf, from which Newton's method turns back.
    inside = np.where(eta > 0, eta, np.nan)
    gap = np.where(eta > 0, np.log(-np.expm1(-2 * inside)), -np.inf)
    tie = log_expit(-above) + log_expit(-below) + gap
    log_chance = np.stack([log_expit(above), log_expit(below), tie, tie], axis=1)
    win_a, win_b = expit(above)[:, None], expit(below)[:, None]
    tie_slope = -win_a * ABOVE - win_b * BELOW + (2 / np.expm1(2 * inside))[:, None] * WIDTH
    slope = np.stack([(1 - win_a) * ABOVE, (1 - win_b) * BELOW, tie_slope, tie_slope], axis=1)
    bend_a = (win_a * (1 - win_a))[:, :, None] * np.outer(ABOVE, ABOVE)
    bend_b = (win_b * (1 - win_b))[:, :, None] * np.outer(BELOW, BELOW)
    tie_bend = bend_a + bend_b + (1 / np.sinh(inside) ** 2)[:, None, None] * np.outer(WIDTH, WIDTH)
    return PairBend(log_chance, slope, np.stack([bend_a, bend_b, tie_bend, tie_bend], axis=1))


def _width(chance: float) -> float:
    """Eta at which two equal competitors tie with this chance: tanh(eta / 2)."""
    return float(2 * np.arctanh(chance))


RAO_KUPPER = TieModel(method="fit_rao_kupper", parameter="eta", pairs=_pairs, limit=0.0, width=_width)
