"""Differences of chosen competitors, all of which hold together."""

import numpy as np
import pytest
from scipy.stats import studentized_range

from ranking.maths import Comparisons, differences, fit_bradley_terry, rank_sets, simultaneous_differences
from tests.ranking.maths.making import battles, simulated

FIT = fit_bradley_terry(battles("x>y*90 y>x*10 y>z*52 z>y*48 x>w*30 w>x*30 w>z*40 z>w*20"))


def drawn(among, **options):
    return simultaneous_differences(FIT, among, rng=np.random.default_rng(1), **options)


def test_two_alone_are_as_each_difference_by_itself():
    gaps, one = drawn(["y", "x"]), differences(FIT)
    x, y = FIT.names.index("x"), FIT.names.index("y")
    for name in ("estimate", "se", "low", "high"):
        assert getattr(gaps, name)[0, 1] == pytest.approx(getattr(one, name)[y, x], rel=0.02)


def test_more_of_them_are_wider_and_all_of_them_as_rank_sets_have_it():
    two, three, four = (drawn(list(among)) for among in ("xy", "xyz", "xyzw"))
    assert two.critical[0, 1] < three.critical[0, 1] < four.critical[0, 1]
    sets = rank_sets(FIT, rng=np.random.default_rng(1))
    x, y = FIT.names.index("x"), FIT.names.index("y")
    assert four.critical[0, 1] == pytest.approx(sets.critical[x, y], rel=0.02)


def test_the_result_has_the_order_of_the_names_and_turns_with_them():
    gaps, turned = drawn(["z", "x", "y"]), drawn(["y", "x", "z"])
    assert gaps.names == ("z", "x", "y")
    assert gaps.estimate == pytest.approx(-gaps.estimate.T)
    assert gaps.estimate[0, 2] == pytest.approx(-turned.estimate[0, 2])
    assert gaps.low == pytest.approx(-gaps.high.T)


def test_in_a_balanced_design_the_critical_value_is_tukeys():
    """Six equal players, each pair 4,000 times: differences of equal variance, and equally correlated."""
    names = [f"n{k}" for k in range(6)]
    a, b = zip(*[(i, j) for i in names for j in names if i < j], strict=True)
    fit = fit_bradley_terry(Comparisons.from_names(list(a) * 2, list(b) * 2, ["a"] * 15 + ["b"] * 15))
    gaps = simultaneous_differences(fit, names, n_resamples=40_000, rng=np.random.default_rng(1))
    assert gaps.critical[0, 1] == pytest.approx(studentized_range.ppf(0.95, 6, np.inf) / np.sqrt(2), abs=0.03)


def test_all_intervals_hold_as_often_as_they_say():
    """Of 40 simulated contests on 40 prompts: all six differences of four models at once, in about 95 %."""
    truth, rng, n_held = np.array([0.6, 0.2, -0.2, -0.6]), np.random.default_rng(5), 0
    for _ in range(40):
        fit = fit_bradley_terry(simulated(truth, n=300, n_prompts=40, rng=rng))
        gaps = simultaneous_differences(fit, list(fit.names), n_resamples=500, rng=rng)
        true = truth[[int(name[1:]) for name in fit.names]]
        gap = true[:, None] - true
        off = ~np.eye(4, dtype=bool)
        n_held += bool(((gaps.low <= gap) & (gap <= gaps.high))[off].all())
    assert 35 <= n_held < 40


@pytest.mark.parametrize("among", [[], ["x"], ["x", "x"], ["x", "nobody"]])
def test_fewer_than_two_fitted_ones_are_refused(among):
    with pytest.raises(ValueError, match="name two or more fitted competitors"):
        drawn(among)


def test_levels_are_checked():
    with pytest.raises(ValueError, match="level"):
        drawn(["x", "y"], level=95)
