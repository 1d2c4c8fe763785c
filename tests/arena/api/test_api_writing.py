"""Arenas, competitors, prompts and answers by POST: written as their pages write them, all rows or none."""

import json

import pytest

from arena import tasks
from arena.importing.formats.prompt_files import JsonPrompts
from arena.importing.formats.response_files import BESIDE, JsonResponses
from arena.importing.sent_fields import PROMPT_FIELDS, RESPONSE_FIELDS
from arena.models import Arena, Aside, Competitor, Import, Prompt, Response
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_prompt, make_response, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bell(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks.render_waiting, "delay", lambda: rung.append(1))
    return rung


@pytest.fixture
def program():
    return make_program()


def send(client, path, rows, arena="garden", **more):
    return post(client, path, {"arena": arena, "rows": rows, **more})


def test_an_arena_is_made(program):
    made = post(program, "arenas/", {"slug": "garden", "name": "Garden", "content_visibility": "public", "notice": None})
    assert (made.status_code, made["Location"]) == (201, "/api/v1/arenas/garden/")
    assert made.json() == program.get(made["Location"]).json()
    assert (made.json()["voting"], made.json()["content_visibility"]) == ("accounts", "public")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({"name": "Garden"}, "slug"), ({"slug": "garden"}, "name"), ({"slug": "a b", "name": "x"}, "slug"),
        ({"slug": "x" * 51, "name": "x"}, "slug"), ({"slug": "garden", "name": ""}, "name"),
        ({"slug": "garden", "name": 5}, "name"), ({"slug": "garden", "name": "x\0"}, "name"),
        ({"slug": "garden", "name": "x", "voting": "some"}, "voting"), ({"slug": "garden", "name": None}, "name"),
    ],
)  # fmt: skip
def test_an_arena_that_is_not_right_is_refused_by_name(program, said, name):
    refused = post(program, "arenas/", said)
    assert refused.status_code == 400
    assert list(refused.json()["errors"]) == [name]
    assert not Arena.objects.exists()


def test_a_member_that_there_is_not_is_refused(program):
    assert post(program, "arenas/", {"slug": "garden", "name": "x", "is_sample": True}).status_code == 400
    make_arena("garden")
    assert post(program, "prompts/", {"arena": "garden", "rows": [{"prompt": "x"}], "poll": "main"}).status_code == 400


def test_a_slug_that_is_taken_is_a_conflict(program):
    make_arena("garden")
    refused = post(program, "arenas/", {"slug": "garden", "name": "Garden"})
    assert refused.status_code == 409
    assert "garden" in refused.json()["detail"]


def test_competitors_are_brought_with_prices_in_dollars(program):
    make_arena("garden")
    rows = [{"name": "Kestrel", "organisation": "Nest", "price_out": 2.5, "released_on": "2026-01-31"}, {"name": "Osmia"}]
    made = send(program, "competitors/", rows)
    assert made.status_code == 201
    kestrel, osmia = Competitor.objects.all()
    assert made.json() == {"arena": "garden", "n_rows": 2, "n_added": 2, "ids": [kestrel.pk, osmia.pk], "notes": []}
    assert (kestrel.organisation, kestrel.price_out, str(kestrel.released_on)) == ("Nest", 2_500_000, "2026-01-31")
    again = send(program, "competitors/", [{"name": "Osmia"}, {"name": "Kestrel", "organisation": "Nest"}])
    assert (again.json()["n_added"], again.json()["ids"]) == (0, [osmia.pk, kestrel.pk])


def test_a_competitor_that_is_told_otherwise_is_not_changed_in_silence(program):
    make_competitor(make_arena("garden"), "Kestrel", organisation="Nest")
    refused = send(program, "competitors/", [{"name": "Osmia"}, {"name": "Kestrel", "organisation": "Hive"}])
    assert refused.status_code == 422
    assert [(each["row"], each["what"]) for each in refused.json()["rows"]] == [(2, "organisation")]
    assert Competitor.objects.count() == 1


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({}, "name"), ({"name": 5}, "name"), ({"name": " "}, "name"), ({"name": "x" * 201}, "name"),
        ({"name": "x", "price_in": -1}, "price_in"), ({"name": "x", "price_in": "1"}, "price_in"),
        ({"name": "x", "released_on": "20260131"}, "released_on"), ({"name": "x", "released_on": "2026-02-30"}, "released_on"),
        ({"name": "x", "status": "unnamed"}, "status"), ({"name": "x", "organization": "y"}, "a field"), ("x", "the row"),
    ],
)  # fmt: skip
def test_a_competitor_that_is_not_right_is_named(program, row, what):
    make_arena("garden")
    refused = send(program, "competitors/", [{"name": "Osmia"}, row])
    assert refused.status_code == 422
    assert [(each["row"], each["what"]) for each in refused.json()["rows"]] == [(2, what)]
    assert not Competitor.objects.exists()


def test_prompts_are_brought_into_a_pool(program):
    make_arena("garden")
    rows = [
        {"id": "q1", "turns": ["Why?", "And then?"], "category": "coding/python"},
        {"prompt": "How many legs has a spider?"},
    ]
    made = send(program, "prompts/", rows, pool="fresh")
    assert made.status_code == 201
    first, second = Prompt.objects.all()
    assert made.json()["ids"] == [first.pk, second.pk]
    assert (first.key, first.turns, first.category, first.pool.slug) == ("q1", ["Why?", "And then?"], "coding/python", "fresh")
    assert second.language == "en"
    again = send(program, "prompts/", rows)
    assert (again.json()["n_added"], again.json()["ids"]) == (0, [first.pk, second.pk])
    assert any("already" in note for note in again.json()["notes"])


def test_a_prompt_and_turns_that_contradict_are_refused_with_both_named(program):
    make_arena("garden")
    refused = send(program, "prompts/", [{"prompt": "Why?", "turns": ["Why?"]}, {"prompt": "Why?", "turns": ["How?"]}])
    assert (refused.status_code, [(each["row"], each["what"]) for each in refused.json()["rows"]]) == (
        422,
        [(2, "prompt, turns")],
    )
    assert send(program, "prompts/", [{"prompt": "Why?", "turns": ["Why?"]}]).status_code == 201


def test_an_id_stands_for_one_text_in_a_request_and_in_the_arena(program):
    make_prompt(make_arena("garden"), "Why?", key="q1")
    here = send(program, "prompts/", [{"id": "q1", "prompt": "How?"}])
    both = send(program, "prompts/", [{"id": "q2", "prompt": "How?"}, {"id": "q2", "prompt": "Who?"}])
    for refused, row in ((here, 1), (both, 2)):
        assert refused.status_code == 422
        assert [each["row"] for each in refused.json()["rows"]] == [row]
    assert Prompt.objects.count() == 1


def test_answers_find_their_prompts_and_make_their_competitors(program, bell, django_capture_on_commit_callbacks):
    prompt = make_prompt(make_arena("garden"), key="q1")
    rows = [
        {"prompt": "q1", "competitor": "Kestrel", "text": "<think>Hm.</think>Four.", "cost": 0.0015, "tokens_out": 3},
        {"prompt": "q1", "competitor": "Osmia", "turns": ["Five.", "Six."], "finish": "length"},
    ]
    with django_capture_on_commit_callbacks(execute=True):
        made = send(program, "responses/", rows)
    assert made.status_code == 201
    first, second = Response.objects.all()
    assert made.json()["ids"] == [first.pk, second.pk]
    assert (first.prompt, first.competitor.name, first.text, first.cost) == (prompt, "Kestrel", "Four.", 1500)
    assert Aside.objects.get(response=first).thinking == "<think>Hm.</think>"
    assert (second.turns, second.finish) == (["Five.", "Six."], "length")
    assert bell == [1]
    assert send(program, "responses/", rows).json()["n_added"] == 0


def test_answers_that_came_by_rest_are_rendered_when_the_bell_rings():
    prompt = make_prompt(make_arena("garden"), key="q1")
    send(make_program(), "responses/", [{"prompt": "q1", "competitor": "Kestrel", "text": "**Four.**"}])
    answer = Response.objects.get()
    assert (answer.html, answer.rendered_by) == ("", "")
    tasks.render_waiting()
    answer.refresh_from_db()
    assert "<strong>Four.</strong>" in answer.html
    assert prompt.responses.get() == answer


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"prompt": "q2", "competitor": "Kestrel", "text": "x"}, "prompt"),
        ({"competitor": "Kestrel", "text": "x"}, "prompt"), ({"prompt": 1, "competitor": "K", "text": "x"}, "prompt"),
        ({"prompt": "q1", "text": "x"}, "competitor"), ({"prompt": "q1", "competitor": "Kestrel"}, "text"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": 4}, "text"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": "x\0"}, "text"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": "x", "tokens_in": "7"}, "tokens_in"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": "x", "tokens_in": True}, "tokens_in"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": "x", "repeat": 1.5}, "repeat"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": "x", "finish": "done"}, "finish"),
        ({"prompt": "q1", "competitor": "Kestrel", "text": "x", "model": "y"}, "a field"),
    ],
)  # fmt: skip
def test_an_answer_that_is_not_right_is_named(program, row, what):
    make_prompt(make_arena("garden"), key="q1")
    refused = send(program, "responses/", [{"prompt": "q1", "competitor": "Osmia", "text": "Five."}, row])
    assert refused.status_code == 422
    (problem,) = refused.json()["rows"]
    assert (problem["row"], problem["what"]) == (2, what)
    assert f"Row 2: {what}" in refused.json()["detail"]
    assert not Response.objects.exists()
    assert not Competitor.objects.exists()


def test_each_row_with_an_unknown_prompt_is_named(program):
    make_arena("garden")
    refused = send(program, "responses/", [{"prompt": f"q{n}", "competitor": "K", "text": "x"} for n in range(30)])
    assert (refused.json()["n_problems"], [each["row"] for each in refused.json()["rows"]]) == (30, [*range(1, 31)])
    assert refused.json()["detail"].endswith(" 29 more problems.")


def test_rows_that_cannot_be_read_hide_what_the_arena_says_of_others_and_the_message_says_so(program):
    make_arena("garden")
    unknown, wrong = {"prompt": "q1", "competitor": "K", "text": "x"}, {"prompt": "q1", "competitor": "K", "text": 7}
    refused = send(program, "responses/", [unknown, wrong, wrong | {"text": 8}])
    assert [each["row"] for each in refused.json()["rows"]] == [2, 3]
    ending = ". 1 more problem. Whether rows fit the arena is checked once these are right."
    assert refused.json()["detail"].endswith(ending)


def test_what_is_missing_from_one_object_is_not_said_of_rows(program):
    source = Import.objects.create(
        arena=make_arena("garden"), kind="battles", format="x", filename="x", path="x", state="published"
    )
    answer = program.post(f"/api/v1/imports/{source.pk}/set-aside/", {}, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"]["reason"]) == (400, ["It is missing: it is needed."])


def test_a_repeat_has_one_text(program):
    prompt = make_prompt(make_arena("garden"), key="q1")
    make_response(prompt, make_competitor(prompt.arena, "Kestrel"), "Four.")
    one = {"prompt": "q1", "competitor": "Kestrel", "repeat": 0}
    assert send(program, "responses/", [one | {"text": "Four."}]).json()["n_added"] == 0
    assert send(program, "responses/", [one | {"text": "Five."}]).status_code == 422
    both = send(program, "responses/", [one | {"repeat": 3, "text": text} for text in ("Six.", "Seven.")])
    assert [each["row"] for each in both.json()["rows"]] == [2]
    assert Response.objects.count() == 1


def test_many_new_competitors_are_mostly_a_wrong_field(program):
    make_prompt(make_arena("garden"), key="q1")
    refused = send(program, "responses/", [{"prompt": "q1", "competitor": f"m{n}", "text": "x"} for n in range(1_001)])
    assert refused.status_code == 422
    assert "new competitors" in refused.json()["detail"]
    assert not Competitor.objects.exists()


@pytest.mark.parametrize("rows", [[], None, {}, "x", [{}] * 10_001])
def test_what_is_no_list_of_rows_is_refused(program, rows):
    make_arena("garden")
    refused = send(program, "prompts/", rows)
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["rows"])


def test_a_body_may_begin_with_a_byte_order_mark(program):
    body = b'\xef\xbb\xbf{"slug": "meadow", "name": "Meadow"}'
    assert program.post("/api/v1/arenas/", body, content_type="application/json").status_code == 201


@pytest.mark.parametrize("arena", [None, 5, "a b", ""])
def test_an_arena_is_named_by_its_slug(program, arena):
    assert list(send(program, "prompts/", [{"prompt": "x"}], arena=arena).json()["errors"]) == ["arena"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"x", b"[]", b"1", b'{"arena": "garden"', b'{"arena": "a", "arena": "b", "rows": []}', b"\xff{}",
        b'{"arena": "garden", "rows": [{"name": NaN}]}', b'{"rows": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"rows": ' + b"9" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_object_is_400(program, body):
    response = program.post("/api/v1/competitors/", body, content_type="application/json")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_media_type_is_415(program, media_type):
    refused = program.post("/api/v1/competitors/", b"x", content_type=media_type)
    assert (refused.status_code, "send application/json" in refused.json()["detail"]) == (415, True)


def test_a_body_that_is_too_large_is_413(program, monkeypatch):
    monkeypatch.setattr("arena.api.writing.json_bodies.MOST_BYTES", 100)
    assert send(program, "competitors/", [{"name": "x" * 100}]).status_code == 413


def test_who_may_write(client):
    make_arena("garden")
    rows = [{"name": "Kestrel"}]
    assert send(client, "competitors/", rows).status_code == 401
    client.force_login(make_user())
    assert send(client, "competitors/", rows).status_code == 403
    assert send(make_program(make_user(), scopes=["read"]), "competitors/", rows).status_code == 403
    client.force_login(make_user(is_staff=True))
    assert send(client, "competitors/", rows).status_code == 201


def test_a_token_writes_into_its_own_arenas_only():
    garden = make_arena("garden")
    make_arena("kitchen")
    program = make_program(arenas=[garden])
    assert send(program, "competitors/", [{"name": "Kestrel"}]).status_code == 201
    refused = send(program, "competitors/", [{"name": "Kestrel"}], arena="kitchen")
    unknown = send(program, "competitors/", [{"name": "Kestrel"}], arena="no-such")
    assert (refused.status_code, unknown.status_code) == (404, 404)
    assert refused.json()["detail"].replace("kitchen", "no-such") == unknown.json()["detail"]
    assert post(program, "arenas/", {"slug": "cellar", "name": "Cellar"}).status_code == 403


def test_rows_may_say_what_files_may():
    of_exports = {"archived_at", "formula_safe", "superseded"}  # what only files that were taken out say
    assert set(PROMPT_FIELDS) == JsonPrompts.read - of_exports
    of_files = {BESIDE}  # rows name prompts that are here; only files bring new ones with their answers
    assert set(RESPONSE_FIELDS) == JsonResponses.read - of_exports - of_files


def test_a_long_number_is_named_shortly(program):
    make_arena("garden")
    refused = send(program, "competitors/", [{"name": "x", "price_in": 10**400}])
    assert refused.status_code == 422
    assert len(json.dumps(refused.json())) < 1_000
