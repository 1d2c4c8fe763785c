"""Grounded Rao-Kupper: chances, cases worked by hand, another solver, and data without a maximum."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize

from ranking.maths import Comparisons, NotConvergedError
from ranking.maths.data.arrays import Floats
from ranking.maths.estimation.failures import SeparationError
from ranking.maths.estimation.fit import Parameter
from ranking.maths.models.rao_kupper import fit_rao_kupper
from ranking.maths.models.rao_kupper_both_bad import (
    _pairs_without_ties,
    fit_grounded_rao_kupper,
    grounded_pairs,
)
from tests.ranking.maths.making import battles


def chances(a: Floats, b: Floats, kappa: float) -> Floats:
    """P(a), P(b), P(tie), P(both bad) of weights a and b against a ground of 1, with theta = 1 + kappa: (4, n)."""
    win_a, win_b = a / (a + (1 + kappa) * b + 1), b / (b + (1 + kappa) * a + 1)
    both_bad = 1 / (1 + a + b)
    return np.stack([win_a, win_b, 1 - win_a - win_b - both_bad, both_bad])


def drawn(truth: Floats, *, log_kappa: float, level: float, n: int, rng: np.random.Generator) -> Comparisons:
    m = len(truth)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    p = chances(np.exp(truth[a] + level), np.exp(truth[b] + level), np.exp(log_kappa))
    outcome = (rng.random(n) > p.cumsum(axis=0)[:3]).sum(axis=0)
    return Comparisons(names=tuple("abcdefgh"[:m]), a=a, b=b, outcome=outcome, prompt=rng.integers(20, size=n))


def estimate(fit) -> Floats:
    return np.append(fit.ratings, [parameter.estimate for parameter in fit.parameters])


def value(c: Comparisons, x: Floats) -> float:
    m = len(c.names)
    p = chances(np.exp(x[c.a] + x[m + 1]), np.exp(x[c.b] + x[m + 1]), np.exp(x[m]))[c.outcome, np.arange(len(c))]
    return float(c.weights() @ np.log(p)) if (p > 0).all() else -np.inf


def gradient(of, at: Floats, *, step: float = 1e-5) -> Floats:
    return np.array([(of(at + h) - of(at - h)) / (2 * step) for h in step * np.eye(len(at))])


def test_chances_are_those_of_the_public_code_and_add_up_to_one():
    point = np.random.default_rng(1).normal(0, 2, size=(200, 4))
    found = np.exp(grounded_pairs(point).log_chance)
    weight = np.exp(point[:, :2] + point[:, 3:])
    expected = np.array([chances(a, b, kappa) for (a, b), kappa in zip(weight, np.exp(point[:, 2]), strict=True)])
    assert found == pytest.approx(expected, abs=1e-12)
    assert found.sum(axis=1) == pytest.approx(np.ones(200))
    assert (found > 0).all()


def test_a_tie_has_no_chance_at_width_zero_and_never_less():
    point = np.column_stack([np.random.default_rng(2).normal(0, 3, size=(100, 2)), np.full(100, -40.0), np.zeros(100)])
    assert (grounded_pairs(point).log_chance[:, 2] < -30).all()
    assert np.isfinite(grounded_pairs(point).log_chance).all()


@pytest.mark.parametrize(("model", "c"), [(grounded_pairs, 4), (_pairs_without_ties, 3)])
def test_slopes_and_bends_are_the_derivatives(model, c):
    for point in np.random.default_rng(3).normal(0, 1, size=(4, c)):
        found = model(point[None])
        for outcome in range(4) if c == 4 else (0, 1, 3):
            slope = gradient(lambda x, o=outcome: model(x[None]).log_chance[0, o], point)
            bend = [-gradient(lambda x, o=outcome, j=j: model(x[None]).slope[0, o, j], point) for j in range(c)]
            assert found.slope[0, outcome] == pytest.approx(slope, abs=1e-8)
            assert found.bend[0, outcome] == pytest.approx(np.array(bend), abs=1e-8)


def test_two_competitors_by_hand():
    # 10 wins each way, 5 both bad of 40, 15 ties: 1 / (1 + 2 w) = 1/8 and w / (w (2 + kappa) + 1) = 1/4, so
    # w = 7/2, kappa = 4 - 2 - 2/7 = 12/7. Saturated (but for the sides being equal).
    fit = fit_grounded_rao_kupper(battles("x>y*10 y>x*10 x#y*5 x=y*15"))
    assert fit.ratings == pytest.approx([0, 0], abs=1e-9)
    assert np.exp([p.estimate for p in fit.parameters]) == pytest.approx([12 / 7, 7 / 2])
    # level = ln w with w = (1 / s - 1) / 2: d level / ds = -1 / (s (1 - s)), var s = s (1 - s) / 40.
    assert fit.parameter_covariance(None)[1, 1] == pytest.approx(1 / (40 * (1 / 8) * (7 / 8)))
    assert fit.expected_points == pytest.approx(np.full((2, 2), 0.5))


def test_scipy_finds_no_higher_maximum_from_anywhere():
    rng = np.random.default_rng(4)
    for level in (-1.0, 0.5, 2.0):
        c = drawn(np.array([-0.6, 0.0, 0.6]), log_kappa=0.3, level=level, n=300, rng=rng)
        fit = fit_grounded_rao_kupper(c)
        assert value(c, estimate(fit)) == pytest.approx(fit.diagnostics.log_likelihood)
        for _ in range(3):
            found = minimize(
                lambda x, c=c: -value(c, x),
                rng.normal(0, 0.7, 5),
                method="Nelder-Mead",
                options={"maxfev": 4_000, "maxiter": 4_000},
            )
            assert -found.fun <= fit.diagnostics.log_likelihood + 1e-6


def test_every_start_ends_at_the_same_maximum():
    rng = np.random.default_rng(5)
    c = drawn(np.linspace(-1, 1, 5), log_kappa=0.0, level=0.5, n=200, rng=rng)
    fit = fit_grounded_rao_kupper(c)
    for _ in range(10):
        further = (Parameter("log kappa", rng.normal(0, 2)), Parameter("level", rng.normal(0, 2)))
        far = replace(fit, ratings=rng.normal(0, 2, 5), parameters=further)
        assert estimate(fit_grounded_rao_kupper(c, start=far)) == pytest.approx(estimate(fit), abs=1e-8)


def test_a_warm_start_takes_fewer_steps():
    c = drawn(np.linspace(-1, 1, 5), log_kappa=0.0, level=0.5, n=500, rng=np.random.default_rng(6))
    fit = fit_grounded_rao_kupper(c)
    assert fit_grounded_rao_kupper(c, start=fit).diagnostics.steps < fit.diagnostics.steps


def test_covariances_are_those_of_a_numerical_hessian_and_scores():
    c = drawn(np.array([-0.6, 0.0, 0.6]), log_kappa=0.3, level=0.5, n=120, rng=np.random.default_rng(7))
    fit = fit_grounded_rao_kupper(c)
    at = estimate(fit)
    rows = [replace(c, **{k: getattr(c, k)[[r]] for k in ("a", "b", "outcome", "prompt")}) for r in range(len(c))]
    scores = np.array([gradient(lambda x, row=row: value(row, x), at) for row in rows])
    hessian = np.array(
        [gradient(lambda x, j=j: gradient(lambda y: -value(c, y), x, step=1e-4)[j], at, step=1e-4) for j in range(5)]
    )
    # The ratings have mean zero: the bread on that plane.
    plane = np.eye(5)
    plane[:3, :3] -= 1 / 3
    basis = np.linalg.svd(plane)[0][:, :4]
    bread = basis @ np.linalg.inv(basis.T @ hessian @ basis) @ basis.T
    by_prompt = np.array([scores[c.prompt == p].sum(axis=0) for p in np.unique(c.prompt)])
    g = len(by_prompt)
    for cluster, meat in ((None, scores.T @ scores), ("prompt", by_prompt.T @ by_prompt * g / (g - 1))):
        expected = bread @ meat @ bread
        assert fit.covariance(cluster) == pytest.approx(expected[:3, :3], abs=1e-4)
        assert fit.parameter_covariance(cluster) == pytest.approx(expected[3:, 3:], abs=1e-4)


def test_simulated_ratings_width_and_level_are_recovered():
    truth = np.linspace(-1, 1, 6)
    c = drawn(truth, log_kappa=-0.2, level=0.8, n=60_000, rng=np.random.default_rng(8))
    # Standard errors are about .015, .02 and .01; five of them.
    fit = fit_grounded_rao_kupper(c)
    assert fit.ratings == pytest.approx(truth, abs=0.08)
    assert [p.estimate for p in fit.parameters] == pytest.approx([-0.2, 0.8], abs=0.1)


def test_far_above_the_ground_it_is_rao_kupper():
    # With weights that dwarf the ground P(a) = w_a / (w_a + e^eta w_b): 1 + kappa = e^eta.
    c = drawn(np.array([-0.5, 0.5]), log_kappa=0.0, level=9.0, n=5_000, rng=np.random.default_rng(9))
    c = replace(c, outcome=np.where(np.arange(len(c)) == 0, 3, c.outcome))
    grounded, plain = fit_grounded_rao_kupper(c), fit_rao_kupper(replace(c, weight=1.0 * (c.outcome < 3)))
    assert grounded.ratings == pytest.approx(plain.ratings, abs=2e-3)
    assert np.log1p(np.exp(grounded.parameters[0].estimate)) == pytest.approx(plain.parameters[0].estimate, abs=2e-3)


def test_a_competitor_that_is_often_bad_with_all_is_below_one_that_is_not():
    fit = fit_grounded_rao_kupper(battles("x>z*5 z>x*5 y>z*5 z>y*5 x=z*2 y=z*2 x#z*8 y#z"))
    # Against z both have the same results; together with z, x is bad eight times as often.
    assert fit.names == ("x", "y", "z")
    assert fit.ratings[0] < fit.ratings[1]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x>y*3 y>x x=y", "none of 5 comparisons is both bad.*fit_rao_kupper"),
        ("x#y*3", "all 3 comparisons are both bad"),
        ("x=y*3 x#y", "none of 4 comparisons has a winner"),
    ],
)
def test_outcomes_of_which_one_is_missing_are_refused_by_name(text, reason):
    with pytest.raises(SeparationError, match=reason):
        fit_grounded_rao_kupper(battles(text))
    with pytest.raises(SeparationError, match=reason):
        fit_grounded_rao_kupper(battles(text), prior_sd=1)


def test_wins_that_never_outnumber_ties_are_refused():
    with pytest.raises(SeparationError, match="ratings and the width of ties can grow together"):
        fit_grounded_rao_kupper(battles("x>y x=y x#y"))
    assert np.isfinite(fit_grounded_rao_kupper(battles("x>y x=y x#y"), prior_sd=1).ratings).all()


def test_too_few_steps_are_said_as_such():
    with pytest.raises(NotConvergedError, match="max_steps"):
        fit_grounded_rao_kupper(battles("x>y*5 y>x x=y x#y"), max_steps=1)


def test_without_ties_it_is_a_choice_with_the_ground_and_the_width_has_a_bound():
    fit = fit_grounded_rao_kupper(battles("x>y*40 y>x*20 x#y*10"))
    # Weights are as 40 : 20 : 10, the ground being 1.
    assert fit.ratings == pytest.approx([np.log(2) / 2, -np.log(2) / 2])
    assert [(p.name, round(p.estimate, 9)) for p in fit.parameters] == [("level", round(np.log(8) / 2, 9))]
    (kappa,) = fit.at_limit
    assert (kappa.limit, kappa.reason) == (-np.inf, "none of 70 comparisons is a tie: kappa is 0")
    tie = chances(np.array([4.0]), np.array([2.0]), np.exp(kappa.bound))[2, 0]
    assert (1 - tie) ** 70 == pytest.approx(0.05)
    # The share of three outcomes: the variance of ln(n_x / n_y), a quarter of it each.
    assert fit.covariance(None)[0, 0] == pytest.approx((1 / 40 + 1 / 20) / 4)


def test_few_comparisons_may_bound_nothing():
    assert fit_grounded_rao_kupper(battles("x>y y>x x#y*20")).at_limit[0].bound == np.inf


def test_who_has_no_rating_is_said():
    c = battles("x>y*5 y>x*5 x=y*2 x#y*2 best>x best>y worst#x y>worst u>v")
    fit = fit_grounded_rao_kupper(replace(c, names=("best", "u", "v", "worst", "x", "y")))
    assert fit.names == ("x", "y")
    assert {who.name: who.reason for who in fit.unrated} == {
        "best": "never lost, tied or was both bad (2 comparisons)",
        "u": "never lost, tied or was both bad (1 comparison)",
        "v": "never won or tied (1 comparison)",
        "worst": "never won or tied (2 comparisons)",
    }
    assert (fit.diagnostics.n_comparisons, fit.diagnostics.n_left_out) == (14, 5)


def test_a_chain_that_leads_only_one_way_is_said():
    c = battles("x>y*5 y>x*5 x=y*2 x#y*2 u>x v>x u>v v>u")
    reasons = {who.name: who.reason for who in fit_grounded_rao_kupper(c).unrated}
    assert reasons == dict.fromkeys("uv", "no chain of results puts it both above and below the ground (3 comparisons)")


def test_no_data_is_an_empty_fit():
    fit = fit_grounded_rao_kupper(Comparisons(names=("x", "y"), a=[], b=[], outcome=[]))
    assert (fit.names, {who.reason for who in fit.unrated}) == ((), {"no comparisons yet"})
    assert fit_grounded_rao_kupper(Comparisons(names=("x", "y"), a=[], b=[], outcome=[]), prior_sd=1).names == ()
