"""Rows that look wrong: the answer says so, as the check of a file does, and with `strict` nothing is written."""

import re

import pytest

from arena.models import Competitor, Prompt, Response
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_prompt

pytestmark = pytest.mark.django_db
LINES = re.compile(r"\blines? \d")  # rows of a request stand on none

CASES = {
    "an error message": ("responses/", {"prompt": "p-1", "competitor": "Kestrel", "text": "$ERROR$"}, "error message"),
    "a word for nothing": ("responses/", {"prompt": "p-1", "competitor": "Kestrel", "text": "nan"}, "only a word such as nan"),
    "a model called nan": ("responses/", {"prompt": "p-1", "competitor": "nan", "text": "Four."}, "what is missing"),
    "a competitor called nan": ("competitors/", {"name": "nan"}, "what is missing"),
    "a name by case alone": ("competitors/", {"name": "KESTREL"}, "differ by case or Unicode form alone"),
    "an equal prompt": ("prompts/", {"id": "p-2", "prompt": "2 + 2?"}, "under another id"),
}


@pytest.fixture
def arena(monkeypatch):
    monkeypatch.setattr("arena.tasks.render_waiting.delay", lambda: None)
    arena = make_arena("garden")
    make_prompt(arena, "2 + 2?", key="p-1")
    make_competitor(arena, "Kestrel")
    return arena


def n_stored():
    return Prompt.objects.count(), Competitor.objects.count(), Response.objects.count()


@pytest.mark.parametrize(("where", "row", "words"), CASES.values(), ids=CASES)
def test_what_looks_wrong_is_said_or_refused(arena, where, row, words):
    program, before = make_program(), n_stored()
    refused = post(program, where, {"arena": "garden", "rows": [row], "strict": True})
    assert refused.status_code == 422, refused.json()
    assert words in refused.json()["detail"]
    assert refused.json()["detail"].startswith("Nothing was written. Row 1: the row is ")
    assert not LINES.search(refused.text)
    assert n_stored() == before
    made = post(program, where, {"arena": "garden", "rows": [row]})
    assert made.status_code == 201, made.json()
    assert words in " ".join(made.json()["notes"])
    assert not LINES.search(made.text)
    assert n_stored() != before


def test_equal_prompts_within_a_request_are_counted(arena):
    rows = [{"id": f"n-{n}", "prompt": "Name a tree."} for n in range(3)]
    made = post(make_program(), "prompts/", {"arena": "garden", "rows": rows})
    assert "1 text under 3 ids: on boards it is one prompt." in made.json()["notes"]


def test_places_are_rows(arena):
    rows = [{"prompt": "p-1", "competitor": name, "text": "$ERROR$"} for name in ("Kestrel", "Osmia")]
    notes = post(make_program(), "responses/", {"arena": "garden", "rows": rows}).json()["notes"]
    assert "2 rows with answers that are error messages, in rows 1, 2: kept as failed; " in " ".join(notes)


def test_rows_in_which_nothing_looks_wrong_come_in_strictly(arena):
    program = make_program()
    rows = {
        "prompts/": {"id": "p-1", "prompt": "2 + 2?"},
        "competitors/": {"name": "Kestrel"},
        "responses/": {"prompt": "p-1", "competitor": "Kestrel", "text": "Four."},
    }
    for where, row in rows.items():
        made = post(program, where, {"arena": "garden", "rows": [row], "strict": True})
        assert made.status_code == 201, made.json()


def test_strict_is_true_or_false(arena):
    refused = post(make_program(), "prompts/", {"arena": "garden", "rows": [{"prompt": "Why?"}], "strict": "yes"})
    assert (refused.status_code, refused.json()["errors"]) == (400, {"strict": ["True or false is needed."]})


def test_a_refusal_ends_in_one_full_stop(arena):
    row = {"prompt": "p-1", "competitor": "Kestrel", "text": "$ERROR$"}
    refused = post(make_program(), "responses/", {"arena": "garden", "rows": [row], "strict": True})
    assert refused.json()["detail"].endswith("no voter is shown it, and no judge is asked.")


def test_the_same_problem_names_the_other_rows_that_have_it(arena):
    rows = [{"prompt": "p-1", "competitor": "Kestrel", "txt": "x"}] * 20
    (told,) = post(make_program(), "responses/", {"arena": "garden", "rows": rows}).json()["rows"]
    assert (told["row"], told["n_alike"], told["also_in"]) == (1, 19, [*range(2, 12)])
