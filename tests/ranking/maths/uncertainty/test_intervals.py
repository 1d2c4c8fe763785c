"""Intervals: which variance, which quantile, and what the reader is told."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, t

from ranking.maths import Comparisons, differences, fit_bradley_terry, intervals
from ranking.maths.estimation.covariance import difference_variance, spread
from tests.ranking.maths.making import battles, simulated


def drawn(n_prompts, *, m=5, n=3000):
    return fit_bradley_terry(simulated(np.linspace(0.5, -0.5, m), n=n, n_prompts=n_prompts, rng=np.random.default_rng(3)))


def test_many_prompts_are_clusters():
    fit = drawn(40)
    found, left_out = intervals(fit), fit.leave_out("prompt")
    assert (found.kind, found.n_clusters, found.notes) == ("prompt", 40, ())
    assert found.df == pytest.approx(left_out.ratings - 1)
    assert ((found.df > 36) & (found.df < 39)).all()
    assert found.critical == pytest.approx(t.ppf(0.975, found.df))
    assert found.se == pytest.approx(np.sqrt(np.diagonal(left_out.covariance)))
    assert found.low == pytest.approx(fit.ratings - found.critical * found.se)
    assert found.high == pytest.approx(fit.ratings + found.critical * found.se)


def test_twenty_nine_prompts_are_few():
    found = intervals(drawn(29))
    assert (found.kind, found.n_clusters) == ("few_prompts", 29)
    assert found.notes == ("only 29 prompts, so results may differ with other prompts",)


def test_prompts_must_outnumber_competitors():
    assert intervals(drawn(43, m=42, n=9000)).kind == "prompt"
    found = intervals(drawn(42, m=42, n=9000))
    assert (found.kind, found.n_clusters) == ("few_prompts", 42)
    assert found.notes == ("only 42 prompts for 42 models, so results may differ with other prompts",)


def test_few_prompts_take_the_larger_variance_of_every_difference():
    fit = drawn(13)
    found, pairs = intervals(fit), differences(fit)
    iid, clustered = fit.covariance(None), fit.leave_out("prompt").covariance
    assert found.se**2 == pytest.approx(np.maximum(np.diagonal(iid), np.diagonal(clustered)))
    assert pairs.se**2 == pytest.approx(np.maximum(difference_variance(iid), difference_variance(clustered)))
    assert (difference_variance(iid) > difference_variance(clustered)).any()
    assert (difference_variance(iid) < difference_variance(clustered)).any()


def test_one_prompt_says_nothing_of_others():
    fit = fit_bradley_terry(battles("x>y*3 y>x", prompt=[1] * 4))
    found, pairs = intervals(fit), differences(fit)
    assert (found.kind, found.n_clusters, found.df.tolist()) == ("few_prompts", 1, [1, 1])
    assert found.notes == ("only 1 prompt: of others it says nothing, so there are no intervals and no places",)
    assert found.low.tolist() == [-np.inf, -np.inf]
    assert pairs.high.tolist() == [[0, np.inf], [np.inf, 0]]


def test_unknown_prompts_leave_independent_comparisons():
    fit = fit_bradley_terry(battles("x>y*3 y>x"))
    found = intervals(fit)
    assert (found.kind, found.n_clusters, found.df.tolist()) == ("iid", 4, [np.inf, np.inf])
    assert found.critical == pytest.approx(norm.ppf(0.975))
    assert found.notes == ("prompts unknown: comparisons are taken as independent",)
    assert intervals(fit, cluster=None).notes == ()


def test_an_empty_fit_has_empty_intervals_and_nothing_to_say():
    fit = fit_bradley_terry(Comparisons(names=("x",), a=[], b=[], outcome=[]))
    found, pairs = intervals(fit), differences(fit)
    assert (found.kind, found.notes, found.low.shape, pairs.se.shape) == ("iid", (), (0,), (0, 0))


def test_votes_without_a_prompt_do_not_turn_two_prompts_into_many():
    prompt = [1] * 200 + [2] * 200 + [None] * 40
    found = intervals(fit_bradley_terry(battles("x>y*220 y>x*220", prompt=prompt)))
    assert (found.kind, found.n_clusters) == ("few_prompts", 42)
    # L of a prompt with a share q of all is q / (1 - q): 5/6 twice and 1/439 forty times; Kish would say 2.4.
    expected = (2 * 5 / 6 + 40 / 439) ** 2 / (2 * 25 / 36 + 40 / 439**2)
    assert found.df == pytest.approx([expected - 1] * 2)
    assert found.notes == (
        "most comparisons are on a few of 42 prompts: they tell as much as 2 prompts with as many each, so intervals are wide",
        "40 comparisons name no prompt: each counts as a prompt of its own",
    )


def test_one_vote_without_its_prompt_changes_next_to_nothing():
    c = replace(simulated(np.zeros(2), n=1190, n_prompts=60, rng=np.random.default_rng(4)), prompt=np.arange(1190) % 60)
    once = intervals(fit_bradley_terry(c))
    prompt = np.array(c.prompt)
    prompt[5] = -1
    found = intervals(fit_bradley_terry(replace(c, prompt=prompt)))
    assert found.notes == ("1 comparison names no prompt: it counts as a prompt of its own",)
    assert found.df == pytest.approx(once.df, rel=0.01)
    assert found.se == pytest.approx(once.se, rel=0.03)


def test_a_prompt_or_two_among_many_unknown_do_no_harm():
    prompt = [1, 1, 2, 2] + [None] * 436
    found = intervals(fit_bradley_terry(battles("x>y*220 y>x*220", prompt=prompt)))
    assert (found.kind, found.n_clusters) == ("prompt", 438)
    assert found.df == pytest.approx([440**2 / (4 + 4 + 436) - 1] * 2, rel=0.001)
    assert found.notes == ("436 comparisons name no prompt: each counts as a prompt of its own",)


def test_voters_are_clusters_too():
    fit = fit_bradley_terry(battles("x>y*30 y>x*10", voter=list(range(40))))
    assert (intervals(fit, cluster="voter").kind, intervals(fit, cluster="voter").n_clusters) == ("voter", 40)
    few = fit_bradley_terry(battles("x>y*3 y>x", voter=[1, 1, 2, 2]))
    assert intervals(few, cluster="voter").notes == ("only 2 voters, so results may differ with other voters",)


def test_outcomes_that_are_all_equal_have_no_width_of_zero():
    found = intervals(fit_bradley_terry(battles("x=y*100")), cluster=None)
    # The model's own: H = 100 / 4, variance of the difference 1/25, of a centred rating a quarter of it.
    assert found.se == pytest.approx([0.1, 0.1])
    assert found.notes == (
        "no spread in the outcomes that set x and y apart (all equal, or cancelling in every cluster): "
        "their width is the model's own, and they are not called separated",
    )


def test_outcomes_that_cancel_inside_every_prompt_have_no_width_of_zero():
    fit = fit_bradley_terry(battles("x>y*40 y>x*40", prompt=[*range(40), *range(40)]))
    assert fit.covariance("prompt") == pytest.approx(np.zeros((2, 2)), abs=1e-12)
    assert intervals(fit).se == pytest.approx(np.sqrt([0.25 / 20, 0.25 / 20]))


def test_many_pairs_without_spread_are_told_in_one_line():
    found = intervals(fit_bradley_terry(battles("a=b*9 b=c*9 c=d*9 d=a*9")), cluster=None)
    assert "set a and b, a and c, a and d and 3 more pairs apart" in found.notes[0]


def test_differences_are_antisymmetric_and_zero_on_the_diagonal():
    pairs = differences(drawn(50), level=0.9)
    assert pairs.kind == "prompt"
    assert (pairs.estimate == -pairs.estimate.T).all()
    assert (np.diagonal(pairs.low) == 0).all()
    assert pairs.low == pytest.approx(-pairs.high.T)
    assert pairs.critical == pytest.approx(t.ppf(0.95, pairs.df))
    assert ((pairs.df > 45) & (pairs.df <= 49)).all()


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_outside_zero_to_one_is_refused(level):
    with pytest.raises(ValueError, match=rf"level is {level}: a confidence level lies between 0 and 1"):
        intervals(drawn(50), level=level)


def test_an_unknown_cluster_is_refused():
    with pytest.raises(ValueError, match="unknown cluster 'planet'"):
        intervals(drawn(50), cluster="planet")


def test_covariances_are_by_prompt_unless_another_is_asked_for_as_intervals_are():
    c = simulated(np.array([0.3, 0.0, -0.3]), n=400, n_prompts=40, rng=np.random.default_rng(1))
    fit = fit_bradley_terry(c)
    assert (fit.covariance() == fit.covariance("prompt")).all()
    assert (fit.covariance() != fit.covariance(None)).any()
    assert intervals(fit).kind == "prompt"


def test_what_is_known_of_a_fit_is_worked_out_once_for_each_column():
    fit = drawn(40)
    by_prompt, by_nobody = spread(fit, cluster="prompt"), spread(fit, cluster=None)
    assert spread(fit, cluster="prompt") is by_prompt
    assert (by_prompt.kind, by_nobody.kind) == ("prompt", "iid")
    assert spread(replace(fit), cluster="prompt") is not by_prompt
