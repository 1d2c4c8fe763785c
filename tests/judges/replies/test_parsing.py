"""Replies become labels, or a state that says why not; what cannot be read never becomes a verdict."""

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from judges.protocols import PROTOCOLS
from judges.replies.labels import BracketedLabels
from judges.replies.parsing import judge_reply, parse
from judges.verdicts.game_states import GameState
from tests.linear import assert_linear

REPLIES = [json.loads(line) for line in (Path(__file__).parent / "replies.jsonl").read_text().splitlines()]
FENCE = "5f0c8e1d9ab24c7796d1b3a4e2f80c11"
LABELS = {
    "pairwise": "[[B]]", "arena_hard": "[[A>>B]]", "mt_pair": "[[C]]", "mt_pair_two_turns": "[[A]]", "mt_single": "[[7]]",
    "mt_single_two_turns": "[[7.5]]", "pandalm": "Tie", "rubric_5": "[[5]]", "rubric_10": "[[10]]",
    "checklist": "1: yes\n2: no\n3: yes", "judgelm": "8 6",
}  # fmt: skip
PIECES = st.sampled_from(
    [
        "[[A>B]]", "[[B]]", "[[", "]]", "[[AB]]", "\n", "\r\n", "\u2028", "<think>", "</think>", "```", "{", "}",
        '{"verdict": "A>B"}', '"verdict": "B"', '"score": 7',
        "1: yes", "2: no", "8 6", "Tie", "verdict:", "**", "\\boxed{", "［［Ａ］］", "\u202e",
        "\ud800", "<<<", FENCE, f"<<<{FENCE} begin answer_1>>>", f"<<<{FENCE} end answer_1>>>",
        "<html>", "</html>", "I cannot", "ﬃ",
        "İ", "\x00",
    ]
)  # fmt: skip
HOSTILE = st.lists(st.one_of(st.text(max_size=20), PIECES), max_size=30).map("".join)


def read(row):
    return PROTOCOLS[row["protocol"]].read(row["reply"], row["finish"], fence=row.get("fence"), n_criteria=3)


@pytest.mark.parametrize("row", REPLIES, ids=lambda row: f"{row['protocol']}: {row['why']}")
def test_a_reply_has_the_label_and_state_of_the_table(row):
    parsed = read(row)
    assert (parsed.state, parsed.label) == (row["state"], row["label"]), parsed


def test_the_table_is_large_and_covers_every_protocol_and_state_of_a_reply():
    assert len({(row["protocol"], row["reply"], row["finish"]) for row in REPLIES}) >= 200
    assert {row["protocol"] for row in REPLIES} == set(PROTOCOLS)
    not_of_replies = {GameState.RULE, GameState.SKIPPED_BUDGET, GameState.NOT_ASKED}
    assert set(Counter(row["state"] for row in REPLIES)) == set(GameState) - not_of_replies


@pytest.mark.parametrize("row", [row for row in REPLIES if row["state"] != "ok"], ids=lambda row: row["why"])
def test_without_a_verdict_there_is_a_reason_and_no_place(row):
    parsed = read(row)
    assert parsed.reason
    assert (parsed.label, parsed.start, parsed.end) == (None, None, None)


@pytest.mark.parametrize(
    ("reply", "marked"),
    [
        ("Ünïcode ﬃ. **[[A>B]]** \n", "[[A>B]]"),
        ("<think>[[B>A]]</think>\n［［Ａ＞Ｂ］］", "［［Ａ＞Ｂ］］"),
        ("$\\boxed{[[A>B]]}$", "[[A>B]]"),
        ('{"reasoning": "ﬃ", "verdict": "A>B"}', '"A>B"'),
        ('<think>no</think>{"reasoning": "x", "verdict": "A>B"}', '"A>B"'),
    ],
)
def test_the_place_of_the_label_is_that_in_the_reply_as_received(reply, marked):
    parsed = PROTOCOLS["arena_hard"].read(reply)
    assert reply[parsed.start : parsed.end] == marked


@settings(deadline=None)
@given(st.sampled_from(sorted(PROTOCOLS)), HOSTILE, st.sampled_from(["stop", "other"]), st.sampled_from([None, FENCE]))
@example("arena_hard", "verdict:**verdict:", "stop", None)  # a lead-in that leads to a lead-in and nothing more
@example("arena_hard", "{" * 2_000 + '{"a":' * 2_000, "stop", None)
def test_no_reply_raises_and_only_ok_has_a_label(key, reply, finish, fence):
    parsed = PROTOCOLS[key].read(reply, finish, fence=fence, n_criteria=3)
    assert (parsed.label is not None) == (parsed.state is GameState.OK)
    if parsed.state is GameState.OK:
        assert 0 <= parsed.start < parsed.end <= len(reply)


PROSE = st.text(st.characters(codec="utf-8", exclude_characters="<[{"), max_size=200)


@settings(deadline=None)
@given(
    st.sampled_from(sorted(LABELS)),
    PROSE,
    st.sampled_from(["", "**", "`", "# "]),
    st.sampled_from(["", "\n", "\n```", "\n\n---\n"]),
)
@example("arena_hard", "?0,", "", "")
def test_one_complete_label_on_the_last_line_is_the_verdict(key, prose, before, after):
    """Below a whole sentence: a line of its own may be a label, and one without an end may lead to it, both drawn by chance."""
    prose = " ".join(prose.split()) + "."
    after_mark = before.strip("# ")
    label = LABELS[key].replace("\n", f"{after_mark}\n{before}")
    reply = f"x{prose}\n{before}{label}{after_mark}{after}"
    parsed = PROTOCOLS[key].read(reply, n_criteria=3)
    expected = PROTOCOLS[key].read(LABELS[key], n_criteria=3)
    if key != "checklist":  # a checklist's lines may stand anywhere
        assert (parsed.state, parsed.label) == (GameState.OK, expected.label)
    else:
        assert parsed.state in {GameState.OK, GameState.AMBIGUOUS, GameState.UNPARSABLE}


@settings(deadline=None)
@given(HOSTILE)
def test_what_stands_inside_the_fence_is_never_read(inside):
    if FENCE in inside:
        return
    echo = f"<<<{FENCE} begin answer_1>>>\n{inside}\n<<<{FENCE} end answer_1>>>"
    assert PROTOCOLS["arena_hard"].read(f"{echo}\n[[B>A]]", fence=FENCE).label == "B>A"
    assert PROTOCOLS["arena_hard"].read(f"I quote.\n{echo}\nThat is all.", fence=FENCE).state is GameState.UNPARSABLE


@settings(deadline=None)
@given(st.lists(st.sampled_from(["A>B", "B>A"]), min_size=1, max_size=5))
def test_replays_may_take_the_first_or_the_last_label(said):
    reply = "\n".join(f"[[{label}]]" for label in said) + "\nThe end."
    labels = PROTOCOLS["arena_hard"].labels(0)
    assert parse(reply, labels, pick="first").label == said[0]
    assert parse(reply, labels, pick="last").label == said[-1]
    assert (parse(reply, labels).state is GameState.OK) == (len(set(said)) == 1)


@pytest.mark.parametrize(
    "piece",
    [
        "<think>",
        "</think>",
        "[[",
        "{",
        '{"',
        "#",
        "(",
        "\\boxed{",
        "*",
        "<",
        "verdict: ",
        "1 ",
        '"verdict": "',
        "[[A>B]]",
        "ﬃ",
        "\n",
        "<b ",
    ],
)
def test_a_long_reply_is_read_in_linear_time(piece):
    def read(n):
        reply = piece * (n // len(piece))
        return [
            PROTOCOLS[key].read(reply, n_criteria=3) for key in ("arena_hard", "pandalm", "mt_single", "checklist", "judgelm")
        ]

    assert_linear(read, 80_000)


@pytest.mark.parametrize("finish", ["length", "filtered", "refused"])
def test_a_label_in_a_reply_that_did_not_finish_is_no_verdict(finish):
    assert not judge_reply("[[A]]", finish, BracketedLabels({"a": "A"})).state.has_verdict
