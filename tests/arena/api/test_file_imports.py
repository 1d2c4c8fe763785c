"""Files over REST: checked before anything is written, polled, and in once however often they are sent."""

import gzip
import html
import json
import re
from html import unescape
from unittest.mock import ANY

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from arena.api.writing.file_bodies import ProgramsUpload
from arena.importing.files import looks
from arena.importing.loading.loader import load
from arena.models import Arena, Import, Prompt, Vote
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db
PAIRS = "model_a,model_b,winner\nKestrel,Osmia,model_a\nOsmia,Heron,tie\n"
PLACE = "/api/v1/arenas/garden/imports/"


@pytest.fixture
def garden():
    return make_arena("garden")


def send(program, content, name="pairs.csv", headers=None, **fields):
    content = content if isinstance(content, bytes) else content.encode()
    return program.post(PLACE, {"file": SimpleUploadedFile(name, content), **fields}, headers=headers or {})


def test_a_file_is_taken_and_polled_to_its_end(garden):
    program = make_program()
    sent = send(program, PAIRS)
    waiting = program.get(sent["Location"]).json()
    assert (sent.status_code, waiting) == (202, sent.json())
    assert {name: waiting[name] for name in ("kind", "format", "filename", "state", "n_rows")} == {
        "kind": "battles", "format": "chatbot-arena", "filename": "pairs.csv", "state": "waiting", "n_rows": 2,
    }  # fmt: skip
    load(waiting["id"])
    done = program.get(sent["Location"]).json()
    assert (done["state"], done["n_done"], done["n_added"], done["error"]) == ("published", 2, 2, "")
    assert done["counts"]["votes"] == 2
    assert Vote.objects.count() == 2
    again = send(program, PAIRS, "renamed.csv")
    assert (again.status_code, again.json()["id"], Import.objects.count()) == (202, done["id"], 1)


def test_a_file_name_in_latin_1_is_refused_with_what_is_allowed(garden):
    head = 'Content-Disposition: form-data; name="file"; filename="été.csv"'.encode("latin-1")
    body = b"--x\r\n" + head + b"\r\n\r\n" + PAIRS.encode() + b"\r\n--x--\r\n"
    response = make_program().post(PLACE, body, content_type="multipart/form-data; boundary=x")
    assert (response.status_code, "with a filename in UTF-8" in response.json()["detail"]) == (400, True)


@pytest.mark.parametrize("name", ["file", "kind"])
def test_a_part_that_stands_twice_is_refused_by_its_name(garden, settings, name):
    parts = {"file": SimpleUploadedFile("a.csv", PAIRS.encode()), "kind": "battles"}
    twice = {"file": SimpleUploadedFile("b.csv", b"id,prompt\n1,x\n"), "kind": "prompts"}[name]
    response = make_program().post(PLACE, parts | {name: [parts[name], twice]})
    assert (response.status_code, list(response.json()["errors"])) == (400, [name])
    assert Import.objects.count() == 0


def test_the_refusal_of_an_unknown_layout_names_the_field_for_its_columns(garden):
    refused = send(make_program(), "left_bot,right_bot,points\nx,y,1\n", kind="battles")
    assert refused.status_code == 422
    assert refused.json()["detail"].endswith("Or say in the field mapping which column holds what.")


BROKEN = [
    (b'{"id":"14","prompt":"a\nb"}\n', "Line 1"),
    (gzip.compress(b'{"id":"13","prompt":"x"}\n')[:-6], "packed and damaged"),
    (b"", "there is nothing to import"),
    (b"[]", "there is nothing to import"),
]


@pytest.mark.parametrize(("content", "word"), BROKEN, ids=["line", "gzip", "empty", "empty list"])
def test_a_broken_file_of_no_told_kind_is_told_its_real_cause(garden, client, settings, content, word):
    response = send(make_program(), content, "x.jsonl")
    assert (response.status_code, word in response.json()["detail"]) == (422, True)
    assert response.json()["rows"]
    client.force_login(make_user(is_staff=True))
    page = client.post(reverse("imports"), {"file": SimpleUploadedFile("x.jsonl", content), "new_arena": "Meadow"})
    cause = response.json()["rows"][0]["allowed"][1:]  # there it begins a sentence
    assert page.status_code == 422
    assert cause in unescape(page.content.decode())
    assert list(settings.UPLOAD_FOLDER.iterdir()) == []


def test_the_page_takes_one_file_and_one_kind(garden, client):
    client.force_login(make_user(is_staff=True))
    files = [SimpleUploadedFile(name, PAIRS.encode()) for name in ("a.csv", "b.csv")]
    both = client.post(reverse("imports"), {"file": files, "new_arena": "Meadow"})
    kinds = client.post(reverse("imports"), {"file": files[0], "new_arena": "Meadow", "what": ["battles:", "prompts:"]})
    assert (both.status_code, "Choose one file" in both.content.decode()) == (422, True)
    assert (kinds.status_code, "Both were given" in kinds.content.decode()) == (422, True)


def test_what_is_wrong_is_told_by_line_and_nothing_is_written(garden, settings):
    response = send(make_program(), PAIRS + "Heron,,model_b\n,Osmia,nobody\n")
    told = response.json()
    assert (response.status_code, {row["row"] for row in told["rows"]}) == (422, {4, 5})
    assert told["detail"].startswith("Nothing was written. Line 4: model_b is empty;")
    assert (Import.objects.count(), list(settings.UPLOAD_FOLDER.iterdir())) == (0, [])


def test_a_model_that_meets_itself_is_left_out_and_refused_where_that_is_asked_for(garden, client):
    content = PAIRS + "Heron,Heron,model_b\n"
    refused = send(make_program(), content, strict="true")
    assert (refused.status_code, "a model meets itself, in line 4" in refused.json()["detail"]) == (422, True)
    client.force_login(make_user(is_staff=True))
    file = SimpleUploadedFile("x.csv", content.encode())
    page = client.post(reverse("imports"), {"file": file, "new_arena": "Meadow", "strict": "on"})
    assert (page.status_code, "a model meets itself, in line 4" in page.content.decode()) == (422, True)
    assert send(make_program(), content).status_code == 202
    assert Import.objects.get().n_rows == 2


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"kind": "songs"}, 400, "kind"),
        ({"format": "pairs"}, 400, "format"),
        ({"kind": "battles", "format": "csv"}, 400, "format"),
        ({"mapping": '{"winner": "w"}', "kind": "battles"}, 400, "mapping"),
        ({"mapping": "[]", "kind": "battles"}, 400, "mapping"),
        (
            {"mapping": '{"model_a": "model_a", "model_b": "model_b", "winner": "x", "winner": "winner"}', "kind": "battles"},
            400,
            "mapping",
        ),
        ({"values": '{"1": "a"}'}, 400, "values"),
        ({"strict": "maybe"}, 400, "strict"),
        ({"colour": "red"}, 400, "colour"),
        ({"encoding": "base64"}, 400, "encoding"),
        ({"encoding": "shift_jis", "kind": "prompts"}, 422, ""),
    ],
)
def test_what_is_wrong_of_the_form_is_named(garden, fields, status, word):
    content = b"prompt\n\x81\x00\n" if status == 422 else PAIRS
    response = send(make_program(), content, **fields)
    assert (response.status_code, list(response.json().get("errors", [""]))) == (status, [word])
    assert not Import.objects.exists()


def test_columns_and_values_can_be_named_and_an_encoding_too(garden):
    content = "question;first;second;better\nЧто?;да;нет;1\n".encode("windows-1251")
    columns = '{"prompt": "question", "answer_a": "first", "answer_b": "second", "winner": "better"}'
    program = make_program()
    sent = send(program, content, kind="battles", mapping=columns, values='{"1": "a", "2": "b"}', encoding="windows-1251")
    assert sent.status_code == 202, sent.content
    load(sent.json()["id"])
    assert (Prompt.objects.get().turns, Vote.objects.get().outcome) == (["Что?"], "a")


def test_the_example_of_the_documentation_is_taken_and_its_parts_are_explained(garden, client):
    page = (
        html.unescape(client.get("/api/v1/").content.decode())
        .partition('id="arenas_imports_write"')[2]
        .partition("</section>")[0]
    )
    parts = dict(part.split("=", 1) for part in re.findall("-F '([^']+)'", page))
    assert parts.pop("file") == "@battles.csv"
    assert send(make_program(), "question,a,b,better\nWhy?,So,No,1\nWhen?,Now,Then,0\n", **parts).status_code == 202
    assert '<th scope="row" class="mono">allow_competitors</th>' in page
    assert '<code>{"prompt": "question", "answer_a": "a"}</code>' in page


def test_columns_that_tell_nothing_need_a_kind(garden):
    response = send(make_program(), "x,y\n1,2\n")
    assert (response.status_code, "say its kind" in response.json()["detail"]) == (422, True)
    assert "battles, prompts, responses" in response.json()["detail"].replace("(", "")
    assert "with mapping which columns hold what" in response.json()["detail"]


def test_a_file_that_is_too_large_is_413_packed_or_not(garden, monkeypatch):
    monkeypatch.setattr(ProgramsUpload, "most", 100)
    assert send(make_program(), PAIRS * 10).status_code == 413
    monkeypatch.setattr(ProgramsUpload, "most", 100_000)
    monkeypatch.setattr(looks, "MOST_UNPACKED", 1_000_000)
    response = send(make_program(), gzip.compress(PAIRS.encode() * 100_000), "pairs.csv.gz")
    assert (response.status_code, "1,000,000 bytes" in response.json()["detail"]) == (413, True)
    assert not Import.objects.exists()


def test_a_request_is_done_once_by_its_key(garden):
    program, key = make_program(), {"Idempotency-Key": "one"}
    first, again = (send(program, PAIRS, headers=key) for _ in range(2))
    assert (again.json(), again["Idempotency-Replayed"]) == (first.json(), "true")
    assert send(program, PAIRS + "Heron,Osmia,tie\n", headers=key).status_code == 422


def test_who_may_send_a_file(garden, client):
    assert send(client, PAIRS).status_code == 401
    client.force_login(make_user(is_staff=True))
    assert send(client, PAIRS).status_code == 401  # a browser has the page
    small = send(make_program(scopes=["read", "admin"]), PAIRS)
    assert (small.status_code, "evidence:write" in small.json()["detail"]) == (403, True)
    assert send(make_program(arenas=[make_arena("other")]), PAIRS).status_code == 404
    assert make_program().post(PLACE, {"kind": "battles"}).status_code == 400
    assert make_program().post(PLACE, {}, content_type="application/json").status_code == 415
    Arena.objects.all().delete()
    assert send(make_program(), PAIRS).status_code == 404


def test_a_file_is_set_aside_with_a_reason_and_restored(garden):
    program = make_program()
    pk = send(program, PAIRS).json()["id"]
    assert post(program, f"imports/{pk}/set-aside/", {"reason": "wrong file"}).status_code == 409
    load(pk)
    assert post(program, f"imports/{pk}/set-aside/", {"reason": " "}).status_code == 400
    assert post(program, f"imports/{pk}/set-aside/", {"reason": "wrong file"}).json()["state"] == "set_aside"
    assert Vote.objects.counted().count() == 0
    assert post(program, f"imports/{pk}/restore/", {}).json()["state"] == "published"
    listed = program.get("/api/v1/imports/?arena=garden&state=published").json()["results"]
    assert listed == [ANY]


def test_bad_rows_are_left_out_where_that_is_asked_for_and_named(garden):
    content = PAIRS + "Osmia,Heron,nobody\n"
    assert send(make_program(), content).status_code == 422
    sent = send(make_program(), content, leave_out_bad_rows="true")
    assert sent.status_code == 202, sent.json()
    load(sent.json()["id"])
    done = make_program().get(sent["Location"]).json()
    assert (done["state"], done["n_added"]) == ("published", 2)
    assert done["left_out"] == [{"line": 4, "what": "winner", "value": "'nobody'", "allowed": ANY}]


def test_judgements_come_as_a_file_too_and_are_set_aside_as_a_whole(garden):
    content = "prompt,answer_a,answer_b,order,label\nWhy?,So.,No.,ab,a\n"
    sent = send(make_program(), content, judge="careful")
    load(sent.json()["id"])
    done = make_program().get(sent["Location"]).json()
    assert (done["kind"], done["state"], done["counts"]["games"]) == ("judgements", "published", 1)
    aside = post(make_program(), f"imports/{done['id']}/set-aside/", {"reason": "wrong file"})
    assert (aside.status_code, aside.json()["state"]) == (200, "set_aside")


@pytest.mark.parametrize(("kind", "n_votes"), [("battles", 1), ("labels", 0)])
def test_whether_label_is_a_vote_or_a_gold_label_the_kind_tells(garden, kind, n_votes):
    program, rows = make_program(), "prompt,answer_a,answer_b,label\nWhy?,So.,No.,a\n"
    refused = send(program, rows)
    assert refused.status_code == 422
    assert "kind labels" in refused.text
    load(send(program, rows, kind=kind).json()["id"])
    assert Vote.objects.count() == n_votes


@pytest.mark.parametrize("kind", ["battles", "labels"])
def test_rows_of_a_value_that_means_leave_out_stay_away_and_are_counted(garden, kind):
    field = {"battles": "winner", "labels": "label"}[kind]
    mapping = {"prompt": "q", "answer_a": "x", "answer_b": "y", field: "pick"}
    fields = {"mapping": json.dumps(mapping), "values": json.dumps({"1": "a", "?": "leave_out"})}
    sent = send(make_program(), "q,x,y,pick\nWhy?,So.,No.,1\nWho?,I.,You.,?\n", kind=kind, **fields)
    assert (sent.status_code, sent.json()["n_rows"]) == (202, 1)
    assert "1 row is left out because of its value ('?'), as was asked." in sent.json()["notes"]
