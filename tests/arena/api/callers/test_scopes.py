"""What a token was made for, at every address that writes: the scope that is lacking is named."""

import pytest
from django.urls import URLResolver, get_resolver

from arena.api.callers.scopes import scope_of
from arena.models import TokenScope
from tests.arena.api.programs import ALL, make_program, post
from tests.arena.api.test_api_secrets import addresses, make_full_arena
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db

METHODS = ["post", "put", "patch", "delete"]


def views(patterns=None, prefix=""):
    """Path and class of every view of the interface that is made of classes."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, path)
        elif path.startswith("api/v1/") and hasattr(pattern.callback, "cls"):
            yield path, pattern.callback.cls


def writing():
    for path, view in views():
        for method in METHODS:
            if method in view.http_method_names and hasattr(view, method):
                yield path, view, method.upper()


def test_every_view_that_writes_names_a_scope():
    found = {path: scope_of(view, method) for path, view, method in writing()}
    assert found.pop("api/v1/asked-boards/") == "read"  # whoever reads a board may have it fitted
    assert set(found.values()) <= set(TokenScope.values) - {"read"}
    assert "api/v1/responses/" in found


@pytest.mark.parametrize(("path", "view", "method"), list(writing()), ids=lambda value: str(value)[:40])
def test_a_token_without_the_scope_is_told_its_name(path, view, method):
    make_arena("garden")
    needed = scope_of(view, method)
    address = path.removeprefix("api/v1/").replace("<int:pk>", "1").replace("<slug:slug>", "garden")
    without = make_program(scopes=[scope for scope in ALL if scope != needed])
    refused = getattr(without, method.lower())(f"/api/v1/{address}", {}, content_type="application/json")
    assert refused.status_code == 403
    assert needed in refused.json()["detail"]
    assert post(make_program(scopes=[needed]), address, {}).status_code != 403


def test_a_token_without_read_reads_nothing():
    program = make_program(scopes=["evidence:write", "runs:write", "admin"])
    for address in addresses(*make_full_arena(content_visibility="public")):
        refused = program.get(address)
        assert refused.status_code == 403, address
        assert "scope read" in refused.json()["detail"]


def test_a_scope_gives_no_right_that_the_user_has_not():
    """Scopes that only curators have are not given to others; should one have them, the user is asked all the same."""
    from arena.models import ApiToken

    user = make_user()
    program = make_program(user, scopes=["read"])
    ApiToken.objects.update(scopes=ALL)
    make_arena("garden")
    for path in ("competitors/", "prompts/", "responses/", "battles/", "votes/", "arenas/"):
        assert post(program, path, {"arena": "garden", "rows": [{}]}).status_code == 403
    assert program.get("/api/v1/runs/").status_code == 403
