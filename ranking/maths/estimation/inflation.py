"""Ratings that covariates nearly determine: finite, and so uncertain that they are no news."""

import numpy as np
from scipy.linalg import eigh

from ranking.maths.data.arrays import Floats

MOST_INFLATION = 100.0
"""Of a variance. The usual rule calls 10 severe [1]_; at 100 an interval is ten times as wide as without the covariates.

.. [1] M. H. Kutner et al., "Applied Linear Statistical Models", 5th edition, 2005, section 10.5.
"""

PART = 0.3
"""Entries of a direction below this share of the longest of their kind are not what it is about."""


def inflation(information: Floats, n_ratings: int, n_covariates: int) -> tuple[float, Floats]:
    """By how much covariates inflate the variance of the contrast of ratings that they inflate most, and its direction.

    The largest eigenvalue of ``S^-1 H`` with H the information on all parameters but the covariates and S what is left of it
    once the covariates are estimated too: the generalised variance inflation factor of a single contrast.

    Parameters
    ----------
    information : (p, p) float64
        Sign turned Hessian, positive definite, its free shift pinned; ratings first, then covariates, then others.

    Returns
    -------
    float
        At least 1; 1 without covariates.
    (p,) float64
        Longest entries 1; ratings and covariates that have little part in it are 0.

    Examples
    --------
    x and y met twice and were equals (information 1/4 a row); x wrote 0.9 and 1.1 more. That is mean(x^2) / var(x) = 101.

    >>> pair = np.array([[1.0, -1.0, 0.9], [1.0, -1.0, 1.1]])
    >>> information = pair.T @ pair / 4
    >>> information[:2, :2] += 1.0  # the pin
    >>> factor, direction = inflation(information, 2, 1)
    >>> round(factor, 6), np.abs(direction).round(6).tolist()
    (101.0, [1.0, 1.0, 1.0])
    """
    p = len(information)
    covariates = np.arange(n_ratings, n_ratings + n_covariates)
    others = np.setdiff1d(np.arange(p), covariates)
    if not n_covariates or not len(others):
        return 1.0, np.zeros(p)
    inner = information[np.ix_(others, others)]
    cross = information[np.ix_(covariates, others)]
    taken = np.linalg.solve(information[np.ix_(covariates, covariates)], cross)
    shares, contrasts = eigh(inner - cross.T @ taken, inner, subset_by_index=[0, 0])
    direction = np.zeros(p)
    direction[others] = contrasts[:, 0]
    sizes = np.sqrt(np.diagonal(information)[covariates])
    moved = (taken @ contrasts[:, 0]) * sizes
    direction[:n_ratings] = _main(direction[:n_ratings] - np.median(direction[:n_ratings]))
    direction[covariates] = _main(-moved)
    direction[n_ratings + n_covariates :] = 0.0
    return float(1 / max(shares[0], np.finfo(np.float64).tiny)), direction


def _main(entries: Floats) -> Floats:
    longest = np.abs(entries).max(initial=0.0)
    return np.where(np.abs(entries) >= PART * longest, entries / (longest or 1.0), 0.0)
