"""What is counted in an answer's looks."""

import pytest

from arena.texts.style_features import style_features
from tests.linear import assert_linear


def test_headers_lists_bold_and_code_are_counted_outside_code():
    text = "# Title\n\n- one\n- **two**\n1. three\n\n```\n# no header\n- no item\n```\n"
    counted = style_features(text)
    assert (counted["n_headers"], counted["n_list_items"], counted["n_bold"], counted["n_code_blocks"]) == (1, 3, 1, 1)
    assert counted["n_characters"] == len(text)


@pytest.mark.parametrize("piece", ["\n", "**", "```\n", "1", " "])
def test_degenerate_texts_are_counted_in_linear_time(piece):
    assert_linear(lambda n: style_features("x" + piece * (n // len(piece)) + "-"), 60_000)
