"""Intraclass correlations: how far raters give the same numbers to the same items.

Every statistic takes ratings of shape (items, raters) and gives a `Statistic`, a float that knows its n;
`agreement.agreement_interval` takes any of them.
"""

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.agreement.rater_tables import EQUAL, UndefinedAgreementError, complete_table, ratio
from ranking.maths.agreement.statistic import Statistic
from ranking.maths.data.arrays import Floats


def icc_one_way(ratings: ArrayLike) -> Statistic:
    """ICC(1,1), every item by other raters: ``(MSB - MSW) / (MSB + (k - 1) MSW)``.

    MSB and MSW are the mean squares between and within items.

    Parameters
    ----------
    ratings : (n, k) of float
        Numbers, n >= 2, k >= 2, none missing.

    Raises
    ------
    ValueError
        If a rating is missing, or there are too few items or raters.
    UndefinedAgreementError
        If all ratings are equal (0/0).

    References
    ----------
    P. E. Shrout, J. L. Fleiss, "Intraclass correlations: uses in assessing rater reliability",
    Psychological Bulletin 86(2), 1979.

    Examples
    --------
    MSB = 4, MSW = 1/2: (4 - 1/2) / (4 + 1/2).

    >>> round(icc_one_way([[1, 2], [3, 4]]), 4)
    0.7778
    """
    table, items, raters, rest = _mean_squares(ratings)
    n, k = table.shape
    within = ((k - 1) * raters + (n - 1) * (k - 1) * rest) / (n * (k - 1))
    return Statistic(ratio(items - within, items + (k - 1) * within), n)


def icc_agreement(ratings: ArrayLike) -> Statistic:
    """ICC(2,1), raters drawn at random, one rating: ``(MSR - MSE) / (MSR + (k - 1) MSE + k (MSC - MSE) / n)``.

    MSR, MSC and MSE are the mean squares of items, of raters and of what is left.

    Parameters
    ----------
    ratings : (n, k) of float
        As in `icc_one_way`.

    Raises
    ------
    ValueError, UndefinedAgreementError
        As `icc_one_way`.

    References
    ----------
    Shrout and Fleiss, 1979 (see `icc_one_way`).

    Examples
    --------
    MSR = 4, MSC = 1, MSE = 0: 4 / (4 + 2 * 1 / 2).

    >>> icc_agreement([[1, 2], [3, 4]])
    Statistic(0.8, n=2)
    """
    table, items, raters, rest = _mean_squares(ratings)
    n, k = table.shape
    return Statistic(ratio(items - rest, items + (k - 1) * rest + k * (raters - rest) / n), n)


def icc_agreement_of_mean(ratings: ArrayLike) -> Statistic:
    """ICC(2,k), raters drawn at random, the mean of all k: ``(MSR - MSE) / (MSR + (MSC - MSE) / n)``.

    Parameters
    ----------
    ratings : (n, k) of float
        As in `icc_one_way`.

    Raises
    ------
    ValueError, UndefinedAgreementError
        As `icc_one_way`.

    References
    ----------
    Shrout and Fleiss, 1979 (see `icc_one_way`).

    Examples
    --------
    MSR = 4, MSC = 1, MSE = 0: 4 / (4 + 1 / 2).

    >>> round(icc_agreement_of_mean([[1, 2], [3, 4]]), 4)
    0.8889
    """
    table, items, raters, rest = _mean_squares(ratings)
    total = items + (raters - rest) / len(table)
    if total <= 0:
        raise UndefinedAgreementError(f"the variance of the mean rating is estimated as {total:.3g}: the items do not differ")
    return Statistic((items - rest) / total, len(table))


def _mean_squares(ratings: ArrayLike) -> tuple[Floats, float, float, float]:
    """The table, and mean squares of items, of raters and of the rest."""
    table = complete_table(ratings)
    n, k = table.shape
    if n < 2:
        raise UndefinedAgreementError("one item has no variance between items: at least 2 are needed")
    item, rater = table.mean(axis=1), table.mean(axis=0)
    if np.ptp(table) == 0:
        raise UndefinedAgreementError(EQUAL)
    rest = table - item[:, None] - rater + table.mean()
    items, raters = float(k * item.var(ddof=1)), float(n * rater.var(ddof=1))
    return table, items, raters, float(np.square(rest).sum() / ((n - 1) * (k - 1)))
