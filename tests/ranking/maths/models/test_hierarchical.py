"""Ratings by category: other solvers, both ends of shrinkage, laws, and what is said where data are thin."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from ranking.maths import Comparisons, NotConvergedError, fit_bradley_terry, intervals
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.models.hierarchical import fit_hierarchical
from tests.ranking.maths.making import battles, comparable, law


def asked(
    truth: Floats, sizes: list[int], *, rng: np.random.Generator, copies: int = 1, tie_rate: float = 0.0
) -> tuple[Comparisons, Ints]:
    """`sizes` comparisons of each category with ratings `truth` (C, m); every one a prompt, said `copies` times."""
    category = np.repeat(np.arange(len(sizes)), sizes)
    n, m = len(category), truth.shape[1]
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    wins = rng.random(n) < expit(truth[category, a] - truth[category, b])
    outcome = np.where(rng.random(n) < tie_rate, 2, np.where(wins, 0, 1))
    columns = {"a": a, "b": b, "outcome": outcome, "prompt": np.arange(n)}
    names = tuple(f"m{i}" for i in range(m))
    tiled = {name: np.tile(column, copies) for name, column in columns.items()}
    return Comparisons(names=names, **tiled), np.tile(category, copies)


def drawn(m: int, n_categories: int, tau: float, rng: np.random.Generator) -> Floats:
    truth = np.linspace(0.7, -0.7, m) + rng.normal(0, tau, (n_categories, m))
    return truth - truth.mean(axis=1, keepdims=True)


@st.composite
def by_category(draw: st.DrawFn) -> tuple[Comparisons, Ints]:
    c = draw(comparable())
    return c, np.array(draw(st.lists(st.integers(0, 2), min_size=len(c), max_size=len(c))))


def test_scipy_finds_the_same_mode_of_the_written_posterior():
    rng = np.random.default_rng(3)
    c, category = asked(drawn(3, 2, 0.5, rng), [60, 20], rng=rng, tie_rate=0.2)
    found = fit_hierarchical(c, category=category, tau=0.4)

    def loss(x):
        theta, delta = x[:3], x[3:].reshape(2, 3)
        u = (theta + delta)[category, c.a] - (theta + delta)[category, c.b]
        y = np.array([1, 0, 0.5, 0.5])[c.outcome]
        likelihood = np.sum(y * log_expit(u) + (1 - y) * log_expit(-u)) / found.design_effect
        return -likelihood + np.sum(delta**2) / (2 * 0.4**2) + theta.sum() ** 2

    x = minimize(loss, np.zeros(9), method="BFGS", options={"gtol": 1e-8}).x
    assert found.ratings == pytest.approx(x[:3] + x[3:].reshape(2, 3), abs=1e-5)
    assert found.whole == pytest.approx(x[:3], abs=1e-5)
    # Ties as half a win vary less than wins: a fifth of ties leaves about .8 of the variance.
    assert 0.65 < found.design_effect < 0.95


def test_tau_maximises_the_likelihood_with_theta_and_deltas_integrated_out():
    rng = np.random.default_rng(5)
    gaps, n = rng.normal(0.3, 0.8, 12), 60
    won = rng.binomial(n, expit(gaps))
    outcome = np.concatenate([np.repeat([0, 1], [w, n - w]) for w in won])
    c = Comparisons(names=("x", "y"), a=np.zeros(12 * n, dtype=int), b=np.ones(12 * n, dtype=int), outcome=outcome)
    found = fit_hierarchical(c, category=np.repeat(np.arange(12), n))
    # x - y in a category is Normal(theta, 2 tau**2): a grid of 201 by 401 points, with the likelihood over the design effect.
    theta, z = np.linspace(-3, 3, 201), np.linspace(-6, 6, 401)

    def log_marginal(tau):
        u = theta[:, None] + np.sqrt(2) * tau * z
        total = np.zeros(201)
        for w in won:
            value = (w * log_expit(u) + (n - w) * log_expit(-u)) / found.design_effect
            total += np.log(np.exp(value - value.max() - z**2 / 2).sum(axis=1)) + value.max()
        return total.max() + np.log(np.exp(total - total.max()).sum())

    taus = np.linspace(0.2, 1.2, 101)
    best = taus[np.argmax([log_marginal(tau) for tau in taus])]
    assert found.tau == pytest.approx(best, abs=0.02)


@law(by_category())
def test_tau_zero_is_bradley_terry_for_all_categories(case):
    c, category = case
    found, plain = fit_hierarchical(c, category=category, tau=0, cluster=None), fit_bradley_terry(c)
    assert found.names == plain.names
    assert found.whole == pytest.approx(plain.ratings, abs=1e-7)
    assert found.ratings == pytest.approx(np.tile(plain.ratings, (len(found.categories), 1)), abs=1e-7)
    assert found.shrinkage == pytest.approx(np.ones_like(found.ratings))
    own = np.sqrt(found.design_effect * np.diagonal(plain.model_covariance()))
    assert found.se == pytest.approx(np.tile(own, (len(found.categories), 1)), abs=1e-7)
    assert "no sign that categories differ" in found.notes[-1]


def test_a_wide_prior_is_bradley_terry_in_each_category():
    rng = np.random.default_rng(3)
    c, category = asked(drawn(3, 2, 0.5, rng), [200, 100], rng=rng)
    found = fit_hierarchical(c, category=category, tau=1_000)
    for place in (0, 1):
        alone = fit_bradley_terry(c.reweighted((category == place).astype(float)))
        assert found.ratings[place] == pytest.approx(alone.ratings, abs=1e-4)
        own = np.sqrt(np.diagonal(alone.model_covariance()) * found.design_effect)
        assert found.se[place] == pytest.approx(own, rel=1e-3)
    assert found.shrinkage.max() < 0.34


@law(by_category(), st.randoms(use_true_random=False))
def test_swapping_sides_changes_nothing_and_relabelling_permutes(case, random):
    c, category = case
    one = fit_hierarchical(c, category=category, tau=0.3, cluster=None)
    swapped = replace(c, a=c.b, b=c.a, outcome=np.array([1, 0, 2, 3])[c.outcome])
    assert fit_hierarchical(swapped, category=category, tau=0.3, cluster=None).ratings == pytest.approx(one.ratings, abs=1e-8)
    order = list(range(len(c.names)))
    random.shuffle(order)
    moved = replace(c, a=np.array(order)[c.a], b=np.array(order)[c.b])
    other = fit_hierarchical(moved, category=2 - category, tau=0.3, cluster=None)
    if one.names:
        assert other.ratings[::-1][:, order] == pytest.approx(one.ratings, abs=1e-8)
        assert other.se[::-1][:, order] == pytest.approx(one.se, abs=1e-8)
    assert one.ratings.sum(axis=1) == pytest.approx(np.zeros(len(one.categories)), abs=1e-10)
    assert one.ratings.mean(axis=0) == pytest.approx(one.whole, abs=1e-7)


def test_tau_is_recovered_and_little_data_shrink_to_the_whole():
    rng = np.random.default_rng(8)
    truth = drawn(8, 10, 0.4, rng)
    c, category = asked(truth, [1_000] * 9 + [20], rng=rng)
    found = fit_hierarchical(c, category=category)
    assert found.tau == pytest.approx(0.4, abs=0.1)
    assert found.shrinkage[9].min() > 0.5 > found.shrinkage[:9].max()
    assert found.se[9].min() > found.se[:9].max()
    assert np.mean((found.low <= truth) & (truth <= found.high)) > 0.85
    assert found.n_comparisons.tolist() == [1_000] * 9 + [20]


def test_categories_that_do_not_differ_may_give_tau_zero():
    rng = np.random.default_rng(2)
    c, category = asked(drawn(6, 1, 0, rng).repeat(8, axis=0), [300] * 8, rng=rng)
    found = fit_hierarchical(c, category=category)
    assert found.tau == 0
    assert "tau is 0" in found.notes[0]
    assert found.ratings == pytest.approx(np.tile(found.whole, (8, 1)))
    # Though it is the likeliest, tau need not be 0: categories are less sure than the whole.
    assert (found.se > 1.05 * found.whole_se).all()


def test_a_competitor_new_to_a_category_has_the_rating_of_the_whole_less_sure():
    rng = np.random.default_rng(8)
    c, category = asked(drawn(4, 3, 0.4, rng), [400] * 3, rng=rng)
    met = ((c.a == 0) | (c.b == 0)) & (category == 2)
    found = fit_hierarchical(c.reweighted((~met).astype(float)), category=category[~met], tau=0.4)
    assert found.shrinkage[2, 0] == pytest.approx(1)
    assert found.se[2, 0] > 1.5 * found.se[:2, 0].max()


def test_a_prompt_said_three_times_over_tells_no_more():
    rng = np.random.default_rng(8)
    truth = drawn(4, 3, 0.4, rng)
    once, category = asked(truth, [300] * 3, rng=np.random.default_rng(1))
    thrice, categories = asked(truth, [300] * 3, rng=np.random.default_rng(1), copies=3)
    one, three = fit_hierarchical(once, category=category), fit_hierarchical(thrice, category=categories)
    assert three.design_effect == pytest.approx(3 * one.design_effect, rel=0.02)
    assert three.ratings == pytest.approx(one.ratings, abs=0.01)
    assert three.se == pytest.approx(one.se, rel=0.02)
    assert fit_hierarchical(thrice, category=categories, cluster=None).se.mean() < 0.8 * three.se.mean()


def test_one_category_is_the_whole():
    c = battles("x>y*30 y>x*10 y>z*20 z>x*15")
    found = fit_hierarchical(c, category=["all"] * len(c))
    assert found.ratings[0] == pytest.approx(fit_bradley_terry(c).ratings)
    # The design effect is one for all, where the sandwich has its own for each: 8 % apart for y.
    assert found.se[0] == pytest.approx(intervals(fit_bradley_terry(c)).se, rel=0.1)
    assert found.tau == 0
    # With a tau of one's own, what delta adds to the variance it takes from that of the whole.
    given = fit_hierarchical(c, category=["all"] * len(c), tau=0.5)
    assert given.tau == 0.5
    assert given.ratings == pytest.approx(found.ratings, abs=1e-7)
    assert given.se == pytest.approx(found.se, rel=0.01)


def test_categories_are_sorted_by_their_own_kind():
    c = battles("x>y*3 y>x*3")
    assert fit_hierarchical(c, category=[10, 9, 9, 10, 9, 9], tau=1).categories == ("9", "10")
    assert fit_hierarchical(c, category=list("bbabab"), tau=1).categories == ("a", "b")


@pytest.mark.parametrize(
    ("prompt", "note"),
    [
        (None, "prompts unknown: comparisons are taken as independent"),
        ([1] * 8, "only 1 prompt, so results may differ with other prompts"),
        ([1, 2] * 4, "only 2 prompts, so results may differ with other prompts"),
    ],
)
def test_few_prompts_are_said(prompt, note):
    c = battles("x>y*6 y>x*2", prompt=prompt)
    found = fit_hierarchical(c, category=[1, 2] * 4, tau=0.2)
    assert note in found.notes
    assert found.design_effect >= fit_hierarchical(c, category=[1, 2] * 4, tau=0.2, cluster=None).design_effect - 1e-12


def test_where_all_outcomes_are_ties_the_width_is_the_models_own():
    found = fit_hierarchical(battles("x=y*8"), category=[1, 2] * 4, tau=0, cluster=None)
    assert found.design_effect == 1
    assert "no spread in the outcomes" in found.notes[0]
    # H = 8 / 4 on the difference, whose variance is 1/2: se of either is sqrt(1/2) / 2.
    assert found.se[0, 0] == pytest.approx(np.sqrt(1 / 2) / 2)


def test_whom_nothing_rates_is_left_out():
    c = battles("x>y*3 y>x*3 x>w w>x v>x*2")
    found = fit_hierarchical(c, category=[1, 2] * 5, tau=0.3)
    assert found.names == ("w", "x", "y")
    assert [u.name for u in found.unrated] == ["v"]
    assert found.n_comparisons.sum() == 8
    nobody = fit_hierarchical(battles("x>y*4"), category=[1, 2] * 2)
    assert nobody.names == ()
    assert nobody.ratings.shape == nobody.se.shape == (2, 0)
    nothing = fit_hierarchical(battles(""), category=[])
    assert nothing.categories == nothing.names == ()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"category": [1, 2]}, "category has 2 rows: it must have 4"),
        ({"category": ["u", None, "v", "u"]}, r"category\[1\] is unknown"),
        ({"category": [1, 2, 1, 2], "tau": -1}, "tau is -1: a standard deviation is 0 or more"),
        ({"category": [1, 2, 1, 2], "level": 95}, "level is 95"),
        ({"category": [1, 2, 1, 2], "cluster": "planet"}, "unknown cluster 'planet'"),
    ],
)
def test_what_makes_no_sense_is_refused(options, message):
    with pytest.raises(ValueError, match=message):
        fit_hierarchical(battles("x>y*3 y>x"), **options)


def test_too_few_steps_raise():
    # Even in all, uneven in each category.
    with pytest.raises(NotConvergedError, match="no maximum after 1 steps"):
        fit_hierarchical(battles("x>y*9 y>x x>y y>x*9"), category=[1] * 10 + [2] * 10, tau=1, max_steps=1)
    # Even everywhere, so no step is needed; but with ties the design effect wants a second round.
    with pytest.raises(NotConvergedError, match="do not settle in 1 rounds"):
        fit_hierarchical(battles("x>y*9 y>x*9 x=y*9"), category=[1] * 27, tau=1, max_steps=1)
