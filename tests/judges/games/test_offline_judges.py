"""Offline judges: verdicts from verifiers and references, and no verdict where there is nothing to check."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.games.offline_judges import OFFLINE_JUDGES, OfflineGame, judge_offline
from judges.verdicts.game_states import GameState

BY_VERIFIER = [kind for kind in OFFLINE_JUDGES if kind not in ("longer", "random")]

# kind, verifier or reference, an answer that passes, one that fails
CHECKS = [
    ("exact", {"kind": "exact", "any": ["nein"]}, "Nein.", "nein, denn"),
    ("exact", "Canberra", "canberra", "It is Canberra"),
    ("contains", {"kind": "contains", "all": ["Au"]}, "it is Au", "gold"),
    ("contains", {"kind": "exact", "any": ["yes"]}, "well, yes", "no"),
    ("contains", "Canberra", "It is Canberra.", "Sydney"),
    ("regex", {"kind": "regex", "pattern": "^git"}, "git log", "a git"),
    ("numeric", {"kind": "numeric", "value": 3.14, "tolerance": 0.01}, "3.1416", "3.2"),
    ("numeric", " 1e2 ", "100", "101"),
    ("mcq", {"kind": "mcq", "answer": "B"}, "Answer: B", "Answer: C"),
    ("mcq", "(b)", "B) Mercury", "A) Venus"),
    ("json_equal", {"kind": "json_equal", "value": [1]}, "[1]", "[2]"),
    ("json_equal", '{"a": 1}', '{"a":1}', "{}"),
    ("constraint", {"kind": "constraint", "max_words": 2}, "two words", "now three words"),
]


def played(kind: str, first: str, second: str, source: object = None, **names: object):
    given = {"verifier": source} if isinstance(source, dict) else {"reference": source or ""}
    return judge_offline(
        kind,
        OfflineGame(**{"judge": "j", "battle": "1", "order": "ab", "repeat": 0} | names, first=first, second=second, **given),
    )


@pytest.mark.parametrize(("kind", "source", "right", "wrong"), CHECKS)
def test_verdicts_of_verifiers_and_references(kind, source, right, wrong):
    winners = [
        played(kind, *pair, source).verdict.winner for pair in ((right, wrong), (wrong, right), (right, right), (wrong, wrong))
    ]
    assert winners == ["first", "second", "tie", "both_bad"]


def test_every_judge_has_a_check_and_a_line_for_people():
    assert {kind for kind, *_ in CHECKS} == set(BY_VERIFIER)
    assert all(line.endswith(".") for _, line in OFFLINE_JUDGES.values())


@pytest.mark.parametrize("kind", BY_VERIFIER)
def test_nothing_to_check_is_no_verdict(kind):
    for reply in (played(kind, "x", "x"), played(kind, "x", "y", "  ")):
        assert (reply.state, reply.verdict) == (GameState.ERROR, None)
        assert reply.reason.startswith(f"{kind}: the prompt has no {kind} verifier")


@pytest.mark.parametrize(
    ("kind", "reference", "reason"),
    [
        ("numeric", "seven", "is no number"),
        ("numeric", "nan", "is no number"),
        ("numeric", "inf", "is no number"),
        ("mcq", "Mercury", "is no letter"),
        ("json_equal", "{", "is no JSON"),
        ("contains", "word " * 100, "has 499 characters: over 200 it is no short answer"),
    ],
)
def test_a_reference_of_another_kind_is_no_verdict(kind, reference, reason):
    reply = played(kind, "x", "y", reference)
    assert reply.verdict is None
    assert reason in reply.reason


def test_a_broken_verifier_is_no_verdict():
    reply = played("regex", "x", "y", {"kind": "regex", "pattern": "("})
    assert reply.verdict is None
    assert "cannot be used" in reply.reason


def test_a_pattern_that_takes_too_long_is_no_verdict():
    reply = played("regex", "a" * 60 + "!", "b", {"kind": "regex", "pattern": "(a|aa)+$"})
    assert (reply.state, reply.verdict) == (GameState.ERROR, None)
    assert "took over 1 s" in reply.reason


def test_the_longer_answer_wins():
    assert [played("longer", *pair).verdict.winner for pair in (("abc", "ab"), ("a", "ab"), ("ab", "cd"))] == [
        "first",
        "second",
        "tie",
    ]


def test_lots_are_the_same_for_the_same_game_and_even_over_games():
    drawn = [played("random", "x", "y", battle=str(n)).verdict.winner for n in range(2_000)]
    assert drawn == [played("random", "other", "answers", battle=str(n)).verdict.winner for n in range(2_000)]
    assert abs(drawn.count("first") - 1_000) < 3 * 22.4


@pytest.mark.parametrize("names", [{"judge": "k"}, {"battle": "2"}, {"order": "ba"}, {"repeat": 1}])
def test_lots_depend_on_judge_battle_order_and_repeat(names):
    one = [played("random", "x", "y", **{"battle": f"1{n}"}).verdict.winner for n in range(64)]
    other = [
        played(
            "random", "x", "y", **({"battle": f"1{n}"} | names | ({"battle": f"2{n}"} if "battle" in names else {}))
        ).verdict.winner
        for n in range(64)
    ]
    assert one != other


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(sorted(OFFLINE_JUDGES)), st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_exchanging_the_slots_exchanges_the_verdict(kind, first, second, reference):
    one, other = played(kind, first, second, reference), played(kind, second, first, reference)
    assert one.state == other.state
    if one.verdict is not None and kind != "random":
        swapped = {"first": "second", "second": "first"}
        assert other.verdict.winner == swapped.get(one.verdict.winner, one.verdict.winner)


def test_an_unknown_judge_is_refused():
    with pytest.raises(ValueError, match="unknown offline judge 'vibes': allowed are exact, contains, regex"):
        played("vibes", "x", "y")
