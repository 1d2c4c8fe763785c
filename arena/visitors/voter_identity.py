"""Who is voting: an account, or a browser with a signed random number. A voter is known in one arena only."""

import secrets
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from arena.models import Arena, Voter, Voting
from arena.statements.vote_statements import voters_known_as
from arena.visitors import rate_windows
from arena.visitors.addresses import address_of, warn_of_proxy
from arena.wording import counted

COOKIE = "agon_voter"
COOKIE_AGE = 365 * 24 * 3600
HOUR = 3600
_signer = signing.Signer(salt="arena.identity")


def voter_of(request: HttpRequest, arena: Arena, *, create: bool) -> Voter | None:
    """The voter behind this request; None if there is none yet, or if the arena does not accept such voters."""
    if request.user.is_authenticated:
        return _known_voter(arena, Voter.Kind.ACCOUNT, str(request.user.pk), user_id=request.user.pk, create=create)
    if arena.voting != Voting.ANYONE:
        return None
    browser = _browser_of(request)
    if browser is None:
        return _new_anonymous(request, arena) if create else None
    return _known_voter(arena, Voter.Kind.ANONYMOUS, _key(arena, browser), user_id=None, create=create)


def known_voter(request: HttpRequest, arena: Arena) -> Voter | None:
    """The voter whom this request names, even if the arena no longer accepts such voters; none is created."""
    if request.user.is_authenticated:
        return voter_of(request, arena, create=False)
    browser = _browser_of(request)
    return (
        None if browser is None else _known_voter(arena, Voter.Kind.ANONYMOUS, _key(arena, browser), user_id=None, create=False)
    )


def remember(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Set the cookie of a browser that became a voter in this request."""
    browser = getattr(request, "new_browser", None)
    if browser is not None:
        response.set_cookie(
            COOKIE, _signer.sign(browser), max_age=COOKIE_AGE,
            httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
        )  # fmt: skip
    return response


def number_of(voter_id: int | None, *, board: str) -> str:
    """A voter's name on pages: a number that differs between boards and does not lead back to the voter."""
    if voter_id is None:
        return _("unknown")
    digest = salted_hmac("arena.voter-number", f"{board}:{voter_id}", algorithm="sha256").digest()
    return f"v-{int.from_bytes(digest[:8]) % 1_000_000:06d}"


def _browser_of(request: HttpRequest) -> str | None:
    """The random number in the cookie; a forged or garbled cookie counts as absent."""
    try:
        return str(_signer.unsign(request.COOKIES[COOKIE]))
    except (KeyError, signing.BadSignature):
        return None


def _new_anonymous(request: HttpRequest, arena: Arena) -> Voter:
    _limit_new_voters(request, timezone.now())
    browser = secrets.token_urlsafe(16)
    setattr(request, "new_browser", browser)  # noqa: B010 - HttpRequest declares no such attribute
    return _created(arena, Voter.Kind.ANONYMOUS, _key(arena, browser), user_id=None)


def _limit_new_voters(request: HttpRequest, now: datetime) -> None:
    # The day in the key: what is stored of an address cannot be followed from one day to the next.
    key = f"new voter:{now:%Y-%m-%d}:{address_of(request)}"
    if not rate_windows.allow(key, at_most=settings.ANONYMOUS_VOTERS_PER_HOUR, seconds=HOUR, now=now):
        wait = rate_windows.retry_after(HOUR, now)
        warn_of_proxy(request, "new anonymous voters", now=now)
        raise rate_windows.TooOften(
            _("Too many new voters came from your network in this hour. Sign in, or try again in %(minutes)s.")
            % {"minutes": counted(wait // 60 + 1, "minute", "minutes")},
            retry_after=wait,
        )
    rate_windows.forget_old(now)


def _key(arena: Arena, browser: str) -> str:
    """Different in every arena, so the database alone does not reveal that two voters are one browser."""
    return salted_hmac("arena.voter", f"{arena.pk}:{browser}", algorithm="sha256").hexdigest()


def _known_voter(arena: Arena, kind: Voter.Kind, key: str, *, user_id: int | None, create: bool) -> Voter | None:
    known = voters_known_as(arena=arena.pk, kind=kind, key=key)
    if not known:
        return _created(arena, kind, key, user_id=user_id) if create else None
    (voter,) = known
    voter.arena = arena
    return voter


def _created(arena: Arena, kind: Voter.Kind, key: str, *, user_id: int | None) -> Voter:
    return Voter.objects.get_or_create(arena=arena, kind=kind, key=key, defaults={"user_id": user_id})[0]
