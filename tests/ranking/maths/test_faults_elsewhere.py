"""Faults that other ranking tools have in silence; here each is said, or does not happen."""

import numpy as np
import pytest

from ranking.maths import Comparisons, fit_bradley_terry, intervals
from ranking.maths.aggregation.borda import borda
from ranking.maths.models.elo import elo
from ranking.maths.uncertainty.elo_points import in_points
from tests.ranking.maths.making import battles


def unrated(text: str) -> dict[str, str]:
    return {one.name: one.reason for one in fit_bradley_terry(battles(text)).unrated}


def test_the_undefeated_gets_no_number_that_looks_like_the_rest():
    """Elsewhere: a rating as large as the solver's patience, or its regularisation."""
    fit = fit_bradley_terry(battles("x>y*3 y>x*2 z>x*5 z>y"))
    assert fit.names == ("x", "y")
    assert unrated("x>y*3 y>x*2 z>x*5 z>y") == {"z": "never lost or tied (6 comparisons)"}


def test_the_winless_gets_no_number_either():
    assert unrated("x>y*3 y>x*2 x>z*5 y>z") == {"z": "never won or tied (6 comparisons)"}


def test_two_that_always_beat_two_others_are_not_rated_with_them():
    """{A, B} always beat {C, D}, with upsets inside each: every model has won and lost, and no maximum exists."""
    text = "A>B*3 B>A*2 C>D*3 D>C*2 A>C*4 A>D*4 B>C*4 B>D*4"
    fit = fit_bradley_terry(battles(text))
    assert (fit.names, fit.components) == (("A", "B"), (("A", "B"), ("C", "D")))
    assert unrated(text) == dict.fromkeys("CD", "its group of 2 never won or tied against anyone outside it")


def test_two_groups_that_never_met_are_not_put_on_one_scale():
    text = "A>B*3 B>A*2 C>D*3 D>C*2 A=B"
    assert fit_bradley_terry(battles(text)).names == ("A", "B")
    assert unrated(text) == dict.fromkeys("CD", "not connected: no comparisons link it with the rated group")


def test_an_unknown_label_is_not_a_tie():
    """Elsewhere: anything that is neither "a" nor "b" counts half."""
    with pytest.raises(ValueError, match=r"outcome\[1\] is .*'A'.*: allowed are 'a', 'b', 'tie', 'both_bad'"):
        Comparisons.from_names(["x", "x"], ["y", "y"], ["a", "A"])


def test_a_second_data_set_knows_nothing_of_the_first():
    """Elsewhere: a model object that is fitted again keeps names, or starts where it ended."""
    first, second = battles("x>y*3 y>x z>y y>z"), battles("x>y y>x*3")
    alone = fit_bradley_terry(second).ratings
    fit_bradley_terry(first)
    assert fit_bradley_terry(second).ratings.tolist() == alone.tolist()
    assert fit_bradley_terry(second, start=fit_bradley_terry(first)).ratings == pytest.approx(alone, abs=1e-12)


def test_weights_leave_elo_its_zero_sum():
    """Elsewhere: the winner's step is weighted and the loser's is not."""
    scores = elo(battles("x>y*3 y>z z=x", weight=[1.0, 2.5, 0.5, 4.0, 3.0]), k=32).scores
    assert scores.mean() == pytest.approx(1000, abs=1e-9)


def test_ties_in_borda_share_their_places():
    """Elsewhere: argsort of argsort, which gives the better place to whoever stands first in the table."""
    one = borda(np.array([[0.9], [0.9], [0.1]]), names=("x", "y", "z"))
    other = borda(np.array([[0.1], [0.9], [0.9]]), names=("z", "y", "x"))
    assert dict(zip(one.names, one.scores.tolist(), strict=True)) == dict(zip(other.names, other.scores.tolist(), strict=True))
    assert one.scores[0] == one.scores[1]


def test_an_anchor_widens_no_interval():
    """Elsewhere: every bootstrap sample is shifted to the anchor, so all carry its noise and it has none."""
    found = intervals(fit_bradley_terry(battles("x>y*30 y>x*20 y>z*3 z>y*2 z>x")))
    free, anchored = in_points(found), in_points(found, anchor="z", at=1250)
    assert anchored.high - anchored.low == pytest.approx(free.high - free.low)
    assert anchored.se == pytest.approx(free.se)
    assert anchored.ratings[2] == 1250
    assert anchored.low[2] < 1250 < anchored.high[2]
    assert np.diff(anchored.ratings) == pytest.approx(np.diff(free.ratings))


def test_an_anchor_without_rating_is_refused():
    found = intervals(fit_bradley_terry(battles("x>y*3 y>x z>x")))
    with pytest.raises(ValueError, match="anchor 'z' has no rating: the rated are 'x', 'y'"):
        in_points(found, anchor="z")
