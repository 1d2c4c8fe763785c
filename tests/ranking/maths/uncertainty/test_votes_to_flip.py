"""Votes to flip: the fewest comparisons that hold an order, and that they do."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from ranking.maths import Comparisons, fit_bradley_terry
from ranking.maths.models.davidson import fit_davidson
from ranking.maths.uncertainty.votes_to_flip import verified_votes_to_flip, votes_to_flip
from tests.ranking.maths.making import battles, simulated


def many(*, weight=None, n=4_000, m=6):
    c = simulated(np.linspace(0.3, -0.3, m), n=n, n_prompts=9, rng=np.random.default_rng(8), tie_rate=0.3)
    return replace(c, weight=weight)


def lead(comparisons, kept, flip):
    """Rating of a minus that of b, refitted on some rows only."""
    fit = fit_bradley_terry(comparisons.reweighted(kept))
    rating = dict(zip(fit.names, fit.ratings, strict=True))
    return rating[flip.a] - rating[flip.b]


def test_neighbours_are_taken_in_the_order_of_the_ranking():
    fit = fit_bradley_terry(many())
    flips = votes_to_flip(fit)
    ranked = [fit.names[i] for i in np.argsort(-fit.ratings)]
    assert [(flip.a, flip.b) for flip in flips] == list(pairwise(ranked))


def test_the_votes_named_are_among_those_for_the_upper_of_the_two():
    # theta = ln(60/40) = .405; a tie less moves it by (1/2 - 3/5) / (100 * .24) < 0, a win less by .4 / 24 = 1/60.
    # 24 wins are .4, 25 are .417.
    c = battles("x>y*50 x=y*20 x<y*30")
    flip = votes_to_flip(fit_bradley_terry(c))[0]
    assert (flip.a, flip.b, flip.n_votes, flip.share, flip.verified) == ("x", "y", 25, 0.25, False)
    assert set(c.outcome[flip.rows]) == {0}


def test_a_pair_may_be_named_in_either_order():
    fit = fit_bradley_terry(many())
    one, two = (votes_to_flip(fit, [pair])[0] for pair in (("m000", "m005"), ("m005", "m000")))
    assert (one.a, one.b, one.n_votes) == (two.a, two.b, two.n_votes) == ("m000", "m005", one.n_votes)
    assert one.n_votes > max(flip.n_votes for flip in votes_to_flip(fit))


def test_without_the_named_votes_the_pair_flips_and_with_one_of_them_it_does_not():
    c = many()
    fit = fit_bradley_terry(c)
    for flip in verified_votes_to_flip(fit):
        kept = np.ones(len(c))
        kept[flip.rows] = 0
        assert flip.verified
        assert len(flip.rows) == flip.n_votes
        assert lead(c, kept, flip) < 0
        kept[flip.rows[-1]] = 1
        assert lead(c, kept, flip) >= 0


def test_the_approximation_is_close_where_few_of_many_go():
    fit = fit_bradley_terry(many(n=20_000))
    near, exact = ([flip.n_votes for flip in find(fit)] for find in (votes_to_flip, verified_votes_to_flip))
    assert near == pytest.approx(exact, rel=0.1, abs=1)


@pytest.mark.parametrize("ahead", [0.0, 1.5])
def test_the_most_influential_cells_are_looked_at_first_and_more_when_they_are_not_enough(ahead, monkeypatch):
    fit, pairs = fit_bradley_terry(many()), [("m000", "m005"), ("m001", "m002")]
    whole = (*votes_to_flip(fit, pairs), *verified_votes_to_flip(fit, pairs))
    monkeypatch.setattr("ranking.maths.uncertainty.flips.search.CELLS_AT_FIRST", 1)
    monkeypatch.setattr("ranking.maths.uncertainty.flips.search.AHEAD", ahead)
    fewer = (*votes_to_flip(fit, pairs), *verified_votes_to_flip(fit, pairs))
    for one, two in zip(whole, fewer, strict=True):
        assert (one.n_votes, one.rows.tolist(), one.verified) == (two.n_votes, two.rows.tolist(), two.verified)


def test_weights_count_as_votes():
    c = battles("x>y x>y x<y x>y", weight=[30.0, 30.0, 40.0, 0.0])
    flip = verified_votes_to_flip(fit_bradley_terry(c))[0]
    # 60 : 40 flips at 39 : 40, without 21; the first row holds them all.
    assert (flip.n_votes, flip.share, flip.rows.tolist(), flip.verified) == (21, 0.21, [0], True)


def test_a_part_of_a_vote_is_as_much_as_its_weight():
    c = battles("x>y*4 x<y*3", weight=[0.5] * 7)
    flip = verified_votes_to_flip(fit_bradley_terry(c))[0]
    # 2 : 1.5 flips at 1 : 1.5, without 1.
    assert (flip.n_votes, flip.rows.tolist(), flip.verified) == (1, [0, 1], True)


def test_few_votes_are_too_few_for_the_approximation():
    # theta = ln 3 = 1.0986; each of 3 wins is worth (1/4) / (4 * 3/16) = 1/3.
    fit = fit_bradley_terry(battles("x>y*3 x<y"))
    assert votes_to_flip(fit)[0].n_votes == float("inf")
    assert votes_to_flip(fit)[0].rows.tolist() == []


def test_a_set_that_leaves_no_finite_ratings_is_given_and_not_verified():
    # Without 2 wins 1 : 1, without 3 y never lost: no rating to stand above.
    flip = verified_votes_to_flip(fit_bradley_terry(battles("x>y*3 x<y")))[0]
    assert (flip.n_votes, flip.rows.tolist(), flip.verified) == (3, [0, 1, 2], False)


def test_a_set_of_many_that_leaves_no_finite_ratings_is_searched_by_halves():
    flip = verified_votes_to_flip(fit_bradley_terry(battles("x>y*90 x<y")))[0]
    assert (flip.n_votes, flip.verified) == (90, False)


def test_an_order_that_no_removal_flips_has_no_number():
    # Without the win only ties are left: level, not the other way round.
    flip = verified_votes_to_flip(fit_bradley_terry(battles("x=y*5 x>y")))[0]
    assert (flip.a, flip.n_votes, flip.share, flip.rows.tolist(), flip.verified) == ("x", np.inf, np.inf, [], False)


def test_two_that_are_level_need_no_votes():
    fit = fit_bradley_terry(battles("x>y*3 y>x*3"))
    for flip in (*votes_to_flip(fit), *verified_votes_to_flip(fit)):
        assert (flip.n_votes, flip.rows.tolist(), flip.verified) == (0, [], False)


def test_an_empty_fit_has_no_pairs():
    fit = fit_bradley_terry(battles("x>y"))
    assert votes_to_flip(fit) == ()


def test_who_is_not_rated_is_named():
    with pytest.raises(ValueError, match="'q' is not rated: pairs are of the fit's names"):
        votes_to_flip(fit_bradley_terry(many()), [("m000", "q")])


@pytest.mark.parametrize("fit", [fit_davidson, lambda c: fit_bradley_terry(c, prior_sd=1)])
def test_other_models_are_refused(fit):
    with pytest.raises(ValueError, match=r"votes to flip need .* without a prior on ratings: this is one of fit_"):
        votes_to_flip(fit(many()))


def test_a_row_counted_by_its_index_is_a_row_of_the_fitted_comparisons():
    c = battles("w>x*9 x>y*51 y>x*49")
    fit = fit_bradley_terry(c)
    flip = votes_to_flip(fit)[0]
    assert isinstance(fit.comparisons, Comparisons)
    assert [fit.comparisons.names[fit.comparisons.a[row]] for row in flip.rows] == ["x"] * 3
