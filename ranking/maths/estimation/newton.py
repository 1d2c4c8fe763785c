"""Newton's method for log-likelihoods that are concave, with steps that never lower them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Floats
from ranking.maths.data.checks import checked_stop
from ranking.maths.estimation.failures import NotConvergedError

MOST_HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """A log-likelihood at one point: its value, its gradient (p,), and its Hessian with the sign turned (p, p)."""

    value: float
    gradient: Floats
    hessian: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Peak:
    """Where Newton's method ended: the parameters (p,), the bend there, steps taken, the last step's length."""

    parameters: Floats
    bend: Bend
    steps: int
    last_step: float


def climb(likelihood: Callable[[Floats], Bend], start: Floats, *, max_steps: int, tolerance: float) -> Peak:
    """The maximum of a concave log-likelihood, from `start`.

    A Newton step is halved until the value does not fall. Done when the longest entry of a full step is at most
    `tolerance`; convergence is quadratic, so the error left is about the square of it.

    Parameters
    ----------
    likelihood : callable
        Parameters (p,) to their `Bend`; the Hessian positive definite (see `likelihood.grounded`).
    start : (p,) float64
    max_steps : int
    tolerance : float
        In the parameters' own units, natural log-odds for ratings.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough, or there is no maximum: the Hessian is singular, or no part of a step
        raises the value.

    Examples
    --------
    >>> def likelihood(x):
    ...     return Bend(float(np.log(x[0]) - x[0]), 1 / x - 1, np.diag(1 / x**2))
    >>> climb(likelihood, np.array([0.5]), max_steps=20, tolerance=1e-9).parameters.round(9).tolist()
    [1.0]
    """
    checked_stop(max_steps, tolerance)
    here, bend = start, likelihood(start)
    length = np.inf
    for steps in range(max_steps + 1):
        is_wanted()
        step = _full_step(bend)
        length = float(np.abs(step).max(initial=0.0))
        if length <= tolerance:
            return Peak(parameters=here + step, bend=likelihood(here + step), steps=steps, last_step=length)
        here, bend = _accepted(likelihood, here, bend, step)
    raise NotConvergedError(
        f"no maximum after {max_steps} steps: the last would still move a parameter by {length:.3g}, more than the "
        f"tolerance {tolerance:.3g}",
        "allow more steps (max_steps), or set a prior where outcomes are too one-sided",
    )


def _full_step(bend: Bend) -> Floats:
    try:
        return np.asarray(cho_solve(cho_factor(bend.hessian), bend.gradient), dtype=np.float64)
    except (LinAlgError, ValueError) as error:
        raise NotConvergedError(
            "no single maximum: the log-likelihood is flat in some direction",
            "set a prior, or leave out what cannot be told",
        ) from error


def _accepted(likelihood: Callable[[Floats], Bend], here: Floats, bend: Bend, step: Floats) -> tuple[Floats, Bend]:
    """The longest of step, step / 2, step / 4 ... that does not lower the value (up to rounding)."""
    slack = 1e-12 * (1 + abs(bend.value))
    for halving in range(MOST_HALVINGS):
        there = here + step / 2**halving
        bend_there = likelihood(there)
        if bend_there.value >= bend.value - slack:
            return there, bend_there
    raise NotConvergedError("no part of a Newton step raises the log-likelihood: it is not concave here, or not finite")
