"""Who asks: wrong credentials are 401 wherever they are sent, missing ones where something is for accounts alone."""

import base64
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from arena.models import ApiToken
from arena.tokens import make_token
from tests.arena.api.programs import make_program, post
from tests.arena.api.test_api_secrets import addresses, make_full_arena
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db

BASIC = base64.b64encode(b"alice:a long password").decode()
WRONG = ["Token abc", f"Basic {BASIC}", "Bearer", "Bearer abc", f"Bearer agon_{'a' * 43}", "", "Bearer agon_\xe9", "abc"]


@pytest.mark.parametrize("header", WRONG)
def test_wrong_credentials_are_401_on_every_address(header):
    make_user("alice", is_staff=True)
    client = Client(headers={"Authorization": header})
    for address in [*addresses(*make_full_arena(content_visibility="public")), "/api/v1/schema/"]:
        response = client.get(address)
        assert response.status_code == 401, address
        assert response["WWW-Authenticate"].startswith("Bearer")
        assert response["Content-Type"] == "application/problem+json"
        assert "create_token" in response.json()["detail"]
        assert "SECRET" not in response.content.decode()


def test_what_is_for_curators_is_401_without_credentials_and_403_for_an_account(client):
    make_full_arena()
    assert client.get("/api/v1/runs/").status_code == 401
    client.force_login(make_user())
    response = client.get("/api/v1/runs/")
    assert response.status_code == 403
    assert "curators" in response.json()["detail"]
    client.force_login(make_user(is_staff=True))
    assert len(client.get("/api/v1/runs/").json()["results"]) == 1


def test_public_lists_stay_open_to_all(client):
    make_arena("garden")
    assert [each["slug"] for each in client.get("/api/v1/arenas/").json()["results"]] == ["garden"]


def test_a_token_reads_what_its_user_may_read():
    arena, battle, _ = make_full_arena(board_visibility="curators", content_visibility="curators", voting="closed")
    curator, account = make_program(), make_program(make_user(), scopes=["read"])
    assert curator.get(f"/api/v1/battles/{battle.pk}/").status_code == 200
    assert account.get(f"/api/v1/battles/{battle.pk}/").status_code == 404
    assert account.get("/api/v1/arenas/").json()["results"] == []
    assert curator.get("/api/v1/arenas/").json()["results"][0]["slug"] == arena.slug


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda: ApiToken.objects.update(revoked_at=timezone.now()), "revoked"),
        (lambda: ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1)), "expired"),
        (lambda: User.objects.update(is_staff=False), "rights"),
        (lambda: User.objects.update(is_active=False), "rights"),
    ],
)
def test_a_token_that_was_good_is_401_and_says_why(change, reason):
    program = make_program()
    assert program.get("/api/v1/arenas/").status_code == 200
    change()
    response = program.get("/api/v1/arenas/")
    assert response.status_code == 401
    assert reason in response.json()["detail"]


def test_a_token_opens_no_page_and_makes_no_token(client):
    program = make_program()
    for path in ("/import/", "/runs/", "/admin/", "/account/"):
        response = program.get(path)
        assert response.status_code == 302, path
        assert "login" in response["Location"]
    program.post("/account/", {"name": "more", "scopes": ["read"], "days": "30"})
    assert ApiToken.objects.count() == 1


def test_an_answer_to_a_token_is_kept_by_no_other():
    response = make_program().get("/api/v1/arenas/")
    assert "Authorization" in response["Vary"]
    assert "private" in response["Cache-Control"]


def test_a_browser_that_is_signed_in_writes_with_its_form_token_only():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(is_staff=True))
    assert post(client, "arenas/", {"slug": "garden", "name": "Garden"}).status_code == 403


def test_the_scheme_is_not_case_bound():
    _, secret = make_token(make_user(), name="tests", scopes=["read"])
    for header in (f"bearer {secret}", f"BEARER\t{secret} "):
        assert Client(headers={"Authorization": header}).get("/api/v1/arenas/").status_code == 200


def test_a_token_without_its_scheme_is_refused_and_not_repeated():
    _, secret = make_token(make_user(), name="tests", scopes=["read"])
    refused = Client(headers={"Authorization": secret}).get("/api/v1/arenas/")
    assert (refused.status_code, secret[:12] in refused.text) == (401, False)
    assert "the word Bearer, a blank and the token" in refused.json()["detail"]
