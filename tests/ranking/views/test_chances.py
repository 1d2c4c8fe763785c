"""Chances read off stored snapshots: by hand, by 100,000 draws, and by the covariance of the fit itself."""

import math

import numpy as np
import pytest

from ranking import maths
from ranking.boards.chances import chances_of_first, win_rate_limits
from ranking.maths.uncertainty.rank_probabilities import p_best
from ranking.models import Entry

POINTS = 400 / math.log(10)


def entry(pk, rating, half, **fields):
    placed = {} if half is None else {"low": rating - half, "high": rating + half, "rank": 1, "rank_low": 1, "rank_high": 2}
    return Entry(competitor_id=pk, rating=rating, n_votes=9, n_prompts=9, **placed | fields)


def test_two_models_by_hand():
    """3 wins of 4: ln 3 apart with a standard error of 1.1547, so .57735 each; Phi(1.0986 / 1.1547) = Phi(.9514) = .8293."""
    half, gap = 1.959964 * POINTS * 1.1547005 / 2, POINTS * math.log(3)
    chances = chances_of_first([entry(1, 1000 + gap / 2, half), entry(2, 1000 - gap / 2, half)], level=0.95)
    assert chances == pytest.approx({1: 0.8293, 2: 0.1707}, abs=0.0002)


def test_models_that_nothing_sets_apart_are_as_likely():
    chances = chances_of_first([entry(pk, 1000.0, 30.0) for pk in range(5)], level=0.95)
    assert list(chances.values()) == pytest.approx([0.2] * 5)


def test_by_a_hundred_thousand_draws():
    """Drawn as independent normal variables whose mean is then taken out: what the intervals speak of."""
    rng = np.random.default_rng(7)
    ratings, sd = rng.normal(1000, 25, 40), rng.uniform(8, 30, 40)
    m = len(sd)
    half = 1.959964 * np.sqrt(sd**2 * (1 - 2 / m) + (sd**2).sum() / m**2)
    chances = chances_of_first([entry(pk, ratings[pk], half[pk]) for pk in range(m)], level=0.95)
    draws = ratings + sd * rng.standard_normal((100_000, m))
    shares = np.bincount(draws.argmax(axis=1), minlength=m) / len(draws)
    assert list(chances.values()) == pytest.approx(shares.tolist(), abs=0.01)
    assert sum(chances.values()) == pytest.approx(1)


def test_by_the_covariance_of_a_fit_within_one_per_cent():
    """A snapshot keeps no covariances; of a fit with many prompts its intervals say nearly as much."""
    rng = np.random.default_rng(3)
    strengths = rng.normal(0, 0.25, 8)
    a, b = (rng.integers(0, 8, 6000) for _ in range(2))
    kept = a != b
    a, b = a[kept], b[kept]
    wins = rng.random(len(a)) < 1 / (1 + np.exp(strengths[b] - strengths[a]))
    names, prompts = [f"m{i}" for i in range(8)], rng.integers(0, 900, len(a)).tolist()
    comparisons = maths.Comparisons.from_names(
        [names[i] for i in a], [names[i] for i in b], np.where(wins, "a", "b").tolist(), prompt=prompts
    )
    fit = maths.fit_bradley_terry(comparisons)
    limits = maths.intervals(fit)
    half = POINTS * (limits.high - limits.low) / 2
    entries = [entry(i, 1000 + POINTS * fit.ratings[i], half[i]) for i in range(8)]
    drawn = p_best(fit, n_resamples=100_000, rng=np.random.default_rng(1)).chance
    assert list(chances_of_first(entries, level=0.95).values()) == pytest.approx(drawn.tolist(), abs=0.01)


def test_who_has_no_place_takes_part_in_no_chance():
    assert chances_of_first([entry(1, 1200.0, None), entry(2, 1000.0, 20.0)], level=0.95) == {2: 1.0}
    assert chances_of_first([], level=0.95) == {}


def test_win_rates_at_both_ends_of_an_interval_by_hand():
    """100 points are 64.0 %, 200 are 76.0 %, none is 50 %: one opponent of 1000 points."""
    mine = entry(1, 1100.0, 100.0, win_rate=1 / (1 + 10 ** (-100 / 400)))
    low, high = win_rate_limits(mine, [mine, entry(2, 1000.0, 10.0)])
    assert (low, high) == pytest.approx((0.5, 1 / (1 + 10**-0.5)))
    assert high == pytest.approx(0.7597, abs=1e-4)


def test_no_win_rates_where_the_method_has_chances_of_its_own():
    assert win_rate_limits(entry(1, 1100.0, 50.0, win_rate=0.9), [entry(2, 1000.0, 10.0)]) is None
    assert win_rate_limits(entry(1, 1100.0, None, win_rate=0.64), [entry(2, 1000.0, 10.0)]) is None
