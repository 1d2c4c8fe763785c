"""Counting and win rates."""

from dataclasses import replace

import numpy as np
import pytest

from ranking.maths import Comparisons
from ranking.maths.aggregation.win_rates import counting, win_rate
from tests.ranking.maths.making import battles, comparable, law
from tests.ranking.maths.shared_files import llmfao, llmfao_scores

SWAPPED = np.array([1, 0, 2, 3])


@pytest.mark.parametrize(("method", "algorithm"), [(win_rate, "average_win_rate"), (counting, "counting")])
def test_all_scores_of_llmfao_agree_with_evalica(method, algorithm):
    found, golden = method(llmfao()), llmfao_scores(algorithm)
    assert len(found.names) == len(golden) == 59
    assert found.scores == pytest.approx([golden[name] for name in found.names], abs=1e-9)


def test_points_by_hand():
    # x: 2 wins + 1 tie; y: 0 + 2 ties; z: 1 win + 1 tie.
    c = battles("x>y*2 x=y y#z z>x")
    assert counting(c).scores.tolist() == [2.5, 1.0, 1.5]
    assert counting(c, win=3, tie=1).scores.tolist() == [7.0, 2.0, 4.0]


def test_win_rates_by_hand():
    # Means over opponents: x has 2.5/3 and 0/1, y 0.5/3 and 0.5/1, z 1/2 and 1.
    found = win_rate(battles("x>y*2 x=y y#z z>x"))
    assert found.scores == pytest.approx([2.5 / 6, 1 / 3, 0.75])
    assert found.unit == "mean share won over opponents"


def test_an_opponent_met_often_counts_as_one_met_once():
    few, many = win_rate(battles("x>y z>x")), win_rate(battles("x>y*50 z>x"))
    assert few.scores.tolist() == many.scores.tolist() == [0.5, 0.0, 1.0]


def test_pairs_never_met_are_left_out_not_taken_for_zero():
    assert win_rate(battles("x>y z>w")).scores.tolist() == [0.0, 1.0, 0.0, 1.0]


@pytest.mark.parametrize("method", [win_rate, counting])
def test_who_has_no_comparisons_is_unrated(method):
    c = Comparisons(names=("x", "y", "z"), a=[0, 0], b=[1, 2], outcome=[0, 0], weight=[1.0, 0.0])
    found = method(c)
    assert (found.names, found.scores.tolist()) == (("x", "y"), [1.0, 0.0])
    assert [(u.name, u.reason) for u in found.unrated] == [("z", "no comparisons yet")]


@pytest.mark.parametrize(("win", "tie"), [(1, 2), (0, 0), (1, -0.5), (np.inf, 1)])
def test_points_that_reward_the_wrong_are_refused(win, tie):
    with pytest.raises(ValueError, match=f"win is {win} and tie is {tie}: 0 <= tie <= win"):
        counting(battles("x>y"), win=win, tie=tie)


@law(comparable())
def test_swapping_sides_changes_nothing(c: Comparisons):
    swapped = replace(c, a=c.b, b=c.a, outcome=SWAPPED[c.outcome])
    for method in (win_rate, counting):
        assert method(c).scores == pytest.approx(method(swapped).scores)


@law(comparable())
def test_points_add_up_to_the_comparisons(c: Comparisons):
    assert counting(c).scores.sum() == pytest.approx(c.weights().sum())


@law(comparable())
def test_reversed_outcomes_give_the_other_share(c: Comparisons):
    assert win_rate(c).scores == pytest.approx(1 - win_rate(replace(c, outcome=SWAPPED[c.outcome])).scores)
