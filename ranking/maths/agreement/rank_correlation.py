"""Correlation of two rankings, and agreement of the intervals of two benchmarks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.agreement.statistic import Statistic
from ranking.maths.data.arrays import Floats
from ranking.maths.estimation.covariance import checked_level


def average_ranks(values: ArrayLike) -> Floats:
    """Ranks 1 (least) to n; equal values share the mean of their places: (n,) float64.

    Raises
    ------
    ValueError
        If a value is not finite.

    References
    ----------
    M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945.

    Examples
    --------
    >>> average_ranks([10.0, 30.0, 30.0, 20.0]).tolist()
    [1.0, 3.5, 3.5, 2.0]
    """
    numbers = _numbers("values", values)
    _, group, size = np.unique(numbers, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(size) - (size - 1) / 2)[group], dtype=np.float64)


def kendall_tau(x: ArrayLike, y: ArrayLike) -> Statistic:
    """Kendall's tau-b, which allows for ties: in [-1, 1].

    ``tau = sum sgn(x_i - x_j) sgn(y_i - y_j) / sqrt(n_x n_y)`` over pairs i < j; n_x (n_y) is the number
    of pairs that x (y) does not tie. Without ties it is (concordant - discordant) / pairs.

    Parameters
    ----------
    x, y : (n,) of float
        Scores of the same n >= 2 competitors; O(n**2) time, O(n) memory.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or one side is constant (0/0).

    References
    ----------
    M. G. Kendall, "The treatment of ties in ranking problems", Biometrika 33(3), 1945.

    Examples
    --------
    5 pairs agree and one does not: (5 - 1) / 6.

    >>> round(kendall_tau([1, 2, 3, 4], [1, 2, 4, 3]), 4)
    0.6667
    """
    left, right = _two_columns(x, y)
    both = untied_left = untied_right = 0.0
    for i in range(1, len(left)):
        sign_left, sign_right = np.sign(left[i] - left[:i]), np.sign(right[i] - right[:i])
        both += float(sign_left @ sign_right)
        untied_left += float(sign_left @ sign_left)
        untied_right += float(sign_right @ sign_right)
    return Statistic(both / float(np.sqrt(untied_left) * np.sqrt(untied_right)), len(left))


def spearman(x: ArrayLike, y: ArrayLike) -> Statistic:
    """Spearman's rho: the Pearson correlation of average ranks, in [-1, 1].

    Parameters
    ----------
    x, y : (n,) of float
        Scores of the same n >= 2 competitors.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or one side is constant (0/0).

    References
    ----------
    C. Spearman, "The proof and measurement of association between two things", 1904.

    Examples
    --------
    Squared differences of ranks add up to 2: 1 - 6 * 2 / (4 * 15).

    >>> round(spearman([1, 2, 3, 4], [1, 2, 4, 3]), 4)
    0.8
    """
    left, right = _two_columns(x, y)
    one, other = average_ranks(left), average_ranks(right)
    one, other = one - one.mean(), other - other.mean()
    return Statistic(float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other))), len(one))


def tau_ap(reference: ArrayLike, estimate: ArrayLike) -> Statistic:
    """AP correlation: Kendall's tau in which swaps near the top of the estimate weigh more, in [-1, 1].

    ``tau_ap = mean over i = 2..n of (right_i - wrong_i) / (i - 1)``: of the i - 1 competitors that the
    estimate puts above its i-th, right_i stand above it in the reference too, wrong_i below. It is not symmetric.

    Ties in the estimate: the mean over all orders of the tied (in closed form). Ties in the
    reference: such a pair is neither right nor wrong. Both differ from the paper, which has no ties.

    Parameters
    ----------
    reference, estimate : (n,) of float
        Scores of the same n >= 2 competitors, more is better.

    Raises
    ------
    ValueError
        If the lengths differ, a value is not finite, or one side is constant.

    References
    ----------
    E. Yilmaz, J. A. Aslam, S. Robertson, "A new rank correlation coefficient for information
    retrieval", SIGIR 2008, equation 3. Ties: J. Urbano, M. Marrero, "The treatment of ties in AP
    correlation", ICTIR 2017 (the mean over orders is their tau_AP,a).

    Examples
    --------
    The two best are swapped: (-1/1 + 2/2 + 3/3) / 3; the two last: (1/1 + 2/2 + 1/3) / 3.

    >>> round(tau_ap([4, 3, 2, 1], [3, 4, 2, 1]), 4), round(tau_ap([4, 3, 2, 1], [4, 3, 1, 2]), 4)
    (0.3333, 0.7778)
    """
    truth, guess = _two_columns(reference, estimate)
    total = 0.0
    for level in np.unique(guess):
        tied = truth[guess == level]
        above = truth[guess > level]
        n_above, n_tied = len(above), len(tied)
        # A tied competitor has r of its n_tied - 1 fellows above it, each r equally likely. Over all
        # orders its fellows' signs cancel in the sum over the group, so only those above count.
        agreement = np.sign(above[:, None] - tied).sum()
        places = np.arange(max(n_above, 1), n_above + n_tied)
        total += agreement / n_tied * (1 / places).sum()
    return Statistic(float(total / (len(truth) - 1)), len(truth))


def rbo(x: Sequence[str], y: Sequence[str], *, p: float = 0.9) -> Statistic:
    """Rank-biased overlap, extrapolated from the seen prefixes: in [0, 1], top-weighted.

    With X_d the overlap of the first d places of both, s and l the lengths of the shorter and longer list,
    ``RBO_ext = (1 - p) / p * (sum over d = 1..l of X_d / d p**d + sum over d = s+1..l of X_s (d - s) / (s d) p**d)
    + ((X_l - X_s) / l + X_s / s) p**l``. The first 1 / (1 - p) places carry most of the weight.

    Parameters
    ----------
    x, y : sequence of str
        Names, best first, each once; the lists need not have the same members or length.
    p : float
        Persistence, in (0, 1).

    Raises
    ------
    ValueError
        If p is not allowed, a list is empty, or a name occurs twice in a list.

    References
    ----------
    W. Webber, A. Moffat, J. Zobel, "A similarity measure for indefinite rankings", ACM TOIS 28(4),
    2010, equation 32.

    Examples
    --------
    Overlaps 0/1, 2/2: .1 / .9 * .81 + .81.

    >>> round(rbo(["a", "b"], ["b", "a"]), 4)
    0.9
    """
    if not 0 < p < 1:
        raise ValueError(f"p is {p}: it lies between 0 and 1, for example 0.9")
    for ranking in (x, y):
        if not ranking or len(set(ranking)) < len(ranking):
            raise ValueError(f"the ranking {list(ranking)!r} is empty or names somebody twice: every name once, best first")
    short, long = sorted((list(x), list(y)), key=len)
    s, n = len(short), len(long)
    seen = np.array([len(set(short[:d]) & set(long[:d])) for d in range(1, n + 1)], dtype=np.float64)
    depth = np.arange(1, n + 1)
    beyond = seen[s - 1] * np.maximum(depth - s, 0) / (s * depth)
    tail = (seen[-1] - seen[s - 1]) / n + seen[s - 1] / s
    return Statistic(float((1 - p) / p * ((seen / depth + beyond) * p**depth).sum() + tail * p**n), n)


def separability(draws: ArrayLike, *, level: float = 0.95) -> float:
    """Share of pairs of competitors whose percentile intervals do not overlap, in [0, 1].

    Parameters
    ----------
    draws : (R, m) of float
        Ratings of R >= 2 resampled data sets (`Bootstrap.finite()`), m >= 2 competitors.
    level : float
        Of each interval, in (0, 1).

    Raises
    ------
    ValueError
        If the shape or the level is not allowed, or a draw is not finite.

    References
    ----------
    T. Li et al., "From crowdsourced data to high-quality benchmarks: Arena-Hard and BenchBuilder
    pipeline", 2024, section 3 ("separability with confidence").

    Examples
    --------
    >>> separability([[0.0, 0.1, 5.0], [0.2, 0.3, 6.0]])
    0.6666666666666666
    """
    separated = _separated(_draws("draws", draws), level)
    i, j = np.triu_indices(len(separated), 1)
    return float((separated[i, j] != 0).mean())


def agreement_with_confidence(benchmark: ArrayLike, gold: ArrayLike, *, level: float = 0.95) -> float:
    """Mean over pairs: +1 where both separate the pair alike, -1 where they do so the other way, else 0.

    "Separate" as in `separability`. In [-1, 1].

    Parameters
    ----------
    benchmark, gold : (R, m) and (R', m) of float
        Ratings of resampled data, the same m competitors in the same order.
    level : float
        Of each interval, in (0, 1).

    Raises
    ------
    ValueError
        If shapes or the level are not allowed, or a draw is not finite.

    References
    ----------
    Li et al., 2024 (see `separability`), section 3.

    Examples
    --------
    Both put the third on top of the first two; only gold separates those. (1 + 1 + 0) / 3.

    >>> agreement_with_confidence([[0.0, 0.1, 5.0], [0.2, 0.3, 6.0]], [[0.0, 1.0, 9.0], [0.1, 1.1, 9.0]])
    0.6666666666666666
    """
    one, other = _draws("benchmark", benchmark), _draws("gold", gold)
    if one.shape[1] != other.shape[1]:
        raise ValueError(f"benchmark has {one.shape[1]} competitors and gold {other.shape[1]}: they must be the same")
    i, j = np.triu_indices(one.shape[1], 1)
    return float((_separated(one, level) * _separated(other, level))[i, j].mean())


def pair_rank_brier(draws: ArrayLike, gold: ArrayLike) -> float:
    """``mean over pairs of (P(a above b) - 1[a above b in gold])**2``, in [0, 1]; less is better.

    P is the share of draws with a above b, equal ratings as half. Pairs that gold ties are left out.

    Parameters
    ----------
    draws : (R, m) of float
        Ratings of R resampled data sets.
    gold : (m,) of float
        Scores of the same competitors, more is better.

    Raises
    ------
    ValueError
        If shapes are not allowed, a value is not finite, or gold ties every pair.

    References
    ----------
    Li et al., 2024 (see `separability`), section 3. (Theirs takes P from a normal approximation.)

    Examples
    --------
    Three of four draws have it right: (3/4 - 1)**2.

    >>> pair_rank_brier([[1.0, 0.0], [2.0, 0.0], [3.0, 0.0], [0.0, 1.0]], [1.0, 0.0])
    0.0625
    """
    ratings, truth = _draws("draws", draws), _numbers("gold", gold)
    if len(truth) != ratings.shape[1]:
        raise ValueError(f"draws have {ratings.shape[1]} competitors and gold {len(truth)}: they must be the same")
    errors = []
    for i in range(1, len(truth)):
        counted = truth[:i] != truth[i]
        above = 0.5 + 0.5 * np.sign(ratings[:, i, None] - ratings[:, :i]).mean(axis=0)
        errors.append(np.square(above - (truth[i] > truth[:i]))[counted])
    squares = np.concatenate(errors)
    if not len(squares):
        raise ValueError("gold ties every pair: there is no order to compare with")
    return float(squares.mean())


def _numbers(name: str, values: ArrayLike) -> Floats:
    try:
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} does not hold numbers ({error}): give each competitor's score, not its name") from error
    if numbers.ndim != 1 or not np.isfinite(numbers).all():
        raise ValueError(f"{name} of shape {numbers.shape}: one dimension and finite numbers are needed")
    return numbers


def _two_columns(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    left, right = _numbers("the first ranking", x), _numbers("the second ranking", y)
    if len(left) != len(right) or len(left) < 2:
        raise ValueError(f"{len(left)} and {len(right)} scores: as many in both, and at least 2, are needed")
    for which, side in (("first", left), ("second", right)):
        if np.ptp(side) == 0:
            raise ValueError(f"the {which} ranking ties all its {len(side)} competitors: a correlation would be 0/0")
    return left, right


def _draws(name: str, values: ArrayLike) -> Floats:
    draws = np.asarray(values, dtype=np.float64)
    if draws.ndim != 2 or draws.shape[0] < 2 or draws.shape[1] < 2 or not np.isfinite(draws).all():
        raise ValueError(f"{name} of shape {draws.shape}: at least 2 draws of at least 2 competitors, all finite, are needed")
    return draws


def _separated(draws: Floats, level: float) -> Floats:
    """1 where i's interval lies above j's, -1 where below, 0 where they overlap: (m, m)."""
    tail = (1 - checked_level(level)) / 2
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0)
    above = (low[:, None] > high).astype(np.float64)
    return np.asarray(above - above.T, dtype=np.float64)
