"""Who may vote, how often, and what the page says where a vote cannot be taken."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from arena.models import Arena, Ballot, Vote, Voter
from arena.visitors import voter_identity
from tests.arena.pairing.test_matchmaking import make_contest
from tests.arena.views.voting_pages import FRAGMENT, cast, make_contest_of_secretive, open_key, page, undo
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_contest_of_secretive()


def test_an_arena_for_accounts_asks_to_sign_in_first(client):
    arena = make_contest(2, 1, voting="accounts")
    answer = page(client, arena)
    assert (answer.status_code, answer.url) == (302, f"/login/?next=/arenas/{arena.slug}/vote/")
    assert not Voter.objects.exists()


def test_an_account_votes_as_itself(client):
    arena, user = make_contest(2, 1, voting="accounts"), make_user()
    client.force_login(user)
    cast(client, arena)
    assert Vote.objects.get().voter.user == user


def test_an_anonymous_voter_gets_a_cookie_and_votes_by_it(client, arena):
    cast(client, arena)
    assert client.cookies[voter_identity.COOKIE]["httponly"]
    assert Vote.objects.get().voter.kind == Voter.Kind.ANONYMOUS


def test_a_closed_arena_says_so_and_takes_no_vote(client, arena):
    key = open_key(client, arena)
    Arena.objects.update(voting="closed")
    assert "Voting is closed" in page(client, arena).text
    client.force_login(make_user())
    assert cast(client, arena, key).status_code == 403  # the cause is the arena's, whoever asks
    assert not Vote.objects.exists()


def closed(client):
    Arena.objects.update(voting="closed")


def private(client):
    Arena.objects.update(voting="closed", board_visibility="curators")


def accounts_only(client):
    Arena.objects.update(voting="accounts")


def without_cookies(client):
    client.cookies.clear()


def other_cookie(client):
    client.cookies[voter_identity.COOKIE] = "forged"


def signed_in(client):
    client.force_login(make_user())


def signed_out(client):
    client.logout()


def signed_out_of_accounts(client):
    accounts_only(client)
    client.logout()


@pytest.mark.parametrize("act", ["vote", "skip", "undo"])
@pytest.mark.parametrize(
    ("as_account", "meanwhile", "said", "onward"),
    [
        (False, closed, "closed meanwhile", "arenas"), (True, closed, "closed meanwhile", "arenas"),
        (False, accounts_only, "votes only from people with an account", "login"),
        (True, signed_out_of_accounts, "You signed out", "login"),
        (True, signed_out, "you have signed out since", "vote"), (False, signed_in, "before you signed in", "vote"),
        (True, signed_in, "another account", "vote"), (False, without_cookies, "Cookies must be allowed", "vote"),
        (False, other_cookie, "cookies of this one were cleared", "vote"),
        (False, private, "removed or made private", "login"), (True, private, "removed or made private", "arenas"),
    ],
)  # fmt: skip
def test_what_cannot_be_taken_says_why_and_leads_on(client, arena, act, as_account, meanwhile, said, onward):
    if as_account:
        client.force_login(make_user())
    key = open_key(client, arena)
    if act == "undo":
        cast(client, arena, key)
    meanwhile(client)
    if act == "undo":
        if meanwhile is closed or meanwhile is accounts_only:
            return  # the vote is its own, and may be taken back
        answer = undo(client, arena, key, headers=FRAGMENT)
    else:
        if act == "skip" and meanwhile is closed and as_account:
            return  # nothing is lost by it
        form = {"act": "skip"} if act == "skip" else {"outcome": "a1"}
        answer = cast(client, arena, key, headers=FRAGMENT, **form)
    addresses = {
        "arenas": reverse("arenas"), "login": f'{reverse("login")}?next=%2Farenas%2Fcontest%2Fvote%2F',
        "vote": reverse("vote", args=["contest"]),
    }  # fmt: skip
    assert answer.status_code in {403, 404}
    assert said in answer.text
    assert ("Your vote was not taken back; it counts." in answer.text) == (act == "undo")
    assert ("not counted" in answer.text) == (act != "undo")
    assert "data-over" in answer.text
    assert f'href="{addresses[onward]}"' in answer.text
    assert Vote.objects.counted().count() == (act == "undo")


def test_a_key_that_was_never_served_says_so(client, arena):
    open_key(client, arena)
    assert "No such pair was shown" in cast(client, arena, "A" * 22).text


@pytest.mark.parametrize("retired", ["prompt", "competitor_a"])
def test_a_pair_that_is_open_while_something_of_it_is_retired_still_takes_its_vote(client, arena, retired):
    key = open_key(client, arena)
    row = getattr(Ballot.objects.get(key=key).battle, retired)
    row.status = "retired"
    row.save()
    assert "A was" in cast(client, arena, key, headers=FRAGMENT).text
    assert Vote.objects.counted().count() == 1


def test_a_vote_that_a_curator_set_aside_was_not_taken_back(client, arena):
    key = open_key(client, arena)
    cast(client, arena, key)
    Vote.objects.update(is_counted=False, set_aside_reason="a robot")
    for text in (cast(client, arena, key, headers=FRAGMENT).text, undo(client, arena, key, headers=FRAGMENT).text):
        assert "A curator set your vote on this pair aside" in text
        assert "Vote withdrawn" not in text


@pytest.mark.usefixtures("still_clock")
def test_too_many_votes_a_minute_are_refused_with_the_time_to_wait(client, arena, settings):
    settings.VOTES_PER_MINUTE = 2
    for _ in range(2):
        cast(client, arena)
    answer = cast(client, arena)
    assert (answer.status_code, "You answered 2 pairs within this minute" in answer.text) == (429, True)
    assert re.search(r"Continue in (1 second|\d+ seconds): this pair stays open", answer.text)
    assert "data-over" not in answer.text
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert Vote.objects.count() == 2


@pytest.mark.usefixtures("still_clock")
def test_too_many_new_voters_from_one_address_are_refused(arena, settings):
    settings.ANONYMOUS_VOTERS_PER_HOUR = 1
    page(Client(), arena)
    answer = page(Client(), arena)
    assert (answer.status_code, "Sign in, or try again" in answer.text, "Retry-After" in answer) == (429, True, True)


def test_an_arena_that_nobody_may_see_is_not_found(client):
    assert page(client, make_contest(2, 1, voting="closed", board_visibility="curators")).status_code == 404
