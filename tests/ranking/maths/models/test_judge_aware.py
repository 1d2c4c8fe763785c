"""Voters of unequal discrimination: another solver, laws, an inverted voter, and what is no maximum."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from ranking.maths import Comparisons, NotConvergedError, fit_bradley_terry, intervals
from ranking.maths.data.arrays import Floats
from ranking.maths.models.discriminations import discriminations
from ranking.maths.models.judge_aware import LEAST_TAU, estimate_tau, fit_judge_aware
from tests.ranking.maths.making import battles, comparable, law


def voted(ratings: Floats, slopes: Floats, *, votes: int, rng: np.random.Generator) -> Comparisons:
    """`votes` comparisons of uniformly drawn pairs by every voter, outcomes of the model."""
    m, voter = len(ratings), np.repeat(np.arange(len(slopes)), votes)
    a = rng.integers(m, size=len(voter))
    b = (a + rng.integers(1, m, size=len(voter))) % m
    wins = rng.random(len(voter)) < expit(slopes[voter] * (ratings[a] - ratings[b]))
    names = tuple(f"m{i}" for i in range(m))
    return Comparisons(names=names, a=a, b=b, outcome=np.where(wins, 0, 1), voter=voter, prompt=np.arange(len(voter)) % 50)


def with_voters(c: Comparisons) -> Comparisons:
    """Prompts become voters; a few rows stay without one."""
    return replace(c, voter=c.prompt)


def written_objective(c: Comparisons, theta: Floats, slopes: Floats, tau: float, prior_sd: float) -> float:
    """The docstring's formula, row by row; a row without a voter has alpha 1."""
    alpha = np.where(c.voter >= 0, slopes[c.voter], 1.0)
    u = alpha * (theta[c.a] - theta[c.b])
    y = np.array([1.0, 0.0, 0.5, 0.5])[c.outcome]
    total = np.sum(c.weights() * (y * log_expit(u) + (1 - y) * log_expit(-u))) - np.sum(theta**2) / (2 * prior_sd**2)
    for v, slope in enumerate(slopes):
        rows = c.voter == v
        information = np.sum((c.weights() * expit(u) * expit(-u) * (theta[c.a] - theta[c.b]) ** 2)[rows])
        total -= (slope - 1) ** 2 / (2 * tau**2) + (1 - 1 / len(slopes)) * np.log(1 + tau**2 * information) / 2
    return float(total)


def test_scipy_finds_the_same_maximum_of_the_written_formula():
    rng = np.random.default_rng(7)
    c = voted(np.array([0.8, 0.0, -0.8]), np.array([1.5, 0.4, 1.0, -0.3]), votes=40, rng=rng)
    voter = np.where(np.arange(len(c)) % 9 == 0, -1, c.voter)
    c = replace(c, voter=voter, outcome=np.where(rng.random(len(c)) < 0.1, 2, c.outcome))

    def loss(x):
        # The alphas' mean is 1: the last follows from the others.
        return -written_objective(c, x[:3], np.append(x[3:], 4 - x[3:].sum()), tau=0.6, prior_sd=2.0)

    found = minimize(loss, np.array([0, 0, 0, 1.0, 1, 1]), method="BFGS", options={"gtol": 1e-9}).x
    fit = fit_judge_aware(c, tau=0.6, prior_sd=2.0)
    assert fit.ratings == pytest.approx(found[:3], abs=1e-5)
    assert [p.estimate for p in fit.parameters[:3]] == pytest.approx(found[3:], abs=1e-5)


@law(comparable())
def test_one_voter_or_none_known_is_bradley_terry(c: Comparisons):
    plain = fit_bradley_terry(c)
    for voter, slopes in ((None, []), (np.zeros(len(c), dtype=int), [1.0])):
        fit = fit_judge_aware(replace(c, voter=voter))
        assert fit.names == plain.names
        assert fit.ratings == pytest.approx(plain.ratings, abs=1e-8)
        assert fit.covariance(None) == pytest.approx(plain.covariance(None), abs=1e-7)
        assert [p.estimate for p in fit.parameters] == pytest.approx(slopes)


@law(comparable())
def test_a_narrow_prior_is_bradley_terry(c: Comparisons):
    fit = fit_judge_aware(with_voters(c), tau=1e-4)
    assert fit.ratings == pytest.approx(fit_bradley_terry(c).ratings, abs=1e-5)
    assert [p.estimate for p in fit.parameters] == pytest.approx([1] * len(fit.parameters), abs=1e-5)


@law(comparable(), st.randoms(use_true_random=False))
def test_swapped_sides_change_nothing_and_relabelling_permutes(c: Comparisons, random):
    c = with_voters(c)
    fit = fit_judge_aware(c, tau=0.3, prior_sd=1)
    swapped = fit_judge_aware(replace(c, a=c.b, b=c.a, outcome=np.array([1, 0, 2, 3])[c.outcome]), tau=0.3, prior_sd=1)
    assert swapped.ratings == pytest.approx(fit.ratings, abs=1e-8)
    order = list(range(len(c.names)))
    random.shuffle(order)
    moved = fit_judge_aware(replace(c, a=np.array(order)[c.a], b=np.array(order)[c.b]), tau=0.3, prior_sd=1)
    assert moved.ratings[order] == pytest.approx(fit.ratings, abs=1e-8)
    assert fit.ratings.sum() == pytest.approx(0, abs=1e-12)
    slopes = [p.estimate for p in fit.parameters]
    assert np.mean(slopes) == pytest.approx(1, abs=1e-12) if slopes else True


def test_a_voter_who_votes_the_wrong_way_round_is_found():
    slopes = np.array([1.2] * 9 + [-0.8])
    c = voted(np.linspace(1, -1, 6), slopes, votes=100, rng=np.random.default_rng(1))
    found = discriminations(fit_judge_aware(c, tau=0.7))
    assert found.inverted.tolist() == [False] * 9 + [True]
    assert found.codes.tolist() == list(range(10))
    assert found.n_comparisons.tolist() == [100] * 10
    assert ((found.low < slopes) & (slopes < found.high)).sum() >= 9
    assert (found.sd < 0.35).all()


def test_careless_voters_no_longer_shrink_the_ratings():
    ratings, rng = np.linspace(1, -1, 6), np.random.default_rng(2)
    slopes = rng.normal(1, 0.6, 60)
    c = voted(ratings, slopes / slopes.mean(), votes=200, rng=rng)
    fit = fit_judge_aware(c, tau=0.6)
    se = intervals(fit, cluster="voter").se
    assert np.abs((fit.ratings - ratings) / se).max() < 4
    # Plain Bradley-Terry mixes voters, and so flattens.
    assert np.ptp(fit_bradley_terry(c).ratings) < 0.95 * np.ptp(ratings)
    assert estimate_tau(c) == pytest.approx(0.6, abs=0.15)


def test_voters_who_are_alike_have_no_spread_to_estimate():
    c = voted(np.array([1.0, 0.0, -1.0]), np.ones(30), votes=40, rng=np.random.default_rng(4))
    assert estimate_tau(c) < 15 * LEAST_TAU


def test_judges_are_raters_too():
    c = voted(np.array([1.0, 0.0, -1.0]), np.array([1.4, 0.6]), votes=400, rng=np.random.default_rng(4))
    fit = fit_judge_aware(replace(c, voter=None, judge=c.voter * 5), cluster="judge")
    assert [p.name for p in fit.parameters] == ["discrimination of judge 0", "discrimination of judge 5"]
    assert fit.ratings == pytest.approx(fit_judge_aware(c).ratings)
    assert fit.provenance.parameters["tau"] == 0.5
    # alpha_1 = 2 - alpha_0, so both are as sure, and as one of them rises the other falls.
    v = fit.parameter_covariance(None)
    assert v == pytest.approx(v[0, 0] * np.array([[1, -1], [-1, 1]]))
    assert v[0, 0] == pytest.approx(discriminations(fit).sd[0] ** 2, rel=0.2)


def test_two_voters_who_say_the_opposite_have_no_maximum_that_can_be_told():
    c = replace(battles("x>y*10 y>x*10"), voter=np.repeat([0, 1], 10))
    # theta = 0 and alpha = 1 is a saddle: either voter could be the inverted one.
    with pytest.raises(NotConvergedError, match="no maximum: voters contradict each other too much"):
        fit_judge_aware(c, tau=1)
    assert fit_judge_aware(c, tau=0.1).ratings == pytest.approx([0, 0])


def test_nobody_rated_is_an_empty_fit():
    fit = fit_judge_aware(replace(battles("x>y*2"), voter=[0, 1]))
    assert fit.names == ()
    assert len(fit.unrated) == 2


def test_with_a_prior_the_undefeated_is_rated():
    fit = fit_judge_aware(replace(battles("x>y*2"), voter=[0, 1]), prior_sd=1)
    assert fit.names == ("x", "y")
    assert fit.ratings[0] > 0.3


def test_the_start_does_not_move_the_result():
    c = voted(np.array([1.0, 0.0, -1.0]), np.array([1.4, 0.6]), votes=50, rng=np.random.default_rng(4))
    fit = fit_judge_aware(c)
    assert fit_judge_aware(c, start=fit).ratings == pytest.approx(fit.ratings, abs=1e-12)
    assert np.linalg.eigvalsh(fit.likelihood.hessian()).min() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: fit_judge_aware(c, cluster="prompt"), "cluster is 'prompt': discriminations are by 'voter' or 'judge'"),
        (lambda c: fit_judge_aware(c, tau=0), "tau is 0: a standard deviation is more than 0"),
        (lambda c: discriminations(fit_bradley_terry(c)), "fit_bradley_terry has no discriminations"),
        (lambda c: discriminations(fit_judge_aware(c), level=2), "level is 2"),
    ],
)
def test_what_makes_no_sense_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        change(battles("x>y*3 y>x", voter=[1, 1, 2, 2]))


def test_a_voter_whose_every_vote_has_weight_zero_is_none():
    c = voted(np.array([1.0, 0.0, -1.0]), np.array([1.4, 1.0, 0.6]), votes=50, rng=np.random.default_rng(4))
    silent = fit_judge_aware(replace(c, weight=(c.voter != 1).astype(float)))
    assert [p.name[-1] for p in silent.parameters] == ["0", "2"]
    assert silent.ratings == pytest.approx(fit_judge_aware(c.reweighted((c.voter != 1).astype(float))).ratings)


def test_a_spread_of_raters_needs_raters():
    with pytest.raises(ValueError, match="0 voters with comparisons that can be rated: how they differ needs at least 2"):
        estimate_tau(Comparisons(names=("x", "y"), a=[], b=[], outcome=[]))
    with pytest.raises(ValueError, match="cluster is 'prompt': discriminations are by 'voter' or 'judge'"):
        estimate_tau(battles("x>y y>x"), cluster="prompt")


def test_a_likelihood_states_itself_in_another_unit():
    c = voted(np.linspace(0.5, -0.5, 4), np.array([0.6, 1.0, 1.4]), votes=100, rng=np.random.default_rng(5))
    likelihood = fit_judge_aware(c).likelihood
    assert likelihood.in_unit(4.0).hessian() == pytest.approx(4 * likelihood.hessian())


def test_without_voters_prompts_are_left_out_of_the_ratings_alone():
    c = voted(np.linspace(0.5, -0.5, 4), np.array([0.6, 1.0, 1.4]), votes=100, rng=np.random.default_rng(5))
    nobody = fit_judge_aware(replace(c, voter=None))
    assert intervals(nobody).se == pytest.approx(intervals(fit_bradley_terry(c)).se, rel=1e-3)
    with pytest.raises(ValueError, match="1 prompts: a covariance by cluster needs at least 2"):
        fit_judge_aware(replace(c, prompt=np.zeros(len(c), dtype=int))).leave_out("prompt")
