"""The scale that boards are shown on."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

ELO_PER_LOGIT = 400 / math.log(10)  # points a unit of natural log-odds: 100 points ahead wins 64 %


def expected_share(ahead: ArrayLike, *, method: str = "bradley_terry", tie_width: float = 0.0) -> NDArray[np.float64]:
    """What is expected of somebody who is so many points `ahead`: the share of points in [0, 1], a tie as half a win.

    By Davidson's method (`tie_width` is nu) or Rao and Kupper's (eta, natural log-odds) as their ties have it; by all others
    the chance to win, a tie being half a win each. Of both sides of a pair it adds up to 1.

    Examples
    --------
    >>> expected_share([0, 100, -100]).round(2).tolist()
    [0.5, 0.64, 0.36]
    >>> expected_share(100, method="davidson", tie_width=1.0).round(2).item()
    0.59
    """
    logit = np.asarray(ahead, dtype=np.float64) / ELO_PER_LOGIT
    if method == "davidson":
        up, down = np.exp(logit / 2), np.exp(-logit / 2)
        return np.asarray((up + tie_width / 2) / (up + down + tie_width))
    if method == "rao_kupper":
        return np.asarray((1 + _chance(logit - tie_width) - _chance(-logit - tie_width)) / 2)
    return _chance(logit)


def _chance(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-logit)))
