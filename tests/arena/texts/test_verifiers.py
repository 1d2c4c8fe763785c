"""Verifiers: hostile patterns and answers, and parameters that would pass by accident. The kinds: test_sample_content.py."""

import time

import pytest

from arena.texts.verifiers import VerifierTimeoutError, check_verifier, passes
from tests.linear import assert_linear


@pytest.mark.parametrize(
    ("pattern", "text"),
    [("(a|aa)+$", "a" * 60 + "!"), ("(x+x+)+y", "x" * 40)],
)
def test_a_pattern_that_would_take_for_ever_neither_passes_nor_fails(pattern, text):
    began = time.monotonic()
    with pytest.raises((VerifierTimeoutError, ValueError), match=r"took over 1 s|repeats a repetition"):
        passes({"kind": "regex", "pattern": pattern}, text)
    assert time.monotonic() - began < 30  # for ever otherwise; a busy machine is slow to start the process that tries it


@pytest.mark.parametrize("piece", [".", "1,", "answer ", "```\n", "[", "9"])
@pytest.mark.parametrize(
    "verifier",
    [
        {"kind": "constraint", "n_sentences": 3, "n_paragraphs": 9, "n_bullets": 2},
        {"kind": "numeric", "value": 3},
        {"kind": "mcq", "answer": "B"},
        {"kind": "json_equal", "value": [1]},
        {"kind": "contains", "all": ["zebra"]},
    ],
    ids=lambda verifier: verifier["kind"],
)
def test_a_hostile_answer_is_checked_in_linear_time(verifier, piece):
    def check(n):
        assert passes(verifier, piece * (n // len(piece)) + "x") is False

    assert_linear(check, 80_000)


def test_the_end_of_a_long_answer_counts():
    assert passes({"kind": "numeric", "value": 42}, "thinking 1 " * 5_000 + "so it is 42")


@pytest.mark.parametrize(
    ("verifier", "message"),
    [
        ({"kind": "contains", "all": "Rhine"}, "all of a contains verifier is 'Rhine'; it has to be a list of texts"),
        ({"kind": "contains", "any": []}, "it has to be a list of texts, none empty"),
        ({"kind": "contains", "all": [""]}, "it has to be a list of texts, none empty"),
        ({"kind": "numeric", "value": "3"}, "value of a numeric verifier is '3'; it has to be a number"),
        ({"kind": "numeric", "value": float("nan")}, "it has to be a number"),
        ({"kind": "numeric", "value": 3, "tolerance": -1}, "a number, 0 or more"),
        ({"kind": "mcq", "answer": "AB"}, "it has to be one letter"),
        ({"kind": "constraint", "max_words": True}, "it has to be a whole number"),
        ({"kind": "constraint", "all_lowercase": "yes"}, "it has to be true or false"),
        ({"kind": "regex", "pattern": "("}, "is not a regular expression"),
    ],
)
def test_a_parameter_of_the_wrong_type_is_refused(verifier, message):
    with pytest.raises(ValueError, match=message):
        check_verifier(verifier)


ANYTHING = [
    None,
    [],
    {},
    "x",
    1,
    True,
    float("inf"),
    10**400,
    ["a"],
    [1],
    {"a": 1},
    "(",
    "\\",
    "{99999999999}",
    "\\p{Foo}",
    [""],
]
KINDS = ["contains", "exact", "regex", "numeric", "mcq", "json_equal", "constraint", "external", None, [], {}, 3]
NAMES = [
    "all",
    "any",
    "pattern",
    "value",
    "tolerance",
    "answer",
    "min_words",
    "must_include",
    "without_letters",
    "all_lowercase",
]


def test_whatever_a_file_may_hold_is_refused_in_words_or_can_be_used():
    made = [{"kind": kind, name: value} for kind in KINDS for name in NAMES for value in ANYTHING]
    accepted = 0
    for verifier in [*ANYTHING, *({"kind": kind} for kind in KINDS), *made]:
        try:
            check_verifier(verifier)
        except ValueError:
            continue
        accepted += 1
        assert passes(verifier, "Say 3.") in (True, False)
    assert 20 < accepted < 200


def test_json_of_any_type_can_be_asked_for():
    assert passes({"kind": "json_equal", "value": "text"}, '"text"')


@pytest.mark.parametrize(
    ("constraint", "text", "is_passed"),
    [
        ({"starts_with": "Dear"}, "  dear all", True),
        ({"ends_with": "Yours"}, "yours truly", False),
        ({"all_uppercase": True}, "STOP 3", True),
        ({"all_uppercase": True}, "Stop", False),
        ({"n_paragraphs": 2}, "one\nline\n \ntwo\n\n\n", True),
    ],
)
def test_constraints(constraint, text, is_passed):
    assert passes({"kind": "constraint"} | constraint, text) is is_passed
