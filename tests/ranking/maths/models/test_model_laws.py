"""Which law holds for which model: the table is `HOLDS`, and what it leaves out is shown not to hold.

A further model: add its fit to `FITS` and its laws to `HOLDS`. Every model is fitted on the same data (`rich`), which
have finite maxima for all of them, and ignores the columns that it does not know.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ranking.maths import Comparisons, Fit, fit_bradley_terry
from ranking.maths.clusters.sandwich import cluster_sizes
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.models.davidson import fit_davidson
from ranking.maths.models.judge_aware import fit_judge_aware
from ranking.maths.models.plackett_luce import Rankings, fit_plackett_luce
from ranking.maths.models.rao_kupper import fit_rao_kupper
from ranking.maths.models.rao_kupper_both_bad import fit_grounded_rao_kupper

type FitModel = Callable[[Comparisons], Fit]

SWAPPED = np.array([1, 0, 2, 3])
ROWS = ("a", "b", "outcome", "weight", "prompt", "judge", "first", "covariates")


@st.composite
def rich(draw: st.DrawFn) -> Comparisons:
    """2 to 5 competitors and up to 25 comparisons with all columns, beside some that make every maximum finite."""
    m = draw(st.integers(2, 5))
    few = st.integers(-1, 1)
    row = st.tuples(
        st.integers(0, m - 1),
        st.integers(1, m - 1),
        st.integers(0, 3),
        st.integers(1, 3),
        st.integers(0, 5),
        few,
        few,
        few,
        few,
    )
    drawn = [(a, (a + d) % m, o, w, p, j, f, x, y) for a, d, o, w, p, j, f, x, y in draw(st.lists(row, max_size=25))]
    return table(m, firm(m) + drawn)


def firm(m: int) -> list[tuple[int, ...]]:
    """Both outcomes for every neighbour, covariate and judge's slot 1; a tie, and "both bad" for all."""
    ring = [(i, (i + 1) % m, outcome, 1, i % 2, -1, -1, 0, 0) for i in range(m) for outcome in (0, 1, 3)]
    covariates = [(0, 1, outcome, 1, outcome, -1, -1, x, 1 - x) for x in (0, 1) for outcome in (0, 1)]
    slots = [(0, 1, outcome, 1, 2, judge, 0, 0, 0) for judge in (-1, 0, 1) for outcome in (0, 1)]
    return [*ring, *covariates, *slots, (0, 1, 2, 1, 3, -1, -1, 0, 0)]


def table(m: int, rows: list[tuple[int, ...]]) -> Comparisons:
    a, b, outcome, weight, prompt, judge, first, x, y = (np.array(column) for column in zip(*rows, strict=True))
    return Comparisons(
        names=tuple("abcdef"[:m]), a=a, b=b, outcome=outcome, weight=weight.astype(float), prompt=prompt, judge=judge,
        first=first, covariates=np.column_stack([x, y]), covariate_names=("x", "y"),
    )  # fmt: skip


def fit_rankings_of_two(c: Comparisons, *, prior_sd: float | None = None, start: Fit | None = None) -> Fit:
    """Plackett-Luce on pairs, a tie as half a ranking either way."""
    tied = c.outcome >= 2
    c = taken(c, np.concatenate([np.arange(len(c)), np.flatnonzero(tied)]))
    again = np.arange(len(c)) >= len(tied)
    a_first = np.where(again, False, c.outcome != 1)
    items = np.column_stack([np.where(a_first, c.a, c.b), np.where(a_first, c.b, c.a)]).ravel()
    unknown = np.full(len(c), -1, dtype=np.int32)
    rankings = Rankings(
        names=c.names, items=items, ends=2 * np.arange(1, len(c) + 1), weight=c.weights() / (1 + (c.outcome >= 2)),
        prompt=c.prompt, voter=unknown, judge=unknown,
    )  # fmt: skip
    return fit_plackett_luce(rankings, prior_sd=prior_sd, start=start)


def close(one: object, other: object) -> bool:
    return np.allclose(one, other, rtol=1e-6, atol=1e-8)  # type: ignore[arg-type]


def assert_same(one: Fit, other: Fit) -> None:
    assert close(one.ratings, other.ratings)
    assert [p.name for p in one.parameters] == [p.name for p in other.parameters]
    assert close([p.estimate for p in one.parameters], [p.estimate for p in other.parameters])
    for cluster in (None, "prompt"):
        assert close(one.covariance(cluster), other.covariance(cluster))
        assert close(one.parameter_covariance(cluster), other.parameter_covariance(cluster))


def taken(c: Comparisons, rows: object) -> Comparisons:
    columns = {name: getattr(c, name) for name in ROWS}
    return replace(c, **{name: None if column is None else column[rows] for name, column in columns.items()})


def swapping_sides_changes_nothing(fit: FitModel, c: Comparisons, _: Random) -> None:
    first = np.where(c.first >= 0, 1 - c.first, -1)
    assert_same(fit(c), fit(replace(c, a=c.b, b=c.a, outcome=SWAPPED[c.outcome], first=first, covariates=-c.covariates)))


def reversing_outcomes_negates(fit: FitModel, c: Comparisons, _: Random) -> None:
    one, other = fit(c), fit(replace(c, outcome=SWAPPED[c.outcome]))
    assert close(one.ratings, -other.ratings)
    assert close(one.covariance("prompt"), other.covariance("prompt"))


def relabelling_permutes(fit: FitModel, c: Comparisons, random: Random) -> None:
    order = np.array(random.sample(range(len(c.names)), len(c.names)))
    place = np.argsort(order)
    one, other = fit(c), fit(replace(c, a=place[c.a], b=place[c.b]))
    assert close(one.ratings[order], other.ratings)
    assert close([p.estimate for p in one.parameters], [p.estimate for p in other.parameters])
    assert close(one.covariance("prompt")[np.ix_(order, order)], other.covariance("prompt"))


def ratings_have_no_common_shift(fit: FitModel, c: Comparisons, _: Random) -> None:
    found = fit(c)
    assert close(found.ratings.sum(), 0)
    for matrix in (found.covariance(None), found.covariance("prompt"), found.model_covariance()):
        assert close(matrix.sum(axis=1), 0)


def points_of_two_add_up_to_one(fit: FitModel, c: Comparisons, _: Random) -> None:
    points = fit(c).expected_points
    assert close(points + points.T, 1)
    assert ((points > 0) & (points < 1)).all()


def scaled_weights_are_narrower_only(fit: FitModel, c: Comparisons, _: Random) -> None:
    one, other = fit(c), fit(replace(c, weight=3 * c.weight))
    assert close(one.ratings, other.ratings)
    assert close([p.estimate for p in one.parameters], [p.estimate for p in other.parameters])
    assert close(one.covariance(None), 3 * other.covariance(None))


def new_prompts_are_narrower_by_root_two(fit: FitModel, c: Comparisons, _: Random) -> None:
    one, twice = fit(c), fit(doubled(c, prompt=np.concatenate([c.prompt, c.prompt + 100])))
    g = cluster_sizes(c, cluster="prompt")[1]
    assert close(one.ratings, twice.ratings)
    assert close(twice.covariance("prompt"), one.covariance("prompt") / 2 * (2 * g / (2 * g - 1)) / (g / (g - 1)))


def the_same_prompts_again_are_not_narrower(fit: FitModel, c: Comparisons, _: Random) -> None:
    one, twice = fit(c), fit(doubled(c, prompt=np.tile(c.prompt, 2)))
    assert close(one.ratings, twice.ratings)
    assert close(one.covariance("prompt"), twice.covariance("prompt"))
    assert close(one.parameter_covariance("prompt"), twice.parameter_covariance("prompt"))


def doubled(c: Comparisons, *, prompt: object) -> Comparisons:
    return replace(taken(c, np.tile(np.arange(len(c)), 2)), prompt=prompt)  # type: ignore[arg-type]


def one_row_of_weight_three_is_three_rows(fit: FitModel, c: Comparisons, _: Random) -> None:
    assert_same(fit(c), fit(replace(taken(c, np.repeat(np.arange(len(c)), c.weight.astype(int))), weight=None)))


def the_order_of_rows_does_not_matter(fit: FitModel, c: Comparisons, random: Random) -> None:
    assert_same(fit(c), fit(taken(c, np.array(random.sample(range(len(c)), len(c))))))


def rows_of_weight_zero_count_nothing(fit: FitModel, c: Comparisons, _: Random) -> None:
    more = doubled(c, prompt=np.concatenate([c.prompt, c.prompt + 100]))
    reversed_half = np.concatenate([c.outcome, SWAPPED[c.outcome]])
    assert_same(fit(c), fit(replace(more, outcome=reversed_half, weight=np.concatenate([c.weight, np.zeros(len(c))]))))


def both_bad_is_a_tie(fit: FitModel, c: Comparisons, _: Random) -> None:
    assert_same(fit(c), fit(replace(c, outcome=np.where(c.outcome == 3, 2, c.outcome))))


def a_tie_is_half_a_win_each(fit: FitModel, c: Comparisons, _: Random) -> None:
    ties = np.flatnonzero(c.outcome >= 2)
    halves = taken(c, np.concatenate([np.flatnonzero(c.outcome < 2), ties, ties]))
    n = len(c) - len(ties)
    outcome = np.concatenate([halves.outcome[:n], np.zeros(len(ties)), np.ones(len(ties))]).astype(int)
    weight = np.concatenate([halves.weight[:n], halves.weight[n:] / 2])
    assert close(fit(c).ratings, fit(replace(halves, outcome=outcome, weight=weight)).ratings)


def context_does_not_matter(fit: FitModel, c: Comparisons, _: Random) -> None:
    assert_same(fit(c), fit(replace(c, judge=None, first=None, covariates=None, covariate_names=())))


def a_warm_start_ends_at_the_same(fit: FitModel, c: Comparisons, _: Random) -> None:
    found = fit(c)
    assert_same(found, fit(c, start=found))  # type: ignore[call-arg]


ALWAYS = {
    swapping_sides_changes_nothing,
    relabelling_permutes,
    ratings_have_no_common_shift,
    points_of_two_add_up_to_one,
    one_row_of_weight_three_is_three_rows,
    the_order_of_rows_does_not_matter,
    rows_of_weight_zero_count_nothing,
    a_warm_start_ends_at_the_same,
}
WITHOUT_PRIOR = {
    scaled_weights_are_narrower_only,
    new_prompts_are_narrower_by_root_two,
    the_same_prompts_again_are_not_narrower,
}
HALF_WINS = {reversing_outcomes_negates, both_bad_is_a_tie, a_tie_is_half_a_win_each}
TIES_OF_THEIR_OWN = {reversing_outcomes_negates, both_bad_is_a_tie}
PAIRS_ALONE = {context_does_not_matter}

FITS: dict[str, FitModel] = {
    "bradley_terry": fit_bradley_terry,
    "bradley_terry with a prior": partial(fit_bradley_terry, prior_sd=0.5),
    "davidson": fit_davidson,
    "davidson with a prior": partial(fit_davidson, prior_sd=0.5),
    "rao_kupper": fit_rao_kupper,
    "rao_kupper with a prior": partial(fit_rao_kupper, prior_sd=0.5),
    "grounded_rao_kupper": fit_grounded_rao_kupper,
    "grounded_rao_kupper with a prior": partial(fit_grounded_rao_kupper, prior_sd=0.5),
    "contextual": partial(fit_contextual, slot_sd=None),
    "contextual with a prior": partial(fit_contextual, prior_sd=0.5, slot_sd=None),
    "judge_aware": partial(fit_judge_aware, cluster="judge", tau=0.3),
    "judge_aware with a prior": partial(fit_judge_aware, cluster="judge", tau=0.3, prior_sd=0.5),
    "plackett_luce": fit_rankings_of_two,
    "plackett_luce with a prior": partial(fit_rankings_of_two, prior_sd=0.5),
}

HOLDS: dict[str, set[Callable[[FitModel, Comparisons, Random], None]]] = {
    "bradley_terry": ALWAYS | WITHOUT_PRIOR | HALF_WINS | PAIRS_ALONE,
    "bradley_terry with a prior": ALWAYS | HALF_WINS | PAIRS_ALONE,
    "davidson": ALWAYS | WITHOUT_PRIOR | TIES_OF_THEIR_OWN | PAIRS_ALONE,
    "davidson with a prior": ALWAYS | TIES_OF_THEIR_OWN | PAIRS_ALONE,
    "rao_kupper": ALWAYS | WITHOUT_PRIOR | TIES_OF_THEIR_OWN | PAIRS_ALONE,
    "rao_kupper with a prior": ALWAYS | TIES_OF_THEIR_OWN | PAIRS_ALONE,
    "grounded_rao_kupper": ALWAYS | WITHOUT_PRIOR | PAIRS_ALONE,
    "grounded_rao_kupper with a prior": ALWAYS | PAIRS_ALONE,
    # Who is a has no meaning, and covariates and order change sign with it: so reversing outcomes negates all.
    "contextual": ALWAYS | WITHOUT_PRIOR | HALF_WINS,
    "contextual with a prior": ALWAYS | HALF_WINS,
    # There is always a prior: that on discriminations.
    "judge_aware": ALWAYS | HALF_WINS,
    "judge_aware with a prior": ALWAYS | HALF_WINS,
    "plackett_luce": ALWAYS | WITHOUT_PRIOR | HALF_WINS | PAIRS_ALONE,
    "plackett_luce with a prior": ALWAYS | HALF_WINS | PAIRS_ALONE,
}

LAWS = sorted(set().union(*HOLDS.values()), key=lambda law: law.__name__)
PAIRS = [(model, law) for model in HOLDS for law in LAWS]


def name(value: object) -> str:
    return value if isinstance(value, str) else value.__name__  # type: ignore[attr-defined]


@pytest.mark.parametrize(("model", "law"), [pair for pair in PAIRS if pair[1] in HOLDS[pair[0]]], ids=name)
def test_the_law_holds(model, law):
    @settings(deadline=None, max_examples=8)
    @given(rich(), st.randoms(use_true_random=False))
    def check(c: Comparisons, random: Random) -> None:
        law(FITS[model], c, random)

    check()


@pytest.mark.parametrize(("model", "law"), [pair for pair in PAIRS if pair[1] not in HOLDS[pair[0]]], ids=name)
def test_the_law_does_not_hold(model, law):
    rng = np.random.default_rng(1)
    a = rng.integers(3, size=60)
    columns = (a, (a + rng.integers(1, 3, size=60)) % 3, rng.choice([0, 0, 1, 2, 3], size=60), rng.integers(1, 3, size=60))
    more = [rng.integers(6, size=60), *rng.integers(-1, 2, size=(4, 60))]
    c = table(3, firm(3) + list(zip(*columns, *more, strict=True)))
    with pytest.raises((AssertionError, ValueError)):
        law(FITS[model], c, Random(1))
