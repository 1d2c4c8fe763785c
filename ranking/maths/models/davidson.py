"""Davidson's model: Bradley-Terry with ties as an outcome of their own."""

import numpy as np

from ranking.maths.data.arrays import Floats
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.pair_models import PairBend, log_sum
from ranking.maths.estimation.rescaling import in_any_unit
from ranking.maths.models.tie_width import TieModel, fit_tie_model

# Log-weights of a, b and tie in (rating of a, rating of b, log nu): the geometric mean of both, taken out, is 0.
WEIGHTS = np.array([[0.5, -0.5, 0.0], [-0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])

OUTCOME_WEIGHTS = np.array([0, 1, 2, 2])  # "both bad" is a tie


@in_any_unit
def fit_davidson(
    comparisons: Comparisons,
    *,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Maximum-likelihood ratings of Davidson's model, in which a tie is likelier the closer two competitors are.

    ``P(i beats j) : P(j beats i) : P(tie) = e^theta_i : e^theta_j : nu sqrt(e^(theta_i + theta_j))``; "both bad"
    is a tie. The one further parameter is ``log nu``. The competitors rated are those of `fit_bradley_terry`.

    Without any tie the maximum is at ``nu = 0``, where the model is Bradley-Terry: the fit is that one, without
    parameters, and `Fit.at_limit` has the upper bound of ``log nu``.

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
        If nu has no finite maximum: only ties, or wins that never outnumber ties (see `refuse_endless_width`).
    NotConvergedError
        If `max_steps` steps were not enough.
    ValueError
        If `prior_sd` is not positive.

    References
    ----------
    R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison experiments",
    Journal of the American Statistical Association 65, 1970, equations 2.4 and 2.5.

    Examples
    --------
    4 wins, 1 loss, 2 ties: e^(theta_x - theta_y) = 4 / 1, and nu = 2 / sqrt(4 * 1).

    >>> fit = fit_davidson(Comparisons.from_names(["x"] * 7, ["y"] * 7, ["a"] * 4 + ["b"] + ["tie"] * 2))
    >>> fit.ratings.round(4).tolist(), fit.parameters[0].name, round(fit.parameters[0].estimate, 6) + 0.0
    ([0.6931, -0.6931], 'log nu', 0.0)
    """
    return fit_tie_model(DAVIDSON, comparisons, prior_sd=prior_sd, start=start, max_steps=max_steps, tolerance=tolerance)


def _pairs(point: Floats) -> PairBend:
    value, slope, bend = log_sum(WEIGHTS, np.ones(3), point)
    log_chance = (point @ WEIGHTS.T - value[:, None])[:, OUTCOME_WEIGHTS]
    slopes = (WEIGHTS - slope[:, None, :])[:, OUTCOME_WEIGHTS]
    return PairBend(log_chance, slopes, np.repeat(bend[:, None], 4, axis=1))


def _width(chance: float) -> float:
    """log nu at which two equal competitors tie with this chance: nu / (2 + nu)."""
    return float(np.log(2 * chance) - np.log1p(-chance))


DAVIDSON = TieModel(method="fit_davidson", parameter="log nu", pairs=_pairs, limit=-np.inf, width=_width)
