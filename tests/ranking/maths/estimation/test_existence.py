"""Who can be rated at all, and what is said of the others."""

import pytest

from ranking.maths import Comparisons, fit_bradley_terry
from tests.ranking.maths.making import battles


def reasons(fit):
    return {unrated.name: unrated.reason for unrated in fit.unrated}


def test_two_that_always_beat_the_other_two_are_a_group_of_their_own():
    fit = fit_bradley_terry(battles("a>b*3 b>a*2 c>d d>c a>c b>c a>d b>d"))
    assert fit.components == (("a", "b"), ("c", "d"))
    assert fit.names == ("a", "b")
    assert reasons(fit) == dict.fromkeys("cd", "its group of 2 never won or tied against anyone outside it")


def test_equal_groups_the_one_with_more_votes_is_rated():
    fit = fit_bradley_terry(battles("a>b b>a c>d*4 d>c a>c"))
    assert fit.components == (("a", "b"), ("c", "d"))
    assert fit.names == ("c", "d")
    assert reasons(fit) == dict.fromkeys("ab", "its group of 2 never lost or tied against anyone outside it")


def test_the_larger_group_is_rated_even_with_fewer_votes():
    fit = fit_bradley_terry(battles("a>b b>c c>a d>e*9 e>d*9 d>a"))
    assert fit.names == ("a", "b", "c")


def test_undefeated():
    fit = fit_bradley_terry(battles("a>b a>c b>c c>b"))
    assert fit.components == (("a",), ("b", "c"))
    assert reasons(fit) == {"a": "never lost or tied (2 comparisons)"}


def test_winless():
    fit = fit_bradley_terry(battles("a>b b>a a>z*5"))
    assert fit.components == (("a", "b"), ("z",))
    assert reasons(fit) == {"z": "never won or tied (5 comparisons)"}


def test_one_tie_is_enough_to_be_rated():
    assert fit_bradley_terry(battles("a>b*5 a=b")).names == ("a", "b")
    assert fit_bradley_terry(battles("a>b*5 a#b")).names == ("a", "b")


def test_groups_that_never_met():
    fit = fit_bradley_terry(battles("a>b b>a a=b x>y y>x"))
    assert fit.components == (("a", "b"), ("x", "y"))
    assert reasons(fit) == dict.fromkeys("xy", "not connected: no comparisons link it with the rated group")


def test_a_pair_that_never_met_the_rated_group_and_is_no_group_itself():
    fit = fit_bradley_terry(battles("a>b b>a x>y"))
    assert reasons(fit) == dict.fromkeys("xy", "not connected: no comparisons link it with the rated group")


def test_between_groups():
    fit = fit_bradley_terry(battles("a>b b>a a=b a>m m>y y>z z>y"))
    assert fit.components == (("a", "b"), ("m",), ("y", "z"))
    assert reasons(fit)["m"] == "no chain of wins or ties leads both to and from the rated group"


def test_nobody_is_rated_where_every_result_goes_one_way():
    fit = fit_bradley_terry(battles("a>b b>c"))
    assert fit.names == ()
    assert fit.components == (("a",), ("b",), ("c",))
    assert reasons(fit) == {
        "a": "never lost or tied (1 comparison)",
        "b": "no chain of wins or ties leads both to and from the rated group",
        "c": "never won or tied (1 comparison)",
    }


def test_without_comparisons():
    fit = fit_bradley_terry(Comparisons(names=("a", "b", "z"), a=[0, 0], b=[1, 1], outcome=[0, 1]))
    assert fit.components == (("a", "b"), ("z",))
    assert reasons(fit) == {"z": "no comparisons yet"}


@pytest.mark.parametrize("names", [(), ("only",), ("one", "two")])
def test_empty_data_give_an_empty_fit(names):
    fit = fit_bradley_terry(Comparisons(names=names, a=[], b=[], outcome=[]))
    assert fit.names == ()
    assert fit.ratings.shape == fit.win_rates().shape == (0,)
    assert fit.covariance(None).shape == fit.covariance("prompt").shape == fit.model_covariance().shape == (0, 0)
    assert reasons(fit) == dict.fromkeys(names, "no comparisons yet")


def test_names_are_never_above_those_who_beat_them():
    fit = fit_bradley_terry(battles("z>y y>x x>w w>v z>v"))
    assert [name for component in fit.components for name in component] == list("zyxwv")


def test_codes_and_clusters_follow_when_some_are_left_out():
    c = battles("a>z*2 b>z b>c*3 c>b c=b", prompt=list("ppqqrrss"), voter=list("uvuvuvuv"), weight=[1.0] * 8, first=["a"] * 8)
    rated = fit_bradley_terry(c).comparisons
    assert rated.names == ("b", "c")
    assert rated.a.tolist() == [0, 0, 0, 1, 1]
    assert rated.prompt.tolist() == c.prompt[3:].tolist()
    assert rated.voter.tolist() == c.voter[3:].tolist()
    assert rated.first.tolist() == [0] * 5
    assert rated.weight.tolist() == [1.0] * 5
