"""Rank sets: places that hold for all competitors at once."""

import numpy as np
import pytest
from scipy.stats import norm, studentized_range, t

from ranking.maths import Comparisons, fit_bradley_terry, rank_sets
from ranking.maths.uncertainty.rank_sets import max_t_quantile
from tests.ranking.maths.making import battles, simulated


def places(comparisons, **options):
    found = rank_sets(fit_bradley_terry(comparisons), rng=np.random.default_rng(1), **options)
    return dict(zip(found.names, zip(found.low.tolist(), found.high.tolist(), strict=True), strict=True))


def test_clear_differences_give_single_places():
    found = places(battles("x>y*90 y>x*10 y>z*90 z>y*10"))
    assert found == {"x": (1, 1), "y": (2, 2), "z": (3, 3)}


def test_unclear_differences_share_places():
    found = places(battles("x>y*90 y>x*10 y>z*52 z>y*48"))
    assert found == {"x": (1, 1), "y": (2, 3), "z": (2, 3)}


def test_no_difference_gives_every_place_to_everyone():
    assert places(battles("x>y*5 y>z*5 z>x*5")) == dict.fromkeys("xyz", (1, 3))


def test_the_same_seed_gives_the_same_critical_value():
    fit = fit_bradley_terry(battles("x>y*90 y>x*10 y>z*52 z>y*48"))
    one, two = (rank_sets(fit, rng=np.random.default_rng(7)) for _ in range(2))
    assert (one.critical == two.critical).all()


@pytest.mark.parametrize("m", [2, 6, 40])
def test_in_a_balanced_design_the_critical_value_is_tukeys(m):
    # Independent estimates of equal variance: max |Z_i - Z_j| / sqrt 2 is the studentised range over sqrt 2.
    c = max_t_quantile(np.eye(m), np.ones((m, m), bool), level=0.95, n_resamples=40_000, rng=np.random.default_rng(1))
    assert c == pytest.approx(studentized_range.ppf(0.95, m, np.inf) / np.sqrt(2), abs=0.03)


PAIRS = ~np.eye(4, dtype=bool)


def gaussian(covariance):
    return max_t_quantile(covariance, PAIRS, level=0.95, n_resamples=10_000, rng=np.random.default_rng(1))


def test_enough_prompts_use_the_tail_of_each_pairs_t():
    fit = fit_bradley_terry(simulated(np.zeros(4), n=4000, n_prompts=40, rng=np.random.default_rng(2)))
    found, left_out = rank_sets(fit, rng=np.random.default_rng(1)), fit.leave_out("prompt")
    assert found.kind == "prompt"
    assert found.df[PAIRS] == pytest.approx(left_out.differences[PAIRS] - 1)
    assert t.sf(found.critical, found.df)[PAIRS] == pytest.approx(norm.sf(gaussian(left_out.covariance)))


def test_few_prompts_draw_from_both_covariances_and_the_larger_value_counts():
    fit = fit_bradley_terry(simulated(np.zeros(4), n=4000, n_prompts=10, rng=np.random.default_rng(2)))
    found = rank_sets(fit, rng=np.random.default_rng(1))
    rng = np.random.default_rng(1)
    largest = max(
        max_t_quantile(v, PAIRS, level=0.95, n_resamples=10_000, rng=rng)
        for v in (fit.leave_out("prompt").covariance, fit.covariance(None))
    )
    assert (found.kind, found.notes) == ("few_prompts", ("only 10 prompts, so results may differ with other prompts",))
    assert t.sf(found.critical, found.df)[PAIRS] == pytest.approx(norm.sf(largest))


def test_a_pair_without_spread_is_never_separated():
    # Three wins of four on every one of 40 prompts: the clustered variance is exactly zero.
    c = battles("x>y*120 y>x*40", prompt=[*range(40)] * 4)
    found = rank_sets(fit_bradley_terry(c), rng=np.random.default_rng(1))
    assert (found.low.tolist(), found.high.tolist()) == ([1, 1], [2, 2])
    assert found.notes[0].startswith("no spread in the outcomes that set x and y apart")
    assert found.critical[0, 1] == pytest.approx(t.ppf(0.975, 39))


def test_pairs_without_spread_do_not_touch_the_critical_value_of_the_others():
    rng = np.random.default_rng(1)
    covariance = np.diag([1.0, 1.0, 0.0, 0.0])
    pairs = ~np.eye(4, dtype=bool)
    c = max_t_quantile(covariance, pairs, level=0.95, n_resamples=20_000, rng=rng)
    assert np.isfinite(c)
    assert 1.96 < c < 2.7


def test_a_simultaneous_statement_is_stricter_than_a_single_one():
    fit = fit_bradley_terry(simulated(np.zeros(12), n=6000, n_prompts=100, rng=np.random.default_rng(2)))
    assert (rank_sets(fit, rng=np.random.default_rng(1)).critical[~np.eye(12, dtype=bool)] > t.ppf(0.975, 99) + 0.5).all()


def test_an_empty_fit_has_no_places():
    found = rank_sets(fit_bradley_terry(Comparisons(names=("x",), a=[], b=[], outcome=[])), rng=np.random.default_rng(1))
    assert (found.names, found.low.shape, found.high.shape) == ((), (0,), (0,))


@pytest.mark.parametrize(("options", "message"), [({"n_resamples": 0}, "n_resamples is 0"), ({"level": 1.5}, "level is 1.5")])
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        places(battles("x>y*3 y>x"), **options)


def test_a_draw_count_that_is_no_round_thousand():
    assert places(battles("x>y*90 y>x*10"), n_resamples=1_234) == {"x": (1, 1), "y": (2, 2)}
