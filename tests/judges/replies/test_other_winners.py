"""Sentences beside a verdict that name another winner take it back; points that are granted, denied or supposed do not."""

import pytest

from judges.protocols import PROTOCOLS
from tests.judges.replies.named_winner_cases import (
    ANOTHER_WINNER,
    ANOTHER_WINNER_ABROAD,
    BEHIND_A_TIE,
    HARMLESS,
    HARMLESS_ABROAD,
    HARMLESS_BEHIND_A_TIE,
)  # fmt: skip

MIRROR = str.maketrans("AB", "BA")


def said(key, reply):
    parsed = PROTOCOLS[key].read(reply, n_criteria=3)
    return parsed.label or str(parsed.state)


@pytest.mark.parametrize("remark", [*ANOTHER_WINNER, *ANOTHER_WINNER_ABROAD])
def test_a_sentence_that_names_another_winner_takes_the_verdict_back(remark):
    for form in ("[[A]]", "Final verdict: [[A]]", "**[[A]]**", '{"verdict": "A"}', '{"reasoning": "x", "verdict": "A"}'):
        assert said("pairwise", f"{form}\n\n{remark}") == "ambiguous"
    assert said("arena_hard", f"[[A>B]]\n\n{remark}") == "ambiguous"
    assert said("arena_hard", f"Reasons.\n\n[[A>>B]]\n{remark}") == "ambiguous"


@pytest.mark.parametrize("remark", [*HARMLESS, *HARMLESS_ABROAD])
def test_praise_or_blame_that_leaves_the_verdict_alone(remark):
    for form in ("[[A]]", "Final verdict: [[A]]", '{"verdict": "A"}'):
        assert said("pairwise", f"{form}\n\n{remark}") == "A"
    assert said("arena_hard", f"[[A>>B]]\n\n{remark}") in {"A>>B", "ambiguous"}


@pytest.mark.parametrize("remark", BEHIND_A_TIE)
def test_a_side_preferred_behind_a_tie_takes_it_back(remark):
    assert said("pairwise", f"[[C]]\n\n{remark}") == "ambiguous"
    assert said("arena_hard", f"[[A=B]]\n\n{remark}") == "ambiguous"


@pytest.mark.parametrize("remark", HARMLESS_BEHIND_A_TIE)
def test_a_tie_in_other_words_leaves_a_tie_alone(remark):
    assert said("pairwise", f"[[C]]\n\n{remark}") == "C"


@pytest.mark.parametrize(
    ("key", "reply", "expected"),
    [
        ("pandalm", "Verdict: 1\n\nResponse 2 is better because it is shorter.", "ambiguous"),
        ("pandalm", "Verdict: 1\n\nResponse 1 is better because it is shorter.", "1"),
        ("pandalm", "Verdict: 1\n\nIt is a tie.", "ambiguous"),
        ("pandalm", "Verdict: Tie\n\nBoth responses are equally good.", "Tie"),
        ("judgelm", "8 6\n\nAssistant 2 is better.", "ambiguous"),
        ("judgelm", "8 6\n\nAssistant 1 is better.", "8 6"),
        ("mt_single", "[[7]]\n\nB is better.", "7"),  # grades have no sides
        ("pairwise", "[[B]]\n\nThe first one is better.", "ambiguous"),
        ("pairwise", "[[B]]\n\nA better answer would name the town.", "B"),
        ("pairwise", "[[B]]\n\nLa respuesta A es mejor.", "ambiguous"),
        ("pairwise", "[[B]]\n\nA resposta B é melhor.", "B"),
    ],
)
def test_other_labels_have_sides_too(key, reply, expected):
    assert said(key, reply) == expected
