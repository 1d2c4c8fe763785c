"""Ratings do not depend on the unit of the weights; what is too light beside the rest is named."""

from dataclasses import replace
from importlib import import_module
from pkgutil import walk_packages

import numpy as np
import pytest

from ranking import maths
from ranking.maths import (
    Comparisons,
    fit_bradley_terry,
    fit_davidson,
    fit_plackett_luce,
    fit_rao_kupper,
    intervals,
    rank_sets,
    votes_to_flip,
)
from ranking.maths.estimation.existence import never_met
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.models.hierarchical import fit_hierarchical
from ranking.maths.models.judge_aware import fit_judge_aware
from ranking.maths.models.many_bradley_terry import fit_many
from ranking.maths.models.plackett_luce import Rankings, rank_centrality
from ranking.maths.models.prediction_powered import fit_prediction_powered, fit_votes_and_verdicts
from ranking.maths.models.rao_kupper import RAO_KUPPER
from ranking.maths.models.rao_kupper_both_bad import fit_grounded_rao_kupper
from ranking.maths.models.tie_width import fit_tie_model
from tests.ranking.maths.clusters.test_effective_clusters import busy, fit_levelled
from tests.ranking.maths.making import battles, repeated

FITS = [
    fit_bradley_terry,
    fit_davidson,
    fit_rao_kupper,
    fit_grounded_rao_kupper,
    fit_levelled,
    fit_judge_aware,
]
FACTORS = [1e-300, 1e-150, 1e-12, 1e-8, 3e5, 1e150, 1e300]


@pytest.mark.parametrize("fitting", FITS)
def test_the_unit_of_the_weights_changes_no_rating(fitting):
    c = replace(busy(n=300), weight=None)
    expected = fitting(c)
    for factor in FACTORS:
        found = fitting(replace(c, weight=np.full(len(c), factor)))
        assert found.ratings == pytest.approx(expected.ratings, abs=1e-6)
        assert found.names == expected.names


@pytest.mark.parametrize("factor", FACTORS)
def test_ratings_by_category_too_as_far_as_their_design_effect_settles(factor):
    c = replace(busy(n=300), weight=None)
    expected = fit_hierarchical(c, category=np.arange(300) % 2)
    found = fit_hierarchical(replace(c, weight=np.full(300, factor)), category=np.arange(300) % 2)
    # The design effect is found to a hundredth of itself: it moves the shrinkage by as much, and ratings of .4 by .004.
    assert found.ratings == pytest.approx(expected.ratings, abs=5e-3)


@pytest.mark.parametrize("factor", FACTORS)
def test_rankings_too(factor):
    cycle = [["x", "y", "z"], ["y", "z", "x"], ["z", "x", "y"], ["x", "y", "z"]]
    once = Rankings.from_names(cycle)
    found = fit_plackett_luce(replace(once, weight=np.full(4, factor)))
    assert found.ratings == pytest.approx(fit_plackett_luce(once).ratings, abs=1e-6)


@pytest.mark.parametrize("factor", FACTORS)
def test_what_stands_on_the_fit_does_not_break(factor):
    c = replace(busy(n=300), weight=np.full(300, factor))
    fit = fit_bradley_terry(c)
    assert np.isfinite(intervals(fit).se).all()
    assert rank_sets(fit, rng=np.random.default_rng(1)).low.min() == 1
    assert len(votes_to_flip(fit)) == 4


def test_counts_are_those_that_were_given():
    c = replace(busy(n=300), weight=np.full(300, 2.0**-30))
    fit = fit_bradley_terry(c)
    assert fit.diagnostics.n_comparisons == 300 * 2.0**-30
    assert fit.comparisons.weights().tolist() == [2.0**-30] * 300
    # Independent comparisons: 2^-30 as many are 2^15 as uncertain.
    usual = fit_bradley_terry(replace(c, weight=None))
    assert intervals(fit, cluster=None).se == pytest.approx(2.0**15 * intervals(usual, cluster=None).se)


def test_weights_beyond_arithmetic_are_said_to_count_beside_each_other_only():
    (note,) = fit_bradley_terry(replace(busy(n=300), weight=np.full(300, 1e-300))).notes
    assert note.startswith("weights of about 1e-300 are beyond arithmetic")


def test_a_prior_keeps_its_strength_in_any_unit():
    c = battles("x>y*3 y>x*1 y>z*4", weight=[1e-7] * 8)
    found = fit_bradley_terry(c, prior_sd=1e3)
    # Ten million times the variance is ten million times the weight.
    expected = fit_bradley_terry(replace(c, weight=None), prior_sd=1e3 * np.sqrt(1e-7))
    assert found.ratings == pytest.approx(expected.ratings)
    assert found.provenance.parameters["prior_sd"] == 1e3


def test_weights_that_decay_with_age_are_fitted():
    age, rng = np.arange(0, 1200, 5), np.random.default_rng(1)
    pair = [("new", "mid") if d < 400 else ("mid", "old") if d < 900 else ("old", "older") for d in age]
    c = Comparisons.from_names(
        [p[0] for p in pair], [p[1] for p in pair], ["a" if rng.random() < 0.6 else "b" for _ in age], weight=0.5 ** (age / 30)
    )
    shares = {}
    for x, y in (("new", "mid"), ("mid", "old"), ("old", "older")):
        mine = np.array([p == (x, y) for p in pair])
        shares[x, y] = (c.weights() * (c.outcome == 0))[mine].sum() / c.weights()[mine].sum()
    for fitting in (fit_bradley_terry, fit_davidson, fit_rao_kupper):
        rating = dict(zip(fitting(c).names, fitting(c).ratings, strict=True))
        # A chain of pairs: each difference is the log-odds of its own share.
        for (x, y), share in shares.items():
            assert rating[x] - rating[y] == pytest.approx(np.log(share / (1 - share)), abs=1e-5)


def test_a_light_result_counts_and_one_that_is_next_to_nothing_is_named():
    four = {"a": ["A", "A", "B", "B"], "b": ["B", "B", "C", "C"], "outcome": ["a", "b", "a", "b"]}
    light = fit_bradley_terry(Comparisons.from_names(**four, weight=[1, 1, 1, 1e-9]))
    assert light.ratings[1] - light.ratings[2] == pytest.approx(np.log(1e9))
    lighter = fit_bradley_terry(Comparisons.from_names(**four, weight=[1, 1, 1, 1e-30]))
    assert lighter.names == ("A", "B")
    assert lighter.unrated[0].name == "C"
    assert lighter.notes == (
        "results too light to link anybody, beside others that weigh up to 1: C over B (1e-30); give weights that are not so "
        "far apart",
    )


def test_many_light_results_are_told_in_one_line():
    c = battles("a>b b>a a>c c>a a>d d>a a>e e>a", weight=[1, 1, *[1e-20] * 6])
    (note,) = fit_bradley_terry(c).notes
    assert "a over c (1e-20), a over d (1e-20), a over e (1e-20) and 3 more" in note


def test_what_arithmetic_cannot_solve_is_refused_with_the_weights(monkeypatch):
    from ranking.maths.models import bradley_terry

    monkeypatch.setattr(bradley_terry, "grounded_hessian", lambda totals, chance: np.zeros(totals.shape))
    with pytest.raises(NotConvergedError, match="weights of pairs from 4 to 4 are too far apart"):
        fit_bradley_terry(battles("x>y*3 y>x"))


def test_a_prior_that_joins_groups_says_so():
    c = battles("a>b*3 b>a c>d*3 d>c e>f f>e")
    assert fit_bradley_terry(c).notes == ()
    assert fit_bradley_terry(c, prior_sd=1).notes == (
        "a, b | c, d | e, f: no comparisons link these groups; how far they stand apart is the prior alone",
    )
    assert "the prior alone" in intervals(fit_davidson(battles("a>b*3 b>a a=b c>d*3 d>c"), prior_sd=1)).notes[0]
    assert fit_bradley_terry(battles("a>b*3 b>c"), prior_sd=1).notes == ()


NEXT_TO_NOTHING = battles("a>b*3 b>a*2 a=b a#b b>c c>b", weight=[1.0] * 8 + [1e-30])
TWO_GROUPS = battles("a>b*3 b>a a=b a#b c>d*3 d>c")


def rankings_of(c):
    rows = zip(c.a, c.b, c.outcome, strict=True)
    ordered = [(c.names[a], c.names[b]) if outcome == 0 else (c.names[b], c.names[a]) for a, b, outcome in rows]
    return Rankings.from_names(ordered, weight=c.weights())


def powered(c):
    """Everything twice: once with people's word, once without."""
    twice = repeated(c, prompt=None)
    return fit_prediction_powered(twice, np.where(np.arange(len(twice)) < len(c), twice.outcome, -1))


def votes_and_verdicts(c):
    n = len(c)
    verdicts = repeated(c, prompt=None)
    return fit_votes_and_verdicts(
        c, verdicts, np.arange(2 * n) < n, vote_battle=np.arange(n), verdict_battle=np.arange(2 * n), cluster=None
    )


WITH_PRIOR = {
    "fit_bradley_terry": fit_bradley_terry,
    "fit_davidson": fit_davidson,
    "fit_rao_kupper": fit_rao_kupper,
    "fit_tie_model": lambda c, prior_sd=None: fit_tie_model(
        RAO_KUPPER, c, prior_sd=prior_sd, start=None, max_steps=100, tolerance=1e-9
    ),
    "fit_grounded_rao_kupper": fit_grounded_rao_kupper,
    "fit_contextual": fit_contextual,
    "fit_judge_aware": fit_judge_aware,
    "fit_plackett_luce": lambda c, **prior: fit_plackett_luce(rankings_of(c), **prior),
}
WITHOUT_PRIOR = {
    "fit_many": fit_many,
    "fit_hierarchical": lambda c: fit_hierarchical(c, category=np.arange(len(c)) % 2, tau=0.5),
    "fit_prediction_powered": powered,
    "fit_votes_and_verdicts": votes_and_verdicts,
    "rank_centrality": rank_centrality,
}
OF_LABELS = {"fit_dawid_skene"}  # it rates nobody


def test_every_fit_is_asked_for_its_notes():
    modules = [import_module(found.name) for found in walk_packages(maths.__path__, "ranking.maths.")]
    fits = {name for module in modules for name in vars(module) if name.startswith("fit_")}
    assert fits == (WITH_PRIOR.keys() | WITHOUT_PRIOR.keys() | OF_LABELS) - {"rank_centrality"}


@pytest.mark.parametrize("name", [*WITH_PRIOR, *WITHOUT_PRIOR])
def test_every_fit_names_the_results_that_are_too_light(name):
    found = (WITH_PRIOR | WITHOUT_PRIOR)[name](NEXT_TO_NOTHING)
    assert [one.name for one in found.unrated] == ["c"]
    (note,) = (note for note in found.notes if note.startswith("results too light to link anybody"))
    assert "c over b (1e-30)" in note


@pytest.mark.parametrize("name", WITH_PRIOR)
def test_every_fit_with_a_prior_names_the_groups_that_it_alone_joins(name):
    assert WITH_PRIOR[name](TWO_GROUPS, prior_sd=1.0).notes == (
        "a, b | c, d: no comparisons link these groups; how far they stand apart is the prior alone",
    )
    assert WITH_PRIOR[name](battles("a>b*3 b>a a=b a#b c>d*3 d>c b>c"), prior_sd=1.0).notes == ()


def test_groups_that_both_reach_above_and_below_the_ground_need_no_prior():
    c = battles("a>b*3 b>a*2 a=b a#b c>d*3 d>c*2 c#d*3")
    gaps = [fit_grounded_rao_kupper(c, prior_sd=sd).ratings for sd in (None, 1e3)]
    assert gaps[1] == pytest.approx(gaps[0], abs=1e-4)
    assert fit_grounded_rao_kupper(c, prior_sd=1.0).notes == ()
    of_nobody = replace(c, names=(*c.names, "e"))
    assert fit_grounded_rao_kupper(of_nobody, prior_sd=1.0).notes == (
        "a, b, c, d | e: no comparisons link these groups; how far they stand apart is the prior alone",
    )


def test_many_groups_are_told_in_short():
    names = tuple("abcdefghijkl")
    links = np.zeros((12, 12))
    links[0, 1] = links[1, 2] = links[2, 3] = links[3, 4] = links[6, 7] = 1
    (note,) = never_met(names, links)
    assert note.startswith("a, b, c, 2 others | f | g, h | i | and 3 more: no comparisons link these groups")


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, -1, 1, 1], r"weight\[1\] is -1.0"),
        ([1, 1, np.nan, 1], r"weight\[2\] is nan"),
        ([1, 1, 1, np.inf], r"weight\[3\] is inf"),
        ([1, 1], r"weight has shape \(2,\): it must be \(4,\)"),
    ],
)
def test_other_weights_are_checked_like_the_first(weight, message):
    with pytest.raises(ValueError, match=message):
        battles("x>y*3 y>x").reweighted(weight)


def test_a_kind_of_weight_is_one_of_two():
    with pytest.raises(ValueError, match="unknown weight_kind 'importance': allowed are 'count', 'sampling'"):
        battles("x>y*3 y>x", weight_kind="importance")


def sampled(kind, *, prompt=None):
    weight = [4.0, 1.0, 1.0, 2.0, 2.0, 1.0]
    return fit_bradley_terry(battles("x>y*3 y>x*3", weight=weight, weight_kind=kind, prompt=prompt))


def test_a_sampling_weight_is_one_comparison_that_weighs_more():
    # p = 6/11, H = 11 p (1 - p); the score of a difference is w (y - p), squared and summed.
    p, w, y = 6 / 11, np.array([4.0, 1.0, 1.0, 2.0, 2.0, 1.0]), np.array([1, 1, 1, 0, 0, 0])
    information = 11 * p * (1 - p)
    difference = {kind: 4 * sampled(kind).covariance(None)[0, 0] for kind in ("count", "sampling")}
    assert difference["sampling"] == pytest.approx(np.sum(w**2 * (y - p) ** 2) / information**2)
    assert difference["count"] == pytest.approx(np.sum(w * (y - p) ** 2) / information**2)


@pytest.mark.parametrize("unknown", [True, False])
def test_rows_of_unknown_prompt_are_one_cluster_each_whatever_they_weigh(unknown):
    prompts = [None] * 4 + [7, 8] if unknown else range(6)
    found = sampled("sampling", prompt=list(prompts)).leave_out("prompt")
    expected = sampled("sampling", prompt=list(range(6))).leave_out("prompt")
    assert found.n_clusters == 6
    assert found.covariance == pytest.approx(expected.covariance)
    assert found.differences == pytest.approx(expected.differences)
    assert sampled("count", prompt=list(prompts)).leave_out("prompt").n_clusters == (11 - 3 + 2 if unknown else 6)


def test_scaled_sampling_weights_change_no_interval():
    c = replace(busy(n=300), weight_kind="sampling")
    for fitting in (fit_bradley_terry, fit_levelled):
        for cluster in (None, "prompt"):
            once, twice = fitting(c), fitting(replace(c, weight=c.weight * 1e3))
            assert intervals(twice, cluster=cluster).se == pytest.approx(intervals(once, cluster=cluster).se)
