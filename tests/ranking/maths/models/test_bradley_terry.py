"""Ratings: cases worked by hand, another solver, and what is too hard to fit."""

import choix
import numpy as np
import pytest

from ranking.maths import Comparisons, NotConvergedError, fit_bradley_terry
from ranking.maths.models.bradley_terry import maximise
from tests.ranking.maths.making import battles, comparable, law, simulated


def test_three_wins_of_four_are_ln_3_apart():
    fit = fit_bradley_terry(battles("x>y*3 y>x"))
    # ln(3/4 / (1/4)) = ln 3, half on either side of zero.
    assert fit.ratings == pytest.approx([np.log(3) / 2, -np.log(3) / 2])
    # H = 4 * 3/4 * 1/4 = 3/4; B = 3 * (1/4)^2 + (3/4)^2 = 3/4; variance of the difference B / H^2 = 4/3.
    assert fit.covariance(None)[0, 0] == pytest.approx((4 / 3) / 4)


def test_two_wins_and_two_ties_are_three_half_wins_of_four():
    fit = fit_bradley_terry(battles("x>y*2 x=y x#y"))
    # Score (2 + 2/2) / 4 = 3/4. B = 2 * (1/4)^2 + 2 * (1/2 - 3/4)^2 = 1/4; B / H^2 = (1/4) / (9/16) = 4/9.
    assert fit.ratings[0] - fit.ratings[1] == pytest.approx(np.log(3))
    assert fit.covariance(None)[0, 0] == pytest.approx((4 / 9) / 4)


def test_prompts_that_disagree_widen():
    fit = fit_bradley_terry(battles("x>y*3 y>x", prompt=[1, 1, 2, 2]))
    # Scores 1/4 + 1/4 = 1/2 and 1/4 - 3/4 = -1/2; B = 2/(2-1) * (1/4 + 1/4) = 1; B / H^2 = 16/9, a quarter of it each.
    assert fit.covariance("prompt")[0, 0] == pytest.approx((16 / 9) / 4)


def test_a_cycle_is_a_draw():
    fit = fit_bradley_terry(battles("x>y y>z z>x"))
    assert fit.ratings == pytest.approx([0, 0, 0], abs=1e-12)
    assert fit.win_rates() == pytest.approx([0.5, 0.5, 0.5])


def test_win_rate_is_against_a_uniform_opponent():
    fit = fit_bradley_terry(battles("x>y*3 y>x y>z*3 z>y"))
    # y lies ln 3 below x and ln 3 above z, so x is 2 ln 3 above z: 9/10.
    assert fit.win_rates() == pytest.approx([(3 / 4 + 9 / 10) / 2, (1 / 4 + 3 / 4) / 2, (1 / 4 + 1 / 10) / 2])


@law(comparable())
def test_choix_finds_the_same_maximum(c: Comparisons):
    # A tie as half a win each = one win each way, with every decided comparison counted twice.
    data = []
    for a, b, outcome, weight in zip(c.a, c.b, c.outcome, c.weight, strict=True):
        won = {0: [(a, b)] * 2, 1: [(b, a)] * 2}.get(int(outcome), [(a, b), (b, a)])
        data += won * int(weight)
    theirs = choix.opt_pairwise(len(c.names), data, alpha=0.0, method="Newton-CG", tol=1e-12)
    assert fit_bradley_terry(c).ratings == pytest.approx(theirs - theirs.mean(), abs=1e-5)


def test_simulated_ratings_are_recovered():
    rng = np.random.default_rng(5)
    truth = np.linspace(-1, 1, 10)
    fit = fit_bradley_terry(simulated(truth, n=200_000, n_prompts=500, rng=rng))
    # Standard errors are about .01; five of them.
    assert np.abs(fit.ratings - truth).max() < 0.05


def test_one_tie_against_a_billion_wins_still_converges():
    c = Comparisons(names=("x", "y", "z"), a=[0, 0, 1, 1], b=[1, 1, 2, 2], outcome=[0, 2, 0, 2], weight=[1e9, 1, 1e9, 1])
    fit = fit_bradley_terry(c)
    # Odds (1e9 + 1/2) / (1/2), for either step.
    assert np.diff(fit.ratings) == pytest.approx([-np.log(2e9 + 1)] * 2)


def test_a_long_chain_of_competitors_converges():
    chain = "".join(f" m{i:03d}>m{i + 1:03d}*9 m{i + 1:03d}>m{i:03d}" for i in range(120))
    assert -np.diff(fit_bradley_terry(battles(chain)).ratings) == pytest.approx([np.log(9)] * 120)


def test_steps_never_lower_the_likelihood_from_a_far_start():
    half_wins = np.array([[0, 3.0], [1.0, 0]])
    found = maximise(half_wins, max_steps=200, tolerance=1e-9, start=np.array([12.0, -12.0]))
    assert found.ratings[0] - found.ratings[1] == pytest.approx(np.log(3))


def test_too_few_steps_raise_and_say_what_to_do():
    with pytest.raises(NotConvergedError, match=r"no maximum after 1 steps.*more steps \(max_steps\)"):
        fit_bradley_terry(battles("x>y*3 y>x"), max_steps=1)


def test_a_fit_says_how_it_was_made():
    fit = fit_bradley_terry(battles("x>y*3 y>x x>z"), tolerance=1e-7)
    assert fit.provenance.method == "fit_bradley_terry"
    assert fit.provenance.parameters == {"max_steps": 100, "tolerance": 1e-7}
    assert (fit.diagnostics.n_comparisons, fit.diagnostics.n_left_out) == (4, 1)
    assert 0 < fit.diagnostics.steps < 10
    # 3 ln(3/4) + ln(1/4)
    assert fit.diagnostics.log_likelihood == pytest.approx(3 * np.log(3 / 4) + np.log(1 / 4))


def test_a_covariance_cannot_be_changed_from_outside():
    fit = fit_bradley_terry(battles("x>y*3 y>x"))
    with pytest.raises(ValueError, match="read-only"):
        fit.covariance(None)[0, 0] = 0


def test_a_covariance_by_an_unknown_column_is_refused():
    fit = fit_bradley_terry(battles("x>y*3 y>x"))
    with pytest.raises(ValueError, match=r"unknown cluster 'planet': allowed are 'prompt', 'voter', 'judge'"):
        fit.covariance("planet")


def test_a_covariance_of_one_cluster_is_refused():
    fit = fit_bradley_terry(battles("x>y*3 y>x", prompt=[5, 5, 5, 5]))
    with pytest.raises(ValueError, match=r"1 prompts: a covariance by prompt needs at least 2"):
        fit.covariance("prompt")


def test_with_a_prior_everybody_is_rated_and_pulled_to_the_mean():
    c = battles("x>y*3 y>x z<x")
    wide, narrow = fit_bradley_terry(c, prior_sd=100), fit_bradley_terry(c, prior_sd=0.1)
    assert wide.names == narrow.names == ("x", "y", "z")
    assert (wide.unrated, narrow.unrated) == ((), ())
    assert wide.ratings[0] - wide.ratings[1] == pytest.approx(np.log(3), abs=1e-3)
    assert np.abs(narrow.ratings).max() < 0.05
    assert narrow.ratings.sum() == pytest.approx(0, abs=1e-12)
    assert narrow.provenance.parameters["prior_sd"] == 0.1
    assert narrow.covariance(None)[0, 0] < wide.covariance(None)[0, 0]


def test_a_prior_without_width_is_refused():
    with pytest.raises(ValueError, match="prior_sd is 0: a standard deviation is more than 0"):
        fit_bradley_terry(battles("x>y"), prior_sd=0)


def test_the_start_does_not_move_the_result():
    c = battles("x>y*3 y>x z>x*2 x>z y=z")
    far = fit_bradley_terry(battles("x>y*9 y>x"))
    warm = fit_bradley_terry(c, start=far)
    assert np.abs(warm.ratings - fit_bradley_terry(c).ratings).max() < 1e-12
    assert fit_bradley_terry(c, start=warm).diagnostics.steps <= 1


def test_choix_own_case_with_a_prior():
    """choix, tests/test_opt.py: `PAIRWISE_DATA` and `PAIRWISE_ESTIMATE`, penalty 0.5 |theta|^2, known to 1e-4 there."""
    data = "73 20 52 42 21 45 63 54 70 23 40 04 65 32 34 34 52 73 76 65"
    estimate = [-0.51974039, -0.46280878, -0.31376862, -0.06854694, -0.3185146, -0.00346107, 0.63032783, 1.05651257]
    fit = fit_bradley_terry(battles(" ".join(f"{pair[0]}>{pair[1]}" for pair in data.split())), prior_sd=1)
    assert fit.ratings == pytest.approx(estimate, abs=1e-4)
