"""Covariances by one column, and by two that cross."""

from dataclasses import fields, replace

import numpy as np
import pytest

from ranking.maths import Comparisons, fit_bradley_terry, intervals, rank_sets
from ranking.maths.clusters.leave_one_out_rows import Term
from ranking.maths.clusters.sandwich import Entries
from ranking.maths.estimation.likelihood import RowLikelihood, covariance, grounded
from ranking.maths.models.davidson import fit_davidson
from tests.ranking.maths.making import battles, comparable, law, simulated


def close(one, other):
    return np.allclose(one, other, rtol=1e-7, atol=1e-10)


def crossed(c: Comparisons) -> Comparisons:
    voter = (np.arange(len(c)) * 7) % 5 - 1
    return replace(c, voter=voter)


def by_hand(c: Comparisons, labels: list[object]) -> np.ndarray:
    """G / (G - 1) times the summed outer products of the scores of each label."""
    fit = fit_bradley_terry(c)
    scores: dict[object, np.ndarray] = {}
    for row in range(len(c)):
        a, b = c.a[row], c.b[row]
        score = np.zeros(len(c.names))
        score[a] = (1.0, 0.0, 0.5, 0.5)[c.outcome[row]] - fit.expected_points[a, b]
        score[b] = -score[a]
        if labels[row] is None:
            scores |= {(row, copy): score for copy in range(int(c.weight[row]))}
        else:
            scores[labels[row]] = scores.get(labels[row], 0) + c.weight[row] * score
    return sum(np.outer(s, s) for s in scores.values()) * len(scores) / (len(scores) - 1)


@law(comparable())
def test_two_way_meat_is_that_of_scores_summed_by_hand(c: Comparisons):
    c = crossed(c)
    prompts = [("p", p) if p >= 0 else None for p in c.prompt]
    voters = [("v", v) if v >= 0 else None for v in c.voter]
    both = [None if p is None or v is None else (p, v) for p, v in zip(prompts, voters, strict=True)]
    expected = by_hand(c, prompts) + by_hand(c, voters) - by_hand(c, both)
    assert close(fit_bradley_terry(c).likelihood.meat(("prompt", "voter")), expected)


@law(comparable())
def test_a_two_way_covariance_has_no_negative_direction(c: Comparisons):
    found = fit_bradley_terry(crossed(c)).covariance(("prompt", "voter"))
    assert np.linalg.eigvalsh(found).min() > -1e-9


@law(comparable())
def test_scores_by_row_and_by_cell_give_the_same(c: Comparisons):
    c = crossed(c)
    fit = fit_bradley_terry(c)

    def score(rows):
        pull = np.array([1.0, 0.0, 0.5, 0.5])[c.outcome[rows]] - fit.expected_points[c.a[rows], c.b[rows]]
        return Entries(pull, -pull, np.zeros((len(pull), 0)))

    def terms(rows):
        p = fit.expected_points[c.a[rows], c.b[rows]]
        return [Term(p * (1 - p), 1.0, -1.0, np.zeros((1, 0)))]

    by_row = RowLikelihood(fit.comparisons, fit.likelihood.hessian(), score, terms)
    for cluster in (None, "prompt", "voter", ("prompt", "voter")):
        assert close(covariance(by_row, len(c.names), cluster=cluster), fit.covariance(cluster))
    assert close(by_row.leave_out("prompt").covariance, fit.leave_out("prompt").covariance)


def test_a_shift_is_pinned_without_moving_the_rest():
    pinned = grounded(np.array([[1.0, -1.0, 0.0], [-1.0, 1.0, 0.0], [0.0, 0.0, 5.0]]), 2)
    assert pinned.tolist() == [[1.5, -0.5, 0], [-0.5, 1.5, 0], [0, 0, 5]]


def test_one_column_twice_is_not_two_ways():
    c = battles("x>y*3 y>x*3", prompt=[1, 1, 2, 2, 3, 3])
    with pytest.raises(ValueError, match="two different columns"):
        fit_bradley_terry(c).covariance(("prompt", "prompt"))


@pytest.fixture(scope="module")
def many() -> Comparisons:
    c = simulated(np.linspace(-1, 1, 4), n=4_000, n_prompts=200, rng=np.random.default_rng(1))
    return replace(c, voter=np.random.default_rng(2).integers(60, size=len(c)))


def test_two_ways_stand_on_the_column_with_fewer_clusters(many):
    found = intervals(fit_bradley_terry(many), cluster=("prompt", "voter"))
    assert (found.kind, found.n_clusters, found.notes) == ("prompt and voter", 60, ())
    assert ((found.df > 54) & (found.df < 59)).all()


def test_few_voters_make_two_ways_as_wide_as_the_widest(many):
    few = replace(many, voter=many.voter % 8)
    fit = fit_bradley_terry(few)
    found = intervals(fit, cluster=("prompt", "voter"))
    assert (found.kind, found.notes) == ("few_voters", ("only 8 voters, so results may differ with other voters",))
    assert ((found.df > 6.5) & (found.df < 7)).all()
    one_way = [fit.leave_out(by).covariance for by in ("prompt", "voter")]
    each = [np.sqrt(np.diagonal(v)) for v in (fit.covariance(None), *one_way, fit.two_way(("prompt", "voter")))]
    assert close(found.se, np.max(each, axis=0))
    assert rank_sets(fit, cluster=("prompt", "voter"), rng=np.random.default_rng(1)).kind == "few_voters"


def test_few_of_both_say_both(many):
    few = replace(many, voter=many.voter % 8, prompt=many.prompt % 9)
    found = intervals(fit_bradley_terry(few), cluster=("prompt", "voter"))
    assert (found.kind, found.n_clusters) == ("few_prompts and few_voters", 8)


def test_where_one_column_is_unknown_the_other_counts_alone(many):
    for column, other in (("voter", "prompt"), ("prompt", "voter")):
        found = intervals(fit_bradley_terry(replace(many, **{column: None})), cluster=("prompt", "voter"))
        assert found.kind == other
        assert found.notes == (f"{column}s unknown: comparisons are taken as independent",)


def test_where_one_voter_gave_all_votes_nothing_is_said_of_others(many):
    found = intervals(fit_bradley_terry(replace(many, voter=np.zeros(len(many), dtype=int))), cluster=("prompt", "voter"))
    assert (found.kind, found.df.tolist()) == ("few_voters", [1] * 4)
    assert np.isinf(found.se).all()
    assert found.notes == ("only 1 voter: of others it says nothing, so there are no intervals and no places",)


def test_with_independent_votes_two_ways_agree_with_one(many):
    fit = fit_bradley_terry(many)
    ratio = np.diagonal(fit.covariance(("prompt", "voter"))) / np.diagonal(fit.covariance(None))
    assert (np.abs(ratio - 1) < 0.5).all()


@pytest.mark.parametrize("clusters", [("prompt",), ("prompt", "voter", "judge")])
def test_more_or_fewer_columns_than_two_do_not_cross(many, clusters):
    with pytest.raises(ValueError, match="one column, or two that cross"):
        intervals(fit_bradley_terry(many), cluster=clusters)


@pytest.mark.parametrize("fitting", [fit_bradley_terry, fit_davidson])
@pytest.mark.parametrize("prompts", ["all known", "some unknown"])
def test_rows_of_one_kind_worked_out_once_give_the_same_to_the_last_digit(fitting, prompts, monkeypatch):
    c = simulated(np.linspace(0.5, -0.5, 4), n=1_200, n_prompts=150, rng=np.random.default_rng(3), tie_rate=0.2)
    prompt = c.prompt if prompts == "all known" else np.where(np.arange(len(c)) % 5, c.prompt, -1)
    c = replace(c, prompt=prompt, weight=np.arange(len(c)) % 4)
    once = fitting(c).leave_out("prompt")
    monkeypatch.setattr("ranking.maths.estimation.likelihood.ROWS_A_KIND", len(c))
    each = fitting(c).leave_out("prompt")
    for field in fields(each):
        assert np.array_equal(getattr(once, field.name), getattr(each, field.name)), field.name
