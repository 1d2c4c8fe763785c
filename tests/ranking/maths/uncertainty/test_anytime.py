"""Anytime-valid statements: blocks that stay closed, bets that are fair, intervals that hold together."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from ranking.maths import Comparisons, differences, fit_bradley_terry
from ranking.maths.uncertainty.anytime import (
    anytime_critical,
    anytime_differences,
    confidence_sequence,
    e_bh,
    e_process,
    e_process_above,
    pair_evidence,
)
from ranking.maths.uncertainty.blocks import block_means
from tests.ranking.maths.making import battles, comparable, law, simulated

VOTES = st.lists(
    st.tuples(st.integers(-1, 4), st.sampled_from([0, 0.5, 1]), st.integers(-1, 1), st.integers(1, 3)), max_size=30
)
BLOCKS = st.lists(st.floats(0, 1), max_size=20).map(np.array)


def blocks_of(votes):
    prompt, points, first, weight = zip(*votes, strict=True) if votes else ((), (), (), ())
    return block_means(prompt, points, first=first, weight=weight)


# Blocks


@law(VOTES)
def test_a_closed_block_never_changes_whatever_comes_later(votes):
    whole = blocks_of(votes)
    for n in range(len(votes)):
        early = blocks_of(votes[:n]).values
        assert whole.values[: len(early)].tolist() == early.tolist()


@law(VOTES)
def test_every_prompt_has_one_block_and_every_unknown_one_its_own(votes):
    found = blocks_of(votes).closed()
    known = {prompt for prompt, *_ in votes if prompt >= 0}
    assert len(found.values) == len(known) + sum(prompt < 0 for prompt, *_ in votes)
    assert found.closed() is found
    assert np.isnan(found.last)


@law(VOTES)
def test_a_weight_stands_for_equal_votes(votes):
    one_by_one = [(prompt, points, first, 1) for prompt, points, first, weight in votes if prompt >= 0 for _ in range(weight)]
    at_once = [vote for vote in votes if vote[0] >= 0]
    assert blocks_of(at_once).values == pytest.approx(blocks_of(one_by_one).values)
    assert blocks_of(at_once).n_late == blocks_of(one_by_one).n_late


def test_a_late_vote_is_left_out_and_counted_and_closes_nothing():
    found = block_means([1, 2, 1, 2, 3], [1, 0, 0, 1, 1])
    assert (found.values.tolist(), found.last, found.n_late) == ([1, 0.5], 1, 1)


def test_both_orders_weigh_half_where_all_orders_are_known():
    # Three wins shown first, a loss shown second: (1 + 0) / 2; with one order unknown 3 / 4.
    assert block_means([1] * 4, [1, 1, 1, 0], first=[0, 0, 0, 1]).last == 0.5
    assert block_means([1] * 4, [1, 1, 1, 0], first=[0, 0, -1, 1]).last == 0.75
    assert block_means([1] * 4, [1, 1, 1, 0], first=[0, 0, 0, 0]).last == 0.75


@law(VOTES, st.permutations(range(5)), st.integers(0, 5))
def test_prompts_said_to_be_done_lose_no_vote_whatever_the_order_of_arrival(votes, order, n_done):
    votes = [vote for vote in votes if vote[0] >= 0]
    prompt, points, first, weight = zip(*votes, strict=True) if votes else ((), (), (), ())
    done = order[:n_done]
    found = block_means(prompt, points, first=first, weight=weight, done=done)
    by_prompt = [blocks_of([vote for vote in votes if vote[0] == p]).closed().values for p in done]
    assert found.values == pytest.approx(np.concatenate([*by_prompt, []]))
    assert found.n_late == 0
    assert found.n_open == sum(vote[3] for vote in votes if vote[0] not in done)
    more = block_means(prompt, points, first=first, weight=weight, done=order)
    assert more.values[: len(found.values)].tolist() == found.values.tolist()


def test_evidence_is_the_same_whether_votes_arrive_by_prompt_or_between_each_other():
    rng = np.random.default_rng(2)
    prompt = np.repeat(np.arange(200, dtype=np.int32), 10)
    won = rng.random(2_000) < np.repeat(rng.beta(6, 4, size=200), 10)
    c = Comparisons(names=("x", "y"), a=np.zeros(2_000, int), b=np.ones(2_000, int), outcome=np.where(won, 0, 1), prompt=prompt)
    mixed = rng.permutation(2_000)
    live = replace(c, a=c.a[mixed], b=c.b[mixed], outcome=c.outcome[mixed], prompt=prompt[mixed])
    in_turn, lost, all_in = pair_evidence(c), pair_evidence(live), pair_evidence(live, done=range(200))
    assert lost.n_late > 1_500
    assert "say which prompts are done" in lost.notes[0]
    assert (all_in.n_late, all_in.n_open, all_in.notes) == (0, 0, ())
    # The last prompt is open where votes are in turn.
    assert pair_evidence(live, done=range(199)).e_values == pytest.approx(in_turn.e_values)
    assert all_in.e_values[0, 1] > 1_000 * lost.e_values[0, 1]


@pytest.mark.parametrize("value", [0.3, 0.5])
def test_interleaved_blocks_that_are_done_are_fair_bets(value):
    # Votes on a prompt all alike (the worst dependence), prompts even or worse: wealth is 1 or less on average.
    rng, wealth = np.random.default_rng(3), []
    for _ in range(400):
        effect = rng.random(12) < value
        prompt = rng.permutation(np.repeat(np.arange(12), 3))
        wealth.append(e_process_above(block_means(prompt, effect[prompt].astype(float), done=range(12)).values)[-1])
    assert np.mean(wealth) < 1 + 3 * np.std(wealth) / 20


def test_without_votes_there_are_no_blocks():
    found = block_means([], [])
    assert (found.values.tolist(), np.isnan(found.last), found.n_late) == ([], True, 0)
    assert e_process(found.values).tolist() == []
    assert confidence_sequence(found.values).low.tolist() == []


# Bets


def test_the_wealth_by_hand():
    # Against 1/2. Before block 1: mu = 1/2, no bet. After 1: mu = (1/2 + 1) / 2 = 3/4, v = (1/4 + 1/16) / 2 = 5/32,
    # bet = (1/4) / (5/32 + 1/16) = 8/7, at most 1: K = 1 + 1 (0.2 - 0.5) = 0.7.
    # After 0.2: mu = 1.7 / 3, v = (5/16 + (0.2 - 1.7/3)^2) / 3 = .148981; bet = .0667 / (.148981 + .004444) = .434522.
    assert e_process(np.array([1.0, 0.2, 0.9])) == pytest.approx([1, 0.7, 0.7 * (1 + 0.434522 * 0.4)])


@law(st.floats(0.05, 0.95))
def test_bets_are_fair_whatever_came_before(mean):
    # Over all sequences of four blocks 0 or 1, each 1 with chance `mean`, the mean wealth is 1; at most so for one-sided
    # bets against a mean that is at most `mean`.
    sequences = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    chance = np.prod(np.where(sequences == 1, mean, 1 - mean), axis=1)
    assert chance @ [e_process(s, mean=mean)[-1] for s in sequences] == pytest.approx(1)
    above = [e_process_above(s, mean=min(mean * 1.2, 0.97))[-1] for s in sequences]
    assert chance @ above <= 1 + 1e-12


@law(BLOCKS, st.floats(0.01, 0.99))
def test_nobody_can_go_bankrupt_and_sides_can_be_swapped(values, mean):
    wealth = e_process(values, mean=mean)
    assert (wealth > 0).all()
    assert e_process(1 - values, mean=1 - mean) == pytest.approx(wealth, rel=1e-6)


@law(BLOCKS)
def test_the_sequence_holds_just_the_means_that_are_not_refuted(values):
    found = confidence_sequence(values, n_grid=50)
    for m in (np.arange(50) + 0.5) / 50:
        kept = e_process(values, mean=m) < 20
        assert (kept <= ((found.low <= m) & (m <= found.high))).all()
    assert found.mean == pytest.approx([values[: n + 1].mean() for n in range(len(values))])


def test_a_sequence_narrows_around_the_mean_and_a_grid_in_parts_gives_the_same(monkeypatch):
    values = np.random.default_rng(1).beta(6, 4, size=500)
    found = confidence_sequence(values)
    assert found.low[-1] < 0.6 < found.high[-1]
    assert found.high[-1] - found.low[-1] < 0.1
    monkeypatch.setattr("ranking.maths.uncertainty.anytime.CELLS_A_BLOCK", 4_000)
    assert confidence_sequence(values).low.tolist() == found.low.tolist()


# Many pairs


@law(st.lists(st.floats(0, 1000), max_size=12).map(np.array), st.floats(0.01, 0.5))
def test_e_bh_is_its_definition(values, alpha):
    n = len(values)
    good = [k for k in range(1, n + 1) if np.sort(values)[-k] * k >= n / alpha]
    expected = values >= np.sort(values)[-max(good)] if good else np.zeros(n, bool)
    assert e_bh(values, level=1 - alpha).tolist() == expected.tolist()


def test_pairs_apart_are_found_and_who_is_above():
    rng = np.random.default_rng(1)
    c = simulated(np.array([1.5, -0.75, -0.75]), n=900, n_prompts=1, rng=rng)
    found = pair_evidence(replace(c, prompt=np.arange(900)))
    assert found.above().tolist() == [[False, True, True], [False] * 3, [False] * 3]


@law(comparable())
def test_swapping_the_sides_of_rows_changes_no_evidence(c):
    first = np.arange(len(c)) % 3 - 1
    swapped = replace(c, a=c.b, b=c.a, outcome=np.array([1, 0, 2, 3])[c.outcome], first=np.array([1, 0, -1])[first])
    one, other = pair_evidence(replace(c, first=first)), pair_evidence(swapped)
    assert one.e_values == pytest.approx(other.e_values)
    assert one.n_blocks.tolist() == other.n_blocks.tolist() == one.n_blocks.T.tolist()
    assert one.n_late == other.n_late


def test_one_open_block_is_no_evidence():
    found = pair_evidence(battles("x>y*50 y>z", prompt=[1] * 50 + [2]))
    assert (found.e_values == 1).all()
    assert not found.n_blocks.any()


# Asymptotic


@pytest.mark.parametrize(("t0", "level"), [(50, 0.95), (1000, 0.99)])
def test_the_sequence_is_tightest_where_it_was_tuned(t0, level):
    found = minimize_scalar(lambda log_n: anytime_critical(np.exp(log_n), t0=t0, level=level).item(), bounds=(0, 12))
    assert np.exp(found.x) == pytest.approx(t0, rel=0.01)


def test_intervals_for_ever_are_wider_than_those_for_once():
    fit = fit_bradley_terry(simulated(np.array([0.3, 0, -0.3]), n=2_000, n_prompts=100, rng=np.random.default_rng(1)))
    once, ever = differences(fit), anytime_differences(fit, t0=100)
    pairs = ~np.eye(3, dtype=bool)
    assert (ever.high - ever.low)[pairs] == pytest.approx(((once.high - once.low) * ever.critical / once.critical)[pairs])
    ratio = (ever.critical / once.critical)[pairs]
    assert ((ratio > 1.3) & (ratio < 1.8)).all()
    assert (ever.estimate.tolist(), ever.notes) == (once.estimate.tolist(), ())


def test_few_clusters_are_noted():
    fit = fit_bradley_terry(simulated(np.zeros(3), n=200, n_prompts=12, rng=np.random.default_rng(1)))
    assert anytime_differences(fit, t0=100).notes[-1] == "only 12 clusters: too few for an asymptotic statement"


# Refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: block_means([1, 2], [1.0]), "have 2, 1, 2 and 2 rows"),
        (lambda: block_means([1, 2], [1.0, 0.5], done=[1, 1]), "done twice"),
        (lambda: block_means([1, -1], [1.0, 0.5], done=[1]), "row 1 has no prompt"),
        (lambda: block_means([1, 2], [1.0, 0.5], done=[True, False]), "codes of closed prompts"),
        (lambda: block_means([1, 2], [1.0, 1.5]), "points lie between 1 and 1.5"),
        (lambda: e_process(np.array([0.5]), mean=1.0), "mean is 1.0"),
        (lambda: e_process_above(np.array([0.5, 1.1])), r"values\[1\] is 1.1"),
        (lambda: confidence_sequence(np.array([0.5]), n_grid=1), "n_grid is 1"),
        (lambda: confidence_sequence(np.array([0.5]), level=1), "level is 1"),
        (lambda: e_bh(np.array([1.0, np.nan])), r"e_values\[1\] is nan"),
        (lambda: e_bh(np.array([1.0]), level=0), "level is 0"),
        (lambda: anytime_critical(0, t0=10), "n is 0"),
        (lambda: anytime_critical(10, t0=0), "t0 is 0"),
        (lambda: anytime_differences(fit_bradley_terry(Comparisons(("x",), a=[], b=[], outcome=[])), t0=9), "n is 0"),
    ],
)
def test_what_has_no_meaning_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
