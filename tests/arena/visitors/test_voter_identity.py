"""Who is voting: an account, or a browser with a signed random number."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import RequestFactory

from arena.models import RateWindow, Voter
from arena.visitors import voter_identity
from arena.visitors.rate_windows import TooOften
from tests.factories import make_arena, make_user

pytestmark = pytest.mark.django_db


def request_of(user=None, cookie=None, **meta):
    request = RequestFactory().get("/", **meta)
    request.user = user or AnonymousUser()
    if cookie is not None:
        request.COOKIES[voter_identity.COOKIE] = cookie
    return request


def new_browser(arena, **meta):
    """An anonymous voter with the cookie that its browser was given."""
    request = request_of(**meta)
    voter = voter_identity.voter_of(request, arena, create=True)
    return voter, voter_identity.remember(request, HttpResponse()).cookies[voter_identity.COOKIE]


def test_an_account_is_one_voter_in_an_arena():
    arena, user = make_arena(), make_user()
    first, second = (voter_identity.voter_of(request_of(user), arena, create=True) for _ in range(2))
    assert (first, first.kind, first.user, first.key) == (second, Voter.Kind.ACCOUNT, user, str(user.pk))


def test_nobody_becomes_a_voter_by_looking():
    arena, user = make_arena(voting="anyone"), make_user()
    assert voter_identity.voter_of(request_of(user), arena, create=False) is None
    assert voter_identity.voter_of(request_of(), arena, create=False) is None
    assert not Voter.objects.exists()


def test_an_arena_for_accounts_takes_no_anonymous_voter():
    assert voter_identity.voter_of(request_of(), make_arena(voting="accounts"), create=True) is None


def test_a_browser_is_known_again_by_its_cookie():
    arena = make_arena(voting="anyone")
    voter, cookie = new_browser(arena)
    assert voter_identity.voter_of(request_of(cookie=cookie.value), arena, create=True) == voter


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites():
    _, cookie = new_browser(make_arena(voting="anyone"))
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def test_the_cookie_is_not_stored():
    voter, cookie = new_browser(make_arena(voting="anyone"))
    assert cookie.value.split(":")[0] not in voter.key


def test_one_browser_has_another_key_in_every_arena():
    here, there = make_arena(voting="anyone"), make_arena(voting="anyone")
    voter, cookie = new_browser(here)
    assert voter_identity.voter_of(request_of(cookie=cookie.value), there, create=True).key != voter.key


@pytest.mark.parametrize("cookie", ["", "garbled", "a:b", "\x00", "guessed:" + "A" * 43])
def test_a_forged_cookie_is_as_if_absent(cookie):
    arena = make_arena(voting="anyone")
    assert voter_identity.voter_of(request_of(cookie=cookie), arena, create=False) is None
    request = request_of(cookie=cookie)
    voter_identity.voter_of(request, arena, create=True)
    assert voter_identity.COOKIE in voter_identity.remember(request, HttpResponse()).cookies


def test_the_cookie_of_another_browser_with_a_changed_letter_is_refused():
    arena = make_arena(voting="anyone")
    _, cookie = new_browser(arena)
    forged = ("A" if cookie.value[0] != "A" else "B") + cookie.value[1:]
    assert voter_identity.voter_of(request_of(cookie=forged), arena, create=False) is None


@pytest.mark.usefixtures("still_clock")
def test_new_voters_of_one_address_are_limited_others_are_not(settings):
    settings.ANONYMOUS_VOTERS_PER_HOUR = 2
    arena = make_arena(voting="anyone")
    for _ in range(2):
        new_browser(arena, REMOTE_ADDR="192.0.2.1")
    with pytest.raises(TooOften, match="Sign in, or try again in"):
        new_browser(arena, REMOTE_ADDR="192.0.2.1")
    new_browser(arena, REMOTE_ADDR="192.0.2.2")


def test_a_known_browser_is_not_limited(settings):
    settings.ANONYMOUS_VOTERS_PER_HOUR = 1
    arena = make_arena(voting="anyone")
    voter, cookie = new_browser(arena)
    assert voter_identity.voter_of(request_of(cookie=cookie.value), arena, create=True) == voter


def test_an_address_is_stored_as_a_hash_that_changes_daily(monkeypatch):
    for day in (1, 2):
        monkeypatch.setattr(voter_identity.timezone, "now", lambda day=day: datetime(2026, 3, day, 12, tzinfo=UTC))
        new_browser(make_arena(voting="anyone"), REMOTE_ADDR="192.0.2.1")
    keys = set(RateWindow.objects.values_list("key", flat=True))
    assert len(keys) == 2
    assert not any("192" in key for key in keys)


@pytest.mark.parametrize(
    ("behind_proxy", "forwarded", "address"),
    [
        (False, "203.0.113.9", "192.0.2.1"),
        (True, "203.0.113.9", "203.0.113.9"),
        (True, "10.9.9.9, 203.0.113.9", "203.0.113.9"),
        (True, "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (True, "::ffff:203.0.113.9", "203.0.113.9"),
    ],
)
def test_only_our_own_proxy_is_believed(settings, behind_proxy, forwarded, address):
    settings.BEHIND_PROXY = behind_proxy
    assert voter_identity.address_of(request_of(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=forwarded)) == address


def test_a_voter_has_another_number_on_every_board():
    here, again, there = (voter_identity.number_of(7, board=board) for board in ("one", "one", "two"))
    assert here == again != there
    assert here.startswith("v-")
