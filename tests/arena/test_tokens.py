"""Tokens: shown once, stored hashed, gone with their time, their revocation, or the rights of their user."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from arena.models import ApiToken
from arena.tokens import TokenRefused, level_of, make_token, revoke, token_of
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def made(user=None, **fields):
    return make_token(user or make_user(is_staff=True), **{"name": "ci", "scopes": ["read"]} | fields)


def test_a_secret_is_stored_nowhere():
    token, secret = made()
    assert secret.startswith("agon_")
    assert len(secret) == 48
    stored = str(ApiToken.objects.filter(pk=token.pk).values().get())
    assert secret not in stored
    assert secret[5:20] not in stored
    assert token_of(secret, NOW) == token


CHANGES = [lambda secret: secret[:-1] + "~", lambda secret: secret + "a", lambda secret: secret[5:], str.swapcase, str.upper]


@pytest.mark.parametrize("change", CHANGES)
def test_a_secret_that_is_not_whole_is_unknown(change):
    _, secret = made()
    with pytest.raises(TokenRefused, match="not known"):
        token_of(change(secret), NOW)


def test_a_token_dies_with_its_time():
    _, secret = made(expires_at=NOW)
    assert token_of(secret, NOW - timedelta(seconds=1))
    with pytest.raises(TokenRefused, match="expired"):
        token_of(secret, NOW)


def test_a_token_dies_when_it_is_revoked():
    token, secret = made()
    revoke(token, NOW)
    with pytest.raises(TokenRefused, match="revoked"):
        token_of(secret, NOW)
    revoke(token, NOW + timedelta(days=1))
    assert ApiToken.objects.get(pk=token.pk).revoked_at == NOW


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"is_superuser": False}])
def test_a_token_dies_when_its_user_is_less_than_before(change):
    user = make_user(is_staff=True)
    _, secret = made(user)
    User.objects.filter(pk=user.pk).update(**change)
    with pytest.raises(TokenRefused, match="rights"):
        token_of(secret, NOW)


def test_a_token_that_was_refused_to_a_demoted_curator_does_not_live_again():
    user = make_user(is_staff=True)
    _, secret = made(user)
    User.objects.filter(pk=user.pk).update(is_staff=False)
    with pytest.raises(TokenRefused, match="rights"):
        token_of(secret, NOW)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    with pytest.raises(TokenRefused, match="revoked"):
        token_of(secret, NOW)


def test_a_token_of_an_account_does_not_grow_with_it_and_does_not_die_of_it():
    user = make_user()
    token, secret = made(user)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    assert token_of(secret, NOW).scopes == ["read"]
    assert level_of(token.user) == "account"


def test_only_what_the_user_may_do_can_be_asked_for():
    with pytest.raises(ValueError, match="evidence:write"):
        made(make_user(), scopes=["read", "evidence:write"])
    with pytest.raises(ValueError, match="everything"):
        made(scopes=["everything"])
    with pytest.raises(ValueError, match="not active"):
        made(make_user(is_active=False))
    with pytest.raises(ValueError, match="needs a scope"):
        made(scopes=[])
    with pytest.raises(ValueError, match="arena"):
        made(arenas=[])


def test_a_token_for_one_arena_is_for_none_when_that_is_removed():
    arena = make_arena()
    token, secret = made(arenas=[arena])
    arena.delete()
    found = token_of(secret, NOW)
    assert found == token
    assert not found.is_for_all_arenas
    assert not found.arenas.exists()


def test_its_use_is_written_down_once_a_minute(django_assert_num_queries):
    token, secret = made()
    token_of(secret, NOW)
    with django_assert_num_queries(1):
        token_of(secret, NOW + timedelta(seconds=59))
    token.refresh_from_db()
    assert token.last_used_at == NOW
    token_of(secret, NOW + timedelta(seconds=60))
    token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=60)


def test_a_token_goes_with_its_user():
    user = make_user()
    made(user)
    user.delete()
    assert not ApiToken.objects.exists()
