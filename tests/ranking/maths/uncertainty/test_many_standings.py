"""Boards of very many competitors: the figures of tables of all pairs, from the pairs that met."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking import maths
from ranking.maths.clusters.many_gram import Gram
from ranking.maths.data import cells
from ranking.maths.data.cells import count_cells
from ranking.maths.data.pair_counts import count_pairs
from ranking.maths.data.triangle import Triangle, blocks
from ranking.maths.estimation import pair_newton
from ranking.maths.estimation.covariance import above, spread
from ranking.maths.estimation.existence import check_existence
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.pair_existence import check_pair_existence
from ranking.maths.estimation.pair_newton import maximise_pairs
from ranking.maths.models.many_bradley_terry import fit_many
from ranking.maths.uncertainty import many_standings
from ranking.maths.uncertainty.many_covariances import inverse_in_place
from ranking.maths.uncertainty.many_standings import are_beyond, are_suitable, stand
from ranking.maths.uncertainty.pruned_max_t import ClosePairs, close_pairs, largest_gaps
from tests.ranking.maths.making import comparable, law, simulated


@law(comparable())
def test_listed_pairs_are_the_tables(c):
    listed, tables = count_pairs(c).dense(), count_cells(c)
    for name in ("wins", "ties", "both_bad"):
        assert getattr(listed, name).tolist() == getattr(tables, name).tolist()


def test_pairs_have_the_same_counts_to_the_last_digit_whether_most_met_or_few():
    c = simulated(np.zeros(5), n=300, n_prompts=3, rng=np.random.default_rng(1), tie_rate=0.2)
    c = replace(c, weight=np.arange(len(c)) % 4 / 3)
    among_few, among_many = count_pairs(c), count_pairs(replace(c, names=(*c.names, *map(str, range(100)))))
    for name in ("i", "j", "wins", "losses", "ties", "both_bad"):
        assert getattr(among_few, name).tolist() == getattr(among_many, name).tolist(), name


@law(st.integers(0, 10_000), st.integers(1, 9), st.integers(0, 30))
def test_the_same_are_rated_for_the_same_reasons(seed, m, n):
    rng = np.random.default_rng(seed)
    c = simulated(rng.normal(size=m), n=n if m > 1 else 0, n_prompts=3, rng=rng, tie_rate=0.1)
    one, other = check_pair_existence(c.names, count_pairs(c)), check_existence(c.names, count_cells(c).half_wins)
    assert (one.components, one.unrated, one.notes) == (other.components, other.unrated, other.notes)
    assert one.fitted.tolist() == other.fitted.tolist()


@law(comparable())
def test_ratings_are_those_of_the_tables(c):
    found, known = fit_many(c), maths.fit_bradley_terry(c)
    np.testing.assert_allclose(found.ratings, known.ratings, atol=1e-11)
    assert found.log_likelihood == pytest.approx(known.diagnostics.log_likelihood)


def test_a_chain_is_solved_by_its_factor():
    m = 600
    a, b = np.arange(m - 1).repeat(2), np.arange(1, m).repeat(2)
    c = maths.Comparisons(tuple(f"n{i:03d}" for i in range(m)), a=a, b=b, outcome=np.tile([0, 1], m - 1))
    np.testing.assert_allclose(fit_many(c).ratings, 0, atol=1e-9)


@pytest.mark.parametrize(
    ("m", "n", "n_prompts"),
    [(12, 400, 15), (40, 3_000, 8), (60, 3_000, 300), (300, 12_000, 200), (150, 1_500, 300), (400, 1_800, 250)],
)
@pytest.mark.parametrize("cluster", ["prompt", None])
def test_intervals_and_clusters_are_those_of_the_tables(m, n, n_prompts, cluster):
    rng = np.random.default_rng(m)
    c = simulated(rng.normal(size=m), n=n, n_prompts=n_prompts, rng=rng, tie_rate=0.2)
    fit, whole = fit_many(c), maths.fit_bradley_terry(c)
    found, known = stand(fit, cluster=cluster, rng=rng), maths.intervals(whole, cluster=cluster)
    np.testing.assert_allclose(found.intervals.se, known.se, rtol=1e-6)
    np.testing.assert_allclose(found.intervals.df, known.df, rtol=1e-4)
    np.testing.assert_allclose(found.win_rates, whole.win_rates(), rtol=1e-12)
    assert (found.intervals.kind, found.intervals.notes) == (known.kind, known.notes)


def test_rank_ranges_are_those_of_the_tables_for_the_same_critical_value():
    rng = np.random.default_rng(3)
    c = simulated(rng.normal(size=320), n=15_000, n_prompts=150, rng=rng, tie_rate=0.2)
    found, known = stand(fit_many(c), cluster="prompt", rng=rng), spread(whole := maths.fit_bradley_terry(c), cluster="prompt")
    critical = np.maximum(known.simultaneous(found.gaussian), known.difference_critical(0.95))
    gap = whole.ratings[:, None] - whole.ratings
    is_above = (gap > critical * np.sqrt(known.difference_variance)) & ~known.flat
    assert np.abs(found.low - 1 - is_above.sum(axis=0)).sum() <= 1  # a pair may lie on the limit
    assert np.abs(found.high - 320 + is_above.sum(axis=1)).sum() <= 1


def test_critical_values_agree_within_what_their_draws_say():
    rng = np.random.default_rng(4)
    c = simulated(rng.normal(size=300), n=12_000, n_prompts=200, rng=rng)
    many = stand(fit_many(c), cluster="prompt", n_resamples=4_000, rng=rng).gaussian
    known = spread(maths.fit_bradley_terry(c), cluster="prompt")
    every = [
        maths.uncertainty.rank_sets.max_t_quantile(joint, ~known.flat, level=0.95, n_resamples=10_000, rng=rng)
        for joint in known.joints
    ]
    assert many == pytest.approx(max(every), rel=0.01)


@law(st.integers(0, 10_000), st.integers(2, 40), st.sampled_from(["any", "ties", "islands", "equal", "huge", "few"]))
def test_the_pruned_maximum_is_the_full_one(seed, m, shape):
    rng = np.random.default_rng(seed)
    factor = _factor(rng, m, shape)
    covariance = factor.T @ factor
    variance = np.diagonal(covariance)
    difference = np.maximum(variance[:, None] + variance - 2 * covariance, 0)
    counted = (difference > 1e-12) & np.triu(rng.random((m, m)) < (0.2 if shape == "few" else 2), 1)
    whole = np.zeros((m, m), dtype=np.float32)
    whole[counted] = 1 / np.sqrt(difference[counted])
    precision, parts = Triangle(m), []
    for rows in blocks(m):
        precision[rows] = whole[rows, rows.start :]
        parts.append(close_pairs(rows, np.sqrt(variance), whole[rows, rows.start :], counted[rows, rows.start :]))
    draws = rng.standard_normal((30, len(factor))).astype(np.float32) @ factor.astype(np.float32)
    found = largest_gaps(draws, np.sqrt(variance), precision, ClosePairs.together(parts))
    full = (np.abs(draws[:, :, None] - draws[:, None, :]) * whole).max(axis=(1, 2))
    np.testing.assert_allclose(found, full, rtol=5e-7)


def _factor(rng, m, shape):
    factor = rng.standard_normal((max(m // 2, 2), m)) * rng.uniform(0.1, 3, m)
    if shape == "ties":
        factor[:, 1::2] = factor[:, 0 : 2 * (m // 2) : 2]
    elif shape == "islands":
        factor[:, : m // 2] += 50 * rng.standard_normal((len(factor), 1))
    elif shape == "equal":
        factor = np.eye(m)
    elif shape == "huge":
        factor = factor * 1e-4 + rng.standard_normal((len(factor), 1))
    return factor


@law(st.integers(0, 10_000), st.floats(0, 6))
def test_what_is_beyond_its_own_t_is_found_without_computing_every_t(seed, gaussian):
    rng = np.random.default_rng(seed)
    errors, clusters = rng.exponential(4, 500), rng.pareto(1, 500) + 1
    df = np.maximum(clusters - 1, 1.0)
    from scipy.special import ndtr

    critical = np.maximum(above(ndtr(-gaussian), df), above(0.025, df))
    assert are_beyond(errors, clusters, gaussian, 0.95).tolist() == (errors > critical).tolist()


def test_where_nothing_can_be_pruned_the_value_is_bonferronis_and_a_note_says_so(monkeypatch):
    monkeypatch.setattr(many_standings, "MOST_CLOSE", -1)
    rng = np.random.default_rng(1)
    c = simulated(rng.normal(size=20), n=1_000, n_prompts=100, rng=rng)
    found = stand(fit_many(c), cluster="prompt", rng=rng)
    assert [note.code for note in found.intervals.notes if hasattr(note, "code")] == ["bonferroni"]
    assert found.gaussian == pytest.approx(-many_standings.ndtri(0.05 / (20 * 19)))


def test_mixed_prompts_are_left_to_the_tables():
    c = maths.Comparisons(("x", "y", "z"), a=[0, 1], b=[1, 2], outcome=[0, 1], prompt=[-1, 3])
    assert not are_suitable(c, "prompt")


def with_more(c, prompt, **met):
    """Further rows, of new competitors too, whose codes follow those of the others."""
    n_new = max(*met["a"], *met["b"]) + 1 - len(c.names)
    return maths.Comparisons(
        names=(*c.names, *(f"new {i}" for i in range(n_new))),
        **{name: np.concatenate([getattr(c, name), column]) for name, column in met.items()},
        prompt=np.concatenate([c.prompt, prompt]),
    )


@pytest.mark.parametrize("n_prompts", [20, 200])
@pytest.mark.parametrize("cluster", ["prompt", None])
def test_two_models_with_the_same_results_have_ranks_too(n_prompts, cluster):
    """Their covariance has no full rank; of few prompts the lines are kept, of many their sum."""
    rng = np.random.default_rng(5)
    c, twins = simulated(rng.normal(size=30), n=2_000, n_prompts=n_prompts, rng=rng, tie_rate=0.2), 16
    met = {"a": np.repeat([30, 31], twins), "b": np.zeros(2 * twins, int), "outcome": np.tile([0, 1], twins)}
    both = with_more(c, np.tile(np.arange(twins), 2), **met)
    fit, whole = fit_many(both), maths.fit_bradley_terry(both)
    found, known = stand(fit, cluster=cluster, rng=rng), maths.intervals(whole, cluster=cluster)
    np.testing.assert_allclose(found.intervals.se, known.se, rtol=1e-6)
    assert (found.low[30], found.high[30]) == (found.low[31], found.high[31])


def test_a_newcomer_met_on_one_prompt_alone_is_carried_by_it_as_in_the_tables():
    rng = np.random.default_rng(6)
    c = simulated(rng.normal(size=25), n=2_000, n_prompts=40, rng=rng, tie_rate=0.2)
    met = {"a": np.full(30, 25), "b": np.arange(30) % 25, "outcome": np.arange(30) % 2}
    more = with_more(c, np.zeros(30, int), **met)
    fit, whole = fit_many(more), maths.fit_bradley_terry(more)
    found, known = stand(fit, cluster="prompt", rng=rng), maths.intervals(whole)
    np.testing.assert_allclose(found.intervals.se, known.se, rtol=1e-6)
    np.testing.assert_allclose(found.intervals.df, known.df, rtol=1e-4)
    assert (found.intervals.kind, found.intervals.notes) == (known.kind, known.notes)
    ranks = maths.rank_sets(whole, rng=rng)
    assert (found.low[25], found.high[25]) == (ranks.low[25], ranks.high[25])


def test_draws_of_a_sum_without_full_rank():
    gram = Gram(3, n_lines=100)
    gram.add(np.array([[1.0, 1.0, 2.0]]))
    drawn = gram.draws(400, np.random.default_rng(1))
    assert drawn.shape == (400, 3)
    np.testing.assert_allclose(drawn[:, 0], drawn[:, 1], atol=1e-4)
    assert np.std(drawn[:, 2] - drawn[:, 0]) == pytest.approx(1, rel=0.15)


@pytest.mark.parametrize(
    ("prompts", "weight_kind", "cluster", "suits"),
    [
        ([1, 2, 1, 2], "count", "prompt", True), ([1, 2, 1, 2], "sampling", "prompt", False),
        ([1, 1, 1, 1], "count", None, True),
        ([-1, -1, -1, -1], "count", "prompt", True), ([1, 1, 1, 1], "count", "prompt", False),
        ([1, 1, 1, 2], "count", "prompt", False),
    ],
)  # fmt: skip
def test_what_suits_this_way(prompts, weight_kind, cluster, suits):
    a, b = [0, 1, 2, 0], [1, 2, 0, 2]
    c = maths.Comparisons(
        ("x", "y", "z"), a=a, b=b, outcome=[0] * 4, prompt=prompts, weight=np.ones(4), weight_kind=weight_kind
    )
    assert are_suitable(c, cluster) is suits


def test_what_cannot_be_solved_is_named():
    c = simulated(np.linspace(-1, 1, 8), n=200, n_prompts=5, rng=np.random.default_rng(1))
    pairs = count_pairs(c)
    with pytest.raises(NotConvergedError, match="no maximum after 1 steps"):
        maximise_pairs(pairs, max_steps=1, tolerance=1e-9)
    with pytest.raises(NotConvergedError, match="too far apart"):
        pair_newton._by_factor(pairs, np.full(len(pairs), -1.0), np.zeros(8))
    with pytest.raises(NotConvergedError, match="flat in some direction"):
        inverse_in_place(np.zeros((3, 3), order="F"))
    assert largest_gaps(np.zeros((2, 1), np.float32), np.ones(1), Triangle(1), ClosePairs.together([])).tolist() == [0, 0]


def test_where_rounds_do_not_come_near_the_factor_does(monkeypatch):
    c = simulated(np.linspace(-1, 1, 30), n=900, n_prompts=9, rng=np.random.default_rng(2), tie_rate=0.2)
    known = fit_many(c).ratings
    monkeypatch.setattr(pair_newton, "MOST_ROUNDS", 1)
    np.testing.assert_allclose(fit_many(c).ratings, known, atol=1e-9)


@law(comparable())
def test_counts_of_many_are_those_of_few(c):
    few = maths.counts(c)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "FEW", -1)
        many = maths.counts(c)
    for name in ("n_votes", "n_prompts", "wins", "ties", "losses", "both_bad", "raw_win_rate"):
        np.testing.assert_allclose(getattr(many, name), getattr(few, name), rtol=1e-12, err_msg=name)
