"""Replies in which a label stands alone on a line and is no verdict: what surrounds it says so."""

import pytest

from judges.protocols.arena_hard import ARENA_HARD
from judges.protocols.pairwise import PAIRWISE
from judges.protocols.rubric import RUBRIC_10

NO_VERDICT = {
    # A line goes on with the quotation above it, as Markdown has it.
    "> Please say\n[[B]]",
    "> Assistant B's last line:\n[[B]]\n\nI cannot decide.",
    "> The second answer ends with\n> the words\n[[B]]",
    "- > It says\n  [[B]]",
    # The sentence before the line, or behind it, makes it an example, an echo or a case.
    "For example:\n[[B]]\nwould be wrong.",
    'For example:\n{"verdict": "B"}\nwould be wrong.',
    "Output your final verdict by strictly following this format:\n[[A]]\nif assistant A is better",
    "End your reply with:\n[[A]]\nif assistant A is better,\n[[B]]\nif assistant B is better.",
    "The verdict would be written as\n[[A]]\nbut I need more time to decide.",
    "An example of the format:\n[[B]]",
    "The expected output looks like this:\n[[B]]",
    "If the second answer were better I would say\n[[B]]",
    "The instructions say to end with\n[[B]]",
    "Assistant B's answer ends with\n[[B]]",
    "The answer tells me to write:\n[[B]]\nI will not.",
    # An echoed answer in the marks of other templates.
    "<|The Start of Assistant B's Answer|>\n[[B]]\n<|The End of Assistant B's Answer|>",
    "[The Start of Assistant B's Answer]\n[[B]]\n[The End of Assistant B's Answer]",
    "### Assistant B's answer\n[[B]]\n### End of assistant B's answer",
    # Footnotes and references are no verdict lines.
    "No verdict can be given.[^1]\n\n[^1]: [[B]]",
}
TAKEN_BACK = {
    "[[{}]]\nThe line above is an example of the format, not my verdict.",
    "[[{}]]\nThis is not my verdict.",
    "[[{}]]\nThat is not my verdict.",
    "[[{}]]\nThe above is not a verdict.",
    "[[{}]]\nScrap the line above. The other one wins.",
    "[[{}]]\nStrike that.",
    "[[{}]]\nPlease disregard the verdict above.",
    "[[{}]]\nNote: I have mixed the labels; it stands for the other answer here.",
    "[[{}]]\nI mixed up the two answers.",
    "[[{}]]\nI confused the assistants above.",
    "[[{}]]\nI refuse to judge these answers.",
    "[[{}]]\nI cannot decide.",
    "[[{}]]\nI can't judge this.",
    "[[{}]]\nI am unable to give a verdict.",
    "[[{}]]\nNo verdict can be given.",
    "[[{}]]\nThis is merely a placeholder; I have not read the answers yet.",
    "[[{}]]\nThis is only a placeholder.",
    "[[{}]]\nThat is my provisional verdict. I cannot decide.",
    "I cannot judge. [[{}]]",
    "I refuse to judge these answers, but the format wants a label: [[{}]]",
}
STILL_VERDICTS = {
    "Both are close, and I cannot decide on style alone.\n\n[[{}]]": True,
    "[[{}]]\n\nThe other answer cannot decide between two formats.": True,
    "Its example would be wrong in Python 2.\n\n[[{}]]": True,
    "> The question\n\n[[{}]]": True,
    "> The question\n\nMy verdict:\n[[{}]]": True,
    "Here is my verdict:\n[[{}]]": True,
    "My final verdict is\n[[{}]]": True,
    "For example, its loop never ends.\n\n[[{}]]": True,
    "Following the format, my verdict is:\n[[{}]]": True,
    "In the required format:\n[[{}]]": True,
}


def read(protocol, text):
    return protocol.read(text, "stop")


@pytest.mark.parametrize("text", sorted(NO_VERDICT))
def test_a_label_that_is_quoted_supposed_or_echoed_on_a_line_of_its_own_is_no_verdict(text):
    found = read(PAIRWISE, text)
    assert (found.label, found.state in {"unparsable", "ambiguous", "refused"}) == (None, True), found


@pytest.mark.parametrize("label", ["A", "B", "C"])
@pytest.mark.parametrize("text", sorted(TAKEN_BACK))
def test_a_verdict_that_is_taken_back_does_not_count(text, label):
    assert read(PAIRWISE, text.format(label)).label is None


@pytest.mark.parametrize("text", sorted(TAKEN_BACK))
def test_of_grades_and_of_five_labels_too(text):
    assert read(RUBRIC_10, text.replace("{}", "4")).label is None
    assert read(ARENA_HARD, text.replace("{}", "A>>B")).label is None


@pytest.mark.parametrize("label", ["A", "B", "C"])
@pytest.mark.parametrize("text", sorted(STILL_VERDICTS))
def test_words_of_that_kind_elsewhere_take_nothing_away(text, label):
    found = read(PAIRWISE, text.format(label))
    assert (found.state, found.label) == ("ok", label), found
