"""A bound for a judge who chose the same slot every time, of whom no estimate is finite."""

import numpy as np
from scipy.optimize import brentq
from scipy.special import log_expit

from ranking.maths.arrays import Floats
from ranking.maths.tie_width import DOUBT


def slot_bound(n_first: Floats, n_second: Floats) -> float:
    """A 95 % lower bound for gamma of a judge who chose slot 1 every time, whatever the ratings.

    The smallest gamma at which the chance of that is not under .05, with the log-odds d of every pair as it explains
    most: ``sum over pairs of max over d of n1 log P(1 | gamma + d) + n2 log P(1 | gamma - d) = log .05``. For pairs
    shown as often in either order d = 0, and it is the bound of Clopper and Pearson for n successes of n:
    ``P(1 | gamma) = .05 ** (1 / n)``. Pairs shown in one order only say nothing: the better may have stood first.

    Parameters
    ----------
    n_first, n_second : (P,) float64
        How often each pair was shown in the one order, and in the other.

    Returns
    -------
    float
        Natural log-odds; -inf if no pair was shown in both orders.

    References
    ----------
    C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
    Biometrika 26, 1934.

    Examples
    --------
    10 pairs in both orders: P = .05 ** (1 / 20) = .861, and ln(.8609 / .1391) = 1.823.

    >>> round(slot_bound(np.full(10, 1.0), np.full(10, 1.0)), 3)
    1.823
    """
    both = np.minimum(n_first, n_second) > 0
    first, second = n_first[both], n_second[both]
    if not len(first):
        return -np.inf
    low = np.log(DOUBT) / (2 * np.minimum(first, second).sum())
    high = np.log((first + second).sum() / -np.log(DOUBT)) + 1
    return float(brentq(lambda gamma: _best_explained(first, second, gamma) - np.log(DOUBT), low, high, xtol=1e-12))


def _best_explained(first: Floats, second: Floats, gamma: float) -> float:
    """The log-chance of slot 1 every time, at the log-odds d of each pair that make it largest.

    ``first / (1 + g s) = second / (1 + g / s)`` with g = e^gamma, s = e^d: a quadratic equation in s.
    """
    more = first - second
    root = np.hypot(more, 2 * np.exp(gamma) * np.sqrt(first * second))
    # The quadratic's positive solution, in the form that does not subtract nearly equal numbers.
    plus = np.where(more >= 0, more + root, 0.0)
    minus = np.where(more < 0, root - more, 1.0)
    odds = np.where(more >= 0, plus / (2 * second * np.exp(gamma)), 2 * first * np.exp(gamma) / minus)
    d = np.log(odds)
    return float(first @ log_expit(gamma + d) + second @ log_expit(gamma - d))
