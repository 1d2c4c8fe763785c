"""Power: prompts and votes still needed to tell two competitors apart."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.special import expit
from scipy.stats import norm

from ranking.maths import Comparisons, differences, fit_bradley_terry
from ranking.maths.uncertainty.power import _least_clusters, prompts_needed
from tests.ranking.maths.making import battles, law, repeated, simulated


def with_prompt_effects(ratings, *, n_prompts, rng, sd=1.0):
    """Every pair twice on every prompt; a model's strength on a prompt is its rating plus Normal(0, sd)."""
    m = len(ratings)
    i, j = (np.tile(column, 2) for column in np.triu_indices(m, 1))
    strength = ratings + rng.normal(0, sd, (n_prompts, m))
    lost = rng.random((n_prompts, len(i))) > expit(strength[:, i] - strength[:, j])
    return Comparisons(
        names=tuple(f"m{k}" for k in range(m)),
        a=np.tile(i, n_prompts),
        b=np.tile(j, n_prompts),
        outcome=lost.ravel().astype(int),
        prompt=np.repeat(np.arange(n_prompts), len(i)),
    )


def test_the_number_is_the_textbooks():
    # 3,600 wins of 6,000 single votes: sd^2 = 1 / (.6 * .4) = 4.1667, gap = ln 1.5; t(199) for z would give
    # (1.972 + .8433)^2 * 4.1667 / .16440 = 200.9 where z gives 198.9.
    fit = fit_bradley_terry(battles("x>y*3600 y>x*2400", prompt=range(6000)))
    found = prompts_needed(fit, "x", "y")
    normal = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2 * (1 / 0.24) / np.log(1.5) ** 2
    assert normal < found.n_needed < normal + 4
    assert (found.gap, found.unit, found.n_votes_needed) == (pytest.approx(np.log(1.5)), "prompt", found.n_needed)
    assert (found.n_more, found.n_votes_more) == (0, 0)
    assert found.power_now > 0.999


def test_as_many_clusters_again_leave_the_number_needed():
    c = with_prompt_effects(np.array([0.3, 0.0, -0.3]), n_prompts=100, rng=np.random.default_rng(1))
    once = prompts_needed(fit_bradley_terry(c), "m0", "m1")
    doubled = repeated(c, prompt=np.concatenate([c.prompt, c.prompt + 100]))
    twice = prompts_needed(fit_bradley_terry(doubled), "m0", "m1")
    # But for G / (G - 1): 100/99 against 200/199.
    assert twice.sd**2 == pytest.approx(once.sd**2 * (200 / 199) / (100 / 99))
    assert twice.n_needed == pytest.approx(once.n_needed, rel=0.01)
    assert (twice.n_clusters, twice.n_votes) == (200, 2 * once.n_votes)


def test_more_votes_in_the_same_prompts_leave_the_prompts_and_double_the_votes():
    c = with_prompt_effects(np.array([0.3, 0.0, -0.3]), n_prompts=100, rng=np.random.default_rng(1))
    once = prompts_needed(fit_bradley_terry(c), "m0", "m1")
    twice = prompts_needed(fit_bradley_terry(repeated(c, prompt=np.tile(c.prompt, 2))), "m0", "m1")
    assert (twice.n_needed, twice.n_votes_needed) == (once.n_needed, pytest.approx(2 * once.n_votes_needed))


def test_half_the_gap_takes_four_times_the_prompts():
    fit = fit_bradley_terry(simulated(np.array([0.2, -0.2]), n=900, n_prompts=300, rng=np.random.default_rng(1)))
    near, far = prompts_needed(fit, "m000", "m001", gap=0.1), prompts_needed(fit, "m001", "m000", gap=0.2)
    assert near.n_needed == pytest.approx(4 * far.n_needed, rel=0.02)
    assert near.names == ("m000", "m001")


def test_as_many_prompts_as_told_separate_as_often_as_told():
    rng, ratings = np.random.default_rng(7), np.array([0.45, 0.0, 0.0, -0.45])
    pilot = fit_bradley_terry(with_prompt_effects(ratings, n_prompts=6_000, rng=rng))
    told = prompts_needed(pilot, "m0", "m1", power=0.8)
    n_separated, n_runs = 0, 400
    for _ in range(n_runs):
        found = differences(fit_bradley_terry(with_prompt_effects(ratings, n_prompts=int(told.n_needed), rng=rng)))
        n_separated += found.low[0, 1] > 0
    # The standard error of the share is .02; the pilot's gap is off by some 3 %, the number by 6 %, the power by .025.
    assert n_separated / n_runs == pytest.approx(0.8, abs=0.06)
    assert told.n_more == 0


def test_the_power_of_the_present_data_is_that_of_the_number_needed():
    fit = fit_bradley_terry(simulated(np.array([0.15, -0.15]), n=400, n_prompts=400, rng=np.random.default_rng(3)))
    now = prompts_needed(fit, "m000", "m001")
    assert prompts_needed(fit, "m000", "m001", power=now.power_now).n_needed == pytest.approx(now.n_clusters, abs=1)


@law(st.floats(0.01, 3), st.floats(0.1, 10), st.floats(0.3, 0.99), st.integers(30, 200))
def test_the_number_is_the_least_that_suffices(gap, sd, power, least):
    from scipy.stats import t

    n = _least_clusters(gap, sd, alpha=0.05, power=power, least=least)

    def wanted(size):
        return ((t.ppf(0.975, size - 1) + t.ppf(power, size - 1)) * sd / gap) ** 2

    assert n >= least
    assert wanted(n) <= n * (1 + 1e-9)
    assert n == least or wanted(n - 1) > (n - 1) * (1 - 1e-9)


def test_equals_are_never_told_apart():
    found = prompts_needed(fit_bradley_terry(battles("x>y*20 y>x*20", prompt=range(40))), "x", "y")
    assert (found.n_needed, found.n_votes_more) == (np.inf, np.inf)
    assert found.power_now == pytest.approx(0.025, abs=0.003)


def test_a_large_gap_still_needs_thirty_prompts_and_says_how_few_there_are():
    found = prompts_needed(fit_bradley_terry(battles("x>y*55 y>x*5", prompt=[*range(12)] * 5)), "x", "y")
    assert (found.n_needed, found.n_more, found.unit) == (30, 18, "prompt")
    assert found.notes[0] == "only 12 prompts, so results may differ with other prompts"


def test_without_clusters_comparisons_are_counted():
    c = battles("x>y*60 y>x*40")
    known = replace(c, prompt=np.arange(100))
    assert prompts_needed(fit_bradley_terry(c), "x", "y").unit == "comparison"
    assert prompts_needed(fit_bradley_terry(known), "x", "y", cluster=None).n_needed == pytest.approx(201, abs=2)


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        (("x", "q"), {}, "'q' is not rated: rated are 'x', 'y'"),
        (("x", "x"), {}, "'x' is given twice"),
        (("x", "y"), {"gap": -0.1}, "gap is -0.1"),
        (("x", "y"), {"power": 0.02}, "power is 0.02: allowed are 0.025"),
        (("x", "y"), {"level": 0}, "level is 0"),
    ],
)
def test_what_cannot_be_planned_is_refused(names, options, message):
    with pytest.raises(ValueError, match=message):
        prompts_needed(fit_bradley_terry(battles("x>y*3 y>x")), *names, **options)
