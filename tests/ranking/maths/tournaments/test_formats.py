"""Tournaments: who meets whom, how many matches, who ends where; and brackets replayed on stored results."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import strategies as st

from ranking.maths import Comparisons, fit_bradley_terry
from ranking.maths.tournaments.formats import (
    anchored,
    coin_flip,
    insertion,
    play_again,
    round_robin,
    seeded_elimination,
    single_elimination,
    swiss,
)
from ranking.maths.tournaments.matches import Match, average_places, play
from ranking.maths.tournaments.replay import replay_tournament
from tests.ranking.maths.making import battles, comparable, law

SIZES = st.integers(2, 17)


def field(n):
    """c00 is the strongest."""
    return [f"c{i:02d}" for i in range(n)]


def stronger(match):
    return "a" if match.a < match.b else "b"


def judge_at_random(seed, results=("a", "b", "tie")):
    rng = np.random.default_rng(seed)
    return lambda match: results[rng.integers(len(results))]


def met(standing):
    return Counter(frozenset((played.match.a, played.match.b)) for played in standing.played)


# Elimination


@law(SIZES, st.integers(0, 99))
def test_elimination_takes_a_match_less_than_competitors_and_gives_nobody_two_byes(n, seed):
    rounds = single_elimination(field(n), rng=np.random.default_rng(seed))
    end = play(rounds, judge_at_random(seed, ("a", "b")))
    assert len(end.played) == n - 1
    assert max(Counter(end.byes).values(), default=1) == 1
    assert max(played.round for played in end.played) == math.ceil(math.log2(n))


@law(SIZES, st.integers(0, 99))
def test_places_add_up_whatever_the_format(n, seed):
    rng, judge = np.random.default_rng(seed), judge_at_random(seed)
    for rounds in (
        single_elimination(field(n), rng=rng, break_tie=coin_flip(rng)),
        seeded_elimination(field(n), break_tie=coin_flip(rng)),
        swiss(field(n)[:7], n_rounds=1, rng=rng),
        round_robin(field(n)),
        anchored(field(n), anchor="c00"),
        insertion(field(n), "new"),
    ):
        end = play(rounds, judge)
        m = len(end.names)
        assert end.places.sum() == m * (m + 1) / 2


@law(SIZES, st.integers(0, 99))
def test_the_strongest_wins_a_knock_out_without_upsets(n, seed):
    end = play(single_elimination(field(n), rng=np.random.default_rng(seed)), stronger)
    assert end.places[0] == 1


@law(SIZES)
def test_the_two_best_seeds_meet_in_the_final_and_not_before(n):
    end = play(seeded_elimination(field(n)), stronger)
    assert len(end.played) == n - 1
    assert end.played[-1].match == Match("c00", "c01")
    assert end.places[:2].tolist() == [1, 2]


@law(SIZES)
def test_byes_go_to_the_best_seeds(n):
    n_byes = 2 ** math.ceil(math.log2(n)) - n
    assert sorted(play(seeded_elimination(field(n)), stronger).byes) == field(n)[:n_byes]


def test_eight_seeds_make_the_standard_bracket():
    pairs = [(match.a, match.b) for match in next(seeded_elimination(list("12345678")))]
    assert pairs == [("1", "8"), ("4", "5"), ("2", "7"), ("3", "6")]


def test_those_who_leave_together_share_the_average_of_their_places():
    # 5 to 8 leave in the first round: (5 + 6 + 7 + 8) / 4 = 6.5; 3 and 4 in the second: 3.5.
    end = play(seeded_elimination(field(8)), stronger)
    assert end.places.tolist() == [1, 2, 3.5, 3.5, 6.5, 6.5, 6.5, 6.5]


def test_every_order_of_three_is_drawn():
    rounds = (single_elimination(list("xyz"), rng=np.random.default_rng(seed)) for seed in range(60))
    assert len({next(each)[0] for each in rounds}) == 6


def test_a_tie_is_no_result_of_a_knock_out_without_a_rule():
    rounds = seeded_elimination(["x", "y"])
    next(rounds)
    with pytest.raises(ValueError, match=r"'x' against 'y' gave 'tie': allowed are 'a', 'b'$"):
        rounds.send(("tie",))


def test_a_broken_tie_stays_a_tie_on_record():
    end = play(seeded_elimination(["x", "y"], break_tie=lambda match, n_ties: "b"), lambda match: "tie")
    assert end.places.tolist() == [2, 1]
    assert end.comparisons().outcome.tolist() == [2]


def test_a_tied_match_is_played_again_and_the_others_are_not():
    rounds = seeded_elimination(field(4), break_tie=play_again(1, then=lambda match, n_ties: "a"))
    assert len(next(rounds)) == 2
    assert rounds.send(("tie", "a")) == (Match("c00", "c03"),)
    assert rounds.send(("tie",)) == (Match("c00", "c01"),)


def test_a_coin_sends_either_side_on():
    rule = coin_flip(np.random.default_rng(1))
    assert {rule(Match("x", "y"), 1) for _ in range(20)} == {"a", "b"}


def test_a_rule_that_answers_nonsense_is_refused():
    rounds = seeded_elimination(["x", "y"], break_tie=lambda match, n_ties: "tie")
    next(rounds)
    with pytest.raises(ValueError, match="gave 'tie': allowed are 'a', 'b', 'again'"):
        rounds.send(("tie",))


# The other formats


@law(SIZES, st.integers(0, 99))
def test_in_a_round_robin_everybody_meets_everybody_once(n, seed):
    end = play(round_robin(field(n)), judge_at_random(seed))
    assert met(end) == dict.fromkeys(map(frozenset, itertools.combinations(field(n), 2)), 1)
    by_round = Counter((played.round, name) for played in end.played for name in (played.match.a, played.match.b))
    assert set(by_round.values()) == {1}
    assert sorted(end.byes) == (field(n) if n % 2 else [])


def test_points_give_the_places_of_a_round_robin():
    # x beats y and ties z, y beats z: x 1.5, y 1, z 0.5 points of 2.
    results = {("x", "y"): "a", ("x", "z"): "tie", ("y", "z"): "a", ("z", "y"): "b", ("y", "x"): "b", ("z", "x"): "tie"}
    end = play(round_robin(["x", "y", "z"]), lambda match: results[match.a, match.b])
    assert end.places.tolist() == [1, 2, 3]


@law(st.integers(2, 11), st.integers(0, 99), st.data())
def test_swiss_avoids_rematches_and_second_byes(n, seed, data):
    n_rounds = data.draw(st.integers(1, max(1, n // 2)))
    end = play(swiss(field(n), n_rounds=n_rounds, rng=np.random.default_rng(seed)), judge_at_random(seed))
    assert len(end.played) == n_rounds * (n // 2)
    assert len(set(end.byes)) == len(end.byes) == (n_rounds if n % 2 else 0)
    # While fewer than half of all opponents are met, pairs without rematch exist (Dirac), for an even number.
    if n % 2 == 0:
        assert max(met(end).values()) == 1


def test_swiss_pairs_like_scores():
    end = play(swiss(field(8), n_rounds=3, rng=np.random.default_rng(3)), stronger)
    assert end.names[int(np.argmin(end.places))] == "c00"
    winners = {p.match.a if p.result == "a" else p.match.b for p in end.played if p.round == 1}
    assert {p.match.a in winners and p.match.b in winners for p in end.played if p.round == 2 and p.match.a in winners} == {
        True
    }


def test_swiss_meets_again_only_where_nobody_else_is_left():
    # Six, where the first three rounds leave the others apart as two triangles: a fourth has to repeat.
    repeated = 0
    for seed in range(40):
        counts = met(play(swiss(field(6), n_rounds=5, rng=np.random.default_rng(seed)), judge_at_random(seed)))
        repeated += max(counts.values()) > 1
        assert sum(counts.values()) == 15
    assert 0 < repeated < 40


@law(SIZES, st.integers(0, 99))
def test_anchored_takes_a_match_a_competitor(n, seed):
    outside = play(anchored(field(n), anchor="reference"), judge_at_random(seed))
    inside = play(anchored(field(n), anchor="c01"), judge_at_random(seed))
    assert (len(outside.played), len(inside.played)) == (n, n - 1)
    assert (outside.names, inside.names) == ((*field(n), "reference"), tuple(field(n)))


def test_who_ties_the_anchor_shares_its_place():
    end = play(anchored(["x", "y"], anchor="r"), lambda match: "a" if match.a == "x" else "tie")
    assert dict(zip(end.names, end.places.tolist(), strict=True)) == {"x": 1, "y": 2.5, "r": 2.5}


@law(st.integers(1, 40), st.data())
def test_insertion_finds_the_place_in_logarithmically_many_matches(n, data):
    place = data.draw(st.integers(0, n))
    ranking = field(n)
    end = play(insertion(ranking, "new"), lambda match: "a" if ranking.index(match.b) >= place else "b")
    assert end.places[-1] == place + 1
    assert np.all(np.diff(end.places[:-1]) > 0)
    assert len(end.played) <= math.ceil(math.log2(n + 1))


def test_a_newcomer_that_ties_shares_the_place():
    end = play(insertion(field(3), "new"), lambda match: "tie")
    assert end.places.tolist() == [1, 2.5, 4, 2.5]


# Refusals


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (lambda: round_robin(["x"]), "1 competitors: a tournament needs at least 2"),
        (lambda: seeded_elimination(["x", "y", "x"]), "competitor 'x' is named twice"),
        (
            lambda: swiss(field(4), n_rounds=4, rng=np.random.default_rng(1)),
            "n_rounds is 4: 4 competitors .* allowed are 1 to 3",
        ),
        (lambda: swiss(field(5), n_rounds=0, rng=np.random.default_rng(1)), "n_rounds is 0: .* allowed are 1 to 5"),
        (lambda: play_again(0, then=coin_flip(np.random.default_rng(1))), "at_most is 0"),
    ],
)
def test_what_cannot_be_played_is_refused_before_the_first_match(start, message):
    with pytest.raises(ValueError, match=message):
        start()


@pytest.mark.parametrize(
    "rounds", [round_robin(field(4)), anchored(field(2), anchor="r"), swiss(field(4), n_rounds=1, rng=np.random.default_rng(1))]
)
def test_an_unknown_result_is_named_with_what_is_allowed(rounds):
    next(rounds)
    with pytest.raises(ValueError, match="gave 'A': allowed are 'a', 'b', 'tie'"):
        rounds.send(("A", "a"))


@pytest.mark.parametrize("results", [None, (), ("a",) * 3])
def test_results_that_do_not_match_the_matches_are_refused(results):
    rounds = round_robin(field(4))
    next(rounds)
    with pytest.raises(ValueError, match="results for 2 matches"):
        rounds.send(results)


def test_equal_scores_share_places():
    assert average_places(np.array([1.0, 1.0, 0.0, 2.0])).tolist() == [2.5, 2.5, 4, 1]


# Replay


def all_pairs(prompts, *, names="wxyz"):
    """Every pair once on every prompt; the earlier letter wins."""
    pairs = list(itertools.combinations(names, 2))
    a, b = zip(*pairs * len(prompts), strict=True)
    return Comparisons.from_names(a, b, ["a"] * len(a), prompt=np.repeat(prompts, len(pairs)))


def test_complete_results_give_complete_brackets_and_the_weight_of_one_each_prompt():
    found = replay_tournament(all_pairs([1, 2, 3]), n_brackets=50, rng=np.random.default_rng(1))
    assert (found.n_brackets, found.n_brackets_void, found.n_prompts, found.notes) == (150, 0, 3, ())
    assert np.bincount(found.played.prompt, weights=found.played.weight) == pytest.approx([3, 3, 3])


def test_matches_are_as_frequent_as_in_a_bracket_of_four():
    # w always wins, so w plays 2 of the 3 matches. w meets each other first with chance 1/3; where it
    # has y or z first, x wins the other half and meets w in the final: x meets w always. y meets w only first.
    found = replay_tournament(all_pairs([1]), n_brackets=20_000, rng=np.random.default_rng(1))
    names = found.played.names
    share = {names[a] + names[b]: w for a, b, w in zip(found.played.a, found.played.b, found.played.weight, strict=True)}
    expected = {"wx": 1, "wy": 2 / 3, "wz": 1 / 3, "xy": 1 / 3, "xz": 1 / 3, "yz": 1 / 3}
    assert share == pytest.approx(expected, abs=0.015)


def test_a_match_without_stored_result_voids_its_bracket():
    # Three competitors of which x and z never met: only the orders in which they cannot meet are complete.
    c = battles("x>y y>z", prompt=[1, 1])
    found = replay_tournament(c, n_brackets=3000, rng=np.random.default_rng(1))
    # (x y) z: x wins and wants z: void. (y z) x: y wins, meets x: complete. (x z) y: void. A third each.
    assert found.n_brackets_void / 3000 == pytest.approx(2 / 3, abs=0.03)
    assert found.played.weight.tolist() == [1, 1]
    assert found.notes == (f"{found.n_brackets_void} of 3000 brackets are void: a match had no stored result",)


def test_prompts_without_complete_bracket_and_rows_without_prompt_are_left_out_and_counted():
    c = battles("w>x y>z x>y z>w", prompt=[1, 1, 2, None])
    found = replay_tournament(c, n_brackets=5, rng=np.random.default_rng(1))
    assert (found.n_prompts, found.n_prompts_void, len(found.played)) == (2, 1, 1)
    assert found.notes == (
        "1 row without a prompt: in no bracket",
        "5 of 10 brackets are void: a match had no stored result",
        "1 of 2 prompts without a complete bracket: left out",
    )


def test_several_results_of_a_pair_are_drawn_by_their_weight():
    c = battles("x>y y>x", prompt=[1, 1], weight=[1, 3])
    found = replay_tournament(c, n_brackets=10_000, rng=np.random.default_rng(1))
    assert found.played.weight == pytest.approx([0.25, 0.75], abs=0.02)


def test_a_stored_tie_is_played_as_a_tie_and_either_goes_on():
    found = replay_tournament(battles("x=y x>z y#z", prompt=[1] * 3), n_brackets=3000, rng=np.random.default_rng(1))
    assert found.n_brackets_void == 0
    assert found.played.outcome.tolist() == [2, 0, 3]
    # Each pair is first with chance 1/3. x goes on from x=y half of the time; y, z likewise from y#z.
    # x=y: 1/3 + y on from y#z 1/6; x>z: 1/3 + (x from x=y) 1/6 + (z from y#z) 1/6; y#z: 1/3 + (y from x=y) 1/6;
    # after x>z the final is x=y: + 1/3.  5/6 + 2/3 + 1/2 = 2.
    assert found.played.weight == pytest.approx([5 / 6, 2 / 3, 1 / 2], abs=0.03)


@law(comparable(), st.integers(0, 99))
def test_what_is_played_was_stored_and_weighs_one_bracket_a_complete_prompt(c, seed):
    found = replay_tournament(c, n_brackets=4, rng=np.random.default_rng(seed))
    stored = set(zip(c.prompt, c.a, c.b, c.outcome, strict=True))
    played = found.played
    assert set(zip(played.prompt, played.a, played.b, played.outcome, strict=True)) <= stored
    for prompt in set(played.prompt.tolist()):
        rows = c.prompt == prompt
        k = len(set(c.a[rows]) | set(c.b[rows]))
        assert played.weight[played.prompt == prompt].sum() == pytest.approx(k - 1)


def test_a_board_is_fitted_on_the_replay_clustered_by_prompt():
    rng = np.random.default_rng(5)
    wins = rng.random(600) < 0.7
    a, b = np.tile([0, 0, 1], 200), np.tile([1, 2, 2], 200)
    c = Comparisons(names=("x", "y", "z"), a=a, b=b, outcome=np.where(wins, 0, 1), prompt=np.repeat(np.arange(200), 3))
    fit = fit_bradley_terry(replay_tournament(c, n_brackets=10, rng=rng).played)
    assert fit.names == ("x", "y", "z")
    assert np.all(np.diff(fit.ratings) < 0)
    assert np.isfinite(fit.covariance("prompt")).all()


def test_no_prompts_no_brackets():
    found = replay_tournament(battles("x>y y>x"), n_brackets=3, rng=np.random.default_rng(1))
    assert (len(found.played), found.n_brackets, found.notes[0]) == (0, 0, "2 rows without a prompt: in no bracket")


def test_a_replay_needs_a_bracket():
    with pytest.raises(ValueError, match="n_brackets is 0"):
        replay_tournament(battles("x>y"), n_brackets=0, rng=np.random.default_rng(1))
