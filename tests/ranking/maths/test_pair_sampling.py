"""Pairing weights: chances of pairs, what each rule prefers, and how the choice is undone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths import Comparisons, count_cells, fit_bradley_terry, rank_sets
from ranking.maths.pair_sampling import (
    arena_variance_weights,
    balanced_weights,
    draw_pair,
    information_weights,
    inverse_propensity_weights,
    rank_decision_weights,
    uniform_weights,
    variance_drop_weights,
    with_floor,
    with_newcomer_boost,
    with_unrated,
)
from ranking.maths.uncertainty.rank_sets import RankSets
from tests.ranking.maths.making import battles, comparable, law


def seeded(seed=1):
    return np.random.default_rng(seed)


def rules(c):
    """Every rule on the same comparisons."""
    fit, cells = fit_bradley_terry(c), count_cells(c)
    information = information_weights(fit)
    return {
        "uniform": uniform_weights(len(c.names)),
        "balanced": balanced_weights(cells),
        "arena": arena_variance_weights(cells),
        "information": information,
        "drop": variance_drop_weights(fit),
        "rank": rank_decision_weights(information, rank_sets(fit, n_resamples=200, rng=seeded())),
        "floor": with_floor(information, 0.2),
        "boost": with_newcomer_boost(information, cells.totals.sum(axis=1), until=10),
        "unrated": with_unrated(information, fit.names, (*fit.names, "new")),
    }


@law(comparable())
def test_weights_are_chances_of_pairs(c):
    for name, weights in rules(c).items():
        assert weights.sum() / 2 == pytest.approx(1), name
        assert (weights == weights.T).all(), name
        assert (weights >= 0).all(), name
        assert not weights.diagonal().any(), name


@law(comparable(), st.floats(0, 1))
def test_no_pair_is_below_the_floor(c, exploration):
    m = len(c.names)
    weights = with_floor(balanced_weights(count_cells(c)), exploration)
    assert weights[~np.eye(m, dtype=bool)].min() >= exploration / (m * (m - 1) / 2) * (1 - 1e-12)


@law(comparable(unknown=False))
def test_another_order_of_names_permutes_the_weights(c):
    m = len(c.names)
    turned = np.arange(m)[::-1]
    other = replace(c, names=c.names[::-1], a=turned[c.a], b=turned[c.b])
    for rule in (balanced_weights, arena_variance_weights):
        assert rule(count_cells(other)) == pytest.approx(rule(count_cells(c))[::-1, ::-1])
    for rule in (information_weights, variance_drop_weights):
        assert rule(fit_bradley_terry(other)) == pytest.approx(rule(fit_bradley_terry(c))[::-1, ::-1])


def test_balanced_draws_only_what_was_compared_least():
    weights = balanced_weights(count_cells(battles("x>y*3 y>z*2 z>x*2")))
    assert weights.tolist() == [[0, 0, 0.5], [0, 0, 0.5], [0.5, 0.5, 0]]


def test_the_arena_rule_by_hand():
    # x, y: 1 win, 1 loss, 2 ties: with a win and a loss more mean 1/2, S = (2 + 2/4) / 6 - 1/4 = 1/6, n = 4.
    # x, z: 3 wins: S = 4/5 - 16/25 = 4/25, n = 3. y, z never met: S = 1/4, n counts as 1.
    weights = arena_variance_weights(count_cells(battles("x>y y>x x=y*2 x>z*3")))
    rule = np.array([np.sqrt(s / n) - np.sqrt(s / (n + 1)) for s, n in ((1 / 6, 4), (4 / 25, 3), (1 / 4, 1))])
    assert weights[[0, 0, 1], [1, 2, 2]] == pytest.approx(rule / rule.sum())


def test_an_unmet_pair_is_the_arena_rules_heaviest():
    weights = arena_variance_weights(count_cells(battles("w>x w=y*5 x>y y#z*2 w>z")))
    assert weights.max() == weights[1, 3]  # x and z


def test_the_gain_of_information_is_that_of_a_refit():
    # One more comparison of each pair, its Hessian part at the old ratings: log det grows by log(1 + q d).
    c = battles("w>x*90 x>w*60 x>y*80 y>x*40 y>z*9 z>y*5 w>z*3 z>w*2")
    fit = fit_bradley_terry(c)
    weights = information_weights(fit)
    inverse, gains = np.linalg.inv(fit.likelihood.hessian()), np.zeros((4, 4))
    for i, j in zip(*np.triu_indices(4, 1), strict=True):
        contrast = np.eye(4)[i] - np.eye(4)[j]
        q = fit.expected_points[i, j] * fit.expected_points[j, i]
        gains[i, j] = np.expm1(np.linalg.slogdet(np.eye(4) + q * np.outer(contrast, contrast) @ inverse)[1])
    pairs = np.triu_indices(4, 1)
    assert weights[pairs] == pytest.approx(gains[pairs] / gains.sum())


def test_the_drop_of_variance_is_that_of_one_more_comparison():
    # d goes to d / (1 + q d): with q = 1/4 and d = 4/10 + 4/10 for x and z that meet over y. d' = .8 / 1.2.
    c = battles("x>y*5 y>x*5 y>z*5 z>y*5")
    # x, y: d = .4, d' = .4 / 1.1: drops .4 - .3636 = .03636; x, z: .8 - .6667 = .1333
    weights = variance_drop_weights(fit_bradley_terry(c))
    drops = np.array([0.4 - 0.4 / 1.1, 0.8 - 0.8 / 1.2, 0.4 - 0.4 / 1.1])
    assert weights[[0, 0, 1], [1, 2, 2]] == pytest.approx(drops / drops.sum())


def test_decided_pairs_are_not_drawn_unless_all_are():
    sets = RankSets(("x", "y", "z"), np.array([1, 1, 3]), np.array([2, 2, 3]), 2.0, np.inf, 9.0, "iid", ())
    assert rank_decision_weights(uniform_weights(3), sets)[[0, 0, 1], [1, 2, 2]].tolist() == [1, 0, 0]
    all_decided = replace(sets, low=np.array([1, 2, 3]), high=np.array([1, 2, 3]))
    assert rank_decision_weights(uniform_weights(3), all_decided).tolist() == uniform_weights(3).tolist()


def test_newcomers_are_boosted_until_they_are_none():
    boosted = with_newcomer_boost(uniform_weights(4), [500, 299, 500, 500], until=300, factor=5)
    # Three pairs with the newcomer of weight 5, three others of weight 1: 18.
    assert boosted[0].tolist() == pytest.approx([0, 5 / 18, 1 / 18, 1 / 18])
    assert with_newcomer_boost(uniform_weights(4), [500, 300, 500, 500], until=300).tolist() == uniform_weights(4).tolist()


def test_pairs_are_drawn_as_often_as_their_propensity_says():
    weights, rng = rules(battles("x>y*9 y>x*3 y>z z>y z>x*2"))["floor"], seeded()
    drawn = [draw_pair(weights, rng) for _ in range(6_000)]
    for i, j in ((0, 1), (0, 2), (1, 2)):
        times = [pair for pair in drawn if (pair.i, pair.j) == (i, j)]
        assert len(times) / 6_000 == pytest.approx(weights[i, j], abs=0.02)
        assert {pair.propensity for pair in times} == {weights[i, j]}


def test_a_pair_of_weight_zero_is_never_drawn():
    weights = balanced_weights(count_cells(battles("x>y x>z*2 y>z*2")))
    assert {(pair.i, pair.j) for pair in (draw_pair(weights, seeded(s)) for s in range(50))} == {(0, 1)}


# The way back


def test_inverse_propensities_have_mean_one_and_can_be_clipped():
    assert inverse_propensity_weights([0.1, 0.1, 0.4, 0.4]).tolist() == pytest.approx([1.6, 1.6, 0.4, 0.4])
    assert inverse_propensity_weights([0.1, 0.1, 0.4, 0.4], clip=1.5).tolist() == pytest.approx([1.5, 1.5, 0.4, 0.4])
    assert inverse_propensity_weights([]).tolist() == []


def adaptive_votes(chance, *, n_rounds, a_round, rng):
    """Votes on pairs chosen anew after every round, from a population that no ratings describe."""
    m = len(chance)
    names, rows = tuple(f"m{i}" for i in range(m)), []
    weights = uniform_weights(m)
    for _ in range(n_rounds):
        drawn = [draw_pair(weights, rng) for _ in range(a_round)]
        rows += [(p.i, p.j, int(rng.random() > chance[p.i, p.j]), p.propensity) for p in drawn]
        a, b, outcome, propensity = map(np.array, zip(*rows, strict=True))
        c = Comparisons(names=names, a=a, b=b, outcome=outcome, prompt=np.arange(len(a)))
        weights = closest_first(c)
    return c, propensity


def closest_first(c):
    """A greedy rule, so that the pairs are drawn as unevenly as can be."""
    fit = fit_bradley_terry(c)
    close = np.abs(fit.ratings[:, None] - fit.ratings) + 10 * np.eye(len(fit.names))
    best = np.where(close == close.min(), 1.0, 0.0)
    return with_floor(best / (best.sum() / 2), 0.3)


def test_weighted_back_an_adaptive_sample_gives_the_ratings_of_evenly_drawn_pairs():
    # A cycle: 0 beats 1, 1 beats 2, 2 beats 3, each with .9; but 3 beats 0 with .6, and 0-2, 1-3 are even.
    chance = np.full((4, 4), 0.5)
    for i, j, p in ((0, 1, 0.9), (1, 2, 0.9), (2, 3, 0.9), (3, 0, 0.6)):
        chance[i, j], chance[j, i] = p, 1 - p
    a, b = np.nonzero(~np.eye(4, dtype=bool))
    names = tuple(f"m{i}" for i in range(4))
    even = fit_bradley_terry(Comparisons(names=names, a=a, b=b, outcome=0 * a, weight=chance[a, b])).ratings
    c, propensity = adaptive_votes(chance, n_rounds=30, a_round=400, rng=seeded())
    plain = fit_bradley_terry(c).ratings
    back = fit_bradley_terry(replace(c, weight=inverse_propensity_weights(propensity)))
    se = np.sqrt(np.diagonal(back.covariance("prompt")))
    assert np.abs(back.ratings - even).max() < 3.5 * se.max() < 0.25
    assert np.abs(plain - even).max() > 0.25


# Refusals

WEIGHTS = uniform_weights(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: uniform_weights(1), "1 competitors: a pair needs at least 2"),
        (lambda: balanced_weights(count_cells(Comparisons(("x",), a=[], b=[], outcome=[]))), "1 competitors"),
        (lambda: information_weights(fit_bradley_terry(battles("x>y"))), "0 competitors"),
        (lambda: with_floor(WEIGHTS, 1.2), "exploration is 1.2"),
        (lambda: with_floor(WEIGHTS * 2, 0.1), "weights sum to 2 over pairs"),
        (lambda: with_floor(-WEIGHTS, 0.1), "weights must be finite, at least 0"),
        (lambda: with_floor(np.triu(WEIGHTS), 0.1), "symmetric"),
        (lambda: with_floor(np.full((3, 3), np.nan), 0.1), "weights must be finite"),
        (lambda: draw_pair(np.eye(3) + WEIGHTS, seeded()), "zero diagonal"),
        (lambda: with_newcomer_boost(WEIGHTS, [1, 2]), r"weights have shape \(3, 3\): 2 competitors need \(2, 2\)"),
        (lambda: with_newcomer_boost(WEIGHTS, [1, 2, 3], factor=0.5), "factor is 0.5"),
        (lambda: with_unrated(WEIGHTS, ["x", "y", "z"], ["x", "y"]), "'z' is rated but not among everybody"),
        (lambda: inverse_propensity_weights([0.5, 0.0]), r"propensities\[1\] is 0.0"),
        (lambda: inverse_propensity_weights([0.5], clip=0), "clip is 0"),
    ],
)
def test_what_is_no_weight_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
