"""Elo: online, and as the mean over random orders."""

import sys
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths import Comparisons
from ranking.maths.models.elo import elo, elo_mean_over_orders, elo_over_orders
from ranking.maths.resampling.elo_bootstrap import elo_replicates
from tests.ranking.maths.making import battles, comparable, law, simulated
from tests.ranking.maths.shared_files import llmfao, llmfao_scores

# The package's attribute of this name is the function.
module = sys.modules["ranking.maths.models.elo"]
SWAPPED = np.array([1, 0, 2, 3])


def rng(seed=1):
    return np.random.default_rng(seed)


def forgetful(*, n=6_000, m=4):
    """At k = 64 these competitors forget their start within a sixth of the rows."""
    return simulated(np.linspace(0.5, -0.5, m), n=n, n_prompts=300, rng=rng(7), tie_rate=0.2)


def test_two_games_worked_by_hand():
    found = elo(battles("x>y x=y"), k=40)
    # Equals meet: +-40 * (1 - 1/2) = 20. Then 1020 ties with 980: E = 1 / (1 + 10**(-40/400)) = .557312,
    # 40 * (1/2 - .557312) = -2.292466.
    assert found.scores == pytest.approx([1017.707534, 982.292466], abs=1e-6)
    assert (found.names, found.unit, found.provenance.parameters["k"]) == (("x", "y"), "Elo points", 40)


def test_all_ratings_of_llmfao_agree_with_evalica():
    found, golden = elo(llmfao()), llmfao_scores("elo")
    assert len(found.names) == len(golden) == 59
    assert found.scores == pytest.approx([golden[name] for name in found.names], abs=1e-6)


def test_the_order_of_the_rows_is_time():
    assert elo(battles("x>y y>x"), k=32).scores[0] < 1000 < elo(battles("y>x x>y"), k=32).scores[0]


@law(comparable())
def test_the_sum_of_ratings_stays_whatever_the_weights(c: Comparisons):
    assert elo(c, k=30).scores.mean() == pytest.approx(1000)


def test_a_weight_is_one_update_of_a_larger_step():
    c = battles("x>y y>z")
    found = elo(replace(c, weight=[2.5, 1.0]), k=32)
    # 32 * 2.5 / 2 = 40; then y at 960 beats z at 1000: E = 1 / (1 + 10**(40/400)) = .442688, 32 * .557312 = 17.83.
    assert found.scores == pytest.approx([1040, 977.833972, 982.166028], abs=1e-5)


@law(comparable())
def test_swapping_sides_changes_nothing(c: Comparisons):
    swapped = replace(c, a=c.b, b=c.a, outcome=SWAPPED[c.outcome])
    assert elo(c).scores == pytest.approx(elo(swapped).scores)


@law(comparable())
def test_reversing_every_outcome_mirrors_the_ratings(c: Comparisons):
    assert elo(c, initial=0).scores == pytest.approx(-elo(replace(c, outcome=SWAPPED[c.outcome]), initial=0).scores)


@law(comparable(), st.randoms(use_true_random=False))
def test_relabelling_permutes(c: Comparisons, random):
    order = np.array(random.sample(range(len(c.names)), len(c.names)))
    place = np.argsort(order)
    assert elo(c).scores[order] == pytest.approx(elo(replace(c, a=place[c.a], b=place[c.b])).scores)


@law(comparable())
def test_both_bad_ranks_as_a_tie(c: Comparisons):
    assert elo(c).scores == pytest.approx(elo(replace(c, outcome=np.minimum(c.outcome, 2))).scores)


@pytest.mark.parametrize("rate", [elo, lambda c: elo_over_orders(c, rng=rng()).scores])
def test_who_has_no_comparisons_is_unrated(rate):
    c = Comparisons(names=("x", "y", "z"), a=[0, 0], b=[1, 2], outcome=[0, 0], weight=[1.0, 0.0])
    found = rate(c)
    assert found.names == ("x", "y")
    assert [(u.name, u.reason) for u in found.unrated] == [("z", "no comparisons yet")]


def test_no_comparisons_at_all_rate_nobody():
    empty = Comparisons(names=("x", "y"), a=[], b=[], outcome=[])
    assert elo(empty).names == elo_mean_over_orders(empty, rng=rng()).names == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": 0}, "k is 0: it must be finite and above 0"),
        ({"base": 1}, "base is 1: it must be finite and above 1"),
        ({"scale": np.inf}, "scale is inf"),
    ],
)
def test_wrong_options_are_refused(options, message):
    for function in (elo, lambda c, **options: elo_over_orders(c, rng=rng(), **options)):
        with pytest.raises(ValueError, match=message):
            function(battles("x>y"), **options)


def test_the_mean_over_orders_is_that_of_all_permutations():
    c = battles("x>y*2 y>z*2 z>x x=z")
    everything = []
    for order in permutations(range(len(c))):
        rows = list(order)
        everything.append(elo(replace(c, a=c.a[rows], b=c.b[rows], outcome=c.outcome[rows]), k=100).scores)
    found = elo_over_orders(c, k=100, n_orders=4_000, rng=rng())
    sd = np.std(everything, axis=0)
    assert np.abs(found.scores.scores - np.mean(everything, axis=0)).max() < 4 * sd.max() / np.sqrt(4_000)
    assert found.sd == pytest.approx(sd, rel=0.05)


def test_an_order_is_played_as_online_elo_plays_it():
    c = forgetful(n=3_000)
    rows = rng(3).permutation(len(c))
    keys = [module._unit_rows(c)[rows]]
    played = module._play(keys, 4, rate=64 * np.log(10) / 400, n_forget=len(c))[0]
    online = elo(replace(c, a=c.a[rows], b=c.b[rows], outcome=c.outcome[rows], prompt=None), k=64)
    assert 1000 + 400 / np.log(10) * played == pytest.approx(online.scores, abs=1e-8)


def test_a_row_of_weight_w_is_w_rows():
    light, heavy = battles("x>y*3 y>z*2"), replace(battles("x>y y>z"), weight=[3.0, 2.0])
    one, two = (elo_over_orders(c, rng=rng()) for c in (light, heavy))
    assert one.scores.scores.tolist() == two.scores.scores.tolist()
    assert one.n_rows == two.n_rows == 5


def test_many_competitors_have_longer_keys():
    # 2 * 200**2 is above 65,535: keys of 32 bits.
    c = simulated(np.zeros(200), n=400, n_prompts=9, rng=rng())
    rows = module._play([module._unit_rows(c)], 200, rate=4 * np.log(10) / 400, n_forget=400)[0]
    met = np.isin(np.arange(200), [c.a, c.b])
    assert 1000 + 400 / np.log(10) * rows[met] == pytest.approx(elo(c).scores)


def test_orders_need_whole_weights():
    for function in (elo_mean_over_orders, elo_replicates):
        with pytest.raises(ValueError, match=r"weight\[1\] is 0.5: random orders need whole counts"):
            function(replace(battles("x>y y>x"), weight=[1.0, 0.5]), rng=rng())


def test_what_is_not_played_counts_less_than_a_millionth_of_a_point():
    c, rate, point = forgetful(), 64 * np.log(10) / 400, 400 / np.log(10)
    found = elo_over_orders(c, k=64, n_orders=20, rng=rng(1))
    assert found.n_played < len(c) / 2
    units = module._unit_rows(c)
    orders = [rng(seed).permutation(units) for seed in range(20)]
    full = module._play(orders, 4, rate=rate, n_forget=len(c))
    last = module._play([order[-found.n_played :] for order in orders], 4, rate=rate, n_forget=len(c))
    assert 0 < point * np.abs(full - last).max() < module.FORGOTTEN


def test_a_group_apart_forgets_at_its_own_rate():
    c = forgetful()
    both = Comparisons(
        names=tuple("abcdefgh"),
        a=np.concatenate([c.a, c.a + 4]),
        b=np.concatenate([c.b, c.b + 4]),
        outcome=np.tile(c.outcome, 2),
    )
    alone, together = (elo_over_orders(x, k=64, n_orders=2, rng=rng()).n_played for x in (c, both))
    assert together == pytest.approx(2 * alone, rel=0.05)


@pytest.mark.parametrize("k", [1, 800])
def test_all_rows_are_played_where_elo_forgets_slowly_or_does_not_settle(k):
    found = elo_over_orders(forgetful(n=2_000), k=k, n_orders=2, rng=rng())
    assert found.n_played == found.n_rows == 2_000


def test_the_last_rows_of_a_random_order_are_any_rows():
    units = np.arange(10, dtype=np.int32)
    for n in (3, 8):
        drawn = np.array([module._last_rows(units, n, generator) for generator in [rng(5)] for _ in range(3_000)])
        assert all(len(set(row)) == n for row in drawn.tolist())
        # Each of ten units is expected 300 times in a place; 5 sd = 82.
        assert all(np.abs(np.bincount(column, minlength=10) - 300).max() < 82 for column in drawn.T)


def test_places_are_drawn_again_where_too_many_were_equal(monkeypatch):
    monkeypatch.setattr(module, "SPARE_DRAWS", -7)
    found = module._last_rows(np.arange(100, dtype=np.int32), 10, rng())
    assert len(set(found.tolist())) == 10


def test_the_seed_decides():
    one, two = (elo_mean_over_orders(forgetful(), rng=rng(9)).scores for _ in range(2))
    assert one.tolist() == two.tolist()


def test_at_least_two_orders_are_needed():
    with pytest.raises(ValueError, match="n_orders is 1: at least 2 are needed"):
        elo_over_orders(battles("x>y"), n_orders=1, rng=rng())


def test_replicates_spread_as_resampled_data_do():
    c = simulated(np.linspace(0.5, -0.5, 4), n=1_200, n_prompts=60, rng=rng(7))
    found = elo_replicates(c, k=4, n_resamples=300, orders_each=4, rng=rng(1))
    by_hand, generator = [], rng(2)
    for _ in range(150):
        rows = np.concatenate([np.flatnonzero(c.prompt == p) for p in generator.integers(60, size=60)])
        again = replace(c, a=c.a[rows], b=c.b[rows], outcome=c.outcome[rows], prompt=c.prompt[rows])
        by_hand.append(elo_mean_over_orders(again, k=4, n_orders=40, rng=generator).scores)
    # The standard errors have sampling errors of 4 and 6 %.
    assert found.standard_errors() == pytest.approx(np.std(by_hand, axis=0), rel=0.2)
    assert found.ratings.mean(axis=0) == pytest.approx(np.mean(by_hand, axis=0), abs=3)
    assert (found.cluster, found.names, found.ratings.shape) == ("prompt", c.names, (300, 4))
    assert "is taken out" in found.notes[0]


def test_the_mean_over_later_places_has_the_expectation_of_the_final_rating():
    c = forgetful(n=20_000)
    found = elo_replicates(c, k=32, n_resamples=60, rng=rng(1))
    mean = elo_over_orders(c, k=32, n_orders=200, rng=rng(2))
    error = np.hypot(found.standard_errors() / np.sqrt(60), mean.sd / np.sqrt(200))
    assert (np.abs(found.ratings.mean(axis=0) - mean.scores.scores) < 4 * error).all()


def test_rows_of_unknown_cluster_are_clusters_of_their_own():
    c = forgetful(n=600)
    alone = replace(c, prompt=np.arange(len(c)))
    unknown, single = (elo_replicates(x, k=8, n_resamples=50, rng=rng()) for x in (replace(c, prompt=None), alone))
    assert unknown.ratings.tolist() == single.ratings.tolist()


def test_replicates_that_miss_a_competitor_are_left_out_and_counted():
    c = battles("x>y*8 y>x*8 x>z", prompt=[*range(16), 16])
    found = elo_replicates(c, n_resamples=200, rng=rng())
    lost = int(np.isnan(found.ratings).all(axis=1).sum())
    # A prompt of 17 is missed with chance (16/17)**17 = .357.
    assert 45 < lost < 98
    assert found.notes[0] == f"{lost} of 200 replicates miss a competitor and are left out"
    assert len(found.finite()) == 200 - lost


def test_noise_that_is_nearly_all_is_left_in_and_said():
    c = replace(battles("x>y*500 y>x*500"), prompt=np.zeros(1_000, dtype=int))
    found = elo_replicates(c, k=64, n_resamples=50, rng=rng())
    # One prompt: every replicate is the same data, so all that differs is the order.
    assert "too much to take out: use more orders" in found.notes[0]


def test_replicates_without_any_spread_have_no_noise_to_take_out():
    found = elo_replicates(replace(battles("x>y*10"), prompt=np.zeros(10, dtype=int)), n_resamples=10, rng=rng())
    assert found.notes == ()
    assert np.ptp(found.ratings, axis=0).tolist() == [0, 0]


def test_blocks_keep_memory_flat_and_change_nothing(monkeypatch):
    c = forgetful(n=600)
    whole = elo_mean_over_orders(c, n_orders=10, rng=rng()).scores
    monkeypatch.setattr(module, "BLOCK_BYTES", 2 * 600 * 3)
    assert elo_mean_over_orders(c, n_orders=10, rng=rng()).scores == pytest.approx(whole)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_resamples": 1}, "n_resamples is 1: at least 2 are needed"),
        ({"orders_each": 1}, "orders_each is 1: at least 2 are needed"),
        ({"cluster": "day"}, "unknown cluster 'day'"),
    ],
)
def test_wrong_options_of_replicates_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        elo_replicates(battles("x>y y>x"), rng=rng(), **options)


def test_there_must_be_something_to_resample():
    with pytest.raises(ValueError, match="there are no comparisons"):
        elo_replicates(Comparisons(names=("x",), a=[], b=[], outcome=[]), rng=rng())


@pytest.mark.parametrize("heavy", [101.0, 1e8, 1e300])
def test_an_update_does_not_go_further_than_the_scale(heavy):
    c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "a"], weight=[1, heavy, 1])
    with pytest.raises(ValueError, match=r"weight\[1\] is .*: one update of up to .* goes further than the scale of 400"):
        elo(c)


def test_orders_of_more_comparisons_than_there_is_room_for_are_refused():
    c = Comparisons.from_names(["x"] * 2, ["y"] * 2, ["a", "b"], weight=[1e12, 1])
    for method in (elo_over_orders, elo_mean_over_orders):
        with pytest.raises(ValueError, match=r"sum to 1e\+12: random orders are of 1,000,000,000"):
            method(c, n_orders=2, rng=np.random.default_rng(1))
