"""Arenas and competitors changed by program: what the admin's forms can change, where nobody changed it meanwhile."""

import pytest
from django.contrib.admin.models import LogEntry

from arena.models import Arena, Competitor
from tests.arena.api.programs import make_program, post
from tests.arena.webhooks.receivers import make_webhook
from tests.factories import make_arena, make_competitor, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def garden():
    return make_arena("garden")


def patch(program, path, body, **headers):
    return program.patch(f"/api/v1/{path}", body, content_type="application/json", headers=headers)


def test_an_arena_is_changed_and_what_is_left_out_stays(garden):
    program = make_program()
    changed = patch(program, "arenas/garden/", {"notice": "Moved.", "board_visibility": "curators", "asked_share": 0.5})
    assert changed.status_code == 200
    assert program.get("/api/v1/arenas/garden/").json() == changed.json()
    garden.refresh_from_db()
    assert (garden.name, garden.notice, garden.board_visibility, garden.asked_share) == ("Garden", "Moved.", "curators", 0.5)
    assert LogEntry.objects.get().get_change_message() == "over REST: notice, board_visibility, asked_share"
    patch(program, "arenas/garden/", {"notice": "Moved."})
    assert LogEntry.objects.count() == 1


def test_a_competitor_is_changed(garden):
    program, kestrel = make_program(), make_competitor(garden, "Kestrel")
    said = {"name": "Kestrel 2", "price_out": 0.15, "status": "retired", "released_on": "2026-01-31"}
    told = patch(program, f"competitors/{kestrel.pk}/", said).json()
    assert {name: told[name] for name in said} == said
    assert Competitor.objects.get().price_out == 150_000


@pytest.mark.parametrize(
    ("path", "said", "field"),
    [
        ("arenas/garden/", {"slug": "new"}, "slug"),
        ("arenas/garden/", {"voting": "everyone"}, "voting"),
        ("arenas/garden/", {"asked_share": 2}, "asked_share"),
        ("arenas/garden/", {"name": ""}, "name"),
        ("competitors/{pk}/", {"status": "unnamed"}, "status"),
        ("competitors/{pk}/", {"name": "a\u200bb"}, "name"),
        ("competitors/{pk}/", {"released_on": "2026-1-31"}, "released_on"),
        ("competitors/{pk}/", {"arena": "other"}, "arena"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_written(garden, path, said, field):
    kestrel = make_competitor(garden, "Kestrel")
    answer = patch(make_program(), path.format(pk=kestrel.pk), said)
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
    assert not LogEntry.objects.exists()


def test_every_field_that_there_is_not_is_named_at_once(garden):
    wrong = patch(make_program(), "arenas/garden/", {"slug": "new", "bord": 1}).json()["errors"]
    assert set(wrong) == {"slug", "bord"}
    assert wrong["bord"][0].startswith("There is no such field here; there are name, ")
    pk = make_webhook(1, garden).pk
    answer = post(make_program(), f"webhooks/{pk}/test/", {"bord": 1})
    assert answer.json()["errors"] == {"bord": ["No body is taken here."]}


def test_two_competitors_of_an_arena_have_two_names(garden):
    make_competitor(garden, "Kestrel")
    osmia = make_competitor(garden, "Osmia")
    assert patch(make_program(), f"competitors/{osmia.pk}/", {"name": "Kestrel"}).status_code == 409


def test_nothing_is_written_over_what_somebody_else_wrote(garden):
    program, kestrel = make_program(), make_competitor(garden, "Kestrel")
    for path, said in (("arenas/garden/", {"notice": "x"}), (f"competitors/{kestrel.pk}/", {"licence": "MIT"})):
        etag = program.get(f"/api/v1/{path}")["ETag"]
        assert patch(program, path, said, **{"If-Match": f'"other", {etag}'}).status_code == 200
        late = patch(program, path, said, **{"If-Match": etag})
        assert (late.status_code, late["Content-Type"]) == (412, "application/problem+json")
    assert patch(program, "arenas/garden/", {"notice": "y"}, **{"If-Match": "no-quotes"}).status_code == 400
    zipped = program.get("/api/v1/arenas/garden/", headers={"Accept-Encoding": "gzip"})["ETag"]
    assert patch(program, "arenas/garden/", {"notice": "y"}, **{"If-Match": zipped}).status_code == 200


def test_who_may_change_what_is_here(garden, client):
    kestrel = make_competitor(garden, "Kestrel")
    for program, status in (
        (client, 401),
        (make_program(make_user(), scopes=["read"]), 403),
        (make_program(scopes=["read", "evidence:write"]), 403),
        (make_program(arenas=[make_arena("other")]), 404),
    ):
        assert patch(program, "arenas/garden/", {"notice": "x"}).status_code == status
        assert patch(program, f"competitors/{kestrel.pk}/", {"licence": "MIT"}).status_code == status
    assert Arena.objects.get(slug="garden").notice == ""
