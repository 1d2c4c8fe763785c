"""How well each voter (or judge) of a judge-aware fit tells competitors apart."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import ndtri

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, Ints
from ranking.maths.data.tables import Tabled
from ranking.maths.estimation.covariance import checked_level
from ranking.maths.estimation.fit import Fit
from ranking.maths.models.judge_aware import JudgeAwareLikelihood, by_rater, centred_last


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Discriminations(HoldsArrays, Tabled):
    """How well each voter (or judge) tells competitors apart; 1 is the average.

    Parameters
    ----------
    codes : (J,) int64
        The voters' codes in the comparisons.
    estimate, sd, low, high : (J,) float64
        Posterior mode and standard deviation, shrunk towards 1; limits ``estimate -+ z * sd``.
    n_comparisons : (J,) float64
        Comparisons of each (a sum of weights).
    inverted : (J,) bool
        `high` is below zero: the voter prefers what others rate lower.
    """

    LABEL: ClassVar[str] = "codes"

    codes: Ints
    estimate: Floats
    sd: Floats
    low: Floats
    high: Floats
    n_comparisons: Floats
    inverted: Bools

    @property
    def se(self) -> Floats:
        """The posterior standard deviation, by the name that all intervals give it."""
        return self.sd


def discriminations(fit: Fit, *, level: float = 0.95) -> Discriminations:
    """The discriminations of a judge-aware fit, with intervals that count shrinkage in.

    They come from the inverse Hessian with the prior, so they hold on average over voters if alphas are as far apart
    as tau says and a voter's comparisons are independent. With few votes they say little beyond the prior.

    Parameters
    ----------
    fit : Fit
        Of `fit_judge_aware`.
    level : float
        Of each interval, in (0, 1).

    Raises
    ------
    ValueError
        If `fit` is of another model, or `level` not between 0 and 1.

    References
    ----------
    The normal approximation at the mode: A. Gelman et al., "Bayesian Data Analysis", 2013, section 4.1. Why such
    intervals cover on average, not each by itself: D. Nychka, "Bayesian confidence intervals for smoothing splines",
    Journal of the American Statistical Association 83, 1988. Here tau counts as known.

    Examples
    --------
    >>> from ranking.maths import Comparisons, fit_judge_aware
    >>> outcomes = (["a"] * 30 + ["b"] * 10) * 3 + ["a"] * 4 + ["b"] * 36
    >>> c = Comparisons.from_names(["x"] * 160, ["y"] * 160, outcomes, voter=np.repeat([1, 2, 3, 4], 40))
    >>> alphas = discriminations(fit_judge_aware(c, tau=1))
    >>> alphas.estimate.round(1).tolist(), alphas.inverted.tolist()
    ([1.9, 1.9, 1.9, -1.6], [False, False, False, True])
    """
    if not isinstance(fit.likelihood, JudgeAwareLikelihood):
        raise ValueError(f"{fit.provenance.method} has no discriminations: they are of fit_judge_aware")
    z = -ndtri((1 - checked_level(level)) / 2)
    m = len(fit.names)
    information = fit.likelihood.hessian()
    own = cho_solve(cho_factor(information), np.eye(len(information)))[m:, m:]
    sd = np.sqrt(np.diagonal(centred_last(own, 0)))
    estimate = np.array([parameter.estimate for parameter in fit.parameters])
    return Discriminations(
        codes=fit.likelihood.cells.codes,
        estimate=estimate,
        sd=sd,
        low=estimate - z * sd,
        high=estimate + z * sd,
        n_comparisons=by_rater(fit.likelihood.cells, fit.likelihood.cells.n),
        inverted=estimate + z * sd < 0,
    )
