"""Ratings with bootstrap replicates, read like a fit."""

from dataclasses import replace

import numpy as np
import pytest

from ranking.maths import bootstrap, differences, fit_bradley_terry, intervals, rank_sets
from ranking.maths.estimation.covariance import standing
from ranking.maths.resampling.resampled import Resampled
from tests.ranking.maths.making import battles, simulated


def twins(n_prompts: int, *, m: int = 4, by=("cells", "prompt")):
    c = simulated(np.linspace(-0.5, 0.5, m), n=4_000, n_prompts=n_prompts, rng=np.random.default_rng(1))
    fit = fit_bradley_terry(c)
    rng = np.random.default_rng(2)
    drawn = {None if unit == "cells" else unit: bootstrap(c, cluster=unit, n_resamples=400, rng=rng) for unit in by}
    return fit, Resampled(fit.names, fit.ratings, fit.comparisons, drawn, fit.unrated, fit.provenance)


def test_intervals_agree_with_the_sandwich():
    fit, resampled = twins(200)
    one, other = intervals(fit), intervals(resampled)
    assert other.kind == one.kind == "prompt"
    assert (np.abs(other.se / one.se - 1) < 0.15).all()
    pairs = np.triu_indices(4, k=1)
    assert (np.abs(differences(resampled).se[pairs] / differences(fit).se[pairs] - 1) < 0.15).all()
    assert rank_sets(resampled, rng=np.random.default_rng(1)).low.tolist() == [4, 3, 2, 1]


def test_few_prompts_take_the_wider_of_both_bootstraps():
    _, resampled = twins(9)
    found = intervals(resampled)
    assert (found.kind, found.notes) == ("few_prompts", ("only 9 prompts, so results may differ with other prompts",))
    assert ((found.df > 7) & (found.df <= 8)).all()
    each = [np.sqrt(np.diagonal(resampled.covariance(by))) for by in (None, "prompt")]
    assert np.allclose(found.se, np.max(each, axis=0))


def test_its_rows_sum_to_zero():
    _, resampled = twins(50)
    assert np.abs(resampled.covariance("prompt").sum(axis=1)).max() < 1e-12
    assert (resampled.model_covariance() == resampled.covariance(None)).all()


def test_without_cells_the_model_is_what_there_is():
    _, resampled = twins(50, by=("prompt",))
    assert (resampled.model_covariance() == resampled.covariance("prompt")).all()
    assert resampled.notes == ()


def test_a_column_that_was_not_resampled_is_refused_by_name():
    _, resampled = twins(50, by=("prompt",))
    with pytest.raises(ValueError, match="nothing was resampled by 'voter': there are replicates by 'prompt'"):
        resampled.covariance("voter")


def test_without_spread_there_is_no_interval():
    c = battles("x=y*30", prompt=list(range(30)))
    fit, drawn = fit_bradley_terry(c), {"prompt": bootstrap(c, cluster="prompt", n_resamples=20, rng=np.random.default_rng(1))}
    with pytest.raises(ValueError, match="no interval: all resampled data give the same ratings"):
        intervals(Resampled(fit.names, fit.ratings, c, drawn, (), fit.provenance))


def unlinked(column="prompt"):
    """Two pairs that never met: rated all the same, as Elo rates them."""
    c = battles("a>b*20 b>a*10 c>d*20 d>c*10", **{column: [*range(30), *range(30)]})
    drawn = bootstrap(
        battles("a>b*20 b>a*10", prompt=list(range(30))), cluster="prompt", n_resamples=50, rng=np.random.default_rng(1)
    )
    whole = replace(drawn, names=tuple("abcd"), ratings=np.hstack([drawn.ratings, drawn.ratings]))
    ratings = np.log(2) / 2 * np.array([1, -1, 1, -1])
    fit = fit_bradley_terry(battles("a>b*20 b>a*10"))
    return Resampled(tuple("abcd"), ratings, c, {"prompt": whole}, (), fit.provenance)


def test_nothing_is_said_across_groups_that_never_met():
    found = standing(unlinked(), "prompt")
    assert found.notes == (
        "no comparisons link the groups {a, b} and {c, d}: they have numbers, and no interval and no place yet",
    )
    assert found.carried.tolist() == [[False, False, True, True]] * 2 + [[True, True, False, False]] * 2
    assert found.needs == ("prompt",)


def test_all_that_may_be_asked_is_named_before_anything_is_drawn():
    fit, _ = twins(9)
    assert standing(fit, "prompt").needs == (None, "prompt")
    assert standing(fit, None).needs == (None,)


def test_two_crossed_columns_take_replicates_in_which_both_were_drawn():
    _, resampled = twins(30)
    both = ("prompt", "voter")
    crossed = replace(resampled, replicates={**resampled.replicates, both: resampled.replicates["prompt"]})
    assert (crossed.two_way(both) == resampled.covariance("prompt")).all()
