"""Elo points: natural log-odds on the scale that readers know, shifted so that the mean or an anchor is a round number."""

import math
from dataclasses import dataclass

from ranking.maths.data.arrays import Floats, HoldsArrays
from ranking.maths.data.tables import Tabled
from ranking.maths.resampling.bootstrap import BootstrapIntervals
from ranking.maths.uncertainty.intervals import Intervals

ELO_PER_LOGIT = 400 / math.log(10)  # Elo points for one unit of natural log-odds
ELO_CENTRE = 1000.0  # where the mean of the rated competitors is put on a board
"""173.7 points are one unit of natural log-odds: 400 points ahead means odds of 10 to 1."""


def to_elo(log_odds: float) -> float:
    """
    A rating in natural log-odds, 0 in the middle, on the Elo scale with the middle at `ELO_CENTRE`.

    Parameters
    ----------
    log_odds : float

    Examples
    --------
    >>> round(to_elo(math.log(10)), 6)
    1400.0
    """
    return float(ELO_CENTRE + ELO_PER_LOGIT * log_odds)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Points(HoldsArrays, Tabled):
    """Ratings and their limits in Elo points, (m,) each.

    Parameters
    ----------
    names : tuple of str
    ratings, se, low, high : (m,) float64
        `estimate` is another name for `ratings`.
    """

    names: tuple[str, ...]
    ratings: Floats
    se: Floats
    low: Floats
    high: Floats

    @property
    def estimate(self) -> Floats:
        """The ratings, by the name that all intervals give them."""
        return self.ratings


def in_points(found: Intervals | BootstrapIntervals, *, anchor: str | None = None, at: float = 1000.0) -> Points:
    """``at + 400 / ln 10 * (rating - rating[anchor])``; without an anchor the mean of all stands at `at`.

    One constant is added to ratings and limits alike. So an anchor widens no interval, and its own does not
    vanish: a limit still speaks of the distance from the mean of all. How sure the distance from the anchor is,
    `differences` says.

    Parameters
    ----------
    found : Intervals or BootstrapIntervals
        Natural log-odds.
    anchor : str, optional
        The competitor that stands at `at`.
    at : float
        Elo points.

    Raises
    ------
    ValueError
        If the anchor has no rating.

    References
    ----------
    A. E. Elo, "The Rating of Chessplayers, Past and Present", 1978.

    Examples
    --------
    3 wins of 4 are ln 3 = 1.0986 units, 190.8 points:

    >>> from ranking.maths import Comparisons, fit_bradley_terry, intervals
    >>> rated = intervals(fit_bradley_terry(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"])))
    >>> in_points(rated, anchor="y").ratings.round(1).tolist(), in_points(rated).ratings.round(1).tolist()
    ([1190.8, 1000.0], [1095.4, 904.6])
    """
    if anchor is not None and anchor not in found.names:
        raise ValueError(f"anchor {anchor!r} has no rating: the rated are {', '.join(map(repr, found.names))}")
    ratings = found.estimate
    shift = at - ELO_PER_LOGIT * (0.0 if anchor is None else ratings[found.names.index(anchor)])
    return Points(
        names=found.names,
        ratings=shift + ELO_PER_LOGIT * ratings,
        se=ELO_PER_LOGIT * found.se,
        low=shift + ELO_PER_LOGIT * found.low,
        high=shift + ELO_PER_LOGIT * found.high,
    )
