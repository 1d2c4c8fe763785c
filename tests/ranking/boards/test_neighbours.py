"""What a fit stores of neighbours and of first places: swaps verified by refits, chances by draws of our own."""

from itertools import pairwise

import numpy as np
import pytest

from ranking import maths
from ranking.boards.fitting import fit_board
from ranking.boards.methods import Definition
from ranking.boards.neighbours import MOST_VERIFIED
from ranking.boards.publishing import publish_snapshot, rebuild
from ranking.models import Leaderboard
from tests.factories import make_battle, make_competitor, make_contest, make_prompt, make_vote, make_voter
from tests.ranking.board_factories import make_board
from tests.ranking.comparisons.test_combined_boards import combined_board, make_judged
from tests.ranking.maths.making import battles, simulated
from tests.ranking.maths.shared_files import llmfao


def board_of(comparisons, **definition):
    return fit_board(comparisons, Definition(**definition), list(range(len(comparisons.names))))


def without(comparisons, parts, n_less=0):
    """The comparisons but for those of the parts; the last part takes `n_less` fewer."""
    weight = comparisons.weights().copy()
    for place, (winner, loser, is_tie, n) in enumerate(parts):
        a, b, outcome = comparisons.a, comparisons.b, comparisons.outcome
        one_way = (a == winner) & (b == loser) & ((outcome >= 2) if is_tie else (outcome == 0))
        other_way = (a == loser) & (b == winner) & ((outcome >= 2) if is_tie else (outcome == 1))
        left = n - (n_less if place == len(parts) - 1 else 0)
        for row in np.flatnonzero(one_way | other_way):
            taken = min(weight[row], left)
            weight[row], left = weight[row] - taken, left - taken
        assert left == 0
    return maths.Comparisons(
        names=comparisons.names, a=comparisons.a, b=comparisons.b, outcome=comparisons.outcome, prompt=comparisons.prompt,
        weight=weight,
    )  # fmt: skip


def leads(comparisons, above, below):
    fit = maths.fit_bradley_terry(comparisons)
    rating = dict(zip(fit.names, fit.ratings.tolist(), strict=True))
    return rating[comparisons.names[above]] - rating[comparisons.names[below]]


def parts_of(row):
    return [(part.winner, part.loser, part.is_tie, part.n) for part in row.parts]


@pytest.mark.parametrize("tie_rate", [0.0, 0.3])
def test_without_the_votes_that_are_named_neighbours_swap_and_with_one_of_them_they_do_not(tie_rate):
    c = simulated(np.linspace(0.8, -0.8, 9), n=900, n_prompts=90, rng=np.random.default_rng(5), tie_rate=tie_rate)
    rows = board_of(c).neighbours
    assert len(rows) == 8
    assert all(row.is_verified and row.parts for row in rows)
    for row in rows:
        parts = parts_of(row)
        assert sum(n for *_, n in parts) == row.n_to_swap
        assert leads(without(c, parts), row.above, row.below) < 0
        assert leads(without(c, parts, n_less=1), row.above, row.below) > -2e-6


def test_the_swaps_of_real_votes_are_verified_by_refits():
    c = llmfao()
    rows = board_of(c).neighbours
    assert len(rows) == len(board_of(c).rows) - 1 == 58
    verified = [row for row in rows[:10] if row.parts]
    assert len(verified) >= 5
    for row in verified:
        assert row.is_verified
        assert leads(c, row.above, row.below) > 0
        assert leads(without(c, parts_of(row)), row.above, row.below) < 0


def test_by_hand_x_beats_y_five_times_of_seven():
    """Without two wins it is 3 of 5, without three 2 : 2, without four 1 : 2."""
    row = board_of(battles("x>y*5 y>x*2", prompt=range(7))).neighbours[0]
    assert (row.above, row.below, row.n_to_swap, row.is_verified) == (0, 1, 4.0, True)
    assert parts_of(row) == [(0, 1, False, 4.0)]


def test_votes_needed_are_those_of_the_library_and_none_where_they_are_told_apart():
    """60 wins of 100 prompts: 203 are needed, as `prompts_needed` works out by hand."""
    row = board_of(battles("x>y*60 y>x*40", prompt=range(100))).neighbours[0]
    assert (row.n_more, row.is_lasting) == (103.0, False)
    row = board_of(battles("x>y*80 y>x*20", prompt=range(100))).neighbours[0]
    assert (row.n_more, row.is_lasting) == (0.0, True)


def test_evidence_lasts_where_the_anytime_interval_says_so():
    told = 0
    for wins in range(101, 150):
        c = battles(f"x>y*{wins} y>x*{200 - wins}", prompt=range(200))
        low = maths.anytime_differences(maths.fit_bradley_terry(c), t0=100).low[0, 1]
        row = board_of(c).neighbours[0]
        assert row.is_lasting == (low > 0)
        told += row.is_lasting
    assert 10 < told < 40


def test_on_few_prompts_nothing_is_called_lasting():
    assert not board_of(battles("x>y*25 y>x*1", prompt=range(26))).neighbours[0].is_lasting


def judged(n=900, *, m=4):
    """Verdicts of judges 7 and 9, of whom the first likes the first slot."""
    rng = np.random.default_rng(6)
    a = rng.integers(0, m, n)
    b, first, judge = (a + rng.integers(1, m, n)) % m, rng.integers(0, 2, n), rng.choice([7, 9], n)
    log_odds = 0.3 * (b - a) + np.where(first == 0, 1, -1) * np.where(judge == 7, 1.0, 0.0)
    outcome = np.where(rng.random(n) < 0.2, 2, np.where(rng.random(n) < 1 / (1 + np.exp(-log_odds)), 0, 1))
    return maths.Comparisons(
        names=tuple(f"m{i}" for i in range(m)), a=a, b=b, outcome=outcome, prompt=rng.integers(0, 90, n), first=first,
        judge=judge,
    )  # fmt: skip


def test_verdicts_that_hold_neighbours_are_named_with_their_judge_and_order():
    c = judged()
    rows = board_of(c, method="slot_levelled").neighbours
    assert len(rows) == 3
    for row in rows:
        assert row.is_verified
        assert {part.judge for part in row.parts} <= {7, 9}
        assert sum(part.n for part in row.parts) == row.n_to_swap
        kept = np.ones(len(c))
        for part in row.parts:
            one_way, other_way = ((c.a == x) & (c.b == y) for x, y in ((part.winner, part.loser), (part.loser, part.winner)))
            won = [(c.outcome >= 2) if part.is_tie else (c.outcome == side) for side in (0, 1)]
            behind = (one_way & won[0] & (c.first == part.first)) | (other_way & won[1] & (c.first == 1 - part.first))
            places = np.flatnonzero(behind & (c.judge == part.judge))
            assert len(places) >= part.n
            kept[places[: round(part.n)]] = 0
        fit = maths.fit_contextual(c.reweighted(kept))
        rating = dict(zip(fit.names, fit.ratings.tolist(), strict=True))
        assert rating[c.names[row.above]] < rating[c.names[row.below]]


@pytest.mark.parametrize("method", ["davidson", "rao_kupper"])
def test_other_methods_say_what_is_needed_and_name_no_votes(method):
    rng = np.random.default_rng(2)
    c = simulated(np.array([0.4, 0.0, -0.4]), n=600, n_prompts=90, rng=rng, tie_rate=0.2)
    rows = board_of(c, method=method).neighbours
    assert [(row.n_to_swap, row.parts) for row in rows] == [(None, ())] * 2
    assert all(row.n_more is not None for row in rows)


def test_shares_of_a_verdict_are_no_votes_to_take_away():
    c = simulated(np.array([0.4, 0.0, -0.4]), n=300, n_prompts=90, rng=np.random.default_rng(2))
    shares = maths.Comparisons(names=c.names, a=c.a, b=c.b, outcome=c.outcome, prompt=c.prompt, weight=np.full(300, 0.5))
    assert all(row.n_to_swap is None for row in board_of(shares).neighbours)


def test_who_has_no_place_is_nobodys_neighbour():
    lonely = "x>y*40 y>x*30 y>z*40 z>y*30 z>new"
    board = board_of(battles(f"{lonely} new>z", prompt=[*range(140), 0, 0]))
    placed = {row.competitor_id for row in board.rows if row.rank is not None}
    assert {pk for row in board.neighbours for pk in (row.above, row.below)} == placed
    assert len(board.neighbours) == len(placed) - 1


def test_below_the_first_pairs_the_number_is_an_approximation_without_a_list():
    most = MOST_VERIFIED["bradley_terry"]
    m = most + 5
    c = simulated(np.linspace(1, -1, m), n=6_000, n_prompts=300, rng=np.random.default_rng(1))
    rows = board_of(c).neighbours
    assert not any(row.is_verified or row.parts for row in rows[most:])
    assert all(row.n_to_swap for row in rows[most:])


# --- chances of being first ----------------------------------------------------------------------------------------------


def chances(board):
    return np.array([np.nan if row.p_best is None else row.p_best for row in board.rows])


def test_the_chance_of_being_first_is_that_of_a_hundred_thousand_draws():
    c = simulated(np.array([0.3, 0.25, 0.2, 0.0, -0.75]), n=1_500, n_prompts=400, rng=np.random.default_rng(4))
    fit = maths.fit_bradley_terry(c)
    rng = np.random.default_rng(11)
    draws = rng.multivariate_normal(fit.ratings, fit.covariance("prompt"), size=100_000)
    shares = np.bincount(draws.argmax(axis=1), minlength=5) / 100_000
    found = chances(board_of(c))
    assert found == pytest.approx(shares, abs=0.01)
    assert found.sum() == pytest.approx(1)


def met(design, rng, n=6_000):
    a = rng.integers(0, 8, n)
    b = {
        "all with all": rng.integers(0, 8, n), "a chain": (a + rng.choice([1, 1, 1, 2], n)) % 8,
        "two camps": np.where(rng.random(n) < 0.95, a // 4 * 4 + rng.integers(0, 4, n), rng.integers(0, 8, n)),
    }[design]  # fmt: skip
    return a[a != b], b[a != b]


@pytest.mark.parametrize("design", ["all with all", "a chain", "two camps"])
def test_so_it_is_whoever_met_whom(design):
    rng = np.random.default_rng(3)
    strengths, (a, b) = rng.normal(0, 0.15, 8), met(design, rng)
    wins = rng.random(len(a)) < 1 / (1 + np.exp(strengths[b] - strengths[a]))
    c = maths.Comparisons(
        names=tuple(f"m{i}" for i in range(8)), a=a, b=b, outcome=np.where(wins, 0, 1), prompt=rng.integers(0, 900, len(a))
    )
    drawn = maths.p_best(maths.fit_bradley_terry(c), n_resamples=100_000, rng=np.random.default_rng(1)).chance
    assert chances(board_of(c)) == pytest.approx(drawn, abs=0.01)


def test_models_that_nothing_sets_apart_are_as_likely():
    c = battles("w>x*9 x>w*9 w>y*9 y>w*9 w>z*9 z>w*9 x>y*9 y>x*9 x>z*9 z>x*9 y>z*9 z>y*9", prompt=[*range(108)])
    assert chances(board_of(c)) == pytest.approx([0.25] * 4, abs=0.01)


def test_the_chance_of_two_by_hand():
    """60 wins of 100 prompts: ln 1.5 = .405 with the standard error .2052; Phi(1.976) = .976, with t(99) .9745."""
    assert chances(board_of(battles("x>y*60 y>x*40", prompt=range(100)))) == pytest.approx([0.975, 0.025], abs=0.01)


@pytest.mark.parametrize("method", ["elo", "bradley_terry", "davidson"])
def test_by_a_bootstrap_it_is_the_share_of_replicates(method):
    from ranking.boards.methods import rate

    c = simulated(np.array([0.2, 0.15, 0.1, -0.45]), n=1_200, n_prompts=400, rng=np.random.default_rng(8))
    definition = Definition(method=method, intervals="bootstrap")
    rated = rate(c, definition).rated
    replicates = rated.replicates["prompt"].finite()
    shares = np.bincount(replicates.argmax(axis=1), minlength=4) / len(replicates)
    # 200 replicates: two standard deviations of a share are up to .07
    assert chances(fit_board(c, definition, [0, 1, 2, 3])) == pytest.approx(shares, abs=0.1)
    deviations = replicates - replicates.mean(axis=0) + rated.ratings
    rng = np.random.default_rng(3)
    draws = rng.multivariate_normal(rated.ratings, np.cov(deviations, rowvar=False), size=100_000)
    normal = np.bincount(draws.argmax(axis=1), minlength=4) / 100_000
    assert chances(fit_board(c, definition, [0, 1, 2, 3])) == pytest.approx(normal, abs=0.01)


def test_who_has_no_place_has_no_chance():
    board = board_of(battles("x>y*40 y>x*30 y>z*40 z>y*30 z>new new>z", prompt=[*range(140), 0, 0]))
    by_place = {row.rank is None: row.p_best for row in board.rows}
    assert by_place[True] is None
    assert sum(row.p_best or 0 for row in board.rows) == pytest.approx(1)


def test_without_intervals_there_are_no_chances():
    board = board_of(battles("x>y*5 y>x*3", prompt=[1] * 8))
    assert [row.p_best for row in board.rows] == [None, None]
    assert board.neighbours == ()


# --- as they are stored --------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_snapshot_keeps_them_and_makes_them_again():
    arena, competitors = make_contest(n_prompts=40)
    voter = make_voter(arena)
    for _ in range(20):
        make_vote(make_battle(*competitors[:2], make_prompt(arena)), "a", voter)
        make_vote(make_battle(*competitors[1:], make_prompt(arena)), "b", voter)
    make_competitor(arena)
    snapshot = publish_snapshot(make_board(arena))
    stored = snapshot.neighbours.rows
    placed = list(snapshot.entries.exclude(rank=None).order_by("rank"))
    assert [(row["above"], row["below"]) for row in stored] == [
        (first.competitor_id, second.competitor_id) for first, second in pairwise(placed)
    ]
    assert all(row["is_verified"] and row["n_to_swap"] > 0 for row in stored)
    assert sum(entry.p_best for entry in placed) == pytest.approx(1)
    assert rebuild(snapshot).largest_difference == 0
    placed[0].snapshot.entries.filter(pk=placed[0].pk).update(p_best=0.123)
    assert rebuild(snapshot).largest_difference > 0


@pytest.mark.django_db
def test_a_board_by_prediction_has_chances_of_its_narrowed_ratings_and_no_votes_to_take_away():
    arena, _, _ = make_judged()
    snapshot = publish_snapshot(combined_board(arena))
    first, second = snapshot.entries.order_by("rank")
    assert first.trust is not None
    assert first.p_best + second.p_best == pytest.approx(1)
    # two ratings with mean zero: the difference is twice the first, and so is its standard error
    z = (first.rating - second.rating) / 2 / first.se
    assert first.p_best == pytest.approx(float(np.interp(z, *_t_table(first))), abs=0.02)
    assert not hasattr(snapshot, "neighbours")


def _t_table(entry):
    """Of Student's distribution whose quantile gave the interval."""
    from scipy.stats import t

    ratio = (entry.high - entry.low) / 2 / entry.se
    df = min(range(5, 400), key=lambda n: abs(t.ppf(0.975, n) - ratio))
    grid = np.linspace(-8, 8, 4_001)
    return grid, t.cdf(grid, df)


@pytest.mark.django_db
def test_on_a_board_of_another_method_than_votes_nothing_is_stored():
    arena, _ = make_contest(n_prompts=40)
    snapshot = publish_snapshot(make_board(arena, method=Leaderboard.Method.ELO, intervals="bootstrap"))
    assert not hasattr(snapshot, "neighbours")
    assert all(entry.p_best is not None for entry in snapshot.entries.all())
