"""One's own account: tokens are made, shown once, and revoked."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from arena.models import ApiToken
from arena.tokens import make_token
from tests.arena.api.programs import bearer
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db


def secret_in(page):
    return page.content.decode().partition('<pre class="raw" tabindex="0">')[2].partition("</pre>")[0]


def test_a_visitor_is_asked_to_sign_in(client):
    assert client.get("/account/").status_code == 302


def test_a_secret_is_shown_once_and_signs_a_program_in(client):
    client.force_login(user := make_user(is_staff=True))
    made = client.post("/account/", {"name": "ci", "scopes": ["read", "evidence:write"], "days": "30"})
    assert made.status_code == 302
    page = client.get(made.url)
    secret = secret_in(page)
    assert secret.startswith("agon_")
    assert "no-store" in page["Cache-Control"]
    assert secret not in client.get("/account/").content.decode()
    assert Client(headers=bearer(secret)).get("/api/v1/arenas/").status_code == 200
    token = ApiToken.objects.get()
    assert (token.user, token.scopes, token.is_for_all_arenas) == (user, ["read", "evidence:write"], True)
    assert round((token.expires_at - token.created_at).total_seconds()) == 30 * 86_400
    assert "never" not in client.get("/account/").content.decode().partition("last used")[2].partition("</td>")[0]


def test_a_token_may_be_for_some_arenas_that_the_user_sees(client):
    make_arena("garden")
    make_arena("cellar", board_visibility="curators", voting="closed")
    client.force_login(make_user())
    refused = client.post("/account/", {"name": "ci", "scopes": ["read"], "days": "30", "arenas": ["cellar"]})
    assert refused.status_code == 422
    client.post("/account/", {"name": "ci", "scopes": ["read"], "days": "never", "arenas": ["garden"]})
    token = ApiToken.objects.get()
    assert (token.is_for_all_arenas, token.expires_at) == (False, None)
    assert [arena.slug for arena in token.arenas.all()] == ["garden"]


def test_who_is_no_curator_is_offered_reading_alone(client):
    client.force_login(make_user())
    assert "evidence:write" not in client.get("/account/").content.decode()
    assert client.post("/account/", {"name": "ci", "scopes": ["evidence:write"], "days": "30"}).status_code == 422
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("change", [{"name": ""}, {"scopes": []}, {"days": "7"}, {"name": "x" * 81}])
def test_a_form_that_is_not_whole_makes_nothing(client, change):
    client.force_login(make_user())
    page = client.post("/account/", {"name": "ci", "scopes": ["read"], "days": "30"} | change)
    assert page.status_code == 422
    assert not ApiToken.objects.exists()


def test_a_token_is_revoked_by_its_user_alone(client):
    token, secret = make_token(make_user("alice"), name="ci", scopes=["read"])
    client.force_login(make_user("bob"))
    assert client.post("/account/", {"revoke": str(token.pk)}).status_code == 404
    for nonsense in ("x", "", "-1", "9" * 30, "9" * 5000):
        assert client.post("/account/", {"revoke": nonsense}).status_code == 404
    client.force_login(token.user)
    assert "ci is revoked" in client.post("/account/", {"revoke": str(token.pk)}, follow=True).content.decode()
    assert Client(headers=bearer(secret)).get("/api/v1/arenas/").status_code == 401


def test_the_command_prints_the_secret_and_nothing_else(capsys):
    make_arena("garden")
    make_user("alice", is_staff=True)
    call_command("create_token", "alice", "--name", "ci", "--scope", "read", "--scope", "runs:write", "--arena", "garden")
    secret = capsys.readouterr().out.strip()
    assert Client(headers=bearer(secret)).get("/api/v1/arenas/garden/").status_code == 200
    assert ApiToken.objects.get().scopes == ["read", "runs:write"]


@pytest.mark.parametrize(
    ("user", "more", "told"),
    [
        ("nobody", ["--scope", "read"], "nobody"), ("alice", ["--scope", "all"], "all"),
        ("alice", ["--scope", "admin"], "admin"), ("alice", ["--scope", "read", "--arena", "no-such"], "no-such"),
    ],
)  # fmt: skip
def test_the_command_names_what_is_wrong(user, more, told):
    make_user("alice")
    with pytest.raises(CommandError, match=told) as refused:
        call_command("create_token", user, "--name", "ci", *more)
    assert refused.value.returncode == 2
    assert not ApiToken.objects.exists()


def test_logs_hold_no_token(client, caplog):
    """What a provider or a proxy echoes, and what an error says of a request."""
    import logging

    from arena.config.redaction import LogLine, RedactingFilter

    _, secret = make_token(make_user(), name="ci", scopes=["read"])
    record = logging.LogRecord("x", 40, "", 0, "sent Authorization: Bearer %s", (secret,), None)
    RedactingFilter().filter(record)
    assert secret not in record.getMessage()
    assert "agon_[secret]" in record.getMessage()
    line = LogLine()(None, "error", {"event": "failed", "exception": f"ValueError: {secret}"})
    assert secret not in line
    Client(headers=bearer(secret)).get("/api/v1/nothing/")
    Client(headers=bearer(secret + "x")).get("/api/v1/arenas/")
    assert secret[5:] not in caplog.text
