"""The contextual model: cases worked by hand, another solver, judges without a finite slot intercept, separation."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import csr_array
from scipy.special import expit, log_expit, logit

from ranking.maths import Comparisons, NotConvergedError, fit_bradley_terry
from ranking.maths.data.arrays import Floats
from ranking.maths.data.style_covariates import length_saturation, style_differences
from ranking.maths.estimation.failures import SeparationError
from ranking.maths.estimation.fit import Parameter
from ranking.maths.estimation.separation import separating_direction
from ranking.maths.models.contextual import SLOT_SD, fit_contextual
from tests.ranking.maths.making import battles

POINTS = np.array([1.0, 0.0, 0.5, 0.5])


def contextual(rng: np.random.Generator, *, n: int = 300, m: int = 4, n_judges: int = 3) -> Comparisons:
    """Random pairs with two covariates, orders of which some are unknown, judges of which some are."""
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    first, judge = rng.integers(-1, 2, size=n), rng.integers(-1, n_judges, size=n)
    x = rng.normal(size=(n, 2))
    truth = np.linspace(-0.5, 0.5, m)
    chance = expit(truth[a] - truth[b] + x @ [0.5, -0.3] + 0.4 * np.array([1, -1, 0])[first])
    outcome = np.where(rng.random(n) < 0.2, rng.integers(2, 4, size=n), np.where(rng.random(n) < chance, 0, 1))
    return Comparisons(
        names=tuple("abcdefgh"[:m]),
        a=a,
        b=b,
        outcome=outcome,
        weight=rng.integers(0, 4, size=n).astype(float),
        prompt=rng.integers(20, size=n),
        judge=judge,
        first=first,
        covariates=x,
        covariate_names=("long", "bold"),
    )


def dense(c: Comparisons) -> tuple[Floats, tuple[str, ...]]:
    """The design, (n, p), as one would write it down."""
    design = np.zeros((len(c), len(c.names)))
    design[np.arange(len(c)), c.a], design[np.arange(len(c)), c.b] = 1, -1
    order = np.array([1.0, -1.0, 0.0])[c.first]
    judges = sorted({int(j) for j, o, w in zip(c.judge, order, c.weights(), strict=True) if o and w})
    slots = np.array([order * (c.judge == judge) for judge in judges]).reshape(len(judges), len(c)).T
    names = tuple(f"slot intercept of judge {j}" if j >= 0 else "slot intercept" for j in judges)
    return np.hstack([design, c.covariates, slots]), (*c.covariate_names, *names)


def test_scipy_finds_the_same_maximum():
    for seed in range(3):
        c = contextual(np.random.default_rng(seed))
        fit, (design, names) = fit_contextual(c), dense(c)
        points = POINTS[c.outcome]

        def loss(x, design=design, points=points, c=c):
            of_slots = x[len(c.names) + len(c.covariate_names) :]
            said = c.weights() @ (points * log_expit(design @ x) + (1 - points) * log_expit(-design @ x))
            return -said + of_slots @ of_slots / (2 * SLOT_SD**2)

        found = minimize(loss, np.zeros(design.shape[1]), method="BFGS", tol=1e-9)
        assert tuple(p.name for p in fit.parameters) == names
        prior = np.sum(found.x[6:] ** 2) / (2 * SLOT_SD**2)
        assert fit.diagnostics.log_likelihood == pytest.approx(prior - found.fun, rel=1e-6)
        assert fit.ratings == pytest.approx(found.x[:4] - found.x[:4].mean(), abs=1e-4)
        assert [p.estimate for p in fit.parameters] == pytest.approx(found.x[4:], abs=1e-4)


@pytest.mark.parametrize("slot_sd", [None, SLOT_SD, 0.3])
def test_covariances_are_those_of_the_written_down_design(slot_sd):
    c = contextual(np.random.default_rng(3))
    c = replace(c, voter=np.arange(len(c)) % 11)
    fit, (design, _) = fit_contextual(c, slot_sd=slot_sd), dense(c)
    prior = np.diag(np.append(np.zeros(6), np.full(design.shape[1] - 6, slot_sd**-2 if slot_sd else 0.0)))
    estimate = np.append(fit.ratings, [p.estimate for p in fit.parameters])
    p = expit(design @ estimate)
    scores = (POINTS[c.outcome] - p)[:, None] * design
    bread = np.linalg.pinv(design.T @ ((c.weight * p * (1 - p))[:, None] * design) + prior)
    assert fit.model_covariance() == pytest.approx(bread[:4, :4], abs=1e-9)

    def clustered(labels):
        summed = np.array([(c.weight[labels == g] @ scores[labels == g]) for g in np.unique(labels[c.weight > 0])])
        return summed.T @ summed * len(summed) / (len(summed) - 1)

    pairs = c.prompt * 100 + c.voter
    meats = {
        None: (c.weight[:, None] * scores).T @ scores,
        "prompt": clustered(c.prompt),
        ("prompt", "voter"): clustered(c.prompt) + clustered(c.voter) - clustered(pairs),
    }
    for cluster, meat in meats.items():
        values, vectors = np.linalg.eigh(bread @ (meat + prior) @ bread)
        expected = (vectors * np.maximum(values, 0)) @ vectors.T
        assert fit.covariance(cluster) == pytest.approx(expected[:4, :4], abs=1e-9)
        assert fit.parameter_covariance(cluster) == pytest.approx(expected[4:, 4:], abs=1e-9)


def test_without_context_it_is_bradley_terry():
    c = battles("x>y*3 y>x y=z z>x")
    fit, plain = fit_contextual(c), fit_bradley_terry(c)
    assert (fit.ratings.tolist(), fit.parameters) == (plain.ratings.tolist(), ())
    assert fit.provenance.method == "fit_contextual"


def test_a_covariate_by_hand():
    # Two equal competitors; where a is longer it wins 3 of 4, else 1 of 2: beta = ln 3, theta = 0 ... the same
    # seen from both sides, so that the difference of ratings is 0.
    a, b = ["x"] * 4 + ["y"] * 4, ["y"] * 4 + ["x"] * 4
    c = Comparisons.from_names(a, b, ["a", "a", "a", "b"] * 2, covariates={"longer": [1.0] * 8})
    fit = fit_contextual(c)
    assert fit.ratings == pytest.approx([0, 0], abs=1e-9)
    assert fit.parameters[0].estimate == pytest.approx(np.log(3))
    # 1 / (8 * 3/4 * 1/4) = 2/3, and B = H.
    assert fit.parameter_covariance(None)[0, 0] == pytest.approx(2 / 3)
    assert fit.expected_points[0, 1] == pytest.approx(1 / 2)


def slot_choices(*, n_pairs: int, chance: float, rng: np.random.Generator) -> Comparisons:
    """One judge; every pair in both orders; slot 1 is chosen with a chance that no competitor changes."""
    a = rng.integers(5, size=n_pairs)
    b = (a + rng.integers(1, 5, size=n_pairs)) % 5
    first = np.repeat([0, 1], n_pairs)
    slot_1 = rng.random(2 * n_pairs) < chance
    outcome = np.where(slot_1, first, 1 - first)
    return Comparisons(
        names=tuple("abcde"),
        a=np.tile(a, 2),
        b=np.tile(b, 2),
        outcome=outcome,
        first=first,
        judge=np.zeros(2 * n_pairs, dtype=int),
    )


def test_the_slot_intercept_of_a_judge_who_picks_slot_1_in_60_percent():
    fit = fit_contextual(slot_choices(n_pairs=10_000, chance=0.6, rng=np.random.default_rng(1)))
    (gamma,) = fit.parameters
    assert gamma.name == "slot intercept of judge 0"
    # logit .6 = .405; standard error 1 / sqrt(20000 * .6 * .4) = .0144, three of them .045.
    assert gamma.estimate == pytest.approx(logit(0.6), abs=0.045)
    assert np.sqrt(fit.parameter_covariance(None)[0, 0]) == pytest.approx(0.0144, abs=0.0003)


def test_a_judge_who_always_picks_slot_1_has_an_estimate_and_an_interval_that_says_how_little_is_known():
    c = slot_choices(n_pairs=50, chance=1.0, rng=np.random.default_rng(1))
    fit = fit_contextual(c)
    (gamma,) = fit.parameters
    assert fit.ratings == pytest.approx(np.zeros(5), abs=1e-6)
    # The prior's pull is that of the data: gamma / 4 = 100 (1 - P(slot 1)).
    assert gamma.estimate / SLOT_SD**2 == pytest.approx(100 * expit(-gamma.estimate))
    assert gamma.estimate > logit(0.05 ** (1 / 100))  # the 95 % bound of Clopper and Pearson
    assert (fit.at_limit, fit.unrated, fit.diagnostics.n_left_out) == ((), (), 0)
    own = np.linalg.inv(fit.likelihood.hessian())[-1, -1]
    assert np.sqrt(own) == pytest.approx(SLOT_SD / np.sqrt(1 + gamma.estimate), rel=0.03)


def test_one_judge_of_one_slot_drops_no_comparison():
    c = contextual(np.random.default_rng(4))
    theirs = (c.first >= 0) & (c.weight > 0) & (c.judge == 1)
    fit = fit_contextual(replace(c, outcome=np.where(theirs, 1 - c.first, c.outcome)))
    estimates = {each.name: each.estimate for each in fit.parameters}
    assert estimates["slot intercept of judge 1"] < -2
    assert len(fit.comparisons) == len(c)


def test_a_separable_judge_with_one_slip_keeps_all_its_games():
    """Each model beats those below it, whatever its slot; where two are level the judge takes slot 2."""
    rng = np.random.default_rng(7)
    a = rng.integers(6, size=150)
    b = (a + rng.integers(1, 6, size=150)) % 6
    rank = np.array([0, 0, 1, 1, 2, 2])
    first = np.repeat([0, 1], 150)
    gap = np.tile(rank[b] - rank[a], 2)
    slip = np.arange(300) % 60 == 0  # and now and then the worse one
    outcome = np.where(gap == 0, 1 - first, np.where((gap > 0) ^ slip, 0, 1))
    c = Comparisons(
        names=tuple("abcdef"), a=np.tile(a, 2), b=np.tile(b, 2), outcome=outcome, first=first, judge=np.zeros(300, int)
    )
    fit = fit_contextual(c)
    assert (fit.names, len(fit.comparisons), fit.unrated) == (c.names, 300, ())
    assert fit.parameters[0].estimate < 0


def test_one_tie_in_one_order_has_a_maximum_too():
    """Without a prior that pair's gap would cancel the slot where they tied, and add to it in the other order."""
    c = slot_choices(n_pairs=50, chance=1.0, rng=np.random.default_rng(2))
    c = replace(c, outcome=np.where(np.arange(100) == 0, 2, c.outcome))
    assert np.isfinite(fit_contextual(c).ratings).all()
    with pytest.raises(SeparationError, match=r"rises for ever along .*slot intercept of judge 0 \(up\)"):
        fit_contextual(c, slot_sd=None)


def test_a_tie_in_either_order_makes_the_intercept_finite_without_a_prior():
    c = slot_choices(n_pairs=50, chance=1.0, rng=np.random.default_rng(2))
    fit = fit_contextual(replace(c, outcome=np.where(np.arange(100) % 50 == 0, 2, c.outcome)), slot_sd=None)
    # Both orders alike, so all are equal; slot 1 got 98 wins and 2 halves: 99 to 1.
    assert fit.ratings == pytest.approx(np.zeros(5), abs=1e-9)
    assert fit.parameters[0].estimate == pytest.approx(np.log(99))


def test_a_well_determined_intercept_does_not_move():
    for chance in (0.35, 0.5, 0.6, 0.8):
        c = slot_choices(n_pairs=1_000, chance=chance, rng=np.random.default_rng(3))
        with_prior, without = fit_contextual(c), fit_contextual(c, slot_sd=None)
        se = np.sqrt(without.parameter_covariance(None)[0, 0])
        assert with_prior.parameters[0].estimate == pytest.approx(without.parameters[0].estimate, abs=0.05 * se)
        assert with_prior.ratings == pytest.approx(without.ratings, abs=1e-6 if chance == 0.5 else 1e-3)
        assert np.sqrt(with_prior.parameter_covariance(None)[0, 0]) == pytest.approx(se, rel=2e-3)


def test_what_one_order_cannot_tell_is_in_the_width_of_the_ratings():
    """x always stood first and won 60 of 100: a better answer or a liking for slot 1, and the prior alone says how much."""
    outcome = np.where(np.arange(100) < 60, 0, 1)
    c = Comparisons(names=("x", "y"), a=np.zeros(100, int), b=np.ones(100, int), outcome=outcome, first=np.zeros(100, int))
    fit, plain = fit_contextual(c), fit_bradley_terry(c)
    assert fit.parameters[0].estimate == pytest.approx(0, abs=1e-6)
    assert fit.ratings == pytest.approx(plain.ratings, abs=1e-6)
    # A difference of theirs has the plain variance and that of the prior, 4; a rating is half a difference.
    assert fit.covariance(None)[0, 0] == pytest.approx(plain.covariance(None)[0, 0] + SLOT_SD**2 / 4, rel=1e-3)


def test_the_prior_of_slots_has_to_be_positive():
    with pytest.raises(ValueError, match="prior_sd is 0"):
        fit_contextual(contextual(np.random.default_rng(1)), slot_sd=0)


RING = "w>x x>y y>z z>w w=y x=z " * 3


def ring(covariate: Floats) -> Comparisons:
    return replace(battles(RING), covariates=covariate[:, None], covariate_names=("style",))


def test_a_covariate_that_separates_perfectly_is_named():
    c = battles("x>y*4 y>x*4")
    points = POINTS[c.outcome]
    separated = replace(c, covariates=(2 * points - 1)[:, None] * np.arange(1, 9)[:, None], covariate_names=("style",))
    with pytest.raises(SeparationError, match=r"rises for ever along style \(up\)"):
        fit_contextual(separated)
    with pytest.raises(SeparationError, match=r"style \(up\)"):
        fit_contextual(separated, prior_sd=1)


def test_quasi_separation_is_named():
    # Only four rows carry the covariate, and each was won by the side that had more of it.
    c = battles(RING)
    style = np.zeros(len(c))
    decided = np.flatnonzero(c.outcome < 2)[:4]
    style[decided] = 1 - 2 * c.outcome[decided]
    with pytest.raises(SeparationError, match=r"style \(up\)"):
        fit_contextual(ring(style))


def test_a_covariate_and_competitors_that_separate_together_are_named():
    # y beats x only where the covariate, which x always has, is large.
    c = battles("x>y*5 y>x*5")
    style = np.where(c.a == 0, 1.0, -2.0)
    found = replace(c, covariates=style[:, None], covariate_names=("style",))
    with pytest.raises(SeparationError, match=r"style \(down\), x \(up\), y \(down\)"):
        fit_contextual(found)


def test_what_was_fitted_is_never_separated():
    rng, n_fitted, n_refused = np.random.default_rng(11), 0, 0
    for _ in range(300):
        n = int(rng.integers(6, 20))
        a = rng.integers(3, size=n)
        b = (a + rng.integers(1, 3, size=n)) % 3
        style, first = rng.integers(-1, 2, size=(n, 1)), rng.integers(-1, 2, size=n)
        names = {"names": ("x", "y", "z"), "covariate_names": ("style",)}
        c = Comparisons(a=a, b=b, outcome=rng.integers(3, size=n), first=first, covariates=style, **names)
        try:
            fit = fit_contextual(c, slot_sd=None)
        except SeparationError:
            n_refused += 1
            continue
        if fit.names and fit.parameters:
            n_fitted += 1
            rated = fit.comparisons
            design, _ = dense(replace(rated, judge=np.full(len(rated), -1)))
            assert separating_direction(csr_array(design), POINTS[rated.outcome]) is None
    assert min(n_fitted, n_refused) > 30


@pytest.mark.parametrize("style", [np.zeros(18), None])
def test_a_covariate_that_says_nothing_new_is_named(style):
    c = battles(RING)
    strength = np.array([1.0, 2.0, 4.0, 7.0])
    style = strength[c.a] - strength[c.b] if style is None else style
    with pytest.raises(SeparationError, match=r"no single maximum.*style"):
        fit_contextual(ring(style))


@pytest.mark.parametrize("unit", [1e-12, 1e12])
def test_the_unit_of_a_covariate_does_not_matter(unit):
    c = contextual(np.random.default_rng(5))
    fit, other = fit_contextual(c), fit_contextual(replace(c, covariates=c.covariates * unit))
    assert other.ratings == pytest.approx(fit.ratings, abs=1e-9)
    assert other.parameters[0].estimate * unit == pytest.approx(fit.parameters[0].estimate)
    assert other.covariance("prompt") == pytest.approx(fit.covariance("prompt"))
    separated = battles("x>y*4 y>x*4")
    with pytest.raises(SeparationError, match="style"):
        fit_contextual(replace(separated, covariates=unit * np.arange(1.0, 9.0)[:, None], covariate_names=("style",)))


def test_too_few_steps_are_said_as_such():
    c = contextual(np.random.default_rng(5))
    fit = fit_contextual(c)
    far = replace(fit, parameters=(Parameter("long", 9.0),))
    assert fit_contextual(c, start=far).ratings == pytest.approx(fit.ratings, abs=1e-9)
    with pytest.raises(NotConvergedError, match="max_steps"):
        fit_contextual(c, start=far, max_steps=5)


def test_two_groups_of_which_one_always_wins_are_not_compared():
    c = battles("a>b b>a c>d*4 d>c*4 d>c a>c a>d b>c b>d*2")
    fit = fit_contextual(replace(c, first=np.arange(len(c)) % 2))
    assert fit.components == (("a", "b"), ("c", "d"))
    assert all("never won or tied" in who.reason or "never lost" in who.reason for who in fit.unrated)


def test_undefeated_and_winless_have_the_reason():
    c = battles("x>y*2 y>x*2 u>x u>y x>w y>w")
    fit = fit_contextual(replace(c, first=np.arange(len(c)) % 2))
    assert {who.name: who.reason for who in fit.unrated} == {
        "u": "never lost or tied (2 comparisons)",
        "w": "never won or tied (2 comparisons)",
    }


def test_a_warm_start_ends_at_the_same_maximum():
    c = contextual(np.random.default_rng(6), n=2_000)
    fit = fit_contextual(c)
    again = fit_contextual(c, start=fit)
    assert again.ratings == pytest.approx(fit.ratings, abs=1e-9)
    assert again.diagnostics.steps < fit.diagnostics.steps


def test_a_prior_pulls_ratings_and_nothing_else():
    c = contextual(np.random.default_rng(7), n=2_000)
    fit, pulled = fit_contextual(c), fit_contextual(c, prior_sd=0.05)
    assert np.ptp(pulled.ratings) < 0.9 * np.ptp(fit.ratings)
    assert pulled.parameters[0].estimate == pytest.approx(fit.parameters[0].estimate, abs=0.03)
    assert pulled.diagnostics.log_likelihood < fit.diagnostics.log_likelihood
    assert fit_contextual(Comparisons(names=("x", "y"), a=[], b=[], outcome=[]), prior_sd=1).ratings.tolist() == [0, 0]


def test_simulated_ratings_and_effects_are_recovered():
    rng, n = np.random.default_rng(8), 40_000
    c = contextual(rng, n=n, m=6)
    truth = np.linspace(-0.5, 0.5, 6)
    order = np.array([1.0, -1.0, 0.0])[c.first]
    chance = expit(truth[c.a] - truth[c.b] + c.covariates @ [0.5, -0.3] + np.array([0.2, 0.6, -0.4, 0.0])[c.judge] * order)
    fit = fit_contextual(replace(c, weight=None, outcome=np.where(rng.random(n) < chance, 0, 1)))
    # Standard errors are about .02 and .025; five of them.
    assert fit.ratings == pytest.approx(truth, abs=0.1)
    assert [p.estimate for p in fit.parameters] == pytest.approx([0.5, -0.3, 0, 0.2, 0.6, -0.4], abs=0.13)


def test_style_differences_by_hand():
    found = style_differences([9, 0], [3, 0], a_marks={"bold": [5, 0]}, b_marks={"bold": [1, 0]})
    # length (9 - 3) / (9 + 3) = 1/2; densities 5/10 and 1/4: (1/4) / (3/4 + 1) = 1/7. Then over the root mean
    # square of (v, 0), which is v / sqrt 2.
    assert found["length"] == pytest.approx([np.sqrt(2), 0])
    assert found["bold"] == pytest.approx([np.sqrt(2), 0])
    unscaled = style_differences([9, 3], [3, 9], a_marks={"bold": [5, 5]}, b_marks={"bold": [1, 5]})
    # densities 5/10, 1/4 and 5/4, 5/10: 1/7 and (3/4) / (7/4 + 1) = 3/11.
    assert unscaled["bold"][1] / unscaled["bold"][0] == pytest.approx((3 / 11) / (1 / 7))


def test_style_differences_change_sign_with_the_sides():
    rng = np.random.default_rng(9)
    a, b, marks_a, marks_b = rng.integers(0, 500, size=(4, 30))
    there = style_differences(a, b, a_marks={"lists": marks_a}, b_marks={"lists": marks_b})
    back = style_differences(b, a, a_marks={"lists": marks_b}, b_marks={"lists": marks_a})
    assert all((there[name] == -back[name]).all() for name in ("length", "lists"))
    assert (length_saturation(a, b) == -length_saturation(b, a)).all()


def test_style_without_rows_or_differences_is_zero():
    assert style_differences([], [], a_marks={}, b_marks={})["length"].tolist() == []
    assert style_differences([2], [2], a_marks={}, b_marks={})["length"].tolist() == [0]


def test_impossible_style_is_refused():
    with pytest.raises(ValueError, match=r"a_lengths\[1\] is -1"):
        style_differences([1, -1], [1, 1], a_marks={}, b_marks={})
    with pytest.raises(ValueError, match=r"b_lengths\[0\] is nan"):
        length_saturation([1], [np.nan])
    with pytest.raises(ValueError, match="the same names for both"):
        style_differences([1], [1], a_marks={"bold": [1]}, b_marks={})
