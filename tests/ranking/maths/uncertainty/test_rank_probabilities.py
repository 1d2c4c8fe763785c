"""Places: chances of the first ones, expected ranks, the public arena's rank, tiers."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.stats import norm, t

from ranking.maths import Comparisons, bootstrap, differences, fit_bradley_terry, intervals, rank_sets
from ranking.maths.uncertainty.rank_probabilities import arena_rank, expected_ranks, p_best, p_top, tiers
from ranking.maths.uncertainty.rank_sets import RankSets
from tests.ranking.maths.making import battles, comparable, law, simulated


def seeded(seed=1):
    return np.random.default_rng(seed)


def some_fit(m=5, n=600, n_prompts=100, seed=3):
    return fit_bradley_terry(simulated(np.linspace(0.6, -0.6, m), n=n, n_prompts=n_prompts, rng=seeded(seed)))


class Limits:
    def __init__(self, low, high):
        self.low, self.high = np.array(low, float), np.array(high, float)


# The public arena's rank


def test_the_arena_rank_counts_whole_intervals_above():
    # 2's interval 4 to 6 lies below 0's (7 to 9) alone: 1 touches it at 6. 3 lies below all.
    assert arena_rank(Limits([7, 6, 4, 1], [9, 8, 6, 2])).tolist() == [1, 1, 2, 4]


@law(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 6)), max_size=12))
def test_the_arena_rank_is_its_definition(pairs):
    found = Limits([low for low, _ in pairs], [low + width for low, width in pairs])
    expected = [1 + sum(other > high for other in found.low) for high in found.high]
    assert arena_rank(found).tolist() == expected


def test_the_arena_rank_takes_bootstrap_intervals():
    c = battles("x>y*90 y>x*10 y>z*90 z>y*10")
    found = bootstrap(c, cluster="cells", n_resamples=200, rng=seeded())
    assert arena_rank(found.intervals()).tolist() == arena_rank(intervals(fit_bradley_terry(c))).tolist() == [1, 2, 3]


# Chances


def test_the_chance_of_two_is_the_normal_one():
    fit = fit_bradley_terry(battles("x>y*60 y>x*50"))
    gap = differences(fit)
    found = p_best(fit, rng=seeded(), n_resamples=40_000)
    assert found.chance[0] == pytest.approx(norm.cdf(gap.estimate[0, 1] / gap.se[0, 1]), abs=0.01)
    assert found.kind == "iid"


def test_with_prompts_the_chance_of_two_is_that_of_t():
    # 12 prompts: the larger of both variances, with t(11).
    c = simulated(np.array([0.15, -0.15]), n=200, n_prompts=12, rng=seeded(4))
    fit = fit_bradley_terry(c)
    gap = differences(fit)
    found = p_best(fit, rng=seeded(), n_resamples=40_000)
    assert (found.kind, found.notes) == ("few_prompts", ("only 12 prompts, so results may differ with other prompts",))
    assert found.chance[0] == pytest.approx(t.cdf(gap.estimate[0, 1] / gap.se[0, 1], 11), abs=0.01)


def test_equals_have_equal_chances():
    fit = fit_bradley_terry(battles("w>x*9 x>w*9 w>y*9 y>w*9 w>z*9 z>w*9 x>y*9 y>x*9 x>z*9 z>x*9 y>z*9 z>y*9"))
    assert p_best(fit, rng=seeded()).chance == pytest.approx([0.25] * 4, abs=0.02)
    assert p_top(fit, 3, rng=seeded()).chance == pytest.approx([0.75] * 4, abs=0.02)
    assert expected_ranks(fit).rank == pytest.approx([2.5] * 4)


@law(comparable(), st.integers(0, 9))
def test_chances_add_up_and_grow_with_k(c, seed):
    fit = fit_bradley_terry(c)
    m = len(fit.names)
    tops = np.array([p_top(fit, k, n_resamples=300, rng=seeded(seed)).chance for k in range(1, m + 1)])
    assert tops.sum(axis=1) == pytest.approx(np.arange(1, m + 1))
    assert (np.diff(tops, axis=0) >= 0).all()
    assert tops[-1].tolist() == [1.0] * m
    assert tops[0].tolist() == p_best(fit, n_resamples=300, rng=seeded(seed)).chance.tolist()
    assert expected_ranks(fit).rank.sum() == pytest.approx(m * (m + 1) / 2)


def test_expected_ranks_are_the_means_of_drawn_ranks():
    fit = some_fit()
    # The expected rank is m + 1 less the expected number of the tops 1 ... m that hold the competitor.
    tops = sum(p_top(fit, k, n_resamples=20_000, rng=seeded(k)).chance for k in range(1, 6))
    assert expected_ranks(fit).rank == pytest.approx(6 - tops, abs=0.03)


def test_a_pair_without_spread_is_not_certain():
    # Three wins of four on every one of 40 prompts: the clustered variance is zero, the model's own is used.
    c = battles("x>y*120 y>x*40", prompt=[*range(40)] * 4)
    found = p_best(fit_bradley_terry(c), rng=seeded())
    assert found.chance[0] == pytest.approx(t.cdf(np.log(3) / np.sqrt(1 / 30), 39), abs=0.01)
    assert found.notes[0].startswith("no spread")


def test_the_draw_count_need_not_be_a_round_thousand():
    assert p_best(some_fit(), n_resamples=1_234, rng=seeded()).chance.sum() == pytest.approx(1)


def test_without_ratings_there_are_no_chances():
    fit = fit_bradley_terry(Comparisons(names=("x",), a=[], b=[], outcome=[]))
    assert p_best(fit, rng=seeded()).chance.shape == expected_ranks(fit).rank.shape == (0,)
    with pytest.raises(ValueError, match="k is 1: of 0 rated competitors"):
        p_top(fit, 1, rng=seeded())


def test_many_draws_of_many_models_need_little_memory():
    fit = some_fit(m=300, n=60_000, n_prompts=1_000)
    spare = [p_best(fit, n_resamples=10, rng=seeded()), expected_ranks(fit)]
    tracemalloc.start()
    found = [p_best(fit, rng=seeded()), p_top(fit, 10, rng=seeded())]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(spare) == len(found)
    assert peak < 20e6


@pytest.mark.parametrize(
    ("k", "n_resamples", "message"), [(0, 5, "k is 0"), (6, 5, "k is 6: of 5"), (2, 0, "n_resamples is 0")]
)
def test_wrong_options_are_refused(k, n_resamples, message):
    with pytest.raises(ValueError, match=message):
        p_top(some_fit(), k, n_resamples=n_resamples, rng=seeded())


# Tiers


def sets(*places):
    low, high = zip(*places, strict=True)
    return RankSets(tuple("abcdefgh"[: len(low)]), np.array(low), np.array(high), 2.0, np.inf, 99.0, "iid", ())


def test_rank_sets_that_share_a_place_make_a_tier():
    assert tiers(sets((1, 1), (2, 3), (2, 3), (4, 4))) == (("a",), ("b", "c"), ("d",))


def test_a_chain_of_overlaps_is_one_tier():
    # a and c do not overlap, but no cut separates them from b.
    assert tiers(sets((1, 2), (1, 3), (3, 3))) == (("a", "b", "c"),)


@law(comparable())
def test_tiers_hold_everybody_once_and_their_rank_sets_do_not_touch(c):
    fit = fit_bradley_terry(c)
    found = rank_sets(fit, n_resamples=300, rng=seeded())
    groups = tiers(found)
    assert sorted(name for group in groups for name in group) == sorted(fit.names)
    place = {name: i for i, name in enumerate(found.names)}
    for above, below in itertools.pairwise(groups):
        assert max(found.high[place[name]] for name in above) < min(found.low[place[name]] for name in below)
