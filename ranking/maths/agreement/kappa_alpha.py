"""Agreement of raters on the same items beyond chance, with intervals.

Every statistic takes ratings of shape (items, raters) and gives a `Statistic`, a float that knows its n;
`agreement_interval` takes any of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.maths.agreement.rater_tables import UndefinedAgreementError, complete_table, ratings_table, ratio, two_raters
from ranking.maths.agreement.statistic import Statistic
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.data.checks import checked_rng
from ranking.maths.estimation.covariance import checked_level

THOUGHT_OF = 1.5
"""The number of imagined items added, on which raters may give any ratings."""

UNMET = 0.4
"""How far, on a log scale, the worth of clustered items goes from what was seen to the number of clusters; by simulation."""

UNEVEN = 1.6
"""By how many items fewer there seem to be when shares are drawn."""

LEAST_EVEN = 0.2
"""Gamma shape of the shares of two items; none is drawn from a smaller one."""

MOST_SHARED, ROWS_AN_ITEM = 200, 10
"""Up to so many items have shares, written down as so many rows each on average."""


@dataclass(frozen=True, slots=True)
class AgreementInterval:
    """A statistic with its interval over items as they might have been.

    Parameters
    ----------
    value : float
        On the ratings as they are.
    low, high : float
        The middle `level` of the replicates.
    se : float
        Standard deviation over replicates.
    level : float
    n_resamples : int
        Drawn.
    n_undefined : int
        Those of them on which the statistic is 0/0; they are left out.
    notes : tuple of str
        What the reader must know.
    """

    value: float
    low: float
    high: float
    se: float
    level: float
    n_resamples: int
    n_undefined: int
    notes: tuple[str, ...]

    @property
    def estimate(self) -> float:
        """`value`, by the name that all intervals give it."""
        return self.value


def agreement_interval(
    statistic: Callable[[Floats], float],
    ratings: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    n_resamples: int = 1_000,
    level: float = 0.95,
    rng: np.random.Generator,
) -> AgreementInterval:
    """Interval of a statistic of agreement: the middle `level` of it over items as they might have been.

    Few items that all agree are no proof that raters never differ, but drawn with replacement they always agree. So one
    and a half more items are thought of, about which each rater said any of the values that occur, and a replicate gives
    each item a random share (the Bayesian bootstrap). With 20 to 100 items and kappa or alpha of .36 and .90, 92 to 98 % of
    such 95 % intervals hold the true value (`tests/bench/test_agreement_coverage.py`); a width of 0 never comes out.

    Items of one cluster get one share. They are worth as many items as the spread of agreement between clusters allows
    (as many as clusters where all items agree), and more is thought of accordingly: for a worth somewhat nearer to the
    number of clusters (`UNMET`), since where raters seldom differ the clusters in which they would differ throughout may not
    have been met. (With 50 prompts of 20 items and kappa .90, half of a prompt's items alike: 94 % hold; otherwise 89 %.)

    Parameters
    ----------
    statistic : callable
        From (n, k) ratings to a float: `krippendorff_alpha`, `fleiss_kappa`, ``icc_agreement`` ...
    ratings : (n, k) of float
        n items, k raters; NaN = missing, where the statistic allows it.
    cluster : (n,) of int, optional
        Items that are not independent, such as those of one prompt, have the same code.
    n_resamples : int
        1,000 are usual for an interval.
    level : float
        In (0, 1).
    rng : numpy.random.Generator

    Raises
    ------
    ValueError
        If an option is not allowed, there are fewer than two clusters, the statistic is undefined on the ratings
        themselves, on all but one replicate, or the same on all.

    References
    ----------
    D. B. Rubin, "The Bayesian bootstrap", Annals of Statistics 9(1), 1981; items that are thought of, for proportions: A.
    Agresti, B. A. Coull, "Approximate is better than exact for interval estimation of binomial proportions", The American
    Statistician 52(2), 1998. Their number here is ours.

    Examples
    --------
    >>> ratings = [[1, 1], [0, 0], [1, 0], [1, 1], [0, 0], [0, 1], [1, 1], [0, 0]] * 10
    >>> kappa = agreement_interval(cohen_kappa, ratings, rng=np.random.default_rng(1))
    >>> round(kappa.value, 2), round(kappa.low, 1), round(kappa.high, 1), kappa.n_undefined
    (0.5, 0.3, 0.7, 0)
    """
    checked_rng(rng)
    if n_resamples < 2:
        raise ValueError(f"n_resamples is {n_resamples}: at least 2 are needed, 1,000 are usual")
    tail = (1 - checked_level(level)) / 2
    table = ratings_table(ratings)
    value = float(statistic(table))
    groups = _Groups.of(table, cluster)
    drawn = []
    for _ in range(n_resamples):
        try:
            drawn.append(statistic(groups.redrawn(rng)))
        except UndefinedAgreementError:
            continue
    if len(drawn) < 2:
        raise UndefinedAgreementError(f"the statistic is defined on {len(drawn)} of {n_resamples} replicates: too few items")
    low, high = np.quantile(drawn, [tail, 1 - tail])
    if low == high:
        raise UndefinedAgreementError(
            f"the statistic is {low:g} on nearly all replicates: too few items to say how sure that is"
        )
    n_undefined = n_resamples - len(drawn)
    notes = (f"undefined (0/0) on {n_undefined} of {n_resamples} replicates, which are left out",) if n_undefined else ()
    return AgreementInterval(
        value, float(low), float(high), float(np.std(drawn, ddof=1)), level, n_resamples, n_undefined, notes
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """Items with those that share a cluster.

    Parameters
    ----------
    table : (n, k) float64
    group : (n,) int64, or None
        0 to G - 1; None where every item is its own.
    n_groups : int
    thought_of : float
        Items that are thought of.
    values : (v,) float64
        That occur.
    """

    table: Floats
    group: Ints | None
    n_groups: int
    thought_of: float
    values: Floats

    @classmethod
    def of(cls, table: Floats, cluster: ArrayLike | None) -> "_Groups":
        n, values = len(table), np.unique(table[~np.isnan(table)])
        if cluster is None:
            return cls(table, None, n, THOUGHT_OF, values)
        codes = np.asarray(cluster)
        if codes.shape != (n,):
            raise ValueError(f"cluster has shape {codes.shape}; one code for each of {n} items is needed")
        group = np.unique(codes, return_inverse=True)[1].astype(np.int64)
        n_groups = int(group.max()) + 1
        if n_groups < 2:
            raise ValueError("all items are of one cluster: nothing tells how sure the statistic is")
        worth = _worth(table, group)
        worth *= min(n_groups / worth, 1.0) ** UNMET
        return cls(table, None if n_groups == n else group, n_groups, THOUGHT_OF * n / worth, values)

    def redrawn(self, rng: np.random.Generator) -> Floats:
        """Items in random shares, as so many rows, and further ones among them: (rows, k)."""
        n = self.n_groups
        thought_of = rng.choice(self.values, size=(1, self.table.shape[1]))
        further = self.thought_of * n / len(self.table)  # in times of a cluster of middle size
        if n > MOST_SHARED:
            # So many items that drawing them is as good as giving them shares.
            counts = rng.multinomial(n, np.append(np.ones(n), further) / (n + further))
        else:
            # Shares a little more uneven than equally likely: the tails of few items are longer than of many.
            evenness = max(1 - UNEVEN / n, LEAST_EVEN)
            shares = rng.gamma(np.append(np.full(n, evenness), further * evenness))
            counts = rng.multinomial(ROWS_AN_ITEM * n, shares / shares.sum())
        each = counts[:n] if self.group is None else counts[self.group]
        n_further = round(counts[-1] * len(self.table) / n)
        return np.repeat(np.vstack([self.table, thought_of]), np.append(each, n_further), axis=0)


def _worth(table: Floats, group: Ints) -> float:
    """How many independent items agree as surely as these: all of them, or as few as there are clusters where all agree."""
    alike = np.nanmax(table, axis=1) == np.nanmin(table, axis=1)
    share, n, n_groups = float(alike.mean()), len(table), int(group.max()) + 1
    if share in (0.0, 1.0):
        return float(n_groups)
    sums = np.bincount(group, weights=alike - share)
    variance = float(sums @ sums) / n**2 * n_groups / (n_groups - 1)
    return float(np.clip(share * (1 - share) / variance, 2, n)) if variance > 0 else float(n)


def krippendorff_alpha(ratings: ArrayLike) -> Statistic:
    """Krippendorff's alpha for names (nominal): ``1 - D_o / D_e``, any two different values equally far apart.

    D_o is the mean distance of two ratings of the same item, D_e that of any two ratings. An item of m_u
    ratings weighs as m_u; items of fewer than two count nothing.

    Parameters
    ----------
    ratings : (n, k) of float
        Codes of n items by k raters; NaN = missing.

    Returns
    -------
    Statistic
        A float; 1 = full agreement, 0 = as by chance; it can be negative.

    Raises
    ------
    UndefinedAgreementError
        If no item has two ratings, or all those ratings are equal (0/0).

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.

    Examples
    --------
    Coincidences o_01 = 1 of n = 4, n_0 = 1, n_1 = 3: 1 - (4 - 1) * 2 * 1 / (2 * 1 * 3).

    >>> krippendorff_alpha([[1, 1], [0, 1], [np.nan, 1]])
    Statistic(0.0, n=2)
    """
    return _alpha(ratings, lambda values, counts: 1.0 - np.eye(len(values)))


def krippendorff_alpha_ordinal(ratings: ArrayLike) -> Statistic:
    """Krippendorff's alpha for ranks: the distance of two values is the number of ratings between them.

    ``distance(c, d) = (n_c / 2 + ... + n_d / 2)**2``: all ratings from c to d, half of those at either end.
    All else as in `krippendorff_alpha`.

    Parameters
    ----------
    ratings : (n, k) of float
        n items by k raters. Ranks, or anything whose order alone counts; NaN = missing.

    Raises
    ------
    UndefinedAgreementError
        As `krippendorff_alpha`.

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.

    Examples
    --------
    Counts 2, 3, 3, so the places of 1, 2, 3 are 1, 3.5, 6.5: 1 - (8 - 1) * 2 * 9 / 600.

    >>> round(krippendorff_alpha_ordinal([[1, 1], [2, 2], [3, 2], [3, 3]]), 3)
    0.79
    """
    return _alpha(ratings, lambda values, counts: _squares(np.cumsum(counts) - counts / 2))


def krippendorff_alpha_interval(ratings: ArrayLike) -> Statistic:
    """Krippendorff's alpha for numbers: the distance of two values is their squared difference.

    All else as in `krippendorff_alpha`.

    Parameters
    ----------
    ratings : (n, k) of float
        n items by k raters. Numbers whose differences mean something; NaN = missing.

    Raises
    ------
    UndefinedAgreementError
        As `krippendorff_alpha`.

    References
    ----------
    K. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011.

    Examples
    --------
    One difference of 1 among 8 ratings, of which 2, 3, 3 are 1, 2, 3: 1 - (8 - 1) * 2 / 78.

    >>> round(krippendorff_alpha_interval([[1, 1], [2, 2], [3, 2], [3, 3]]), 3)
    0.821
    """
    return _alpha(ratings, lambda values, counts: _squares(values))


def cohen_kappa(ratings: ArrayLike) -> Statistic:
    """Cohen's kappa of two raters: ``(p_o - p_e) / (1 - p_e)``, ``p_e = sum over c of p_1c p_2c``.

    Parameters
    ----------
    ratings : (n, 2) of float
        Codes; an item that misses one of the two is left out.

    Raises
    ------
    ValueError
        If there are not two raters.
    UndefinedAgreementError
        If no item has both ratings, or both raters always say the same one thing (0/0).

    References
    ----------
    J. Cohen, "A coefficient of agreement for nominal scales", 1960.

    Examples
    --------
    p_o = 3/4, p_e = 1/2 * 1/4 + 1/2 * 3/4 = 1/2.

    >>> cohen_kappa([[1, 1], [1, 1], [0, 1], [0, 0]])
    Statistic(0.5, n=4)
    """
    return _kappa(ratings, lambda values: 1.0 - np.eye(len(values)))


def weighted_kappa_linear(ratings: ArrayLike) -> Statistic:
    """Cohen's kappa with linear weights: ``1 - mean |x - y| / (the same by chance)``.

    Values are taken as numbers on a scale: a difference of 2 is twice one of 1.

    Parameters
    ----------
    ratings : (n, 2) of float
        As in `cohen_kappa`.

    Raises
    ------
    ValueError, UndefinedAgreementError
        As `cohen_kappa`.

    References
    ----------
    J. Cohen, "Weighted kappa", Psychological Bulletin 70(4), 1968.

    Examples
    --------
    The mean difference is 1/4, by chance 7/8.

    >>> round(weighted_kappa_linear([[1, 1], [2, 2], [2, 3], [3, 3]]), 4)
    0.7143
    """
    return _kappa(ratings, lambda values: np.sqrt(_squares(values)))


def weighted_kappa_quadratic(ratings: ArrayLike) -> Statistic:
    """Cohen's kappa with quadratic weights: ``1 - mean (x - y)**2 / (the same by chance)``.

    Parameters
    ----------
    ratings : (n, 2) of float
        As in `cohen_kappa`.

    Raises
    ------
    ValueError, UndefinedAgreementError
        As `cohen_kappa`.

    References
    ----------
    J. Cohen, "Weighted kappa", Psychological Bulletin 70(4), 1968.

    Examples
    --------
    >>> round(weighted_kappa_quadratic([[1, 1], [2, 2], [2, 3], [3, 3]]), 4)
    0.8
    """
    return _kappa(ratings, _squares)


def scott_pi(ratings: ArrayLike) -> Statistic:
    """Scott's pi of two raters: kappa with both raters' shares pooled, ``p_e = sum over c of ((p_1c + p_2c) / 2)**2``.

    Parameters
    ----------
    ratings : (n, 2) of float
        As in `cohen_kappa`.

    Raises
    ------
    ValueError, UndefinedAgreementError
        As `cohen_kappa`.

    References
    ----------
    W. A. Scott, "Reliability of content analysis", 1955.

    Examples
    --------
    p_o = 3/4, p_e = (3/8)**2 + (5/8)**2 = 34/64.

    >>> round(scott_pi([[1, 1], [1, 1], [0, 1], [0, 0]]), 4)
    0.4667
    """
    table = two_raters(ratings)
    return Statistic(_beyond_chance(float((table[:, 0] == table[:, 1]).mean()), _pooled_chance(table)), len(table))


def fleiss_kappa(ratings: ArrayLike) -> Statistic:
    """Fleiss' kappa of k raters (who may differ from item to item): ``(P - P_e) / (1 - P_e)``.

    P is the mean over items of the share of agreeing pairs of ratings, ``P_e = sum over c of p_c**2``.

    Parameters
    ----------
    ratings : (n, k) of float
        Codes, k >= 2, none missing (`krippendorff_alpha` allows for that).

    Raises
    ------
    ValueError
        If a rating is missing or k < 2.
    UndefinedAgreementError
        If all ratings are equal (0/0).

    References
    ----------
    J. L. Fleiss, "Measuring nominal scale agreement among many raters", 1971.

    Examples
    --------
    P = (1 + 1/3) / 2, P_e = (4/6)**2 + (2/6)**2 = 5/9.

    >>> round(fleiss_kappa([[1, 1, 1], [0, 0, 1]]), 4)
    0.25
    """
    table = complete_table(ratings)
    k = table.shape[1]
    counts = np.array([(table == value).sum(axis=1) for value in np.unique(table)], dtype=np.float64)
    agreeing = (np.square(counts).sum(axis=0) - k) / (k * (k - 1))
    return Statistic(_beyond_chance(float(agreeing.mean()), _pooled_chance(table)), len(table))


def _squares(values: Floats) -> Floats:
    return np.asarray(np.square(values[:, None] - values), dtype=np.float64)


def _alpha(ratings: ArrayLike, distance: Callable[[Floats, Floats], Floats]) -> Statistic:
    table = ratings_table(ratings)
    table = table[(~np.isnan(table)).sum(axis=1) > 1]
    if not len(table):
        raise UndefinedAgreementError("no item has two ratings: there is nothing to compare")
    values = np.unique(table[~np.isnan(table)])
    counts = np.array([(table == value).sum(axis=1) for value in values], dtype=np.float64)
    totals = counts.sum(axis=1)
    far = distance(values, totals)
    # Pairs of a rating with itself are in counts @ counts', at distance zero.
    observed = float((counts / (counts.sum(axis=0) - 1) @ counts.T * far).sum())
    return Statistic(1 - ratio(observed, float(totals @ far @ totals) / float(totals.sum() - 1)), len(table))


def _kappa(ratings: ArrayLike, distance: Callable[[Floats], Floats]) -> Statistic:
    table = two_raters(ratings)
    values, codes = np.unique(table, return_inverse=True)
    first, second = codes.reshape(table.shape).T
    far = distance(values)
    observed = float(far[first, second].mean())
    expected = float((_shares(first, len(values)) @ far) @ _shares(second, len(values)))
    return Statistic(1 - ratio(observed, expected), len(table))


def _shares(codes: NDArray[np.int64], n_values: int) -> Floats:
    return np.asarray(np.bincount(codes, minlength=n_values) / len(codes), dtype=np.float64)


def _pooled_chance(table: Floats) -> float:
    _, counts = np.unique(table, return_counts=True)
    return float(np.square(counts / table.size).sum())


def _beyond_chance(observed: float, chance: float) -> float:
    return ratio(observed - chance, 1 - chance)
