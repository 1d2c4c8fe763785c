"""IFEval's 25 published constraints: a verifier where one is exact, else a tag and a note that names it."""

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.formats import format_of
from tests.arena.importing.import_files import lines, write

VERIFIED = {
    "keywords:existence": {"keywords": ["sun"]},
    "keywords:forbidden_words": {"forbidden_words": ["moon"]},
    "length_constraints:number_words": {"relation": "at least", "num_words": 20},
    "change_case:english_lowercase": {},
    "change_case:english_capital": {},
    "startend:end_checker": {"end_phrase": "The end."},
    "startend:quotation": {},
    "punctuation:no_comma": {},
}
TAGGED = {
    "keywords:frequency": {"relation": "at least", "keyword": "sun", "frequency": 2},
    "keywords:letter_frequency": {"let_relation": "at least", "letter": "s", "let_frequency": 2},
    "language:response_language": {"language": "kn"},
    "length_constraints:number_sentences": {"relation": "at least", "num_sentences": 2},
    "length_constraints:number_paragraphs": {"num_paragraphs": 2},
    "length_constraints:nth_paragraph_first_word": {"num_paragraphs": 2, "nth_paragraph": 1, "first_word": "so"},
    "detectable_content:number_placeholders": {"num_placeholders": 2},
    "detectable_content:postscript": {"postscript_marker": "P.S."},
    "detectable_format:number_bullet_lists": {"num_bullets": 2},
    "detectable_format:constrained_response": {},
    "detectable_format:number_highlighted_sections": {"num_highlights": 2},
    "detectable_format:multiple_sections": {"section_spliter": "Section", "num_sections": 2},
    "detectable_format:json_format": {},
    "detectable_format:title": {},
    "combination:two_responses": {},
    "combination:repeat_prompt": {"prompt_to_repeat": "Write."},
    "change_case:capital_word_frequency": {"capital_relation": "at least", "capital_frequency": 2},
}


def _read(tmp_path, *constraints):
    rows = [
        {"key": n, "prompt": f"Write {n}.", "instruction_id_list": list(each), "kwargs": list(each.values())}
        for n, each in enumerate(constraints)
    ]
    file = TypedFile(write(tmp_path, lines(*rows)), format_of("prompts", "ifeval"), filename="file")
    return list(file), [*map(str, file.notes())]


def test_all_published_constraints_are_here():
    assert len(VERIFIED) + len(TAGGED) == 25


@pytest.mark.parametrize("name", VERIFIED)
def test_a_constraint_with_a_verifier(tmp_path, name):
    (row,), notes = _read(tmp_path, {name: VERIFIED[name]})
    assert row.verifier is not None
    assert (row.tags, notes) == ((name,), [])


@pytest.mark.parametrize("name", TAGGED)
def test_a_constraint_without_a_verifier_is_a_tag_and_named(tmp_path, name):
    (row,), notes = _read(tmp_path, {name: TAGGED[name]})
    assert (row.verifier, row.tags) == (None, (name,))
    assert notes[-1] == f"Constraints without a verifier, each with its number of prompts: {name} (1)."


def test_a_prompt_has_a_verifier_only_if_all_of_it_is_checked(tmp_path):
    one, other = "punctuation:no_comma", "detectable_format:title"
    (whole, part), notes = _read(tmp_path, {one: {}}, {one: {}, other: {}})
    assert whole.verifier is not None
    assert (part.verifier, part.tags) == (None, (one, other))
    assert notes[-1].endswith(f": {other} (1).")
