"""Chances read off stored snapshots: by hand, by 100,000 draws, and by the covariance of the fit itself."""

import math
from itertools import combinations

import numpy as np
import pytest

from ranking import maths
from ranking.boards.chances import chances_of_first, win_rate_limits
from ranking.boards.pairs.pair_list import listed
from ranking.boards.pairs.pair_rows import write_pair_list
from ranking.maths.uncertainty.rank_probabilities import p_best
from ranking.models import Entry
from tests.factories import make_arena, make_competitor
from tests.ranking.board_factories import make_board, make_pairs_met, make_snapshot

POINTS = 400 / math.log(10)


def entry(pk, rating, half, **fields):
    """A line whose interval is `half` wide on either side."""
    known = {"rank": 1, "rank_low": 1, "rank_high": 2}
    placed = {} if half is None else known | {"low": rating - half, "high": rating + half, "se": half / 1.959964}
    return Entry(competitor_id=pk, rating=rating, n_votes=9, n_prompts=9, **placed | fields)


def board_of(entries, records=None):
    """A stored snapshot with these ratings and pairs."""
    arena = make_arena()
    models = [make_competitor(arena) for _ in entries]
    snapshot = make_snapshot(make_board(arena, is_default=True))
    for model, each in zip(models, entries, strict=True):
        each.competitor, each.snapshot = model, snapshot
        each.save()
    make_pairs_met(snapshot, models, records or dict.fromkeys(combinations(range(len(models)), 2), (1, 1, 0, 0)))
    return snapshot


@pytest.mark.django_db
def test_two_models_by_hand():
    """3 wins of 4: ln 3 apart with a standard error of 1.1547, so .57735 each; Phi(1.0986 / 1.1547) = Phi(.9514) = .8293."""
    half, gap = 1.959964 * POINTS * 1.1547005 / 2, POINTS * math.log(3)
    snapshot = board_of([entry(1, 1000 + gap / 2, half), entry(2, 1000 - gap / 2, half)])
    assert sorted(chances_of_first(snapshot).values()) == pytest.approx([0.1707, 0.8293], abs=0.01)


@pytest.mark.django_db
def test_models_that_nothing_sets_apart_are_as_likely():
    chances = chances_of_first(board_of([entry(pk, 1000.0, 30.0) for pk in range(5)]))
    assert list(chances.values()) == pytest.approx([0.2] * 5, abs=0.01)
    assert sum(chances.values()) == pytest.approx(1)


def met(design, rng, n=6000):
    a = rng.integers(0, 8, n)
    b = {
        "all with all": rng.integers(0, 8, n), "a chain": (a + rng.choice([1, 1, 1, 2], n)) % 8,
        "two camps": np.where(rng.random(n) < 0.95, a // 4 * 4 + rng.integers(0, 4, n), rng.integers(0, 8, n)),
    }[design]  # fmt: skip
    return a[a != b], b[a != b]


@pytest.mark.django_db
@pytest.mark.parametrize("design", ["all with all", "a chain", "two camps"])
def test_by_a_hundred_thousand_draws_from_the_covariance_of_the_fit(design):
    rng = np.random.default_rng(3)
    strengths, (a, b) = rng.normal(0, 0.15, 8), met(design, rng)
    wins = rng.random(len(a)) < 1 / (1 + np.exp(strengths[b] - strengths[a]))
    names, prompts = [f"m{i}" for i in range(8)], rng.integers(0, 900, len(a)).tolist()
    comparisons = maths.Comparisons.from_names(
        [names[i] for i in a], [names[i] for i in b], np.where(wins, "a", "b").tolist(), prompt=prompts
    )
    fit = maths.fit_bradley_terry(comparisons)
    limits = maths.intervals(fit)
    half = POINTS * (limits.high - limits.low) / 2
    entries = [entry(i, 1000 + POINTS * fit.ratings[i], half[i], se=POINTS * limits.se[i]) for i in range(8)]
    snapshot = board_of(entries)
    models = list(snapshot.leaderboard.pair_table.competitor_ids)
    in_order = [models[names.index(name)] for name in comparisons.names]
    write_pair_list(snapshot.leaderboard, snapshot, listed(comparisons, fit), in_order)
    # entries were made in the order of `fit.names`
    chances = chances_of_first(snapshot)
    drawn = p_best(fit, n_resamples=100_000, rng=np.random.default_rng(1)).chance
    assert [chances[pk] for pk in models] == pytest.approx(drawn.tolist(), abs=0.01)


@pytest.mark.django_db
def test_where_few_prompts_carry_a_rating_no_chance_is_given():
    """With t of 3 degrees of freedom an interval is 3.182 standard errors wide, 1.62 times the normal one."""
    assert chances_of_first(board_of([entry(1, 1050.0, 40.0), entry(2, 1000.0, 3.182 * 30, se=30.0)])) == {}
    assert chances_of_first(board_of([entry(1, 1050.0, 40.0), entry(2, 1000.0, None)])) == {}


def test_win_rates_at_both_ends_of_an_interval_by_hand():
    """100 points are 64.0 %, 200 are 76.0 %, none is 50 %: one opponent of 1000 points."""
    mine = entry(1, 1100.0, 100.0, win_rate=1 / (1 + 10 ** (-100 / 400)))
    low, high = win_rate_limits(mine, [mine, entry(2, 1000.0, 10.0)])
    assert (low, high) == pytest.approx((0.5, 1 / (1 + 10**-0.5)))
    assert high == pytest.approx(0.7597, abs=1e-4)


def test_no_win_rates_where_the_method_has_chances_of_its_own():
    assert win_rate_limits(entry(1, 1100.0, 50.0, win_rate=0.9), [entry(2, 1000.0, 10.0)]) is None
    assert win_rate_limits(entry(1, 1100.0, None, win_rate=0.64), [entry(2, 1000.0, 10.0)]) is None
