"""Tokens of all accounts in the admin: superusers see what each may do and when it was used, and revoke; no secret is there."""

import pytest

from arena.models import ApiToken
from arena.tokens import make_token
from tests.arena.api.programs import bearer
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def token():
    return make_token(make_user("bee", is_staff=True), name="nightly job", scopes=["read"])


def test_a_superuser_sees_and_revokes_the_tokens_of_others(client, token):
    made, secret = token
    client.force_login(make_user(is_staff=True))
    pages = [client.get(f"/admin/arena/apitoken/{path}").content.decode() for path in ("", f"{made.pk}/change/")]
    for page in pages:
        assert ("nightly job" in page, f"…{made.hint}" in page, secret in page, made.digest in page) == (
            True,
            True,
            False,
            False,
        )
    assert client.get("/api/v1/arenas/", headers=bearer(secret)).status_code == 200
    client.post("/admin/arena/apitoken/", {"action": "revoke_chosen", "_selected_action": [made.pk]})
    assert ApiToken.objects.get().revoked_at is not None
    client.logout()
    assert client.get("/api/v1/arenas/", headers=bearer(secret)).status_code == 401


def test_a_curator_who_is_no_superuser_sees_none(client, token):
    curator = make_user(is_staff=True)
    curator.is_superuser = False
    curator.save()
    client.force_login(curator)
    for path in ("", f"{token[0].pk}/change/"):
        assert client.get(f"/admin/arena/apitoken/{path}").status_code == 403
    client.post("/admin/arena/apitoken/", {"action": "revoke_chosen", "_selected_action": [token[0].pk]})
    assert ApiToken.objects.get().revoked_at is None
