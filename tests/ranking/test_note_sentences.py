"""Notes of snapshots and reasons of entries, in the language of whoever reads them."""

import re

import pytest
from django.utils import translation

from ranking.boards.publishing import publish_snapshot
from ranking.maths.notes import Note, joined, marked_text, noted, shortened
from ranking.models import Entry, Snapshot
from ranking.note_sentences import StoredNote
from ranking.note_texts.of_boards import TEXTS
from ranking.note_texts.words import TwoForms, Words, in_words
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote
from tests.ranking.board_factories import make_board, make_snapshot

PLACES = re.compile(r"%\((\w+)\)[^a-zA-Z]*[a-z]")


def shout(text: str) -> str:
    """In capitals, but for its placeholders."""
    parts = re.split(r"(%\(\w+\)[^a-zA-Z]*[a-z])", text)
    return "".join(part if i % 2 else part.upper() for i, part in enumerate(parts))


SHOUTED = Words(shout, lambda one, many, n: shout(one if n == 1 else many))


@pytest.mark.parametrize("code", TEXTS)
def test_both_forms_of_a_text_have_the_same_parameters_but_for_the_number(code):
    text = TEXTS[code]
    if isinstance(text, TwoForms):
        one, many = (set(PLACES.findall(form)) for form in text[:2])
        assert one | {text.number} == many | {text.number}


def test_a_note_is_said_in_another_language_with_its_names_as_they_are():
    names = shortened(["o1", "gpt-5", "x", "y"], 3)
    note = noted("unlinked", names=names, n=4)
    assert note == "nothing links o1, gpt-5, x and 1 more with the others: they have numbers, and no interval and no place yet"
    said = in_words(TEXTS, note.code, note.parameters, SHOUTED)
    assert said == "NOTHING LINKS o1, gpt-5, x AND 1 MORE WITH THE OTHERS: THEY HAVE NUMBERS, AND NO INTERVAL AND NO PLACE YET"


def test_notes_inside_of_notes_and_texts_of_other_parts_are_said_in_it_too():
    weights = joined([noted("weight.unknown", TEXTS, judge=name) for name in ("strict", "kind")])
    note = noted("judges.weights", TEXTS, weights=weights)
    assert note == "weights of jurors: strict none, for want of gold labels; kind none, for want of gold labels"
    assert in_words(TEXTS, note.code, note.parameters, SHOUTED).startswith("WEIGHTS OF JURORS: strict NONE, FOR WANT")
    left = noted("count_and_what", TEXTS, n=3, what=marked_text("without games"))
    assert in_words(TEXTS, left.code, left.parameters, SHOUTED) == "3 WITHOUT GAMES"


def test_parts_of_a_comparison_are_never_one():
    assert [noted("votes", n=n) for n in (1.0, 0.7, 1.4, 2.5)] == ["1 vote", "0.7 votes", "1.4 votes", "2.5 votes"]


def test_numbers_are_those_of_the_readers_language():
    note = noted("style.left_out", TEXTS, n=12_345)
    assert note.startswith("12,345 votes on answers")
    with translation.override("de"):
        assert StoredNote(str(note), note.code, note.parameters).translated.startswith("12.345 Stimmen zu Antworten")
    assert StoredNote(str(note), note.code, note.parameters).translated == note


@pytest.mark.parametrize(
    ("code", "parameters"),
    [
        ("few_clusters", None),
        ("", None),
        ("of_another_version", {"n": 3}),
        ("few_clusters.prompts", {"m": 3}),
        ("votes", {"n": "x"}),
    ],
)
def test_a_note_without_what_its_text_asks_for_is_shown_as_it_is_stored(code, parameters):
    assert StoredNote("only 3 prompts", code, parameters).sentence == "Only 3 prompts"


def test_a_name_at_the_head_of_a_sentence_has_no_capital():
    votes, clusters = noted("votes", n=2), noted("clusters.prompts", n=1)
    note = noted("one_competitor.few.prompts", name="o1", votes=votes, clusters=clusters)
    assert StoredNote(str(note), note.code, note.parameters).sentence == note
    slot = noted("slot.without_interval", TEXTS, name=noted("slot.of_judge", TEXTS, judge="strict"), estimate=0.5)
    said = StoredNote(str(slot), slot.code, slot.parameters).sentence
    assert said == "Slot intercept of strict: +0.500 (no interval can be given)"
    assert StoredNote("o1: 2 votes on 1 prompt", "one_competitor", None).sentence == "o1: 2 votes on 1 prompt"


@pytest.mark.django_db
@pytest.mark.parametrize("method", [{}, {"method": "elo", "intervals": "bootstrap"}, {"method": "davidson"}])
def test_what_a_snapshot_keeps_makes_its_notes_and_reasons_again(method):
    arena = make_arena()
    models = [make_competitor(arena, name) for name in ("o1", "gpt", "alone", "unbeaten")]
    for number in range(4):
        prompt = make_prompt(arena, f"Question {number}?")
        for a, b, says in ((0, 1, "ab"[number % 2]), (0, 3, "b")):
            make_vote(make_battle(models[a], models[b], prompt), says)
    snapshot = Snapshot.objects.get(pk=publish_snapshot(make_board(arena, is_default=True, **method)).pk)
    assert snapshot.notes
    for note in snapshot.coded_notes:
        assert note.parameters is not None
        assert in_words(TEXTS, note.code, note.parameters) == note.text == note.translated
    unrated = Entry.objects.filter(snapshot=snapshot).exclude(unrated_because="")
    assert {entry.unrated_because for entry in unrated}
    for entry in unrated:
        assert in_words(TEXTS, entry.unrated_code, entry.unrated_parameters) == entry.unrated_because == entry.why_unrated


@pytest.mark.django_db
def test_notes_of_one_subject_are_found_whichever_sentence_it_is():
    notes = [noted("marked.left_out", TEXTS, n=2, models=["o1 2"]), Note("an older one", "votes_alone"), "without a code"]
    snapshot = make_snapshot(make_board(make_arena()), notes=notes)
    assert [snapshot.tells_of(subject) for subject in ("marked", "votes_alone", "judges")] == [True, True, False]
