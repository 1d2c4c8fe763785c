"""Programs correct answers: with `replace`, in one transaction, as files do."""

import pytest

from arena.models import Response
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(monkeypatch):
    monkeypatch.setattr("arena.tasks.render_waiting.delay", lambda: None)
    arena = make_arena("garden")
    make_response(make_prompt(arena, "2 + 2?", key="p-1"), make_competitor(arena, "Kestrel"), "Five.")
    program = make_program()

    def sent(**more):
        row = {"prompt": "p-1", "competitor": "Kestrel", "text": "Four."} | more.pop("row", {})
        return post(program, "responses/", {"arena": "garden", "rows": [row], **more})

    return sent


def standing():
    return list(Response.objects.filter(superseded_by=None).values_list("repeat", "text"))


@pytest.mark.parametrize("row", [{}, {"repeat": 0}])
def test_replace_corrects_the_stored_answer(send, row):
    made = send(row=row, replace=True)
    assert made.status_code == 201, made.json()
    assert made.json()["ids"] == [Response.objects.get(text="Four.").pk]
    assert standing() == [(0, "Four.")]
    assert any("is corrected" in each for each in made.json()["notes"])


def test_without_it_the_message_and_the_note_name_the_field(send):
    refused = send(row={"repeat": 0})
    assert (refused.status_code, "send replace as true, beside rows" in refused.json()["detail"]) == (422, True)
    assert "--replace" not in refused.json()["detail"]
    made = send()
    assert made.status_code == 201
    [note] = [each for each in made.json()["notes"] if "both will be in play" in each]
    assert "send them with replace as true, beside rows" in note
    assert "--replace" not in note


def test_replace_is_true_or_false(send):
    refused = send(replace="yes")
    assert (refused.status_code, refused.json()["errors"]) == (400, {"replace": ["True or false is needed."]})
    assert send(replace=None).status_code == 201
