"""Davidson's and Rao and Kupper's models: cases worked by hand, another solver, and data without a maximum."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog, minimize
from scipy.special import expit

from ranking.maths import Comparisons, fit_bradley_terry
from ranking.maths.data.arrays import Floats
from ranking.maths.estimation.failures import SeparationError
from ranking.maths.models.davidson import DAVIDSON, fit_davidson
from ranking.maths.models.rao_kupper import RAO_KUPPER, fit_rao_kupper
from ranking.maths.models.tie_width import _more_wins_than_ties
from tests.ranking.maths.making import battles, comparable, law

BOTH = pytest.mark.parametrize("fit_model", [fit_davidson, fit_rao_kupper])


def davidson_chances(gap: Floats, log_nu: float) -> Floats:
    """P(a), P(b), P(tie) as the paper writes them."""
    weights = np.stack([np.exp(gap / 2), np.exp(-gap / 2), np.exp(log_nu) * np.ones_like(gap)])
    return weights / weights.sum(axis=0)


def rao_kupper_chances(gap: Floats, eta: float) -> Floats:
    """The ordered logit with cut points -eta and eta."""
    below, above = expit(-eta - gap), expit(eta - gap)
    return np.stack([1 - above, below, above - below])


def value(chances, c: Comparisons, parameters: Floats) -> float:
    gap = parameters[c.a] - parameters[c.b]
    chance = chances(gap, parameters[len(c.names)])[np.minimum(c.outcome, 2), np.arange(len(c))]
    return float(c.weights() @ np.log(chance)) if (chance > 0).all() else -np.inf


def gradient(of, at: Floats, *, step: float = 1e-5) -> Floats:
    steps = step * np.eye(len(at))
    return np.array([(of(at + h) - of(at - h)) / (2 * step) for h in steps])


def test_davidsons_ratings_and_width_by_hand():
    fit = fit_davidson(battles("x>y*4 y>x x=y x#y"))
    # P(x) / P(y) = e^d = 4 / 1; P(tie) / sqrt(P(x) P(y)) = nu = 2 / sqrt(4 * 1) = 1.
    assert fit.ratings == pytest.approx([np.log(4) / 2, -np.log(4) / 2])
    assert fit.parameters[0].estimate == pytest.approx(0, abs=1e-12)
    # The model is saturated: the variance of ln(n_x / n_y) is 1/4 + 1/1, a quarter of it each.
    assert fit.covariance(None)[0, 0] == pytest.approx((1 / 4 + 1 / 1) / 4)
    # ln nu = ln n_t - (ln n_x + ln n_y) / 2: 1/2 + (1/4 + 1/1) / 4.
    assert fit.parameter_covariance(None)[0, 0] == pytest.approx(1 / 2 + (1 / 4 + 1) / 4)
    assert fit.expected_points[0, 1] == pytest.approx((4 + 2 / 2) / 7)


def test_rao_and_kuppers_ratings_and_width_by_hand():
    fit = fit_rao_kupper(battles("x>y*4 y>x x=y*2 x#y"))
    # logit P(x) = ln(4/4) = 0 = d - eta; logit P(y) = ln(1/7) = -d - eta. So d = eta = ln(7) / 2.
    assert fit.ratings[0] - fit.ratings[1] == pytest.approx(np.log(7) / 2)
    assert fit.parameters[0].estimate == pytest.approx(np.log(7) / 2)
    assert fit.expected_points[0, 1] == pytest.approx((4 + 3 / 2) / 8)
    # d = (logit P(x) - logit P(y)) / 2; by the delta method var = (1/4)(1/(8 * 1/2 * 1/2) + 1/(8 * 1/8 * 7/8)
    # + 2 (1/2)(1/8) / (8 (1/2)(1/2)(1/8)(7/8))), the covariance of two shares being - p q / n.
    logits = 1 / (8 * 1 / 4) + 1 / (8 * 7 / 64) + 2 * (1 / 16) / (8 * (1 / 4) * (7 / 64))
    assert fit.covariance(None)[0, 0] == pytest.approx(logits / 4 / 4)


@pytest.mark.parametrize(("model", "chances"), [(DAVIDSON, davidson_chances), (RAO_KUPPER, rao_kupper_chances)])
def test_chances_are_those_of_the_paper(model, chances):
    rng = np.random.default_rng(1)
    point = np.column_stack([rng.normal(0, 2, (50, 2)), rng.gamma(2, 1, 50)])
    expected = np.array([chances(np.array([a - b]), width)[:, 0] for a, b, width in point])
    found = model.pairs(point)
    assert np.exp(found.log_chance[:, :3]) == pytest.approx(expected)
    assert (found.log_chance[:, 3] == found.log_chance[:, 2]).all()


@pytest.mark.parametrize("model", [DAVIDSON, RAO_KUPPER])
def test_slopes_and_bends_are_the_derivatives(model):
    rng = np.random.default_rng(2)
    for point in np.column_stack([rng.normal(0, 1, (5, 2)), rng.gamma(3, 0.5, 5)]):
        found = model.pairs(point[None])
        for outcome in range(4):
            slope = gradient(lambda x, o=outcome: model.pairs(x[None]).log_chance[0, o], point)
            bend = [-gradient(lambda x, o=outcome, j=j: model.pairs(x[None]).slope[0, o, j], point) for j in range(3)]
            assert found.slope[0, outcome] == pytest.approx(slope, abs=1e-8)
            assert found.bend[0, outcome] == pytest.approx(np.array(bend), abs=1e-8)


@pytest.mark.parametrize("model", [DAVIDSON, RAO_KUPPER])
def test_the_width_of_a_tie_chance_gives_that_chance(model):
    point = np.array([[0.3, 0.3, model.width(0.35)]])
    assert np.exp(model.pairs(point).log_chance[0, 2]) == pytest.approx(0.35)


def test_a_negative_threshold_has_no_ties():
    assert RAO_KUPPER.pairs(np.array([[0.0, 0.0, -0.1]])).log_chance[0, 2] == -np.inf


@pytest.mark.parametrize(("fit_model", "chances"), [(fit_davidson, davidson_chances), (fit_rao_kupper, rao_kupper_chances)])
def test_scipy_finds_no_higher_likelihood(fit_model, chances):
    rng = np.random.default_rng(3)
    for _ in range(3):
        c = mixed(rng, n=60, m=4)
        fit = fit_model(c)
        ours = np.append(fit.ratings, fit.parameters[0].estimate)
        found = minimize(lambda x, c=c: -value(chances, c, x), np.append(np.zeros(4), 0.5), method="BFGS", tol=1e-9)
        assert value(chances, c, ours) == pytest.approx(fit.diagnostics.log_likelihood)
        assert value(chances, c, ours) >= -found.fun - 1e-9
        assert found.x[:4] - found.x[:4].mean() == pytest.approx(fit.ratings, abs=1e-3)


def mixed(rng: np.random.Generator, *, n: int, m: int) -> Comparisons:
    """Random outcomes of random pairs, and a ring of wins, so that everything has a maximum."""
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    a, b = np.concatenate([np.arange(m), a]), np.concatenate([(np.arange(m) + 1) % m, b])
    outcome = np.concatenate([np.zeros(m, dtype=int), rng.integers(4, size=n)])
    return Comparisons(names=tuple("abcdefgh"[:m]), a=a, b=b, outcome=outcome, prompt=np.arange(n + m) % 7)


@pytest.mark.parametrize(("fit_model", "chances"), [(fit_davidson, davidson_chances), (fit_rao_kupper, rao_kupper_chances)])
def test_covariances_are_those_of_a_numerical_hessian_and_scores(fit_model, chances):
    c = mixed(np.random.default_rng(4), n=40, m=3)
    fit = fit_model(c)
    at = np.append(fit.ratings, fit.parameters[0].estimate)
    rows = [replace(c, **{k: getattr(c, k)[[r]] for k in ("a", "b", "outcome", "prompt")}) for r in range(len(c))]
    scores = np.array([gradient(lambda x, row=row: value(chances, row, x), at) for row in rows])
    hessian = np.array(
        [gradient(lambda x, j=j: gradient(lambda y: -value(chances, c, y), x, step=1e-4)[j], at, step=1e-4) for j in range(4)]
    )
    bread = np.linalg.pinv((hessian + hessian.T) / 2, rcond=1e-6)
    by_prompt = np.array([scores[c.prompt == p].sum(axis=0) for p in range(7)])
    for cluster, meat in ((None, scores.T @ scores), ("prompt", by_prompt.T @ by_prompt * 7 / 6)):
        expected = bread @ meat @ bread
        assert fit.covariance(cluster) == pytest.approx(expected[:3, :3], rel=1e-3, abs=1e-4)
        assert fit.parameter_covariance(cluster) == pytest.approx(expected[3:, 3:], rel=1e-3)


@BOTH
def test_simulated_ratings_and_widths_are_recovered(fit_model):
    rng, truth, width, n = np.random.default_rng(5), np.linspace(-1, 1, 6), 0.4, 60_000
    a = rng.integers(6, size=n)
    b = (a + rng.integers(1, 6, size=n)) % 6
    chances = davidson_chances if fit_model is fit_davidson else rao_kupper_chances
    p = chances(truth[a] - truth[b], width)
    outcome = (rng.random(n) > p.cumsum(axis=0)[:2]).sum(axis=0)
    fit = fit_model(Comparisons(names=tuple("abcdef"), a=a, b=b, outcome=outcome))
    # Standard errors are about .015 and .01; five of them.
    assert fit.ratings == pytest.approx(truth, abs=0.07)
    assert fit.parameters[0].estimate == pytest.approx(width, abs=0.05)


@BOTH
def test_a_warm_start_ends_at_the_same_maximum_sooner(fit_model):
    c = mixed(np.random.default_rng(6), n=80, m=4)
    fit = fit_model(c)
    again = fit_model(c, start=fit)
    assert again.ratings == pytest.approx(fit.ratings, abs=1e-10)
    assert again.diagnostics.steps < fit.diagnostics.steps
    assert fit_model(c, start=fit_bradley_terry(c)).ratings == pytest.approx(fit.ratings, abs=1e-10)


@BOTH
def test_without_ties_it_is_bradley_terry_and_the_width_has_a_bound(fit_model):
    c = battles("x>y*3 y>x y>z*2 z>x*2 z>y")
    fit = fit_model(c)
    assert fit.ratings == pytest.approx(fit_bradley_terry(c).ratings)
    assert fit.parameters == ()
    (width,) = fit.at_limit
    assert width.limit == (-np.inf if fit_model is fit_davidson else 0.0)
    assert width.reason == "none of 9 comparisons is a tie: the model is Bradley-Terry"
    assert fit.provenance.method == fit_model.__name__


def test_the_bound_is_the_width_at_which_no_tie_has_chance_one_in_twenty():
    # Equal competitors: (1 - P(tie))^10 = .05. For Davidson P(tie) = nu / (2 + nu), for Rao-Kupper tanh(eta / 2).
    c = battles("x>y*5 y>x*5")
    chance = 1 - 0.05 ** (1 / 10)
    assert fit_davidson(c).at_limit[0].bound == pytest.approx(np.log(2 * chance / (1 - chance)))
    assert fit_rao_kupper(c).at_limit[0].bound == pytest.approx(2 * np.arctanh(chance))


@BOTH
def test_ties_alone_are_refused(fit_model):
    with pytest.raises(SeparationError, match="all 3 comparisons are ties"):
        fit_model(battles("x=y*2 x#y"))
    with pytest.raises(SeparationError, match="all 3 comparisons are ties"):
        fit_model(battles("x=y*2 x#y"), prior_sd=1)


@BOTH
@pytest.mark.parametrize("text", ["x>y x=y", "x>y*5 x=y*5", "x>y y=z z=x", "w>x x=y y>z z=w"])
def test_wins_that_never_outnumber_ties_are_refused_although_all_are_connected(fit_model, text):
    # x>y, y=z, z=x: the gap x - y >= width, y - z and z - x at most: gap 1, 1/2, 1/2 of a width that grows for ever.
    with pytest.raises(SeparationError, match="no chain of wins and ties"):
        fit_model(battles(text))
    assert np.isfinite(fit_model(battles(text), prior_sd=1).ratings).all()


@BOTH
@pytest.mark.parametrize("text", ["x>y y>x x=y", "x>y y>z z=x", "v>w w>x x=y y>z z=v"])
def test_a_chain_with_more_wins_than_ties_is_enough(fit_model, text):
    # The last: three wins and two ties around, though no two competitors beat each other in turn.
    assert np.isfinite(fit_model(battles(text)).ratings).all()


def rises_for_ever(c: Comparisons) -> bool:
    """Whether Davidson's likelihood has a direction (of ratings and log nu) in which no outcome seen loses log-weight.

    It is an exponential family: its maximum is finite if and only if there is none. By linear program.
    """
    m = len(c.names)
    gains = []
    for a, b, outcome in zip(c.a, c.b, c.outcome, strict=True):
        gap, width = np.zeros(m + 1), np.eye(m + 1)[m]
        gap[a], gap[b] = 0.5, -0.5
        weights = [gap, -gap, width]
        gains += [weights[outcome] - other for place, other in enumerate(weights) if place != outcome]
    total = np.sum(gains, axis=0)
    shift = np.append(np.ones(m), 0.0)[None]
    found = linprog(-total, A_ub=-np.array(gains), b_ub=np.zeros(len(gains)), A_eq=shift, b_eq=[0.0], bounds=(-1, 1))
    return bool(-found.fun > 1e-7)


def test_the_condition_for_a_finite_width_is_exact():
    rng, refused, fitted = np.random.default_rng(7), 0, 0
    for _ in range(400):
        m, n = int(rng.integers(2, 5)), int(rng.integers(3, 8))
        a = rng.integers(m, size=n)
        b = (a + rng.integers(1, m, size=n)) % m
        c = Comparisons(names=tuple("wxyz"[:m]), a=a, b=b, outcome=rng.choice([0, 1, 2], size=n))
        if len(fit_bradley_terry(c).names) < m or not (c.outcome == 2).any():
            continue
        endless = rises_for_ever(c)
        for fit_model in (fit_davidson, fit_rao_kupper):
            if endless:
                with pytest.raises(SeparationError):
                    fit_model(c)
            else:
                assert np.isfinite(fit_model(c).ratings).all()
        refused, fitted = refused + endless, fitted + (not endless)
    assert min(refused, fitted) > 15


@law(comparable())
def test_a_ring_of_wins_is_always_enough(c: Comparisons):
    assert _more_wins_than_ties(fit_bradley_terry(c).cells)


@BOTH
def test_who_has_no_rating_is_said(fit_model):
    fit = fit_model(battles("x>y y>x x=y z>x z>y*2"))
    assert fit.names == ("x", "y")
    assert fit.unrated[0].reason == "never lost or tied (3 comparisons)"
    assert fit.diagnostics.n_left_out == 3


@BOTH
def test_nobody_to_rate_is_an_empty_fit(fit_model):
    fit = fit_model(battles("x>y*2"))
    assert (fit.names, fit.at_limit, len(fit.unrated)) == ((), (), 2)


def test_a_prior_pulls_ratings_and_leaves_the_width_free():
    c = battles("x>y*40 y>x*10 x=y*50")
    fit, pulled = fit_davidson(c), fit_davidson(c, prior_sd=0.5)
    assert 0 < pulled.ratings[0] < fit.ratings[0]
    # The log-likelihood is reported without the prior.
    at = np.append(pulled.ratings, pulled.parameters[0].estimate)
    assert pulled.diagnostics.log_likelihood == pytest.approx(value(davidson_chances, c, at))
