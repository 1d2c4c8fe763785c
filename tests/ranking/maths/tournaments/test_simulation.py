"""The simulator of tournaments against anchors: what it counts, and what it does where nobody can know."""

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.stats import spearmanr

from ranking.maths.tournaments.simulation import (
    SETTINGS,
    _order,
    _places,
    _spearman,
    _tournament_wins,
    median_difference,
    simulate_rank_correlation,
)
from tests.ranking.maths.making import law


def seeded(seed=1):
    return np.random.default_rng(seed)


def test_a_tournament_finds_the_order_better_than_an_anchor():
    found = simulate_rank_correlation(20, 100, precision=0.8, n_runs=100, rng=seeded())
    for anchored in (found.middle, found.strong):
        assert median_difference(found.tournament, anchored, rng=seeded()).low > 0


def test_more_prompts_and_a_better_judge_find_it_better():
    medians = [
        np.median(simulate_rank_correlation(10, n, precision=p, n_runs=60, rng=seeded()).tournament)
        for n, p in ((20, 0.6), (20, 0.9), (200, 0.9), (2000, 1.0))
    ]
    assert sorted(medians) == medians
    assert medians[-1] > 0.98


def test_a_judge_that_tosses_a_coin_finds_nothing():
    found = simulate_rank_correlation(10, 30, precision=0.5, n_runs=400, rng=seeded())
    # The standard error of a mean of 400 correlations of 10 places: 1 / sqrt(9 * 400) = .017.
    for rho in (found.tournament, found.middle, found.strong):
        assert rho.mean() == pytest.approx(0, abs=0.06)


def test_the_counts_of_matches_are_those_of_the_table():
    found = [simulate_rank_correlation(20, n, precision=p, n_runs=1, rng=seeded()) for n, p in SETTINGS]
    assert [each.n_matches for each in found] == [950, 1900, 4750, 4750, 9500, 9500]
    assert [each.n_matches_anchored for each in found] == [1000, 2000, 5000, 5000, 10000, 10000]


@law(st.integers(2, 9), st.integers(1, 5), st.integers(0, 99))
def test_every_prompt_plays_a_match_less_than_models(n, n_prompts, seed):
    wins = _tournament_wins(np.zeros((3, n)), n_prompts, 1.0, seeded(seed))
    assert wins.sum(axis=(1, 2)).tolist() == [n_prompts * (n - 1)] * 3
    assert (wins.sum(axis=1) <= n_prompts).all()  # nobody loses twice on a prompt


def test_many_runs_are_played_in_blocks(monkeypatch):
    monkeypatch.setattr("ranking.maths.tournaments.simulation.PLAYERS_A_BLOCK", 100)
    assert _tournament_wins(np.zeros((7, 4)), 10, 1.0, seeded()).sum(axis=(1, 2)).tolist() == [30] * 7


def test_without_finite_ratings_strong_components_stand_in_their_order():
    # 0 and 1 beat each other and both 2; 2 beats 3 and 4, which beat each other, 4 more often.
    wins = np.zeros((1, 5, 5))
    for i, j, n in ((0, 1, 2), (1, 0, 1), (0, 2, 1), (1, 2, 1), (2, 3, 1), (3, 4, 1), (4, 3, 3)):
        wins[0, i, j] = n
    assert np.argsort(-_order(wins)[0]).tolist() == [0, 1, 2, 4, 3]


@law(st.lists(st.integers(0, 4), min_size=2, max_size=9), st.randoms())
def test_the_correlation_is_scipys(values, random):
    other = values.copy()
    random.shuffle(other)
    rho = _spearman(_places(np.array([values], dtype=float)), _places(np.array([other], dtype=float)))
    expected = spearmanr(values, other).statistic if len(set(values)) > 1 else 0.0
    assert rho[0] == pytest.approx(expected)


def test_a_difference_of_medians_keeps_the_pairs():
    # Runs differ by hundreds, the two methods by 1 in every run: so does every resampled median.
    other = seeded().normal(0, 300, size=101)
    found = median_difference(other + 1, other, rng=seeded())
    assert (found.low, found.high) == pytest.approx((1, 1))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((1, 5, 0.8, 3), "n_models is 1: at least 2"),
        ((5, 0, 0.8, 3), "n_prompts is 0"),
        ((5, 5, 0.8, 0), "n_runs is 0"),
        ((5, 5, 0.4, 3), "precision is 0.4"),
    ],
)
def test_numbers_out_of_range_are_refused(numbers, message):
    n_models, n_prompts, precision, n_runs = numbers
    with pytest.raises(ValueError, match=message):
        simulate_rank_correlation(n_models, n_prompts, precision=precision, n_runs=n_runs, rng=seeded())


@pytest.mark.parametrize(("n_one", "n_other"), [(3, 4), (1, 1)])
def test_results_of_different_runs_are_refused(n_one, n_other):
    with pytest.raises(ValueError, match=f"{n_one} and {n_other} runs"):
        median_difference(np.zeros(n_one), np.zeros(n_other), rng=seeded())
