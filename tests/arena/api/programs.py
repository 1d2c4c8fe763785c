"""Programs that talk to the site: a client that sends a token."""

from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from arena.models import TokenScope
from arena.tokens import make_token
from tests.factories import make_user

ALL = [scope.value for scope in TokenScope]


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def make_program(user: User | None = None, *, scopes: list[str] | None = None, **fields: Any) -> Client:
    """A program of a curator, with all scopes unless some are named."""
    user = user or make_user(is_staff=True)
    _, secret = make_token(user, name="tests", scopes=ALL if scopes is None else scopes, **fields)
    return Client(headers=bearer(secret))


def post(client: Client, path: str, body: Any, **headers: str) -> Any:
    return client.post(f"/api/v1/{path}", body, content_type="application/json", headers=headers)
