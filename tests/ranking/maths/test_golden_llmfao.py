"""8,931 human votes on 13 prompts; authority: evalica 0.4's ratings, and standard errors recomputed by three people."""

import numpy as np
import pytest

from ranking.maths import bootstrap, fit_bradley_terry, intervals, rank_sets
from tests.ranking.maths.shared_files import llmfao, llmfao_strengths

POINTS = 400 / np.log(10)


def test_all_ratings_agree_with_evalica():
    fit = fit_bradley_terry(llmfao())
    strengths = llmfao_strengths()
    golden = np.log([strengths[name] for name in fit.names])
    assert len(fit.names) == len(strengths) == 59
    assert POINTS * np.abs(fit.ratings - (golden - golden.mean())).max() < 1e-8


def test_gpt_4_has_the_published_rating():
    fit = fit_bradley_terry(llmfao())
    rating = dict(zip(fit.names, 1000 + POINTS * fit.ratings, strict=True))
    assert rating["GPT 4"] == pytest.approx(1172.1326, abs=5e-5)
    assert rating["LLaMA-2-Chat (70B)"] == pytest.approx(1094.6354, abs=5e-5)


@pytest.mark.parametrize(("cluster", "points"), [(None, 27.858), ("prompt", 37.776), ("voter", 35.281)])
def test_standard_errors_of_gpt_4(cluster, points):
    fit = fit_bradley_terry(llmfao())
    gpt_4 = fit.names.index("GPT 4")
    assert POINTS * fit.covariance(cluster)[gpt_4, gpt_4] ** 0.5 == pytest.approx(points, abs=1e-3)


def test_thirteen_prompts_are_called_few():
    found = intervals(fit_bradley_terry(llmfao()))
    assert (found.kind, found.n_clusters) == ("few_prompts", 13)
    # Most were met on all 13 alike; a few say something on two or three only: elsewhere they all but always won, or lost.
    assert 10 < np.median(found.df) <= 12
    assert found.notes[0] == "only 13 prompts, so results may differ with other prompts"
    assert found.notes[-1].endswith("more models have few prompts, too")


def test_the_clusters_of_124_voters_are_enough_for_59_models():
    found = intervals(fit_bradley_terry(llmfao()), cluster="voter")
    assert (found.kind, found.n_clusters) == ("voter", 124)


def test_the_best_model_is_not_called_last():
    fit = fit_bradley_terry(llmfao())
    ranks = rank_sets(fit, cluster=None, rng=np.random.default_rng(1))
    best = fit.names.index("GPT 4")
    assert ranks.low[best] == 1
    assert ranks.high[best] < 59


def test_bootstrap_by_voter_agrees_with_the_sandwich():
    comparisons = llmfao()
    fit = fit_bradley_terry(comparisons)
    twin = bootstrap(comparisons, cluster="voter", n_resamples=200, rng=np.random.default_rng(1))
    ratio = twin.standard_errors() / np.sqrt(np.diagonal(fit.covariance("voter")))
    # 59 ratios, each with a sampling error of 1 / sqrt(2 * 200) = 5 %.
    assert 0.95 < np.median(ratio) < 1.05
    assert (np.abs(ratio - 1) < 0.25).all()
