"""Rankings of k: choix's own cases, other solvers, and the laws that hold."""

from dataclasses import replace
from itertools import permutations

import choix
import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.sparse import csr_array

from ranking.maths import Comparisons, NotConvergedError, fit_bradley_terry, intervals
from ranking.maths.estimation.sparse_likelihood import SparseLikelihood
from ranking.maths.models.plackett_luce import Rankings, fit_plackett_luce, rank_centrality
from tests.ranking.maths.making import battles, comparable, law


def ranked(*words: str, **columns: object) -> Rankings:
    """``ranked("xyz", "yx")``: two rankings, best first."""
    return Rankings.from_names(words, **columns)  # type: ignore[arg-type]


@st.composite
def rankable(draw: st.DrawFn) -> Rankings:
    """3 to 6 competitors, a ring of rankings that connects them, and up to 15 rankings of 2 to all of them."""
    m = draw(st.integers(3, 6))
    ring = [[i, (i + 1) % m] for i in range(m)]
    orders = draw(st.lists(st.tuples(st.permutations(range(m)), st.integers(2, m)), max_size=15))
    drawn = [order[:k] for order, k in orders]
    weight = draw(st.lists(st.integers(1, 3), min_size=len(ring + drawn), max_size=len(ring + drawn)))
    prompt = draw(st.lists(st.integers(0, 4), min_size=len(ring + drawn), max_size=len(ring + drawn)))
    words = ["".join("abcdef"[i] for i in order) for order in ring + drawn]
    return Rankings.from_names(words, weight=weight, prompt=[*prompt])


def as_lists(rankings: Rankings) -> list[list[int]]:
    """With choix there are no weights: a ranking of weight 2 is there twice."""
    parts = np.split(rankings.items, rankings.ends[:-1])
    return [part.tolist() for part, w in zip(parts, rankings.weight, strict=True) for _ in range(int(w))]


# choix, tests/data/testcase-rankings-*.json: data and "ml_est".
CHOIX_CASES = [
    (["012", "120", "201"], [0.0, 0.0, 0.0]),
    (["012", "320", "13"], [-0.44328117, 0.69506219, -0.67061442, 0.4188334]),
]
# choix, tests/data/testcase-pairwise-*.json: data, "ml_est" and "rc_est".
CHOIX_PAIRS = [
    (["01", "12", "20"], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]),
    (["01", "01", "12", "20"], [0.419617624, -0.419617624, 0.0], [0.0, 0.0, 0.0]),
]


@pytest.mark.parametrize(("words", "ml_est"), CHOIX_CASES)
def test_choix_cases_of_rankings(words, ml_est):
    found = fit_plackett_luce(ranked(*words)).ratings
    # The file's second case is 3e-5 off the maximum; choix holds itself to 1e-4 there, and to more when it is asked to.
    assert found == pytest.approx(ml_est, abs=1e-4)
    data = [[int(item) for item in word] for word in words]
    assert found == pytest.approx(choix.ilsr_rankings(len(ml_est), data, max_iter=10_000, tol=1e-13), abs=1e-8)


@pytest.mark.parametrize(("words", "ml_est", "rc_est"), CHOIX_PAIRS)
def test_choix_cases_of_pairs(words, ml_est, rc_est):
    assert fit_plackett_luce(ranked(*words)).ratings == pytest.approx(ml_est, abs=1e-8)
    assert rank_centrality(ranked(*words).comparisons()).scores == pytest.approx(rc_est, abs=1e-8)


@law(rankable())
def test_choix_finds_the_same_maximum(r: Rankings):
    theirs = choix.opt_rankings(len(r.names), as_lists(r), alpha=0.0, method="Newton-CG", tol=1e-12)
    assert fit_plackett_luce(r).ratings == pytest.approx(theirs - theirs.mean(), abs=1e-5)


@law(comparable())
def test_choix_finds_the_same_rank_centrality(c: Comparisons):
    # A tie as half a win each = one win each way, with every decided comparison counted twice.
    data = []
    for a, b, outcome, weight in zip(c.a, c.b, c.outcome, c.weight, strict=True):
        won = {0: [(a, b)] * 2, 1: [(b, a)] * 2}.get(int(outcome), [(a, b), (b, a)])
        data += won * int(weight)
    assert rank_centrality(c).scores == pytest.approx(choix.rank_centrality(len(c.names), data), abs=1e-9)


@law(comparable())
def test_rankings_of_two_are_bradley_terry_with_all_its_covariances(c: Comparisons):
    decided = replace(c, outcome=c.outcome % 2, voter=c.prompt[::-1])
    winner = np.where(decided.outcome == 0, c.a, c.b)
    items = np.column_stack([winner, c.a + c.b - winner]).ravel().astype(np.int32)
    unknown = np.full(len(c), -1, dtype=np.int32)
    ends = 2 * np.arange(1, len(c) + 1)
    r = Rankings(c.names, items, ends, decided.weights(), decided.prompt, decided.voter, unknown)
    ours, theirs = fit_plackett_luce(r), fit_bradley_terry(decided)
    assert ours.names == theirs.names
    assert ours.ratings == pytest.approx(theirs.ratings, abs=1e-8)
    assert ours.diagnostics.log_likelihood == pytest.approx(theirs.diagnostics.log_likelihood)
    if theirs.names and len(c) > 6:
        assert ours.model_covariance() == pytest.approx(theirs.model_covariance(), abs=1e-7)
        for cluster in (None, "prompt", ("prompt", "voter")):
            assert ours.covariance(cluster) == pytest.approx(theirs.covariance(cluster), abs=1e-7)


@law(rankable(), st.randoms(use_true_random=False))
def test_relabelled_rankings_permute_ratings(r: Rankings, random):
    order = list(range(len(r.names)))
    random.shuffle(order)
    moved = replace(r, items=np.array(order, dtype=np.int32)[r.items])
    assert fit_plackett_luce(moved).ratings[order] == pytest.approx(fit_plackett_luce(r).ratings, abs=1e-8)


@law(rankable())
def test_doubled_weights_leave_ratings_and_halve_the_covariance(r: Rankings):
    once, twice = fit_plackett_luce(r), fit_plackett_luce(replace(r, weight=2 * r.weight))
    assert twice.ratings == pytest.approx(once.ratings, abs=1e-8)
    assert twice.covariance(None) == pytest.approx(once.covariance(None) / 2, abs=1e-8)
    assert once.ratings.sum() == pytest.approx(0, abs=1e-12)


def test_scipy_finds_the_same_maximum_of_the_written_formula():
    orders = [(0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 1, 2)]

    def loss(theta):
        return -sum(theta[o[t]] - np.log(np.exp(theta[list(o[t:])]).sum()) for o in orders for t in range(2))

    found = minimize(loss, np.zeros(3), tol=1e-12).x
    fit = fit_plackett_luce(ranked("xyz", "yzx", "zxy", "xyz"))
    assert fit.ratings == pytest.approx(found - found.mean(), abs=1e-5)
    assert fit.diagnostics.log_likelihood == pytest.approx(-loss(fit.ratings))
    assert fit.expected_points[0, 2] == pytest.approx(1 / (1 + np.exp(fit.ratings[2] - fit.ratings[0])))


def test_one_ranking_of_each_order_is_a_draw_with_a_covariance_by_hand():
    fit = fit_plackett_luce(ranked(*map("".join, permutations("xyz"))))
    assert fit.ratings == pytest.approx([0, 0, 0], abs=1e-12)
    # H: 6 first stages (diag 1/3 - 1/9) and, for each pair, 2 second stages (diag 1/2 - 1/4) = 1/2:
    # a diagonal of 6 * 2/9 + 2 * 1/2 = 7/3, so H = 7/2 (I - 11'/3) and H+ = 2/7 (I - 11'/3).
    assert fit.model_covariance()[0, 0] == pytest.approx(2 / 7 * 2 / 3)
    # Scores of x when it is 1st, 2nd, 3rd: 2/3, -1/3 + 1/2 = 1/6, -1/3 - 1/2 = -5/6; squares sum to 42/36, twice that: 7/3 = H.
    assert fit.covariance(None)[0, 0] == pytest.approx(2 / 7 * 2 / 3)


def test_simulated_ratings_are_recovered_within_their_intervals():
    rng = np.random.default_rng(5)
    truth = np.linspace(-1, 1, 8)
    # The largest of theta + Gumbel noise is chosen with the model's chances; five random competitors a ranking.
    drawn = [(five := rng.choice(8, 5, replace=False))[np.argsort(-truth[five] - rng.gumbel(size=5))] for _ in range(6_000)]
    fit = fit_plackett_luce(Rankings.from_names([[f"m{i}" for i in order] for order in drawn], prompt=np.arange(6_000) % 300))
    found = intervals(fit)
    assert found.kind == "prompt"
    assert np.abs((fit.ratings - truth) / found.se).max() < 4
    assert found.se.max() < 0.03


def test_one_ranked_above_all_is_left_out_and_the_rest_is_fitted():
    fit = fit_plackett_luce(ranked("wxy", "wyx", "xyz", "zyx", "wx"))
    assert fit.names == ("x", "y", "z")
    assert [(u.name, u.reason[:24]) for u in fit.unrated] == [("w", "never lost or tied (5 co")]
    # w stands above 2 + 2 + 1 others; "wx" has nobody left to order.
    assert (fit.diagnostics.n_comparisons, fit.diagnostics.n_left_out) == (4, 1)


def test_with_a_prior_everybody_is_rated():
    fit = fit_plackett_luce(ranked("xy"), prior_sd=1)
    # 1 - P(x above y) = theta, as in Bradley-Terry.
    assert fit.ratings == pytest.approx(fit_bradley_terry(battles("x>y"), prior_sd=1).ratings)
    assert fit.unrated == ()
    assert fit.provenance.parameters["prior_sd"] == 1


def test_nobody_is_rated_where_no_maximum_is_finite():
    fit = fit_plackett_luce(ranked("xyz"))
    assert fit.names == ()
    assert fit.ratings.shape == (0,)
    assert len(fit.unrated) == 3
    assert rank_centrality(ranked("xyz").comparisons()).scores.shape == (0,)
    assert fit_plackett_luce(ranked()).names == ()


def test_the_start_does_not_move_the_result():
    r = ranked("xyz", "zxy", "yzx", "xzy")
    fit = fit_plackett_luce(r)
    again = fit_plackett_luce(r, start=fit)
    assert again.diagnostics.steps == 0
    assert again.ratings == pytest.approx(fit.ratings, abs=1e-12)


def test_too_few_steps_raise():
    with pytest.raises(NotConvergedError, match="no maximum after 1 steps"):
        fit_plackett_luce(ranked("xyz", "zxy", "yzx", "xzy"), max_steps=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: ranked("xy", "x"), r"rankings\[1\] has 1 competitors: a ranking orders at least 2"),
        (lambda: ranked("xy", "xyx"), r"rankings\[1\] ranks 'x' twice"),
        (lambda: ranked("xy", weight=[1, 2]), r"weight has shape \(2,\): it must be \(1,\)"),
        (lambda: ranked("xy", weight=[-1]), r"weight\[0\] is -1.0: a weight is a finite count"),
        (lambda: replace(ranked("xy"), names=("x",)), r"items reach from 0 to 1: codes are 0 to 0"),
    ],
)
def test_what_is_no_ranking_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        change()


@pytest.mark.parametrize(
    ("cluster", "message"),
    [
        ("planet", "unknown cluster 'planet'"),
        ("prompt", "1 prompts: a covariance by cluster needs at least 2"),
        (("voter", "voter"), "two different columns are needed"),
    ],
)
def test_a_covariance_by_what_is_no_cluster_is_refused(cluster, message):
    fit = fit_plackett_luce(ranked("xyz", "zxy", "yzx", prompt=[1, 1, 1]))
    with pytest.raises(ValueError, match=message):
        fit.covariance(cluster)


def test_clusters_of_scores_that_are_mostly_zero_are_summed_sparsely():
    rng = np.random.default_rng(3)
    scores = np.where(rng.random((40, 100)) < 0.01, 1.0, 0.0)
    prompt = rng.integers(-1, 9, 40).astype(np.int32)
    found = SparseLikelihood(np.eye(100), csr_array(scores), np.ones(40), {"prompt": prompt})
    lines = [scores[prompt == p].sum(axis=0) for p in range(9)] + list(scores[prompt < 0])
    by_hand = sum(np.outer(line, line) for line in lines) * len(lines) / (len(lines) - 1)
    assert found.meat("prompt") == pytest.approx(by_hand)
