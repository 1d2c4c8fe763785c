"""Figures are known by keys, notes by codes: their texts are made again from these, and audits without them are shown."""

import csv
import io
from importlib import import_module

import numpy as np
import pytest
from django.apps import apps
from django.utils import timezone, translation

from judges.audits.audit import audit
from judges.audits.figures.figure import Figure, Label, say
from judges.audits.figures.figure_texts import FIGURES
from judges.audits.figures.gold_by_combiner import GoldPairGames, gold_figures
from judges.audits.figures.note_texts import NOTES, TEXTS, UNITS, Plural, in_words
from judges.audits.figures.three_class_labels import label_figures
from judges.audits.presentation import by_key, in_language, note_sentence
from judges.audits.refresh import _plain
from judges.verdicts.combiners import PlayedGame
from judges.verdicts.verdict import Verdict
from tests.factories import make_arena
from tests.judges.scripted import game
from tests.ranking.board_factories import make_figure, make_judge_audit

SECTIONS = ("position", "people", "leniency", "looks", "calibration", "scores", "board")


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


def all_figures() -> list[Figure]:
    """With and without games, of gold labels with and without unreadable replies."""
    games = [game(str(n), order, "first", repeat=k) for n in range(4) for order in ("ab", "ba") for k in range(2)]
    pairs = [GoldPairGames(str(n), (PlayedGame("ab", 0, Verdict("first")),), "a") for n in range(3)]
    silent = label_figures(["a", "b", "tie"], ["a", "b", None], prompts=list("xyz"), rng=rng())
    readable = label_figures(["a", "b", "tie"], ["a", "b", "b"], prompts=list("xyz"), unit="replies", rng=rng())
    audits = (audit(games, [], rng=rng()), audit([], [], rng=rng()))
    return [
        *(figure for found in audits for figure in found.figures()),
        *gold_figures(pairs, rng=rng()),
        *silent,
        *readable,
    ]


def test_keys_are_unique_within_a_section():
    for found in (audit([], [], rng=rng()), audit([game("1", "ab", "first")], [], rng=rng())):
        for section in SECTIONS:
            keys = [figure.key for figure in getattr(found, section)]
            assert len(keys) == len(set(keys)), section
    keys = [figure.key for figure in label_figures(["a", "b"], ["a", None], prompts=["x", "y"], rng=rng())]
    assert len(keys) == len(set(keys)) == 12


def test_every_figure_note_and_unit_stands_in_the_tables():
    for figure in all_figures():
        assert figure.key in FIGURES
        assert figure.unit.code in UNITS
        assert {note.code for note in (*figure.notes, *figure.methods)} <= NOTES.keys()
    assert {text.unit for text in FIGURES.values()} <= UNITS.keys()
    assert not UNITS.keys() & NOTES.keys()


def test_a_stored_figure_says_the_same_when_its_texts_are_made_again():
    for figure in all_figures():
        stored = _plain(figure)
        assert in_language(stored) == stored


def test_texts_come_in_the_language_of_the_reader():
    note = say("left_out", which=(say("battles_split", n=2), say("battles_unasked", n=1)))
    assert (
        note == "left out: 2 battles on which people are split; 1 battle that a rule decided or that it was never asked about"
    )
    catalogue = {
        "left out: %(which)s": "nicht dabei: %(which)s",
        "%(n)s battles on which people are split": "%(n)s geteilte Vergleiche",
        "%(n)s battle that a rule decided or that it was never asked about": "%(n)s Vergleich ohne Frage",
    }

    def many(one: str, several: str, n: int) -> str:
        return catalogue[one if n == 1 else several]

    told = in_words(note.code, note.parameters, gettext=catalogue.__getitem__, ngettext=many)
    assert told == "nicht dabei: 2 geteilte Vergleiche; 1 Vergleich ohne Frage"


def test_numbers_in_notes_are_grouped_as_the_reader_does():
    note = say("left_out", which=(say("battles_split", n=2_000), say("battles_unasked", n=1)))
    assert "2,000 battles" in note
    stored = {"code": note.code, "parameters": note.parameters, "text": str(note)}
    with translation.override("de"):
        assert "2.000 Duelle, bei denen" in note_sentence(stored)


def test_fractions_in_notes_have_the_decimal_sign_of_the_reader():
    note = say("inconsistent", high=0.173, least=0.5, n=2_000)
    assert "is 0.173, under 0.5 (2,000" in note
    with translation.override("de"):
        assert "ist 0,173, unter 0,5 (2.000" in note_sentence(
            {"code": note.code, "parameters": note.parameters, "text": str(note)}
        )


@pytest.mark.parametrize("code", TEXTS)
def test_parameters_are_named(code):
    """A catalogue may turn them round. Both forms of a text know the number that chooses between them."""
    text = TEXTS[code]
    forms = (text.one, text.many) if isinstance(text, Plural) else (text,)
    for form in forms:
        assert "%s" not in form
        assert "%d" not in form
    if isinstance(text, Plural):
        assert f"%({text.number})s" in text.many


def test_a_figure_of_a_kind_that_could_not_be_made_has_a_key():
    assert Label.of("calibration").refused(say("not_made", error="x")).key == "calibration"


# --- audits that were made before -------------------------------------------------------------------------------------

OLD = {
    "people": [make_figure("agreement with gold labels", 0.8), make_figure("agreement where both orders agree", None)],
    "position": [make_figure("position consistency", 0.4), make_figure("slot intercept gamma", 1.0)],
    "own": [make_figure("self and family preference", None, n=0, note="no battles of this kind")],
}


@pytest.mark.django_db
def test_an_audit_without_keys_is_shown_until_it_is_made_again(client):
    arena = make_arena("garden")
    old = make_judge_audit(
        arena, figures=OLD, is_usable=False, reasons=["only 9 of the 20 games that it was asked have a verdict"]
    )
    pages = (f"/arenas/garden/judges/{old.judge_id}/", "/arenas/garden/judges/", f"/api/v1/judges/{old.judge_id}/?arena=garden")
    for page in (*pages, "/api/v1/judges/?arena=garden"):
        answer = client.get(page)
        assert answer.status_code == 200, page
    assert "only 9 of the 20 games" in client.get(pages[0]).text
    assert [figure["key"] for figure in client.get(pages[2]).json()["figures"]] == [""] * 5
    table = client.get(f"/arenas/garden/judges/{old.judge_id}/figures.csv").text
    assert {row["key"] for row in csv.DictReader(io.StringIO(table))} == {""}


@pytest.mark.django_db
def test_the_figures_of_an_audit_without_keys_are_found_by_their_names(client):
    old = make_judge_audit(make_arena("garden"), figures=OLD)
    known = by_key(old)
    assert (known["slot_gamma"]["value"], known["position_consistency"]["value"]) == (1.0, 0.4)
    assert known["agreement_of_orders"]["value"] is None


@pytest.mark.django_db
def test_a_figure_is_found_by_its_key_whatever_it_is_called(client):
    arena = make_arena("garden")
    figures = {
        "people": [make_figure("Übereinstimmung", 0.8, key="agreement_with_gold")],
        "position": [make_figure("Konsistenz", 0.4, key="position_consistency"), make_figure("Gamma", 1.25, key="slot_gamma")],
    }
    made = make_judge_audit(arena, figures=figures)
    assert ", gold labels" in client.get("/arenas/garden/judges/").text
    page = client.get(f"/arenas/garden/judges/{made.judge_id}/").text
    assert "1.25" in page
    assert "Same verdict in both orders" in page


@pytest.mark.django_db
def test_the_upgrade_has_every_audit_made_again():
    made = make_judge_audit(make_arena(), read_to=7, not_before=timezone.now())
    import_module("judges.migrations.0010_audits_are_made_with_keys").make_again(apps, None)
    made.refresh_from_db()
    assert (made.read_to, made.not_before) == (0, None)
    assert made.made_at is not None  # its page goes on showing it
