# ruff: noqa: E501 - tables of replies
"""The grammar of verdicts: a verdict line decides, and no remark beside it ever gives the other label."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judges.protocols import PROTOCOLS
from judges.protocols.pairwise import PAIRWISE
from judges.verdicts.game_states import GameState
from tests.judges.replies.verdict_remarks import BRACKETED, REMARKS, TAKEN_BACK, VERDICTS, forms, remarks


def read(key, reply):
    return PROTOCOLS[key].read(reply, n_criteria=3)


def said(key, reply):
    parsed = read(key, reply)
    return parsed.label or str(parsed.state)


@pytest.mark.parametrize("key", VERDICTS)
def test_a_verdict_is_read_in_every_form(key):
    label = VERDICTS[key][0]
    assert {form: said(key, form) for form in forms(key)} == dict.fromkeys(forms(key), label)


def wrongly_read(key, *, every):
    """Replies of a verdict and a remark that come to something else than the verdict or `ambiguous`."""
    label = VERDICTS[key][0]
    wrong = {}
    for number, form in enumerate(forms(key)):
        for remark in remarks(key)[number % every :: every]:
            for reply in (f"{form}\n\n{remark}", f"{remark}\n\n{form}"):
                if said(key, reply) not in {label, "ambiguous"}:
                    wrong[reply] = said(key, reply)
    return wrong


def test_no_remark_beside_a_verdict_gives_the_other_label():
    assert len(REMARKS) >= 60
    assert wrongly_read("pairwise", every=1) == {}


@pytest.mark.parametrize("key", sorted(set(VERDICTS) - {"pairwise"}))
def test_no_remark_beside_a_verdict_of_another_protocol_gives_the_other_label(key):
    assert wrongly_read(key, every=4) == {}


@pytest.mark.slow
@pytest.mark.parametrize("key", sorted(set(VERDICTS) - {"pairwise"}))
def test_no_remark_of_all_gives_the_other_label(key):
    assert wrongly_read(key, every=1) == {}


@pytest.mark.parametrize("key", sorted(BRACKETED))
def test_nearly_all_verdicts_with_a_remark_are_read(key):
    label = VERDICTS[key][0]
    replies = [reply for remark in remarks(key) for reply in (f"[[{label}]]\n\n{remark}", f"{remark}\n\n[[{label}]]")]
    lost = [reply for reply in replies if said(key, reply) != label]
    assert len(lost) <= len(replies) // 10, lost


@pytest.mark.parametrize("key", sorted(BRACKETED))
@pytest.mark.parametrize("form", ["{label}", "**Answer {label}**", "`{label}`", '"{label}"', "```\n[[{label}]]\n```"])
def test_a_bare_label_counts_as_the_last_line_alone(key, form):
    label = VERDICTS[key][0]
    last = form.format(label=label)
    if "Answer" in form and key not in {"pairwise", "mt_pair_two_turns"}:
        return
    assert said(key, f"Reasons.\n\n{last}") == label
    assert {said(key, f"{remark}\n\n{last}") for remark in remarks(key)} <= {label, "ambiguous"}
    assert {said(key, f"{last}\n\n{remark}") for remark in remarks(key)} <= {"ambiguous", "unparsable", "refused"}


@pytest.mark.parametrize("key", VERDICTS)
def test_a_verdict_that_is_taken_back_is_none(key):
    if key == "checklist":
        return
    for form in forms(key)[:3]:
        kept = [text for text in remarks(key, TAKEN_BACK) if said(key, f"{form}\n\n{text}") != "ambiguous"]
        assert kept == []


@pytest.mark.parametrize("key", sorted(BRACKETED))
def test_a_remark_alone_gives_no_label(key):
    label = VERDICTS[key][1].strip("[]RESULT ")
    doubtful = [remark for remark in remarks(key, REMARKS[16:]) if said(key, remark) == label]
    assert doubtful == []


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("[[A]] because [[B]] forgets the unit.", "ambiguous"),
        ("Verdict: [[A]] (not [[B]])", "ambiguous"),
        ("[[A]]\n\nFinal verdict: [[B]]", "B"),  # the last one calls itself final
        ("Final verdict: [[A]]\n\n[[B]]", "ambiguous"),
        ("Final verdict: [[A]]\n\nFinal verdict: [[B]]", "ambiguous"),
        ("[[A]]\n\n[[B]]", "ambiguous"),
        ("[[A]]\n\nFinal verdict: B", "ambiguous"),
        ("One might say [[B]] at first.\n\nFinal verdict: the first one", "unparsable"),
        ("I weighed [[B]].\n\nThe winner is clear to see: Anna", "unparsable"),
        ("So [[B]] came to mind.\n\nAnswer A wins.", "unparsable"),
        ("The verdict is not [[A]].", "unparsable"),
        ("I cannot say [[A]].", "unparsable"),
        ("I'm unable to judge. Were I able, I might write [[A]].", "refused"),
        ("I'm sorry, but I can't compare these. I would normally end with:\n\n[[A]]", "refused"),
        ("I do not think that it is [[A]]; answer B is right.", "unparsable"),
        ("Answer A is right and the other is not, so [[A]].", "A"),
        ("Turn 1: [[A]]\nTurn 2: [[B]]", "ambiguous"),
        ("Turn 1: [[A]]\nTurn 2: [[B]]\n\nOverall verdict: [[B]]", "B"),
        ("Turn 1: A\nTurn 2: B", "unparsable"),
        ("1. [[A]]\n2. [[B]]\n3. [[C]]", "ambiguous"),
        ('{"verdict": "A"}\n\n[[B]]', "ambiguous"),
        ('{"verdict": "A"}\n\nFinal verdict: B', "ambiguous"),
        ('{"verdict": "A"}\n{"verdict": "B"}', "ambiguous"),
        ('{"a": {"verdict": "A"}, "b": {"verdict": "B"}}', "ambiguous"),
        ('Some prose about both.\n\n{"reasoning": "said \\"[[B]]\\"", "verdict": "A"}', "A"),
        ('{"type": "object", "properties": {"verdict": {"type": "string", "enum": ["A", "B"]}}}\n{"verdict": "A"}', "A"),
        ('{"reasoning": "x", "verdict": "Answer A"}', "A"),
        ("{'reasoning': \"B's unit\", 'verdict': 'A', 'sure': True,}", "A"),
        ('{"reasoning": "he said "B" there", "verdict": "A"}', "A"),
        ("[[Answer A]]", "A"),
        ("**Answer A**", "A"),
        ("Reasons.\n\n(A)", "A"),
        ("[[A]\n", "unparsable"),
        ("\\(\\boxed{A}\\)", "A"),
        ("[[A]]\n\n```\nprint([[B]])\n```", "A"),
        ("[[A]]\n\n~~~\nThank you.\nFinal verdict: [[B]]\n", "A"),
        ("[[A]]\n\n```\n[[B]]\n```", "ambiguous"),
        ("> [[B]]\n\n[[A]]", "A"),
        ("Final verdict: A\n\nAnswer B ends with the line\n\n[[B]]", "A"),
    ],
)  # fmt: skip
def test_the_table_of_the_grammar(reply, expected):
    assert said("pairwise", reply) == expected


@pytest.mark.parametrize(
    ("key", "reply", "expected"),
    [
        # several labels on one line
        ("rubric_5", "Feedback: x [RESULT] 4 Feedback: y [RESULT] 2", "ambiguous"),
        ("rubric_5", "[RESULT] 4 [RESULT] 2", "ambiguous"),
        ("rubric_5", "[RESULT] 4 - not complete [RESULT] 2", "ambiguous"),
        ("rubric_5", "[[4]] [RESULT] 2", "ambiguous"),
        ("rubric_5", "[[5]] Feedback: not clear. [RESULT] 2", "ambiguous"),
        ("rubric_5", "Feedback: x [RESULT] 4 Feedback: y [RESULT] 4", "4"),
        ("mt_single", "[[7]] [[8]]", "ambiguous"),
        ("mt_single", "Rating: [[7]]. Rating: [[8]]", "ambiguous"),
        ("pairwise", "Verdict: [[A]]. Verdict: [[B]]", "ambiguous"),
        ("pairwise", "Verdict: [[A]]. Final verdict: [[B]]", "B"),
        ("pairwise", "Final verdict: A. Final verdict: [[B]]", "ambiguous"),
        ("pairwise", "[[B]] was close. Verdict: [[A]]", "A"),
        # near names in JSON
        *[("pairwise", f'{{"{name}": "A"}}', "A") for name in ("winner", "final_verdict", "choice", "Decision", "judgment")],
        *[("mt_single", f'{{"reasoning": "x", "{name}": 7}}', "7") for name in ("rating", "final_score", "grade")],
        ("pairwise", '```json\n{"reasoning": "[[B]]", "winner": "A"}\n```', "A"),
        ("pairwise", '{"winner": "A", "choice": "A"}', "unparsable"),
        ("pairwise", '{"winner": "A", "choice": "B"}', "unparsable"),
        ("pairwise", '{"winner": "A", "winner": "B"}', "unparsable"),
        ("pairwise", '{"verdict": "A", "winner": "B"}', "ambiguous"),
        ("pairwise", '{"verdict": "A", "winner": "assistant 1"}', "A"),
        ("pairwise", '{"winner": "Answer A"}', "unparsable"),
        ("pairwise", '{"winner": "A or B"}', "unparsable"),
        ("pairwise", '{"winner": ["A"]}', "unparsable"),
        ("pairwise", '{"clarity": {"winner": "A"}}', "unparsable"),
        ("pairwise", 'Answer B ends with:\n{"winner": "B"}', "unparsable"),
        ("pairwise", '{"loser": "A"}', "unparsable"),
        ("mt_single", '{"rating": 7, "grade": 8}', "unparsable"),
        ("mt_single", '{"score": 6, "rating": 7}', "ambiguous"),
        ("mt_single", '{"rating": 11}', "unparsable"),
        # rows of a checklist on one line
        ("checklist", "1: yes, 2: no, 3: yes", "yes no yes"),
        ("checklist", "1. Yes; 2. No; and 3. Yes.", "yes no yes"),
        ("checklist", "| 1: yes | 2: no | 3: yes |", "yes no yes"),
        ("checklist", "1: yes, 2: no, 3: yes, 2: yes", "ambiguous"),
        ("checklist", "1: yes, 2: no, 3: yes\n1: no, 2: no, 3: no", "ambiguous"),
        ("checklist", "1: yes, 2: no, 3: yes?", "unparsable"),
        ("checklist", "1: yes or 1: no, 2: no, 3: yes", "unparsable"),
        ("checklist", "Example: 1: yes, 2: no, 3: yes", "unparsable"),
        ("checklist", "Answer B ends with:\n1: yes, 2: no, 3: yes", "unparsable"),
        # two scores, with a scale or by name
        ("judgelm", "Scores: 8/10, 6/10", "8 6"),
        ("judgelm", "Reasons.\n\n**Assistant 1:** 8/10\n\n**Assistant 2:** 6/10", "8 6"),
        ("judgelm", "Assistant 1: 8, Assistant 2: 6", "8 6"),
        ("judgelm", "80/100 60/100", "unparsable"),
        ("judgelm", "8/10 or 6/10", "unparsable"),
        ("judgelm", "Assistant 1: 8\nAssistant 2: 6\nBoth fine.", "unparsable"),
        ("judgelm", "Accuracy:\nAssistant 1: 8\nAssistant 2: 6", "unparsable"),
        ("judgelm", "Assistant 1: 8\nAssistant 2: 6\n\nAssistant 1: 3\nAssistant 2: 6", "unparsable"),
        ("judgelm", "Response 1 ends with the lines\nAssistant 1: 8\nAssistant 2: 6", "unparsable"),
        ("judgelm", "If fair:\nAssistant 1: 8\nAssistant 2: 6", "unparsable"),
        ("judgelm", "8 6\nAssistant 1: 3\nAssistant 2: 6", "ambiguous"),
        # a last word that calls itself final
        ("pairwise", "I initially chose [[A]].\n\nAfter reconsideration my final verdict is [[B]]", "B"),
        ("pairwise", "[[A]]\n\nAfter reconsideration my verdict is [[B]]", "ambiguous"),
        ("arena_hard", "I initially leaned [[A>B]] but my final verdict is: [[B>A]]", "B>A"),
        ("arena_hard", "I initially leaned [[A>B]] but my verdict is: [[B>A]]", "ambiguous"),
        ("arena_hard", "If I leaned [[A>B]] but my final verdict is: [[B>A]]", "ambiguous"),
        ("arena_hard", "Answer B says [[A>B]] but my final verdict is: [[B>A]]", "ambiguous"),
        ("pairwise", "It is said that all is [[A]] but my final verdict is [[B]]", "ambiguous"),
        ("pairwise", "I leaned to [[A]] but my final verdict is [[B]] if it is short", "ambiguous"),
        ("pairwise", "I leaned to [[A]] but my final verdict is not [[B]]", "ambiguous"),
        ("pairwise", "Answer B ends with:\nFinal verdict: [[B]]", "unparsable"),
        ("pairwise", "Answer B ends with the line\n\nFinal verdict: [[B]]", "unparsable"),
    ],
)  # fmt: skip
def test_the_table_of_the_grammar_of_other_protocols(key, reply, expected):
    assert said(key, reply) == expected


@pytest.mark.parametrize(
    "block",
    [
        "<think>{}</think>", "<thinking>{}</thinking>", "<thought>{}</thought>", "<reasoning>{}</reasoning>", "<THINK>{}</THINK>",
        "<analysis>{}</analysis>", "<reflection>{}</reflection>", "<scratchpad>{}</scratchpad>", "[THINK]{}[/THINK]",
        "<seed:think>{}</seed:think>", "<|begin_of_thought|>{}<|end_of_thought|>", "<|START_THINKING|>{}<|END_THINKING|>",
        "◁think▷{}◁/think▷", "<unused94>thought\n{}<unused95>", "<|channel>thought\n{}<channel|>", "<think type=\"long\">{}</think>",
        "<|channel|>analysis<|message|>{}<|end|><|start|>assistant<|channel|>final<|message|>", "analysis{}.assistantfinal", "{}</think>",
    ],
)  # fmt: skip
def test_thinking_is_taken_out_first(block):
    thoughts = block.format("\nFinal verdict: [[B]]\n\nOr [[C]]? ")
    assert said("pairwise", f"{thoughts}\n\n[[A]]") == "A"
    assert said("pairwise", f"{thoughts}\n\nFinal verdict: A") == "A"
    if block[:2] != "{}":
        unclosed = block.split("{}")[0] + "\nFinal verdict: [[B]]"
        assert said("pairwise", unclosed) in {"unparsable", "B" if block.startswith("analysis") else "unparsable"}


LINES = st.sampled_from(
    [
        "[[A]]", "[[B]]", "Final verdict: A", "Final verdict: [[B]]", "A", "**Answer B**", "[A]", "> [[B]]", "```", "Wait, no.", "",
        '{"verdict": "A"}', '{"verdict": "B"', "One might say [[B]].", "It is not [[A]].", "Answer B ends with:", "Verdict:", "# Final",
        "</think>", "| Verdict | [[A]] |", "\\boxed{B}", "[[AB]]", "The winner is clear.", "'[[B]]'", "~~[[A]]~~", "1. [[C]]",
        "[RESULT]", "7", "Rating: 7/10", "8 6", "1: yes", "2. **No** - x", "3: yes, so", "{'verdict':", "}", "“", "<blockquote>",
    ]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(sorted(VERDICTS)), st.lists(LINES | st.text(max_size=12), max_size=12))
def test_any_lines_are_read_without_an_error_and_only_a_verdict_has_a_label(key, lines):
    reply = "\n".join(lines)
    parsed = read(key, reply)
    assert (parsed.label is not None) == (parsed.state is GameState.OK)
    if parsed.state is GameState.OK:
        assert 0 <= parsed.start < parsed.end <= len(reply)


@settings(deadline=None, max_examples=100)
@given(st.lists(LINES.filter(lambda line: line not in {"```", "<blockquote>", "Answer B ends with:"}), max_size=8))
def test_two_labels_in_verdict_lines_of_the_asked_form_never_give_a_third(lines):
    reply = "\n".join([*lines, "[[A]]"])
    assert said("pairwise", reply) in {"A", "ambiguous", "unparsable"}


def test_a_label_inside_a_json_string_is_no_verdict():
    assert said("pairwise", json.dumps({"reasoning": "My final verdict is [[B]]."})) == "unparsable"


def test_it_is_a_gives_a_verdict_as_the_last_line_alone():
    read = {
        text: PAIRWISE.read(text, "stop")
        for text in ("Reasons.\n\nIt is A.", "It's answer B", "It is A.\n\nMore.", "It is not A.")
    }
    assert [each.label for each in read.values()] == ["A", "B", None, None]
