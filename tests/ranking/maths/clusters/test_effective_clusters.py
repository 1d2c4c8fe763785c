"""How many clusters stand behind a statement: asked for each rating and each difference, not for the board."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths import (
    Comparisons,
    differences,
    fit_bradley_terry,
    fit_davidson,
    fit_rao_kupper,
    intervals,
    p_best,
    rank_sets,
)
from ranking.maths.clusters import leave_one_out, leave_one_out_gains, leave_one_out_rows
from ranking.maths.clusters.few_clusters import notes_of
from ranking.maths.clusters.leave_one_out_rows import RowsLeft
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.models.rao_kupper_both_bad import fit_grounded_rao_kupper
from tests.ranking.maths.making import battles, comparable, law, simulated


def rows_of(fit):
    likelihood = fit.likelihood
    score = getattr(likelihood, "score", None) or likelihood._entries
    return RowsLeft(fit.comparisons, likelihood.hessian(), score, getattr(likelihood, "_terms", None) or likelihood.terms)


def by_hand(fit, column="prompt"):
    """V and effective clusters, a cluster at a time, from the formulas: rows of unknown cluster are w clusters each."""
    rows, c = rows_of(fit), fit.comparisons
    m, p = len(c.names), len(rows.hessian)
    inverse = np.linalg.inv(rows.hessian)
    scores, information, times = {}, {}, {}
    every = np.arange(len(c))
    entries, terms = rows.score(every), rows.terms(every)
    for row, code in enumerate(c.clusters(column)):
        known = code >= 0
        key, weight = (code, c.weights()[row]) if known else (("single", row), 1.0)
        times[key] = 1.0 if known else c.weights()[row]
        score = np.zeros(p)
        score[c.a[row]], score[c.b[row]], score[m:] = entries.a[row], entries.b[row], entries.further[row]
        scores[key] = scores.get(key, 0) + weight * score
        for term in terms:
            z = np.zeros(p)
            z[c.a[row]], z[c.b[row]], z[m:] = term.at_a, term.at_b, term.further[row % len(term.further)]
            information[key] = information.get(key, 0) + weight * term.weight[row] * np.outer(z, z)
    centre = np.eye(p)
    centre[:m, :m] -= 1 / m
    v, sums = np.zeros((p, p)), np.zeros((2, m, m))
    singles = np.zeros((2, p))
    for key, each in information.items():
        without = np.linalg.inv(rows.hessian - each)
        moved = centre @ without @ scores[key]
        v += times[key] * np.outer(moved, moved)
        gain = centre @ (without - inverse) @ centre.T
        own = np.diagonal(gain)
        pairs = own[:m, None] + own[:m] - 2 * gain[:m, :m]
        sums += times[key] * np.stack([pairs, pairs**2])
        singles += times[key] * np.stack([own, own**2])
    n = sum(times.values())
    off = ~np.eye(m, dtype=bool)
    return v * (n - 1) / n, sums[0][off] ** 2 / sums[1][off], singles[0] ** 2 / singles[1], off


def busy(*, m=5, n=900, n_prompts=40, unknown=0, seed=0):
    """Zipf's prompts, ties, covariates, orders and judges."""
    rng = np.random.default_rng(seed)
    share = 1 / np.arange(1, n_prompts + 1)
    a = rng.integers(m, size=n)
    prompt = rng.choice(n_prompts, size=n, p=share / share.sum())
    prompt[:unknown] = -1
    return Comparisons(
        names=tuple("abcdefgh"[:m]),
        a=a,
        b=(a + rng.integers(1, m, size=n)) % m,
        outcome=rng.choice(4, size=n, p=[0.4, 0.3, 0.2, 0.1]),
        weight=rng.integers(1, 4, size=n).astype(float),
        prompt=prompt,
        first=rng.integers(0, 2, size=n),
        judge=rng.integers(0, 2, size=n),
        covariates=rng.normal(size=(n, 1)),
        covariate_names=("length",),
    )


# Without a prior, of which the formulas know nothing.
fit_levelled = partial(fit_contextual, slot_sd=None)

FITS = [fit_bradley_terry, fit_davidson, fit_rao_kupper, fit_grounded_rao_kupper, fit_levelled]


@pytest.mark.parametrize("unknown", [0, 30])
@pytest.mark.parametrize("fitted", FITS)
def test_variance_and_effective_clusters_are_those_of_clusters_left_out_one_by_one(fitted, unknown):
    fit = fitted(busy(unknown=unknown))
    found, (v, pairs, singles, off) = fit.leave_out("prompt"), by_hand(fit)
    m = len(fit.names)
    assert found.covariance == pytest.approx(v, rel=1e-8, abs=1e-12)
    assert found.differences[off] == pytest.approx(pairs)
    assert found.ratings == pytest.approx(singles[:m])
    assert found.parameters == pytest.approx(singles[m:])


@pytest.mark.parametrize("unknown", [0, 300])
@pytest.mark.parametrize("fitted", FITS)
def test_where_clusters_are_too_many_most_are_taken_by_their_first_terms(fitted, unknown, monkeypatch):
    fit = fitted(busy(unknown=unknown, n_prompts=60))
    v, pairs, singles, off = by_hand(fit)
    for module in (leave_one_out, leave_one_out_rows):
        monkeypatch.setattr(module, "room_for", lambda p: 6)
    found = fit.likelihood.leave_out("prompt")
    m = len(fit.names)
    assert np.diagonal(found.covariance) == pytest.approx(np.diagonal(v), rel=0.002)
    assert found.differences[off] == pytest.approx(pairs, rel=0.04)
    assert found.ratings == pytest.approx(singles[:m], rel=0.04)
    assert found.parameters == pytest.approx(singles[m:], rel=0.04)


def test_many_competitors_are_solved_without_eigenvalues(monkeypatch):
    fit = fit_bradley_terry(simulated(np.linspace(-1, 1, 6), n=900, n_prompts=40, rng=np.random.default_rng(1)))
    expected = fit.leave_out("prompt")
    monkeypatch.setattr(leave_one_out_gains, "SMALL", 3)
    monkeypatch.setattr(leave_one_out_rows, "SMALL", 3)
    found = fit.likelihood.leave_out("prompt")
    assert found.covariance == pytest.approx(expected.covariance)
    assert found.differences == pytest.approx(expected.differences)


@law(comparable(unknown=False), st.permutations("abcdef"))
def test_renamed_and_turned_round_they_are_the_same(c, order):
    m = len(c.names)
    place = np.argsort([order.index(name) for name in c.names])
    turned = Comparisons(
        names=tuple(c.names[i] for i in place),
        a=np.argsort(place)[c.b],
        b=np.argsort(place)[c.a],
        outcome=np.array([1, 0, 2, 3])[c.outcome],
        weight=c.weight,
        prompt=c.prompt,
    )
    one, other = intervals(fit_bradley_terry(c)), intervals(fit_bradley_terry(turned))
    assert other.df == pytest.approx(one.df[place], rel=1e-6)
    assert other.high == pytest.approx(one.high[place], rel=1e-6)
    assert m == len(other.names)


def test_equal_prompts_count_as_they_are():
    c = battles("x>y*60 y>x*60 y>z*60 z>y*60 z>x*60 x>z*60", prompt=[*range(60)] * 6)
    found = fit_bradley_terry(c).leave_out("prompt")
    assert found.n_clusters == 60
    assert found.differences == pytest.approx(np.full((3, 3), 60))
    assert found.ratings == pytest.approx([60] * 3)


def test_one_prompt_that_holds_nearly_all_counts_as_hardly_more_than_one():
    c = battles("x>y*600 y>x*560", prompt=[*[0] * 580, *range(1, 21), *[0] * 540, *range(1, 21)])
    found = fit_bradley_terry(c).leave_out("prompt")
    # Leaving out a share q raises the variance by q / (1 - q): 28 for the large prompt, 2/1158 for each of the others.
    assert found.n_clusters == 21
    assert found.differences[0, 1] == pytest.approx(1.0, abs=0.01)


def with_newcomer(k, *, m=8, n=1200, n_prompts=60, n_new=80, seed=3):
    """A board of equals on 60 prompts, and one more, equal too, met on k of them alone."""
    rng = np.random.default_rng(seed)
    a = rng.integers(m, size=n)
    b = (a + rng.integers(1, m, size=n)) % m
    prompt = np.arange(n) % n_prompts
    a, b = np.append(a, np.full(n_new, m)), np.append(b, rng.integers(m, size=n_new))
    prompt = np.append(prompt, np.arange(n_new) % k)
    names = (*(f"m{i}" for i in range(m)), "newcomer")
    return Comparisons(names=names, a=a, b=b, outcome=rng.integers(0, 2, size=len(a)), prompt=prompt)


def test_a_newcomer_stands_on_the_prompts_it_was_met_on():
    fit = fit_bradley_terry(with_newcomer(3))
    found = intervals(fit)
    assert found.df[-1] < 3
    assert (found.df[:-1] > 45).all()
    assert found.notes == ("newcomer: 80 votes on 3 prompts: so few make its interval wide",)
    assert found.kind == "prompt"
    assert found.n_clusters == 60


def test_the_others_keep_their_widths_when_a_newcomer_joins():
    c = with_newcomer(3)
    kept = np.arange(9) < 8
    alone = differences(fit_bradley_terry(c.among(kept)))
    joined = differences(fit_bradley_terry(c))
    pairs = ~np.eye(8, dtype=bool)
    ratio = (joined.high - joined.low)[:8, :8][pairs] / (alone.high - alone.low)[pairs]
    assert ratio.mean() == pytest.approx(1, abs=0.05)
    assert ratio.max() < 1.2


def test_met_on_one_prompt_alone_nothing_is_said_of_it_and_all_of_the_others():
    c = with_newcomer(1)
    fit, alone = fit_bradley_terry(c), fit_bradley_terry(c.among(np.arange(9) < 8))
    found, pairs, before = intervals(fit), differences(fit), intervals(alone)
    assert (found.low[-1], found.high[-1], found.df[-1]) == (-np.inf, np.inf, 1)
    assert np.isinf(pairs.high[-1, :-1]).all()
    assert np.isfinite(pairs.high[:-1, :-1]).all()
    # The mean that the others are compared with is theirs alone.
    assert (found.high - found.low)[:-1] == pytest.approx(before.high - before.low, rel=0.08)
    assert found.notes == (
        "newcomer: 80 votes on 1 prompt: too little to say how it does on others, so it has no interval and no place yet",
    )
    ranks = rank_sets(fit, rng=np.random.default_rng(1))
    assert (ranks.low[-1], ranks.high[-1]) == (1, 9)
    assert p_best(fit, rng=np.random.default_rng(1)).chance[-1] < 0.95


def test_ten_thousand_votes_on_one_prompt_are_no_more_than_that():
    c = with_newcomer(1, n_new=2_000)
    won = replace(c, outcome=np.where((c.a == 8) & (np.arange(len(c)) % 20 > 0), 0, c.outcome))
    fit = fit_bradley_terry(won)
    assert rank_sets(fit, rng=np.random.default_rng(1)).high[-1] == 9
    assert p_best(fit, rng=np.random.default_rng(1)).chance[-1] < 0.95


def test_two_halves_that_one_prompt_links_say_nothing_of_each_other():
    half = battles("a>b*40 b>a*40 b>c*40 c>b*40", prompt=[*range(40)] * 4)
    other = battles("d>e*40 e>d*40 e>f*40 f>e*40", prompt=[*range(40, 80)] * 4)
    bridge = battles("a>d*9 d>a*9", prompt=[99] * 18)
    rows = {"a": [], "b": [], "outcome": [], "prompt": []}
    for part in (half, other, bridge):
        rows["a"] += [part.names[i] for i in part.a]
        rows["b"] += [part.names[i] for i in part.b]
        rows["outcome"] += ["ab"[o] for o in part.outcome]
        rows["prompt"] += part.prompt.tolist() if part is not bridge else [99] * 18
    rows["prompt"][len(half) :] = [p + 100 for p in rows["prompt"][len(half) :]]
    fit = fit_bradley_terry(Comparisons.from_names(**rows))
    found = fit.leave_out("prompt")
    across = np.add.outer([1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]) % 2 == 0
    assert found.carried.tolist() == across.tolist()
    assert found.carried_ratings.all()
    assert np.isfinite(differences(fit).se[:3, :3]).all()


def test_a_prior_leaves_nobody_without_a_word():
    fit = fit_bradley_terry(with_newcomer(1), prior_sd=1.0)
    assert not fit.leave_out("prompt").carried.any()
    assert fit.leave_out("prompt").ratings[-1] < 3


@pytest.mark.parametrize("fitted", [fit_davidson, fit_rao_kupper, fit_contextual])
def test_other_models_ask_of_each_competitor_too(fitted):
    c = with_newcomer(2)
    c = replace(c, outcome=np.where(np.arange(len(c)) % 9 == 0, 2, c.outcome), first=np.arange(len(c)) % 2)
    found = intervals(fitted(c))
    assert found.df[-1] < 2
    assert (found.df[:-1] > 45).all()
    assert found.notes == ("newcomer: 80 votes on 2 prompts: so few make its interval wide",)


def test_two_ways_stand_on_the_fewer_of_both_for_each_competitor():
    c = with_newcomer(30)
    voter = np.where(np.arange(len(c)) >= 1200, np.arange(len(c)) % 2, np.arange(len(c)) % 50)
    found = intervals(fit_bradley_terry(replace(c, voter=voter)), cluster=("prompt", "voter"))
    assert found.df[-1] < 2
    assert (found.df[:-1] > 20).all()
    assert found.notes == ("newcomer: 80 votes by 2 voters: so few make its interval wide",)


def test_a_parameter_that_one_cluster_carries_is_marked():
    c = battles("x>y*60 y>x*60", prompt=[*range(40)] * 3)
    first = np.full(len(c), -1)
    first[c.prompt == 0] = [0, 1, 1]
    fit = fit_levelled(replace(c, first=first, prompt=np.array(c.prompt)))
    found = fit.leave_out("prompt")
    assert (found.carried_parameters.tolist(), found.parameters.tolist()) == ([True], [1.0])
    assert not found.carried.any()


def test_many_that_stand_on_few_are_told_in_three_lines_and_one_more():
    c = with_newcomer(3)
    rng = np.random.default_rng(5)
    more = 5
    a = np.repeat(np.arange(9, 9 + more), 60)
    c = Comparisons(
        names=(*c.names, *(f"late{i}" for i in range(more))),
        a=np.append(c.a, a),
        b=np.append(c.b, rng.integers(8, size=len(a))),
        outcome=np.append(c.outcome, rng.integers(0, 2, size=len(a))),
        prompt=np.append(c.prompt, np.arange(len(a)) % 4),
    )
    notes = intervals(fit_bradley_terry(c)).notes
    assert len(notes) == 4
    assert notes[-1] == "3 more models have few prompts, too"


def test_of_those_on_few_the_widest_are_named():
    c = Comparisons.from_names(["x", "y"], ["y", "x"], ["a", "a"])
    few = replace(c, names=tuple("uvwxyz"))
    clusters = SimpleNamespace(
        n_clusters=40.0, ratings=np.array([1.5, 1.6, 2.2, 40, 40, 40]), carried_ratings=np.zeros(6, dtype=bool),
        variance=np.array([1.0, 9.0, 25.0, 900, 900, 900]),
    )  # fmt: skip
    # half widths 12.7 * 1, 12.7 * 3 and t(1.2) = 8.6 * 5
    named = [str(note).partition(":")[0] for note in notes_of(few, "prompt", clusters)]
    assert [name for name in named if name in {"u", "v", "w"}] == ["w", "v", "u"]


def test_uneven_prompts_are_named_as_such():
    c = with_newcomer(20)
    prompt = np.array(c.prompt)
    new = np.flatnonzero(c.a == 8)
    prompt[new[:60]] = 0
    (note,) = intervals(fit_bradley_terry(replace(c, prompt=prompt))).notes
    assert note.startswith("newcomer: 80 votes on ")
    assert note.endswith("and one of them outweighs the others, so its interval is very wide")


def test_rankings_of_two_stand_on_what_comparisons_stand_on():
    from ranking.maths.models.plackett_luce import Rankings, fit_plackett_luce

    c = replace(busy(n=200, unknown=20), outcome=np.arange(200) % 2, weight=np.where(np.arange(200) % 3, 1.0, 2.0))
    names = [(c.names[a], c.names[b])[:: 1 if o == 0 else -1] for a, b, o in zip(c.a, c.b, c.outcome, strict=True)]
    prompt = [int(p) if p >= 0 else None for p in c.prompt]
    one = fit_bradley_terry(c).leave_out("prompt")
    other = fit_plackett_luce(Rankings.from_names(names, weight=c.weight, prompt=prompt)).leave_out("prompt")
    assert other.covariance == pytest.approx(one.covariance, abs=1e-9)
    assert other.differences == pytest.approx(one.differences)
    assert other.n_clusters == one.n_clusters


def test_judge_aware_ratings_stand_on_the_prompts_of_each_competitor():
    from ranking.maths.models.judge_aware import fit_judge_aware

    c = with_newcomer(2)
    fit = fit_judge_aware(replace(c, voter=np.arange(len(c)) % 3), tau=0.01)
    found, plain = intervals(fit), intervals(fit_bradley_terry(c))
    assert found.df == pytest.approx(plain.df, rel=0.1, abs=0.5)
    assert found.se == pytest.approx(plain.se, rel=0.1)
    assert intervals(fit, cluster=("prompt", "voter")).kind == "few_voters"


def test_without_the_information_of_rows_no_cluster_is_left_out():
    from scipy.sparse import csr_array

    from ranking.maths.estimation.sparse_likelihood import SparseLikelihood

    with pytest.raises(ValueError, match="no cluster can be left out"):
        SparseLikelihood(np.eye(1), csr_array(np.ones((2, 1))), np.ones(2), {}).leave_out("prompt")


def test_fewer_than_two_clusters_are_refused():
    with pytest.raises(ValueError, match="1 prompts: a covariance by prompt needs at least 2"):
        fit_bradley_terry(battles("x>y*3 y>x", prompt=[1] * 4)).leave_out("prompt")


def test_what_one_cluster_carries_alone_is_found_in_many_dimensions_as_in_few(monkeypatch):
    """A newcomer that was met on one prompt only: to take that prompt away leaves nothing to know it by."""
    c = simulated(np.zeros(12), n=800, n_prompts=30, rng=np.random.default_rng(3))
    c = replace(c, prompt=np.where((c.a == 0) | (c.b == 0), 0, c.prompt))
    few = fit_bradley_terry(c).leave_out("prompt")
    monkeypatch.setattr(leave_one_out_gains, "SMALL", 0)
    many = fit_bradley_terry(c).leave_out("prompt")
    assert many.covariance == pytest.approx(few.covariance, rel=1e-6, abs=1e-9)
    assert many.differences == pytest.approx(few.differences, rel=1e-6)
    assert (many.carried == few.carried).all()
    assert few.carried[0].sum() == 11


def test_the_heaviest_clusters_are_left_out_exactly_where_not_all_can_be(monkeypatch):
    c = simulated(np.zeros(6), n=1_000, n_prompts=60, rng=np.random.default_rng(4))
    c = replace(c, prompt=np.where(c.prompt < 20, c.prompt % 2, c.prompt))
    whole = fit_bradley_terry(c).leave_out("prompt")
    monkeypatch.setattr(leave_one_out, "room_for", lambda p: 3)
    part = fit_bradley_terry(c).leave_out("prompt")
    assert part.covariance == pytest.approx(whole.covariance, rel=0.05, abs=2e-4)
    assert part.differences == pytest.approx(whole.differences, rel=0.05)


def test_information_that_a_cluster_holds_to_the_last_digit_is_singular_without_it():
    hessian, inverse = np.eye(50), np.eye(50)
    each = np.zeros((1, 50, 50))
    each[0, 7, 7] = 1.0
    for leverage in (1.0, 0.5):  # known as whole beforehand, or found so by the factorisation
        assert (leave_one_out_gains.gained(each, hessian, inverse, np.array([leverage])) == 0).all()


def test_information_made_anew_for_every_pass_is_what_was_kept(monkeypatch):
    c = simulated(np.zeros(6), n=1_000, n_prompts=60, rng=np.random.default_rng(4))
    kept = fit_bradley_terry(c).leave_out("prompt")
    monkeypatch.setattr(leave_one_out, "PART_NUMBERS", 1)
    anew = fit_bradley_terry(c).leave_out("prompt")
    assert (anew.covariance == kept.covariance).all()
    assert (anew.differences == kept.differences).all()
