"""Combiners: what each rule makes of the same games, and the known figures of the made table."""

import json
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.verdicts.combiner_texts import COMBINER_TEXTS, GAMES
from judges.verdicts.combiners import (
    COMBINERS,
    LabelledGames,
    PlayedGame,
    combine,
    score_against_labels,
)
from judges.verdicts.verdict import Verdict
from tests.judges.making_pairs import made_pairs, stored_pairs

CASES = [json.loads(line) for line in Path(__file__).with_name("combiner_cases.jsonl").read_text(encoding="utf-8").splitlines()]
MARKS = {"1": "first", "2": "second", "=": "tie", "#": "both_bad"}
SWAPPED = {"a": "b", "b": "a"}


def verdict(mark: str) -> Verdict | None:
    """ "1" first, "11" first by far, "=" tie, "#" both bad, "-" none; "1 8:6" with scores."""
    if mark == "-":
        return None
    winner, _, scores = mark.partition(" ")
    pair = tuple(float(part) for part in scores.split(":")) if scores else None
    return Verdict(MARKS[winner[0]], strength=len(winner), scores=pair)


def games(ab: list[str], ba: list[str]) -> list[PlayedGame]:
    return [PlayedGame("ab", k, verdict(mark)) for k, mark in enumerate(ab)] + [
        PlayedGame("ba", k, verdict(mark)) for k, mark in enumerate(ba)
    ]


def labelled() -> list[LabelledGames]:
    return [
        LabelledGames(
            row["id"], (PlayedGame("ab", 0, Verdict(row["ab"])), PlayedGame("ba", 0, Verdict(row["ba"]))), row["label"]
        )
        for row in stored_pairs()
    ]


VERDICTS = st.sampled_from(["1", "2", "11", "22", "=", "#", "-"])
ORDERS = st.lists(VERDICTS, max_size=3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
@pytest.mark.parametrize("rule", COMBINERS)
def test_the_table_of_cases(case, rule):
    found = combine(rule, games(case["ab"], case["ba"]))
    assert found.outcome == case["expected"][rule]
    assert (found.weight > 0) == (found.outcome is not None) == (found.points is not None)


def test_every_rule_explains_itself_in_one_line():
    assert set(CASES[0]["expected"]) == set(COMBINERS)
    assert list(COMBINER_TEXTS) == [GAMES, *COMBINERS]
    assert all(text.line.endswith(".") and "\n" not in text.line for text in COMBINER_TEXTS.values())


@settings(deadline=None, max_examples=80)
@given(ORDERS, ORDERS)
def test_the_order_of_a_list_decides_nothing(ab, ba):
    played = games(ab, ba)[:5]
    for rule in COMBINERS:
        assert len({combine(rule, list(order)) for order in permutations(played)}) == 1


@settings(deadline=None, max_examples=200)
@given(ORDERS.filter(bool), ORDERS.filter(bool))
def test_exchanging_the_answers_exchanges_the_decision(ab, ba):
    for rule in COMBINERS:
        if rule == "first_order_only":
            continue
        one, other = combine(rule, games(ab, ba)), combine(rule, games(ba, ab))
        assert other.outcome == SWAPPED.get(one.outcome, one.outcome)
        assert one.points is None or other.points == pytest.approx(1 - one.points)


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 3), st.integers(0, 3))
def test_nothing_is_decided_where_no_game_has_a_verdict(n_ab, n_ba):
    assert all(combine(rule, games(["-"] * n_ab, ["-"] * n_ba)).outcome is None for rule in COMBINERS)


@pytest.mark.parametrize("mark", ["1", "2"])
def test_a_judge_who_always_says_one_slot_decides_nothing_by_consistency(mark):
    assert combine("consistent_only", games([mark], [mark])).reason.startswith("the orders disagree")


def test_scores_decide_by_their_mean():
    # a has 8 and 5, b 6 and 9: 13 of points against 15, though each order names another winner.
    found = combine("mean", games(["1 8:6"], ["1 9:5"]))
    assert (found.outcome, found.points) == ("b", 0.0)


def test_arena_hard_counts_a_much_better_answer_three_times():
    # Three for a, one for b.
    found = combine("arena_hard_weighted", games(["11"], ["1"]))
    assert (found.outcome, found.weight, found.points) == ("a", 4.0, 0.75)


def test_unknown_rules_and_double_games_are_refused():
    with pytest.raises(ValueError, match="unknown combiner 'vote': allowed are consistent_only"):
        combine("vote", [])
    with pytest.raises(ValueError, match="order 'ab', repeat 0 is given twice"):
        combine("mean", games(["1"], []) * 2)


def test_the_made_table_is_what_its_function_makes():
    assert stored_pairs() == made_pairs()
    assert all(row["made"] == "yes" for row in stored_pairs())


def test_known_figures_of_the_made_table():
    found = score_against_labels(labelled())
    # Right in ab: 203 + 33 + 12; in ba: 203 + 43 + 15. Sum over 0: 203 + 12 + 15.
    # Half: 203 and half of 33 + 43 + 12 + 15 + 4 + 3 disagreements and of 5 ties.
    assert (found.n, found.first_order, found.second_order, found.both_orders) == (350, 248, 261, 203)
    assert (found.two_game_sum, found.half_credit) == (230, 203 + (110 + 5) / 2)
    assert (found.n_inconsistent, found.n_null) == (110, 0)
    figures = ("first_order", "second_order", "both_orders", "two_game_sum", "half_credit")
    assert [round(found.percent(name), 2) for name in figures] == [70.86, 74.57, 58.0, 65.71, 74.43]


def test_figures_are_those_of_the_rules_on_the_labels():
    rows = labelled()
    right = {rule: sum(combine(rule, row.games).outcome == row.label for row in rows) for rule in COMBINERS}
    assert right["first_order_only"] == 248
    assert right["consistent_only"] == right["both_correct"] == right["conservative_tie"] == 203
    assert right["two_game_sum"] == right["mean"] == 230


def test_games_without_verdict_earn_nothing_and_are_counted():
    rows = [LabelledGames("x", tuple(games(*played)), "a") for played in ((["1"], ["-"]), (["-"], ["-"]), (["1"], []))]
    found = score_against_labels(rows)
    # The first: +1 and nothing, so its sum is right (JudgeBench). No half for what is missing.
    assert (found.first_order, found.two_game_sum, found.half_credit) == (2, 1, 0.0)
    assert (found.n_null, found.n_inconsistent) == (3, 0)


def test_a_label_that_names_no_answer_is_refused():
    with pytest.raises(ValueError, match="the label of 'x' is 'tie': allowed are 'a' and 'b'"):
        LabelledGames("x", (), "tie")
