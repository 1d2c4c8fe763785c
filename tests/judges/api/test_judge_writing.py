"""Judges by program: defined, changed by new versions, counted or not in an arena with a reason."""

import pytest

from judges.models import Judge, JudgeChoice
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_user
from tests.judges.game_factories import make_endpoint, make_judge

pytestmark = pytest.mark.django_db
BODY = {"name": "strict", "endpoint": "gate", "protocol": "pairwise"}


@pytest.fixture
def program():
    make_endpoint("gate")
    return make_program()


def patch(program, pk, body, **headers):
    return program.patch(f"/api/v1/judges/{pk}/card/", body, content_type="application/json", headers=headers)


def test_a_judge_is_defined_and_named_by_its_key(program):
    made = post(program, "judges/", BODY | {"parameters": {"temperature": 0.7}, "family": "Nest"})
    judge = Judge.objects.get()
    assert (made.status_code, made["Location"]) == (201, f"/api/v1/judges/{judge.pk}/card/")
    told = program.get(made["Location"]).json()
    assert told == made.json()
    assert (told["key"], told["version"], told["endpoint"], told["parameters"]) == (
        f"card:{judge.pk}",
        1,
        "gate",
        {"temperature": 0.7},
    )


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"endpoint": "nowhere"}, "endpoint", "superusers make them"),
        ({"protocol": "guess"}, "protocol", "pairwise"),
        ({"parameters": {"temperature": 9}}, "parameters", "Temperature"),
        ({"parameters": {"mood": 1}}, "parameters", "unknown"),
        ({"parameters": [1]}, "parameters", "object"),
        ({"template": "Which is better?"}, "template", "answer_1"),
    ],
)
def test_what_is_wrong_is_named(program, said, field, words):
    answer = post(program, "judges/", BODY | said)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert words.lower() in answer.json()["errors"][field][0].lower()
    assert not Judge.objects.exists()


def test_a_name_and_a_card_are_of_one_judge(program):
    post(program, "judges/", BODY)
    for said in ({"parameters": {"temperature": 0.7}}, {"name": "other"}):
        assert post(program, "judges/", BODY | said).status_code == 409
    assert Judge.objects.get().name == "strict"


def test_a_change_makes_a_version_and_the_old_card_stays(program):
    first = post(program, "judges/", BODY).json()
    etag = program.get(f"/api/v1/judges/{first['id']}/card/")["ETag"]
    second = patch(program, first["id"], {"parameters": {"temperature": 0.7}}, **{"If-Match": etag}).json()
    assert (second["version"], second["name"], second["parameters"]) == (2, "strict", {"temperature": 0.7})
    old = program.get(f"/api/v1/judges/{first['id']}/card/").json()
    assert (old["superseded_by"], old["parameters"]) == (second["id"], {})
    assert patch(program, first["id"], {"family": "x"}).status_code == 409
    back = patch(program, second["id"], {"parameters": {}}).json()
    assert (back["id"], back["superseded_by"]) == (first["id"], None)
    assert patch(program, back["id"], {"family": "x"}, **{"If-Match": '"old"'}).status_code == 412


def test_programs_and_imported_judges_have_no_card_to_change(program):
    imported = make_judge("elsewhere", kind="imported")
    assert program.get(f"/api/v1/judges/{imported.pk}/card/").json()["endpoint"] is None
    assert patch(program, imported.pk, {"family": "x"}).status_code == 409


def test_whether_a_judge_counts_in_an_arena_is_said_with_a_reason(program):
    arena, judge = make_arena("garden"), make_judge()
    said = {"arena": "garden", "says": "exclude", "reason": "likes long answers"}
    assert post(program, f"judges/{judge.pk}/choices/", said).status_code == 201
    assert post(program, f"judges/{judge.pk}/choices/", said | {"reason": " "}).status_code == 400
    assert post(program, f"judges/{judge.pk + 1}/choices/", said).status_code == 404
    choice = JudgeChoice.objects.get()
    assert (choice.arena, choice.says, choice.reason, choice.event.actor is None) == (
        arena,
        "exclude",
        "likes long answers",
        False,
    )


def test_who_may_define_judges(program, client):
    other = make_arena("other")
    judge = make_judge()
    for one, status in (
        (client, 401),
        (make_program(make_user(), scopes=["read"]), 403),
        (make_program(scopes=["read", "runs:write"]), 403),
        (make_program(arenas=[other]), 403),
    ):
        assert post(one, "judges/", BODY).status_code == status
        assert patch(one, judge.pk, {"family": "x"}).status_code == status
    assert client.get(f"/api/v1/judges/{judge.pk}/card/").status_code == 401
