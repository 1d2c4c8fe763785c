"""Ratings with bootstrap replicates, read like a fit."""

import numpy as np
import pytest

from ranking.maths import bootstrap, differences, fit_bradley_terry, intervals, rank_sets
from ranking.maths.resampled import Resampled
from tests.ranking.maths.making import battles, simulated


def twins(n_prompts: int, *, m: int = 4, by=("cells", "prompt")):
    c = simulated(np.linspace(-0.5, 0.5, m), n=4_000, n_prompts=n_prompts, rng=np.random.default_rng(1))
    fit = fit_bradley_terry(c)
    rng = np.random.default_rng(2)
    drawn = {None if unit == "cells" else unit: bootstrap(c, by=unit, n_replicates=400, rng=rng) for unit in by}
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
    assert (found.kind, found.df, found.notes) == ("few_prompts", 8, ("only 9 prompts: holds for these prompts",))
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
    fit, drawn = fit_bradley_terry(c), {"prompt": bootstrap(c, by="prompt", n_replicates=20, rng=np.random.default_rng(1))}
    with pytest.raises(ValueError, match="no interval: all resampled data give the same ratings"):
        intervals(Resampled(fit.names, fit.ratings, c, drawn, (), fit.provenance))
