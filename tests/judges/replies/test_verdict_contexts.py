"""What leads to a label, what stands round it, and which fields stand beside a verdict in JSON."""

import pytest

from judges.protocols import PROTOCOLS
from tests.judges.replies.named_winner_cases import ANOTHER_WINNER, HARMLESS
from tests.judges.replies.verdict_contexts import FIELDS, LEADS, SCORE_CORRECTED, SCORE_KEPT
from tests.linear import assert_linear

NONE = {"ambiguous", "unparsable", "refused"}


def said(key, reply):
    parsed = PROTOCOLS[key].read(reply, n_criteria=3)
    return parsed.label or str(parsed.state)


@pytest.mark.parametrize(("key", "reply", "label"), [*LEADS, *FIELDS])
def test_a_label_counts_only_where_it_is_led_to_as_the_verdict(key, reply, label):
    found = said(key, reply)
    assert found == label if label else found in NONE


@pytest.mark.parametrize(("key", "score", "sentence"), SCORE_CORRECTED)
def test_a_score_that_is_corrected_behind_it_is_none(key, score, sentence):
    for reply in (
        f"[[{score}]]\n\n{sentence}",
        f"[[{score}]] {sentence}",
        f'{{"reasoning": "x", "score": {score}}}\n\n{sentence}',
    ):
        assert said(key, reply) in NONE


@pytest.mark.parametrize(("key", "score", "sentence"), SCORE_KEPT)
def test_numbers_of_other_things_leave_a_score_alone(key, score, sentence):
    assert said(key, f"[[{score}]]\n\n{sentence}") == score


@pytest.mark.parametrize(
    "piece", [*ANOTHER_WINNER[::9], *HARMLESS[::9], "b is ", "not ", "1 of ", "loser: ", "user: a\n", '{"a": {', ":"]
)
def test_a_long_reply_is_read_in_linear_time(piece):
    def read(n):
        long = f"{piece} " * (n // (len(piece) + 1))
        return said("pairwise", f"[[A]]\n{long}"), said("mt_single", f"{long}\n[[7]]")

    assert_linear(read, 80_000)


def test_many_sentences_are_read_in_linear_time():
    assert_linear(lambda n: said("pairwise", "[[A]]\n" + "".join(f"B names {at}. " for at in range(n // 14))), 80_000)
