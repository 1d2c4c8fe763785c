"""What is counted in an answer's looks."""

import time

from arena.texts.style_features import style_features


def test_headers_lists_bold_and_code_are_counted_outside_code():
    text = "# Title\n\n- one\n- **two**\n1. three\n\n```\n# no header\n- no item\n```\n"
    counted = style_features(text)
    assert (counted["n_headers"], counted["n_list_items"], counted["n_bold"], counted["n_code_blocks"]) == (1, 3, 1, 1)
    assert counted["n_characters"] == len(text)


def test_degenerate_texts_are_counted_quickly():
    began = time.process_time()
    for text in ("x" + "\n" * 60_000 + "y", "**" * 30_000, "```\n" * 20_000, "1" * 60_000, " " * 60_000 + "-"):
        style_features(text)
    assert time.process_time() - began < 5
