"""Correlations of rankings, against scipy and by hand."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st
from scipy import stats

from ranking.maths.agreement.rank_correlation import (
    agreement_with_confidence,
    average_ranks,
    kendall_tau,
    pair_rank_brier,
    rbo,
    separability,
    spearman,
    tau_ap,
)
from tests.ranking.maths.making import law

PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=7)


def columns(pairs):
    x, y = np.array(pairs, dtype=float).T
    assume(np.ptp(x) and np.ptp(y))
    return x, y


@law(PAIRS)
def test_they_agree_with_scipy(pairs):
    x, y = columns(pairs)
    assert average_ranks(x) == pytest.approx(stats.rankdata(x))
    assert kendall_tau(x, y) == pytest.approx(stats.kendalltau(x, y).statistic)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)


@law(PAIRS)
def test_a_ranking_agrees_with_itself_and_not_with_its_reverse(pairs):
    x, _ = columns(pairs)
    for correlation in (kendall_tau, spearman):
        assert (correlation(x, x), correlation(x, -x)) == (pytest.approx(1), pytest.approx(-1))


def tau_ap_by_definition(truth, order):
    total = sum(np.sign(truth[order[:i]] - truth[order[i]]).sum() / i for i in range(1, len(order)))
    return total / (len(order) - 1)


def test_tau_ap_by_hand():
    # Order of the estimate: c a b d; truth a b c d. a: 0 right of 1; b: 1 of 2; d: 3 of 3.
    # 2 / 3 * (0 + 1/2 + 1) - 1 = 0.
    assert tau_ap([4, 3, 2, 1], [3, 2, 4, 1]) == pytest.approx(0)


@law(PAIRS)
def test_tau_ap_is_the_mean_over_all_orders_of_the_tied(pairs):
    x, y = columns(pairs[:5])
    groups = [np.flatnonzero(y == level) for level in np.unique(y)[::-1]]
    orders = [np.concatenate(parts) for parts in product(*([list(p) for p in permutations(g)] for g in groups))]
    everything = [tau_ap_by_definition(x, order.astype(int)) for order in orders]
    assert tau_ap(x, y) == pytest.approx(np.mean(everything))


def test_tau_ap_weighs_the_top_more_than_kendall_does():
    top, bottom = [3, 4, 2, 1], [4, 3, 1, 2]
    assert kendall_tau([4, 3, 2, 1], top) == kendall_tau([4, 3, 2, 1], bottom)
    assert tau_ap([4, 3, 2, 1], top) < tau_ap([4, 3, 2, 1], bottom)


@pytest.mark.parametrize("correlation", [kendall_tau, spearman, tau_ap])
@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1, 1], [1, 2], "the first ranking ties all its 2 competitors: a correlation would be 0/0"),
        ([1, 2], [3, 3], "the second ranking ties all"),
        ([1, 2], [1, 2, 3], "2 and 3 scores: as many in both"),
        ([1], [1], "1 and 1 scores"),
        ([1, np.nan], [1, 2], "one dimension and finite numbers"),
    ],
)
def test_what_has_no_correlation_is_refused(correlation, x, y, message):
    with pytest.raises(ValueError, match=message):
        correlation(x, y)


def test_rbo_by_hand():
    # p = .5, overlaps X = 1, 1, 3: (1 - p) / p = 1; 1/1 * .5 + 1/2 * .25 + 3/3 * .125 = .75; + 3/3 * .125.
    assert rbo("abc", "acb", p=0.5) == pytest.approx(0.5 + 2 / 2 * 0.25 - 0.125 + 0.125 + 0.125)


def test_rbo_of_lists_of_different_length():
    # s = 1, l = 2, X = 1, 1; p = .5: 1/1 * .5 + 1/2 * .25 + 1 * (2 - 1) / (1 * 2) * .25 = .75,
    # tail ((1 - 1) / 2 + 1/1) * .25.
    assert rbo("a", "ab", p=0.5) == rbo("ab", "a", p=0.5) == pytest.approx(1)
    # Against "ba": X = 0, 1: 0 + 1/2 * .25 + 0; tail ((1 - 0) / 2 + 0) * .25.
    assert rbo("a", "ba", p=0.5) == pytest.approx(0.25)


@law(st.lists(st.sampled_from("abcdef"), min_size=1, unique=True), st.floats(0.05, 0.95))
def test_rbo_is_one_for_the_same_and_zero_for_strangers(ranking, p):
    assert rbo(ranking, ranking, p=p) == pytest.approx(1)
    assert rbo(ranking, [name.upper() for name in ranking], p=p) == 0


@pytest.mark.parametrize(
    ("x", "p", "message"), [("aa", 0.9, "names somebody twice"), ("", 0.9, "is empty"), ("ab", 1, "p is 1: it lies between")]
)
def test_rankings_that_rbo_cannot_read_are_refused(x, p, message):
    with pytest.raises(ValueError, match=message):
        rbo("ab", x, p=p)


def bands(*intervals):
    """Draws whose ends are the given intervals."""
    return np.array(intervals, dtype=float).T


def test_separability_by_hand():
    # [0, 1] and [.5, 2] overlap; [3, 4] is apart from both.
    assert separability(bands((0, 1), (0.5, 2), (3, 4)), level=0.999) == pytest.approx(2 / 3)


def test_agreement_with_confidence_by_hand():
    gold = bands((0, 1), (2, 3), (4, 5))
    # Pairs: 1 and 2 separated the other way (-1), 1 and 3 alike (+1), 2 and 3 overlap (0).
    other = bands((2, 3), (0, 1), (0.5, 7))
    assert agreement_with_confidence(gold, gold) == 1
    assert agreement_with_confidence(gold[:, ::-1], gold) == -1
    assert agreement_with_confidence(other, gold) == pytest.approx(-1 / 3)


def test_pair_rank_brier_by_hand():
    draws = [[1, 0, 5], [0, 0, 5], [0, 1, 5], [1, 0, 5]]
    # First over second: 2 of 4 and one half = 5/8, gold says 0: 25/64. Third over both: right. (25/64) / 3.
    assert pair_rank_brier(draws, [0, 1, 2]) == pytest.approx(25 / 64 / 3)
    # A pair that gold ties is left out.
    assert pair_rank_brier(draws, [1, 1, 2]) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: separability([[1.0, 2.0]]), "at least 2 draws of at least 2 competitors"),
        (lambda: separability([[1.0, np.nan], [0, 0]]), "all finite"),
        (lambda: separability(np.zeros((3, 2)), level=1), "level is 1"),
        (lambda: agreement_with_confidence(np.zeros((3, 2)), np.zeros((3, 3))), "benchmark has 2 competitors and gold 3"),
        (lambda: pair_rank_brier(np.zeros((3, 2)), [1]), "draws have 2 competitors and gold 1"),
        (lambda: pair_rank_brier(np.zeros((3, 2)), [1, 1]), "gold ties every pair"),
    ],
)
def test_draws_that_say_nothing_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
