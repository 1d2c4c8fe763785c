"""Votes to flip where judges have slot intercepts: by hand, and by refits of the rows themselves."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.special import expit

from ranking.maths import Comparisons, fit_bradley_terry, fit_contextual, verified_votes_to_flip, votes_to_flip
from ranking.maths.uncertainty.votes_to_flip import Flip

STRENGTHS, LIKINGS = np.array([0.6, 0.3, 0.1, -0.2, -0.8]), np.array([1.2, -0.4])


def judged(n=1_500, *, spread=1.0, tie_rate=0.2):
    """Two judges, one of whom likes the first slot; a fifth are ties."""
    rng = np.random.default_rng(3)
    a = rng.integers(0, 5, n)
    b, judge, first = (a + rng.integers(1, 5, n)) % 5, rng.integers(0, 2, n), rng.integers(0, 2, n)
    chance = expit(spread * (STRENGTHS[a] - STRENGTHS[b]) + np.where(first == 0, 1, -1) * LIKINGS[judge])
    outcome = np.where(rng.random(n) < tie_rate, 2, np.where(rng.random(n) < chance, 0, 1))
    return Comparisons(names=tuple("vwxyz"), a=a, b=b, outcome=outcome, judge=judge, first=first, prompt=rng.integers(0, 90, n))


def lead(comparisons: Comparisons, kept, flip: Flip, **options) -> float:
    fit = fit_contextual(comparisons.reweighted(kept), **options)
    rating = dict(zip(fit.names, fit.ratings, strict=True))
    return rating[flip.a] - rating[flip.b]


def test_by_hand_the_wins_against_the_slot_weigh_more():
    """x first: 6 wins of 8, y first: 4 of 8. Without a prior theta is the mean of the two log-odds, (ln 3 + 0) / 2 = .549.
    A win less with x first takes off about .25 / (8 * .1875) / 2 = .083, with y first .5 / (8 * .25) / 2 = .125; without two of
    the latter (1.099 + ln(2/4)) / 2 = .203 is left, without three (1.099 + ln(1/4)) / 2 = -.144.
    """
    outcomes, first = ["a"] * 6 + ["b"] * 2 + ["a"] * 4 + ["b"] * 4, ["a"] * 8 + ["b"] * 8
    fit = fit_contextual(Comparisons.from_names(["x"] * 16, ["y"] * 16, outcomes, first=first), slot_sd=None)
    (flip,) = verified_votes_to_flip(fit)
    assert (flip.a, flip.b, flip.n_votes, flip.verified, flip.rows.tolist()) == ("x", "y", 3.0, True, [8, 9, 10])
    assert votes_to_flip(fit)[0].n_votes == 5.0  # .549 / .125 = 4.4


@pytest.mark.parametrize("slot_sd", [2.0, 0.3, None])
def test_without_the_named_rows_the_pair_flips_and_with_one_of_them_it_does_not(slot_sd):
    c = judged()
    fit = fit_contextual(c, slot_sd=slot_sd)
    flips = verified_votes_to_flip(fit)
    ranked = [fit.names[i] for i in np.argsort(-fit.ratings)]
    assert [(flip.a, flip.b) for flip in flips] == list(pairwise(ranked))
    for flip in flips:
        kept = np.ones(len(c))
        kept[flip.rows] = 0
        assert flip.verified
        assert len(flip.rows) == flip.n_votes
        assert lead(c, kept, flip, slot_sd=slot_sd) < 0
        kept[flip.rows[-1]] = 1
        assert lead(c, kept, flip, slot_sd=slot_sd) > -2e-6


def test_the_approximation_is_close_where_few_of_many_go():
    fit = fit_contextual(judged(20_000, spread=0.2))
    near, exact = ([flip.n_votes for flip in find(fit)] for find in (votes_to_flip, verified_votes_to_flip))
    assert near == pytest.approx(exact, rel=0.1, abs=1)


def test_the_first_pairs_alone_can_be_verified():
    fit = fit_contextual(judged())
    some, near, exact = verified_votes_to_flip(fit, most_verified=1), votes_to_flip(fit), verified_votes_to_flip(fit)
    assert [(flip.n_votes, flip.rows.tolist(), flip.verified) for flip in some] == [
        (flip.n_votes, flip.rows.tolist(), flip.verified) for flip in (exact[0], *near[1:])
    ]


def test_where_no_order_is_known_it_is_bradley_and_terrys():
    c = judged()
    plain = Comparisons(names=c.names, a=c.a, b=c.b, outcome=c.outcome, judge=c.judge)
    slotted, simple = (verified_votes_to_flip(fit(plain)) for fit in (fit_contextual, fit_bradley_terry))
    assert [flip.n_votes for flip in slotted] == [flip.n_votes for flip in simple]


def test_a_set_that_leaves_no_finite_ratings_is_given_and_not_verified():
    """Without 2 wins 1 : 1, without 3 y never lost."""
    fit = fit_contextual(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a"] * 3 + ["b"], first=["a", "b"] * 2))
    (flip,) = verified_votes_to_flip(fit)
    assert (flip.n_votes, flip.verified) == (3, False)


def test_weights_count_as_votes_and_rows_of_no_weight_are_not_named():
    c = Comparisons.from_names(
        ["x"] * 5, ["y"] * 5, ["a", "a", "b", "a", "a"], weight=[30.0, 30.0, 40.0, 0.0, 1.0], first=["a", "b", "a", "b", None]
    )
    (flip,) = verified_votes_to_flip(fit_contextual(c))
    assert flip.verified
    assert flip.rows.tolist() == [4, 0]  # both where x beats y: the one of unknown order, and 30 of the 30 with x first
    assert flip.n_votes == 31


def test_covariates_are_refused():
    c = Comparisons.from_names(["x"] * 4, ["y"] * 4, list("abab"), covariates={"length": [1.0, 2.0, -1.0, 0.5]})
    with pytest.raises(ValueError, match=r"votes to flip need .* of fit_contextual without covariates"):
        votes_to_flip(fit_contextual(c))
