"""Intervals of slot intercepts, covariates and tie widths: the rule of the ratings."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from ranking.maths import Comparisons, fit_bradley_terry, fit_davidson, parameter_intervals
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.uncertainty.parameter_intervals import slot_intervals
from tests.ranking.maths.clusters.test_effective_clusters import busy
from tests.ranking.maths.making import battles


def games(*, n=400, prompt=None, seed=1):
    """One judge with a liking for slot 1, four equal models."""
    rng = np.random.default_rng(seed)
    a = rng.integers(4, size=n)
    first = rng.integers(2, size=n)
    won = rng.random(n) < 1 / (1 + np.exp(-0.4 * (1 - 2 * first)))
    return Comparisons(
        names=tuple("abcd"), a=a, b=(a + rng.integers(1, 4, size=n)) % 4, outcome=(~won).astype(int), first=first, prompt=prompt
    )


def test_it_is_the_leave_out_variance_with_its_own_t():
    fit = fit_contextual(games(prompt=np.arange(400) % 100))
    found, left_out = parameter_intervals(fit), fit.leave_out("prompt")
    assert found.names == ("slot intercept",)
    assert found.se[0] == pytest.approx(np.sqrt(left_out.covariance[4, 4]))
    assert found.high - found.estimate == pytest.approx(t.ppf(0.975, left_out.parameters - 1) * found.se)
    assert (found.kind, found.n_clusters) == ("prompt", 100)


def test_unknown_prompts_are_clusters_of_their_own():
    known = parameter_intervals(fit_contextual(games(prompt=range(400))))
    unknown = parameter_intervals(fit_contextual(games()))
    mixed = parameter_intervals(fit_contextual(games(prompt=[*range(10), *[-1] * 390])))
    assert unknown.se == pytest.approx(known.se, rel=0.02)
    assert unknown.high == pytest.approx(known.high, abs=0.01)
    assert mixed.high == pytest.approx(known.high, abs=0.01)
    assert mixed.n_clusters == 400


def test_few_prompts_take_the_larger_variance():
    fit = fit_contextual(games(prompt=np.arange(400) % 8))
    found = parameter_intervals(fit)
    larger = max(fit.leave_out("prompt").covariance[4, 4], fit.parameter_covariance(None)[0, 0])
    assert found.se[0] == pytest.approx(np.sqrt(larger))
    assert found.df[0] < 7.01


def test_what_one_prompt_carries_is_left_to_the_prior_with_one_degree_of_freedom():
    c = games(prompt=np.arange(400) % 100)
    first = np.where(np.arange(400) % 100 == 0, c.first, -1)
    found = parameter_intervals(fit_contextual(replace(c, first=first)))
    assert found.df.tolist() == [1]
    assert found.high[0] - found.low[0] > 4
    single = parameter_intervals(fit_contextual(games(prompt=np.zeros(400, dtype=int))))
    assert (np.isinf(single.high[0]), single.df.tolist()) == (True, [1])


def test_two_columns_cross():
    c = busy(n=900)
    fit = fit_contextual(replace(c, voter=np.arange(900) % 45))
    found = parameter_intervals(fit, cluster=("prompt", "voter"))
    fewer = np.minimum(fit.leave_out("prompt").parameters, fit.leave_out("voter").parameters)
    assert found.df == pytest.approx(fewer - 1)
    assert (found.se > 0).all()


def test_parameters_whose_scores_cancel_have_the_models_own_width():
    c = battles("x>y*40 y>x*40 x=y*40", prompt=[*range(40)] * 3)
    found = parameter_intervals(fit_davidson(c))
    own = np.linalg.inv(fit_davidson(c).likelihood.hessian())[-1, -1]
    assert found.se == pytest.approx([np.sqrt(own)])


def test_a_fit_without_parameters_has_none():
    assert parameter_intervals(fit_bradley_terry(battles("x>y*3 y>x"))).names == ()


def test_a_level_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match="level is 95"):
        parameter_intervals(fit_contextual(games()), level=95)


def test_without_an_order_there_is_no_slot_to_speak_of():
    assert slot_intervals(fit_contextual(replace(games(), first=None))).names == ()
