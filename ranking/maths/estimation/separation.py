"""Separation: directions in which a likelihood rises for ever, so that it has no maximum."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from ranking.maths.data.arrays import Bools, Floats
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.notes import Note, noted, shortened

ROWS_A_ROUND = 5_000
"""So many rows are checked at first, and added where a direction breaks them: a linear program of 1 M rows is too slow."""

NOTHING = 1e-7
"""Entries below this are rounding: those of a direction are at most 1."""


def separating_direction(design: csr_array, results: Floats) -> Floats | None:
    """A direction in which a logistic likelihood of half-wins never falls and somewhere rises; None if there is none.

    With rows z and results y a direction d separates if ``z'd >= 0`` where y = 1, ``z'd <= 0`` where y = 0,
    ``z'd = 0`` for every tie, and not all are zero. The maximum is finite if and only if there is none [1]_. Found by
    linear programs (maximise the sum of ``(2 y - 1) z'd`` in a box), which start with a part of the rows and take in
    those that the solution breaks; first each parameter is tried alone. Columns count in units of their largest entry.

    Parameters
    ----------
    design : (n, p) sparse
        A row for each comparison.
    results : (n,) float64
        1, 0, or 1/2.

    References
    ----------
    .. [1] A. Albert, J. A. Anderson, "On the existence of maximum likelihood estimates in logistic regression
       models", Biometrika 71(1), 1984; K. Konis, "Linear programming algorithms for detecting separated data in
       binary logistic regression models", thesis, Oxford, 2007.

    Examples
    --------
    The second column is 1 in every won row and 0 in the lost one:

    >>> design = csr_array(np.array([[1.0, 1.0], [-1.0, 1.0], [1.0, 0.0], [-1.0, 0.0]]))
    >>> separating_direction(design, np.array([1.0, 1.0, 0.0, 1.0])) is None
    False
    >>> separating_direction(design, np.array([1.0, 0.0, 0.0, 1.0])) is None
    True
    """
    sizes = abs(design).max(axis=0).toarray().ravel()
    signs = np.where(results < 0.5, -1.0, 1.0)
    signed = csr_array(design.multiply(signs[:, None]).multiply(1 / np.where(sizes > 0, sizes, 1.0)))
    tied = results == 0.5
    if tied.all():
        return None
    alone = _alone(signed, tied)
    if alone is not None:
        return alone
    rise = np.asarray(signed[~tied].sum(axis=0)).ravel()
    checked = np.zeros(len(results), dtype=np.bool_)
    checked[np.linspace(0, len(results) - 1, min(len(results), ROWS_A_ROUND)).astype(np.int64)] = True
    while True:
        direction = _steepest(signed, tied, rise, checked)
        if rise @ direction <= NOTHING:
            return None
        change = signed @ direction
        broken = np.where(tied, np.abs(change), -change)
        broken[checked] = 0.0
        if broken.max(initial=0.0) <= NOTHING:
            return direction
        checked[np.argsort(broken)[-ROWS_A_ROUND:]] = True


def _alone(signed: csr_array, tied: Bools) -> Floats | None:
    """A single parameter that separates, as a direction."""
    low, high = (signed[~tied].min(axis=0).toarray().ravel(), signed[~tied].max(axis=0).toarray().ravel())
    free = abs(signed[tied]).max(axis=0).toarray().ravel() == 0 if tied.any() else np.ones(len(low), dtype=np.bool_)
    separating = np.flatnonzero(free & ((low >= 0) & (high > 0) | (high <= 0) & (low < 0)))
    if not len(separating):
        return None
    direction = np.zeros(len(low))
    direction[separating[0]] = 1.0 if high[separating[0]] > 0 else -1.0
    return direction


def _steepest(signed: csr_array, tied: Bools, rise: Floats, checked: Bools) -> Floats:
    """The direction in the box [-1, 1] that rises most and breaks none of the checked rows."""
    rows = LinearConstraint(signed[checked], 0.0, np.where(tied[checked], 0.0, np.inf))
    optimum = milp(-rise, constraints=rows, bounds=Bounds(-1, 1))
    return np.asarray(optimum.x, dtype=np.float64)


def flat_direction(hessian: Floats) -> Floats | None:
    """A direction in which a log-likelihood does not change at all, (p,), longest entry 1; None if there is none.

    Parameters
    ----------
    hessian : (p, p) float64
        Sign turned, positive semidefinite, its free shift pinned.

    Examples
    --------
    >>> flat_direction(np.array([[1.0, 1.0], [1.0, 1.0]])).tolist()
    [-1.0, 1.0]
    >>> flat_direction(np.eye(2)) is None
    True
    """
    scale = np.sqrt(np.where(np.diagonal(hessian) > 0, np.diagonal(hessian), 1.0))
    values, vectors = np.linalg.eigh(hessian / np.outer(scale, scale))
    if values[0] > 1e-10:
        return None
    direction = vectors[:, 0] / scale
    return np.asarray(direction / np.abs(direction).max(), dtype=np.float64)


def refuse_flat(hessian: Floats) -> None:
    """Raise where a climb seems to have ended, but the log-likelihood is flat or bent upwards.

    Far out along a separating direction the gradient vanishes as fast as the bend, and rounding can make a step 0.

    Raises
    ------
    NotConvergedError

    Examples
    --------
    >>> refuse_flat(np.eye(2))
    """
    if flat_direction(hessian) is not None:
        raise NotConvergedError("no single maximum: the log-likelihood is flat where the climb ended", "set a prior")


MOST_NAMED = 3
LONGEST_NAME = 50


def listed(direction: Floats, names: Sequence[str]) -> Note:
    """The same for a page: which parameters, the most moved first, and not which way.

    Examples
    --------
    >>> listed(np.array([0.5, 0.0, -1.0]), ("x", "y", "length"))
    'length and x'
    >>> listed(np.array([0.5, 0.2, -1.0, 0.1, 0.1]), ("x", "y", "length", "u", "v"))
    'length, x, y and 2 more'
    """
    order = np.argsort(-np.abs(direction), kind="stable")
    moved = [_short(names[i]) for i in order if abs(direction[i]) > NOTHING]
    if len(moved) > MOST_NAMED:
        return shortened(moved, MOST_NAMED)
    if len(moved) < 2:
        return noted("names", names=moved)
    return noted("pair", first=moved[:-1], second=moved[-1])


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def named(direction: Floats, names: Sequence[str]) -> str:
    """The parameters that a direction moves, the most moved first, in words.

    Examples
    --------
    >>> named(np.array([0.5, 0.0, -1.0]), ("x", "y", "length"))
    'length (down), x (up)'
    """
    order = np.argsort(-np.abs(direction), kind="stable")
    moved = [i for i in order if abs(direction[i]) > NOTHING]
    words = [f"{names[i]} ({'up' if direction[i] > 0 else 'down'})" for i in moved[:5]]
    return ", ".join(words) + (f" and {len(moved) - 5} more" if len(moved) > 5 else "")
