"""Browsers in which an account has signed in before: whoever guesses at its password elsewhere does not keep them out.

The cookie lets nobody in. It only has the guesses of such a browser counted by themselves, not with those of strangers behind
the same address.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

COOKIE = "agon_known_browser"
COOKIE_AGE = timedelta(days=365)
MOST_ACCOUNTS = 8  # of one browser, the newest ones
_SALT = "arena.known-browser"


def key_of(request: HttpRequest, username: str) -> str | None:
    """The key of this browser and this account; None where the account has not signed in here before."""
    browser, accounts = _known(request)
    if not accounts or "\0" in username:  # PostgreSQL rejects NUL
        return None
    number = User.objects.filter(username=username, pk__in=accounts).values_list("pk", flat=True).first()
    return None if number is None else f"{browser}:{number}"


def remember(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """Call it where somebody has signed in."""
    browser, accounts = _known(request)
    accounts = [user.pk, *(each for each in accounts if each != user.pk)][:MOST_ACCOUNTS]
    response.set_cookie(
        COOKIE, signing.dumps([browser or secrets.token_urlsafe(16), accounts], salt=_SALT), max_age=COOKIE_AGE,
        path=reverse("login"), httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def _known(request: HttpRequest) -> tuple[str, list[int]]:
    """A forged or outdated cookie counts as absent."""
    try:
        browser, accounts = signing.loads(request.COOKIES[COOKIE], salt=_SALT, max_age=COOKIE_AGE)
    except (KeyError, signing.BadSignature):
        return "", []
    return browser, accounts
