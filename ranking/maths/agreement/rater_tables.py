"""Tables of ratings, items by raters, as checked first by every statistic of agreement."""

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.data.arrays import Floats

EQUAL = "all ratings are equal, so agreement beyond chance is 0/0: rate items that differ"


class UndefinedAgreementError(ValueError):
    """Ratings on which a statistic is 0/0: chance alone explains them, or there is nothing to compare."""


def ratings_table(ratings: ArrayLike) -> Floats:
    """Ratings as (items, raters) float64, NaN where missing; ValueError where they are no such table.

    Examples
    --------
    >>> ratings_table([[1, 2], [3, None]]).shape
    (2, 2)
    """
    try:
        table = np.asarray(ratings, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"ratings are no table of numbers ({error}): code labels as numbers, and fill gaps with NaN so that rows are alike"
        ) from error
    if table.ndim != 2 or len(table) < 1 or table.shape[1] < 2:
        raise ValueError(f"ratings have shape {table.shape}: items by raters, at least 1 by 2, are needed")
    if np.isinf(table).any():
        raise ValueError("a rating is infinite: ratings are finite numbers, or NaN where missing")
    return table


def complete_table(ratings: ArrayLike) -> Floats:
    """The same without anything missing; ValueError names the first gap.

    Examples
    --------
    >>> complete_table([[1, 2]]).tolist()
    [[1.0, 2.0]]
    """
    table = ratings_table(ratings)
    if np.isnan(table).any():
        item, rater = np.argwhere(np.isnan(table))[0]
        raise ValueError(f"item {item} has no rating by rater {rater}: leave it out, or use an alpha, which allows for it")
    return table


def ratio(numerator: float, denominator: float) -> float:
    """A quotient whose denominator is a spread; UndefinedAgreementError where there is none.

    Examples
    --------
    >>> ratio(1, 4)
    0.25
    """
    if denominator <= 0:
        raise UndefinedAgreementError(EQUAL)
    return numerator / denominator


def two_raters(ratings: ArrayLike) -> Floats:
    """The items that both of two raters rated: (n, 2); ValueError where there are other raters or no such item."""
    table = ratings_table(ratings)
    if table.shape[1] != 2:
        raise ValueError(f"there are {table.shape[1]} raters: this statistic is of two")
    both = table[~np.isnan(table).any(axis=1)]
    if not len(both):
        raise UndefinedAgreementError("no item has both ratings: there is nothing to compare")
    return both
