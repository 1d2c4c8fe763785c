"""A whole arena goes to another site by a program: read over REST, sent there, polled to its end."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from arena import tasks
from arena.api.writing.file_bodies import ProgramsUpload
from arena.bundles.uploads import bring_in
from arena.models import ArchiveUpload, Arena
from tests.arena.api.programs import make_program
from tests.factories import make_arena, make_user
from tests.ranking.bundle_story import an_arena

pytestmark = pytest.mark.django_db
PLACE = "/api/v1/archives/"


@pytest.fixture(scope="module")
def content(django_db_setup, django_db_blocker):
    """The bytes of an arena's archive, as REST gives them."""
    with django_db_blocker.unblock(), transaction.atomic():
        answer = make_program().get(f"/api/v1/arenas/{an_arena().slug}/archive/")
        written = b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return written


@pytest.fixture
def rung(monkeypatch):
    """The numbers for which a worker was rung."""
    numbers = []
    monkeypatch.setattr(tasks.load_bundle, "delay", numbers.append)
    return numbers


def send(program, content, headers=None, **fields):
    return program.post(PLACE, {"file": SimpleUploadedFile("fable.zip", content), **fields}, headers=headers or {})


def test_an_archive_is_sent_polled_and_becomes_an_arena_for_curators(content, rung, django_capture_on_commit_callbacks):
    program = make_program()
    with django_capture_on_commit_callbacks(execute=True):
        sent = send(program, content, slug="again")
    waiting = program.get(sent["Location"]).json()
    assert (sent.status_code, waiting, rung) == (202, sent.json(), [waiting["id"]])
    assert (waiting["slug"], waiting["state"], waiting["arena"], waiting["n_done"]) == ("again", "waiting", None, 0)
    assert waiting["n_rows"] > 20
    assert bring_in(waiting["id"])
    done = program.get(sent["Location"]).json()
    assert (done["state"], done["arena"], done["error"], done["n_done"]) == ("arrived", "again", "", done["n_rows"])
    assert any("was imported as again" in note for note in done["notes"])
    copy = Arena.objects.get(slug="again")
    assert (copy.board_visibility, copy.content_visibility, copy.voting) == ("curators", "curators", "closed")
    assert ArchiveUpload.objects.get().created_by is not None
    assert [row["id"] for row in program.get(PLACE).json()["results"]] == [done["id"]]
    within, elsewhere = make_program(arenas=[copy]), make_program(arenas=[make_arena("elsewhere")])
    assert [row["id"] for row in within.get(PLACE).json()["results"]] == [done["id"]]
    assert elsewhere.get(PLACE).json()["results"] == []
    assert (within.get(sent["Location"]).status_code, elsewhere.get(sent["Location"]).status_code) == (200, 404)
    taken = send(program, content, slug="again")
    assert (taken.status_code, "an arena 'again' already" in taken.json()["detail"]) == (422, True)


def test_the_slug_of_the_file_is_taken_where_none_is_sent(content, rung):
    assert send(make_program(), content).json()["slug"] == "fable"


def test_a_changed_member_is_refused_by_the_worker_and_nothing_comes_in(content, rung):
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"outcome":"a"', b'"outcome":"b"'))
    program = make_program()
    sent = send(program, changed.getvalue())
    assert sent.status_code == 202
    bring_in(sent.json()["id"])
    done = program.get(sent["Location"]).json()
    assert (done["state"], done["arena"]) == ("refused", None)
    assert "otes.jsonl is not what the manifest says" in done["error"]
    assert not Arena.objects.filter(slug="fable").exists()


@pytest.mark.parametrize(
    ("fields", "status", "word"),
    [
        ({"slug": "../etc"}, 400, "A slug is needed"),
        ({"slug": "x" * 51}, 400, "at most 50"),
        ({"arena": "again"}, 400, "There is no such field here; there are slug"),
        ({"slug": ["a", "b"]}, 400, "Send this part once"),
    ],
)
def test_what_is_wrong_of_the_form_is_named(content, rung, settings, fields, status, word):
    refused = send(make_program(), content, **fields)
    assert (refused.status_code, word in refused.text) == (status, True)
    assert (ArchiveUpload.objects.count(), list(settings.UPLOAD_FOLDER.glob("*"))) == (0, [])


def files_that_are_none(content):
    with zipfile.ZipFile(empty := io.BytesIO(), "w") as file:
        file.writestr("readme.txt", "hello")
    return [b"", b"no zip", b"\x1f\x8b" + b"\0" * 50, content[:-40], empty.getvalue()]


def test_a_file_that_is_no_archive_is_422_and_is_not_kept(content, rung, settings):
    for each in files_that_are_none(content):
        refused = send(make_program(), each)
        assert (refused.status_code, refused["Content-Type"]) == (422, "application/problem+json"), each[:20]
        assert "file" in refused.json()["detail"]
    assert (ArchiveUpload.objects.count(), list(settings.UPLOAD_FOLDER.glob("*"))) == (0, [])


def test_one_that_is_too_large_is_413_and_the_command_is_named(content, rung, monkeypatch):
    monkeypatch.setattr(ProgramsUpload, "most", 100)
    refused = send(make_program(), content)
    assert (refused.status_code, "manage.py import_archive" in refused.json()["detail"]) == (413, True)


def test_a_request_is_done_once_by_its_key(content, rung, settings):
    program, key = make_program(), {"Idempotency-Key": "one"}
    first, again = (send(program, content, headers=key, slug="again") for _ in range(2))
    assert (again.status_code, again.json(), again["Idempotency-Replayed"]) == (202, first.json(), "true")
    assert (ArchiveUpload.objects.count(), len(list(settings.UPLOAD_FOLDER.glob("*")))) == (1, 1)
    assert send(program, content, headers=key, slug="other").status_code == 422


def test_who_may_send_an_archive(content, rung):
    browser = Client()
    assert send(browser, content).status_code == 401
    browser.force_login(make_user(is_staff=True))
    assert send(browser, content).status_code == 401  # a browser has the page
    assert browser.get(PLACE).status_code == 200
    small = send(make_program(scopes=["read", "evidence:write"]), content)
    assert (small.status_code, "lacks the scope admin" in small.json()["detail"]) == (403, True)
    curator = make_user(is_staff=True)
    curator.is_superuser = False
    curator.save()
    for refused in (send(make_program(curator), content), make_program(curator).get(PLACE)):
        assert (refused.status_code, "Only superusers" in refused.json()["detail"]) == (403, True)
    within = send(make_program(arenas=[make_arena("other")]), content)
    assert (within.status_code, "limited to some arenas" in within.json()["detail"]) == (403, True)
    assert make_program().post(PLACE, {"slug": "x"}).status_code == 400
    assert make_program().post(PLACE, {}, content_type="application/json").status_code == 415
    assert not ArchiveUpload.objects.exists()
