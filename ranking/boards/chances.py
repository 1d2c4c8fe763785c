"""Chances that can be read off a stored snapshot, which keeps ratings and intervals but no covariances.

(Pages read it, so no library that fits is loaded here.)
"""

from collections.abc import Sequence
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.models import Entry
from ranking.scale import ELO_PER_LOGIT

STEPS = 600
FURTHEST = 8.0  # standard errors
LEAST_SHARE = 1e-6  # of the plain variance, where a quasi-variance would be none

Floats = NDArray[np.float64]


def chances_of_first(entries: Sequence[Entry], *, level: float) -> dict[int, float]:
    """By competitor, the chance that it is the best of those with a place; they add up to 1.

    Ratings are drawn as independent normal variables with quasi-variances q, those that would give the stored intervals once
    the mean of all m is taken out: ``v = q (1 - 2 / m) + sum(q) / m^2``, v from the half-width of the interval at `level`. So
    the difference of two has the variance ``q_i + q_j``. Integrated, not drawn: the same page gives the same number.

    References
    ----------
    D. Firth, R. X. de Menezes, "Quasi-variances", Biometrika 91(1), 2004, equation 2; H. Goldstein, D. J. Spiegelhalter,
    "League tables and their limitations", JRSS A 159(3), 1996, section 3.
    """
    placed = [entry for entry in entries if entry.has_place]
    if len(placed) < 2:
        return {entry.competitor_id: 1.0 for entry in placed}
    ratings = np.array([entry.rating for entry in placed], dtype=np.float64)
    half = np.array([((entry.high or 0.0) - (entry.low or 0.0)) / 2 for entry in placed], dtype=np.float64)
    se = np.sqrt(_quasi_variances((half / NormalDist().inv_cdf((1 + level) / 2)) ** 2))
    chances = _first_of(ratings, np.maximum(se, 1e-9))
    return {entry.competitor_id: float(chance) for entry, chance in zip(placed, chances, strict=True)}


def _quasi_variances(variances: Floats) -> Floats:
    """(m,) of the ratings before their mean is taken out, from those after it; m is 2 or more."""
    m = len(variances)
    total = variances.sum() * m / (m - 1)
    if m == 2:  # only their sum is known, and only that counts
        return np.full(2, total / 2)
    return np.asarray(np.maximum((variances - total / m**2) / (1 - 2 / m), variances * LEAST_SHARE), dtype=np.float64)


def _first_of(ratings: Floats, se: Floats) -> Floats:
    """(m,): ``integral of f_i(x) product over j != i of F_j(x) dx`` for normal f, by what each step of x adds to F_i."""
    low = float((ratings - FURTHEST * se).max())
    x = np.linspace(low, max(float((ratings + FURTHEST * se).max()), low + 1e-9), STEPS + 1)
    below = np.maximum(_normal((x[None, :] - ratings[:, None]) / se[:, None]), 1e-300)
    logs = np.log(below)
    others = np.exp(logs.sum(axis=0) - logs)
    shares = (np.diff(below, axis=1) * (others[:, 1:] + others[:, :-1]) / 2).sum(axis=1)
    return np.asarray(shares / shares.sum(), dtype=np.float64)


@cache
def _normal_table() -> tuple[Floats, Floats]:
    z = np.linspace(-FURTHEST, FURTHEST, 3201)
    return z, np.array([NormalDist().cdf(value) for value in z])


def _normal(z: Any) -> Floats:
    """The normal distribution function, to 1e-6."""
    return np.asarray(np.interp(z, *_normal_table()), dtype=np.float64)


def win_rate_limits(entry: Entry, others: Sequence[Entry]) -> tuple[float, float] | None:
    """The mean chance against the others at both ends of a rating's interval, the others held where they are.

    None without an interval, and where the method's chances are not those of Bradley-Terry.
    """
    ratings = [other.rating for other in others if other.rating is not None and other.competitor_id != entry.competitor_id]
    if entry.low is None or entry.high is None or entry.rating is None or entry.win_rate is None or not ratings:
        return None
    ends = np.array([entry.low, entry.rating, entry.high])
    low, middle, high = (1 / (1 + np.exp((np.array(ratings)[:, None] - ends) / ELO_PER_LOGIT))).mean(axis=0).tolist()
    return (low, high) if abs(middle - entry.win_rate) < 0.001 else None


def chance_against(rating: float, other: float) -> float:
    """By Bradley-Terry, of ratings in points."""
    return float(1 / (1 + np.exp((other - rating) / ELO_PER_LOGIT)))
