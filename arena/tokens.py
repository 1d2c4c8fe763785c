"""Tokens by which programs sign in: made, looked up, revoked. A secret is shown to whoever made it, once, and stored hashed."""

import hashlib
import re
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import OperationalError, transaction

from arena.models import ApiToken, Arena, TokenScope
from arena.seen_names import name_fault

PREFIX = "agon_"
SECRET = re.compile(PREFIX + r"[\w-]{43}\Z", re.ASCII)
LAST_USED_WITHIN = timedelta(minutes=1)
LONGEST_NAME = 80
DAYS = (30, 90, 365)

Level = ApiToken.Level
_RANKS = {Level.ACCOUNT: 0, Level.CURATOR: 1, Level.SUPERUSER: 2}


class TokenRefused(Exception):
    """The token is no longer good. Only its bearer is told why: whoever guesses is told nothing."""


def level_of(user: User) -> ApiToken.Level:
    """What the account is now."""
    if user.is_superuser and user.is_staff:
        return Level.SUPERUSER
    return Level.CURATOR if user.is_staff else Level.ACCOUNT


def scopes_for(user: User) -> list[TokenScope]:
    """The scopes that are of use to this account: only curators write."""
    return list(TokenScope) if level_of(user) != Level.ACCOUNT else [TokenScope.READ]


def make_token(
    user: User,
    *,
    name: str,
    scopes: Collection[str],
    arenas: Collection[Arena] | None = None,
    expires_at: datetime | None = None,
) -> tuple[ApiToken, str]:
    """A new token and its secret, which cannot be had again. Without `arenas` it is for all that its user may see.

    Raises ValueError where a scope is unknown or of no use to the user, or where nothing is left that it could do,
    or where people could not read its name.
    """
    allowed = [scope.value for scope in scopes_for(user)]
    if unknown := sorted(set(scopes) - set(allowed)):
        raise ValueError(f"scope {unknown[0]!r} is not for {user.get_username()}: use some of {', '.join(allowed)}")
    if not scopes or (arenas is not None and not arenas):
        raise ValueError("a token needs a scope, and an arena where it is not for all")
    if not user.is_active:
        raise ValueError(f"the account {user.get_username()} is not active")
    if fault := name_fault(name):
        raise ValueError(fault)
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user, name=name[:LONGEST_NAME], digest=digest_of(secret), hint=secret[-4:],
            scopes=[scope for scope in allowed if scope in scopes], is_for_all_arenas=arenas is None, level=level_of(user),
            expires_at=expires_at,
        )  # fmt: skip
        token.arenas.set(arenas or ())
    return token, secret


def digest_of(secret: str) -> str:
    """A random secret of 256 bits needs no salt, and no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


def token_of(secret: str, now: datetime) -> ApiToken:
    """The token of this secret, with its user; its use is written down.

    Raises TokenRefused where there is none, where it has expired or was revoked, and where its user is not active or less
    than when it was made.
    """
    token = SECRET.match(secret) and ApiToken.objects.filter(digest=digest_of(secret)).select_related("user").first()
    if not token:
        raise TokenRefused("this token is not known here")
    if token.revoked_at is not None:
        raise TokenRefused("this token was revoked")
    if token.expires_at is not None and token.expires_at <= now:
        raise TokenRefused("this token has expired")
    is_less = _RANKS[level_of(token.user)] < _RANKS[Level(token.level)]
    if is_less:  # for good: it does not live again with the rights
        with suppress(OperationalError):
            revoke(token, now)
    if is_less or not token.user.is_active:
        raise TokenRefused("the account of this token has lost the rights that it had when the token was made")
    _note_use(token, now)
    return token


def _note_use(token: ApiToken, now: datetime) -> None:
    """Once a minute; where the database is busy, by the next request."""
    if token.last_used_at is None or not timedelta() <= now - token.last_used_at < LAST_USED_WITHIN:
        with suppress(OperationalError), transaction.atomic():
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
            token.last_used_at = now


def revoke(token: ApiToken, now: datetime) -> None:
    """At once and for good."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
