"""Laws that hold for every data set on which the ratings exist."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths import Comparisons, Fit, fit_bradley_terry
from ranking.maths.clusters.sandwich import cluster_sizes
from tests.ranking.maths.making import comparable, law, repeated

SWAPPED = np.array([1, 0, 2, 3])


def close(one, other):
    return np.allclose(one, other, rtol=1e-7, atol=1e-9)


def same(one: Fit, other: Fit) -> bool:
    return close(one.ratings, other.ratings) and all(close(one.covariance(c), other.covariance(c)) for c in (None, "prompt"))


@law(comparable())
def test_swapping_sides_with_their_outcome_changes_nothing(c: Comparisons):
    swapped = replace(c, a=c.b, b=c.a, outcome=SWAPPED[c.outcome])
    assert same(fit_bradley_terry(c), fit_bradley_terry(swapped))


@law(comparable())
def test_reversing_every_outcome_negates_the_ratings(c: Comparisons):
    fit, reverse = fit_bradley_terry(c), fit_bradley_terry(replace(c, outcome=SWAPPED[c.outcome]))
    assert close(fit.ratings, -reverse.ratings)
    assert close(fit.covariance("prompt"), reverse.covariance("prompt"))


@law(comparable(), st.randoms(use_true_random=False))
def test_relabelling_permutes(c: Comparisons, random):
    order = np.array(random.sample(range(len(c.names)), len(c.names)))
    place = np.argsort(order)
    fit, other = fit_bradley_terry(c), fit_bradley_terry(replace(c, a=place[c.a], b=place[c.b]))
    assert close(fit.ratings[order], other.ratings)
    for cluster in (None, "prompt"):
        assert close(fit.covariance(cluster)[np.ix_(order, order)], other.covariance(cluster))


@law(comparable())
def test_ratings_and_covariances_have_no_common_shift(c: Comparisons):
    fit = fit_bradley_terry(c)
    assert close(fit.ratings.sum(), 0)
    for matrix in (fit.covariance(None), fit.covariance("prompt"), fit.model_covariance()):
        assert close(matrix.sum(axis=1), 0)


@law(comparable())
def test_expected_half_wins_are_the_observed_ones(c: Comparisons):
    fit = fit_bradley_terry(c)
    chance = 1 / (1 + np.exp(fit.ratings[None, :] - fit.ratings[:, None]))
    assert close((fit.cells.totals * chance).sum(axis=1), fit.cells.half_wins.sum(axis=1))


@law(comparable(unknown=False))
def test_data_repeated_as_new_prompts_are_narrower_by_root_two(c: Comparisons):
    prompt = np.concatenate([c.prompt, c.prompt + 100])
    fit, twice = fit_bradley_terry(c), fit_bradley_terry(repeated(c, prompt=prompt))
    g = cluster_sizes(c, cluster="prompt")[1]
    correction = (2 * g / (2 * g - 1)) / (g / (g - 1))
    assert close(fit.ratings, twice.ratings)
    assert close(twice.covariance(None), fit.covariance(None) / 2)
    assert close(twice.covariance("prompt"), fit.covariance("prompt") / 2 * correction)


@law(comparable(unknown=False))
def test_data_repeated_inside_prompts_are_not_narrower(c: Comparisons):
    fit, twice = fit_bradley_terry(c), fit_bradley_terry(repeated(c, prompt=np.tile(c.prompt, 2)))
    assert close(fit.ratings, twice.ratings)
    assert close(fit.covariance("prompt"), twice.covariance("prompt"))
    assert close(twice.covariance(None), fit.covariance(None) / 2)


@law(comparable())
def test_equal_rows_and_one_row_of_their_weight_are_the_same(c: Comparisons):
    rows = np.repeat(np.arange(len(c)), c.weight.astype(int))
    single = replace(c, a=c.a[rows], b=c.b[rows], outcome=c.outcome[rows], prompt=c.prompt[rows], weight=None)
    assert same(fit_bradley_terry(c), fit_bradley_terry(single))


@law(comparable())
def test_rows_of_weight_zero_count_nothing(c: Comparisons):
    more = repeated(c, prompt=np.concatenate([c.prompt, c.prompt + 100]))
    silenced = replace(more, weight=np.concatenate([c.weight, np.zeros(len(c))]))
    assert same(fit_bradley_terry(c), fit_bradley_terry(silenced))


@law(comparable())
def test_both_bad_ranks_as_a_tie(c: Comparisons):
    assert same(fit_bradley_terry(c), fit_bradley_terry(replace(c, outcome=np.where(c.outcome == 3, 2, c.outcome))))


@law(comparable())
def test_rows_of_unknown_prompt_are_prompts_of_their_own(c: Comparisons):
    unknown = fit_bradley_terry(replace(c, prompt=np.full(len(c), -1)))
    n = c.weight.sum()
    assert close(unknown.covariance("prompt"), unknown.covariance(None) * n / (n - 1))


@law(comparable(), st.integers(0, 50))
def test_clustered_covariance_is_that_of_scores_summed_by_hand(c: Comparisons, spread_out: int):
    # spread_out leaves most cluster codes empty, which takes the sparse path.
    c = replace(c, prompt=np.where(c.prompt >= 0, c.prompt * (1 + 10 * spread_out), -1))
    fit = fit_bradley_terry(c)
    scores: dict[object, np.ndarray] = {}
    for row in range(len(c)):
        a, b = c.a[row], c.b[row]
        result = (1.0, 0.0, 0.5, 0.5)[c.outcome[row]]
        score = np.zeros(len(c.names))
        score[a] = result - 1 / (1 + np.exp(fit.ratings[b] - fit.ratings[a]))
        score[b] = -score[a]
        if c.prompt[row] < 0:
            scores |= {(row, copy): score for copy in range(int(c.weight[row]))}
        else:
            scores[c.prompt[row]] = scores.get(c.prompt[row], 0) + c.weight[row] * score
    g = len(scores)
    meat = sum(np.outer(s, s) for s in scores.values()) * g / (g - 1)
    bread = fit.model_covariance()
    assert close(fit.covariance("prompt"), bread @ meat @ bread)


@law(comparable())
def test_win_rates_average_to_one_half(c: Comparisons):
    rates = fit_bradley_terry(c).win_rates()
    assert ((rates >= 0) & (rates <= 1)).all()
    assert rates.mean() == pytest.approx(0.5)
