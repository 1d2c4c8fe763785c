"""Every protocol asks for reasons before the verdict, reads what it asks for, and says what its labels mean."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.protocols import PROTOCOLS, Criterion, JudgeInput, PairProtocol, SingleProtocol, shows_reference
from judges.protocols.checklist import WRITING_SCHEMA, compose_writing, read_writing, weighted_share
from judges.safeguards.delimiters import read_back
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict, scored, scores_to_winner

FENCE = "5f0c8e1d9ab24c7796d1b3a4e2f80c11"
CHECKLIST = (Criterion("Names it?", 3), Criterion("Is short?", 1))
ITEM = JudgeInput(("One?", "Two?"), (("a1", "a2"), ("b1", "b2")), checklist=CHECKLIST)
# What each source writes, and what it says of the slots.
MEANINGS = {
    "pairwise": {"[[A]]": "first", "[[B]]": "second", "[[C]]": "tie"},
    "mt_pair": {"[[A]]": "first", "[[B]]": "second", "[[C]]": "tie"},
    "mt_pair_two_turns": {"[[A]]": "first", "[[B]]": "second", "[[C]]": "tie"},
    "arena_hard": {
        "[[A>>B]]": "first", "[[A>B]]": "first", "[[A=B]]": "tie", "[[B>A]]": "second", "[[B>>A]]": "second",
    },
    "pandalm": {"1": "first", "2": "second", "Tie": "tie"},
    "judgelm": {"8 6": "first", "6 8": "second", "7 7": "tie"},
}  # fmt: skip


def blocks(key, *, order="ab", item=ITEM, reference=None):
    return read_back(PROTOCOLS[key].compose(item, order=order, reference=reference, fence=FENCE), FENCE)


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_reasons_come_before_the_verdict_in_every_schema(key):
    schema = PROTOCOLS[key].schema
    fields = list(schema["properties"])
    verdicts = PROTOCOLS[key].labels(2).fields
    assert fields.index("reasoning") < min(fields.index(field) for field in verdicts)
    assert fields[-len(verdicts) :] == list(verdicts)
    assert schema["required"] == fields
    assert schema["additionalProperties"] is False
    assert list(json.loads(json.dumps(schema))["properties"]) == fields


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_every_protocol_says_what_it_is(key):
    protocol = PROTOCOLS[key]
    assert protocol.key == key
    assert protocol.version >= 1
    assert protocol.title
    assert protocol.source
    for text in (protocol.system, protocol.template, protocol.ending, protocol.json_ending):
        assert text in protocol.template_text


def test_no_two_protocols_have_the_same_texts():
    assert len({protocol.template_text for protocol in PROTOCOLS.values()}) == len(PROTOCOLS)


@pytest.mark.parametrize(
    ("key", "reply", "winner"), [(key, *pair) for key, table in MEANINGS.items() for pair in table.items()]
)
def test_a_label_of_a_pair_says_who_won(key, reply, winner):
    protocol = PROTOCOLS[key]
    parsed = protocol.read(f"Reasons.\n{reply}")
    assert parsed.state is GameState.OK
    assert protocol.verdict(parsed.label).winner == winner


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_every_label_that_a_schema_allows_is_read_and_understood(key):
    protocol = PROTOCOLS[key]
    field = protocol.labels(2).fields[0]
    for value in protocol.properties[field].get("enum", []):
        reply = {"reasoning": "x", "score_2": 5, field: value}
        label = protocol.read(json.dumps(reply)).label
        assert label is not None
        assert protocol.score(label) == value if isinstance(protocol, SingleProtocol) else protocol.verdict(label)


def test_pairs_are_all_listed():
    assert set(MEANINGS) == {key for key, protocol in PROTOCOLS.items() if isinstance(protocol, PairProtocol)}


def test_much_better_is_the_stronger_verdict():
    verdict = PROTOCOLS["arena_hard"].verdict
    assert [verdict(label).strength for label in ("A>>B", "A>B", "A=B", "B>A", "B>>A")] == [2, 1, 1, 1, 2]


def test_two_scores_stay_with_the_verdict():
    assert PROTOCOLS["judgelm"].verdict("8.5 6") == Verdict("first", scores=(8.5, 6))


def test_an_unknown_label_means_nothing():
    with pytest.raises(ValueError, match="allowed are A, B, C"):
        PROTOCOLS["pairwise"].verdict("AB")


@pytest.mark.parametrize("key", ["pairwise", "arena_hard", "mt_pair_two_turns", "pandalm", "judgelm"])
def test_the_order_says_which_answer_stands_first(key):
    ab, ba = blocks(key), blocks(key, order="ba")
    assert [ab["answer_1 turn 2"], ab["answer_2 turn 2"]] == ["a2", "b2"]
    assert [ba["answer_1 turn 2"], ba["answer_2 turn 2"]] == ["b2", "a2"]


@pytest.mark.parametrize("key", ["mt_single_two_turns", "rubric_5", "rubric_10", "checklist"])
def test_where_one_answer_is_graded_the_order_says_which(key):
    assert blocks(key)["answer turn 1"] == "a1"
    assert blocks(key, order="ba")["answer turn 1"] == "b1"
    assert len([name for name in blocks(key) if name.startswith("answer")]) == 2


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_no_protocol_judges_a_part_of_a_conversation(key):
    """The first turn alone, without a word, is what two of them used to ask about."""
    texts = blocks(key)
    assert [texts["prompt turn 1"], texts["prompt turn 2"]] == list(ITEM.turns)
    shown = {text for name, text in texts.items() if name.startswith("answer")}
    assert shown == ({"a1", "a2"} if isinstance(PROTOCOLS[key], SingleProtocol) else {"a1", "a2", "b1", "b2"})


@pytest.mark.parametrize("key", ["mt_pair", "mt_single"])
def test_a_judge_of_one_turn_is_told_where_there_are_several(key):
    one = JudgeInput(("One?",), (("a",), ("b",)))
    systems = [PROTOCOLS[key].compose(item, order="ab", reference=None, fence=FENCE)[0].content for item in (one, ITEM)]
    assert ["all its turns" in system for system in systems] == [False, True]


def test_two_turn_protocols_refuse_a_prompt_of_one_turn():
    item = JudgeInput(("One?",), (("a",), ("b",)))
    with pytest.raises(ValueError, match="use a one-turn protocol"):
        blocks("mt_pair_two_turns", item=item)


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_a_reference_is_shown_where_there_is_one(key):
    assert blocks(key, reference="It is so.")["reference"] == "It is so."
    assert "reference" not in blocks(key)


def test_a_checklist_needs_criteria():
    with pytest.raises(ValueError, match="nothing for checklist"):
        blocks("checklist", item=JudgeInput(("One?",), (("a",), ("b",))))


@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_plain_text_and_schema_differ_in_the_last_paragraph_only(key):
    protocol = PROTOCOLS[key]
    plain, structured = (
        protocol.compose(ITEM, order="ab", reference=None, fence=FENCE, structured=structured) for structured in (False, True)
    )
    assert plain[0] == structured[0]
    assert plain[1].content.removesuffix(protocol.ending) == structured[1].content.removesuffix(protocol.json_ending)


@pytest.mark.parametrize("structured", [False, True])
@pytest.mark.parametrize("key", sorted(PROTOCOLS))
def test_a_judge_that_only_repeats_its_request_gives_no_verdict(key, structured):
    request = PROTOCOLS[key].compose(ITEM, order="ab", reference="So.", fence=FENCE, structured=structured)
    for echo in (request[1].content, request[1].content.split(">>>")[-1], "\n".join(message.content for message in request)):
        assert PROTOCOLS[key].read(echo, fence=FENCE, n_criteria=2).state in {GameState.AMBIGUOUS, GameState.UNPARSABLE}


def test_weights_decide_what_a_criterion_counts():
    assert PROTOCOLS["checklist"].score("yes no", CHECKLIST) == 0.75
    with pytest.raises(ValueError, match="the label answers 1 of the 2"):
        weighted_share("yes", CHECKLIST)


@pytest.mark.parametrize("weight", [0, -1, float("inf"), float("nan")])
def test_a_weight_is_a_finite_number_above_zero(weight):
    with pytest.raises(ValueError, match="above 0"):
        Criterion("Is it?", weight)


def test_criteria_are_written_without_any_answer_in_sight():
    texts = read_back(compose_writing(("One?", "Two?"), reference="So.", fence=FENCE), FENCE)
    assert texts == {"prompt turn 1": "One?", "prompt turn 2": "Two?", "reference": "So."}
    assert next(iter(WRITING_SCHEMA["properties"])) == "reasoning"


def test_written_criteria_are_read():
    reply = (
        '```json\n{"reasoning": "x", "criteria": [{"text": " Names it? ", "weight": 3}, {"text": "Short?", "weight": 1}]}\n```'
    )
    assert read_writing(reply) == (Criterion("Names it?", 3), Criterion("Short?", 1))


@pytest.mark.parametrize(
    "around",
    [
        '<think>First {"criteria": [{"text": "A draft?", "weight": 1}]}</think>Here {it} is: %s',
        f'<<<{FENCE} begin prompt>>>\n{{"criteria": [{{"text": "Echoed?", "weight": 1}}]}}\n<<<{FENCE} end prompt>>>\n%s',
        '{"criteria": [{"text": "A first try?", "weight": 1}]}\n%s',
        "```\n%s\n```",
    ],
)
def test_criteria_are_read_from_the_last_word_alone(around):
    written = '{"reasoning": "a\nb", "criteria": [{"text": "Is it so?", "weight": 2}]}'
    assert read_writing(around % written, fence=FENCE) == (Criterion("Is it so?", 2),)


def test_a_criterion_may_speak_of_thinking():
    assert read_writing('{"criteria": [{"text": "Has it no <think>?", "weight": 1}]}') == (Criterion("Has it no <think>?", 1),)


def test_a_criterion_that_no_database_takes_is_mended():
    (found,) = read_writing('{"criteria": [{"text": "a\\u0000b\\ud800", "weight": 1}]}')
    assert found.text == "a\ufffdb\ufffd"


def test_whoever_writes_criteria_sees_the_system_prompt_and_the_reference():
    texts = read_back(compose_writing(("One?",), system_prompt="Be kind.", reference="So.", fence=FENCE), FENCE)
    assert texts == {"system_prompt": "Be kind.", "prompt": "One?", "reference": "So."}


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "no",
        "{",
        '{"criteria": []}',
        '{"criteria": 3}',
        '{"criteria": [{"text": "x"}]}',
        '{"criteria": [{"text": "", "weight": 1}]}',
        '{"criteria": [{"text": "x", "weight": -1}]}',
        '{"criteria": [{"text": "x", "weight": true}]}',
        '{"criteria": [{"text": "x", "weight": 1e999}]}',
        '{"criteria": [{"text": {"x": 1}, "weight": 1}]}',
        '{"criteria": {"text": "x", "weight": 1}}',
        '{"criteria": ["x"]}',
        '[{"text": "x", "weight": 1}]',
        '{"criteria": ' + '[{"text": "x", "weight": 1},' * 30 + "]}",
        "{" * 9000 + "}",
    ],
)
def test_a_reply_without_criteria_is_an_error(reply):
    with pytest.raises(ValueError, match=r"criteria|checklist"):
        read_writing(reply)


@settings(deadline=None)
@given(st.floats(0, 10), st.floats(0, 10), st.floats(0, 10))
def test_swapping_the_scores_swaps_the_winner(s1, s2, margin):
    swapped = {"first": "second", "second": "first", "tie": "tie"}
    assert scores_to_winner(s2, s1, margin=margin) == swapped[scores_to_winner(s1, s2, margin=margin)]


def test_a_lead_of_the_margin_itself_is_a_tie():
    assert scores_to_winner(0.1 + 0.2, 0, margin=0.3) == "tie"
    assert scored(8, 6, margin=1) == Verdict("first", scores=(8, 6))


@pytest.mark.parametrize(("s1", "s2", "margin"), [(float("nan"), 1, 0), (1, float("inf"), 0), (1, 2, -1)])
def test_scores_that_are_no_numbers_decide_nothing(s1, s2, margin):
    with pytest.raises(ValueError, match="finite"):
        scores_to_winner(s1, s2, margin=margin)


@pytest.mark.parametrize(("winner", "ab", "ba"), [("first", "a", "b"), ("second", "b", "a"), ("tie",) * 3, ("both_bad",) * 3])
def test_a_verdict_on_slots_is_one_on_sides_by_the_order(winner, ab, ba):
    assert (Verdict(winner).by_side("ab"), Verdict(winner).by_side("ba")) == (ab, ba)


@pytest.mark.parametrize("make", [lambda: Verdict("a"), lambda: Verdict("first", 3), lambda: Verdict("tie", 2)])
def test_a_verdict_that_cannot_be_is_refused(make):
    with pytest.raises(ValueError, match="allowed are"):
        make()


def test_an_unknown_order_is_refused():
    with pytest.raises(ValueError, match="allowed are 'ab'"):
        Verdict("first").by_side("xy")


def test_references_are_dropped_at_the_stated_rate_and_by_the_seed():
    rng = Random(1)
    shown = [shows_reference("drop", rng, p_drop=0.25) for _ in range(10_000)]
    assert abs(sum(shown) / 10_000 - 0.75) < 0.015
    again = Random(1)
    assert shown == [shows_reference("drop", again, p_drop=0.25) for _ in range(10_000)]


@pytest.mark.parametrize(("mode", "p_drop"), [("always", 0.5), ("drop", 1.5)])
def test_an_unknown_way_with_references_is_refused(mode, p_drop):
    with pytest.raises(ValueError, match="allowed are none, with and drop"):
        shows_reference(mode, Random(1), p_drop=p_drop)


def test_a_verdict_without_scores_has_none_by_side():
    assert Verdict("first").scores_by_side("ba") is None
    assert scored(8, 6, margin=0).scores_by_side("ba") == (6, 8)
