"""A vote that is taken back, or cannot be: whatever happened meanwhile, the answer speaks of the undo."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena.models import Arena, Vote
from tests.arena.pairing.test_matchmaking import make_contest
from tests.arena.views.voting_pages import FRAGMENT, cast, open_key, page, undo
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_contest(3, 4, slug="contest", name="The contest")


def test_too_late_an_undo_leads_to_no_pair_where_none_is_left(client):
    arena = make_contest(2, 1, slug="contest")
    key = open_key(client, arena)
    client.get(cast(client, arena, key).url)
    Vote.objects.update(voted_at=timezone.now() - timezone.timedelta(seconds=11))
    for headers in (None, FRAGMENT):
        assert "To the open pair" not in undo(client, arena, key, headers=headers).text


@pytest.mark.parametrize("headers", [None, FRAGMENT])
@pytest.mark.parametrize("voting", ["closed", "accounts"])
def test_a_vote_can_be_taken_back_though_voting_was_closed_meanwhile(client, arena, voting, headers):
    key = open_key(client, arena)
    cast(client, arena, key)
    Arena.objects.update(voting=voting)
    answer = undo(client, arena, key, headers=headers)
    text = answer.text if headers else client.get(answer.url).text
    assert "Vote withdrawn" in text
    assert not Vote.objects.counted().exists()
    assert "Vote withdrawn" not in page(Client(), arena, f"?done={key}").text


@pytest.mark.parametrize("as_account", [False, True])
def test_a_form_replayed_after_closing_is_told_that_the_first_vote_counts(client, arena, as_account):
    if as_account:
        client.force_login(make_user())
    key = open_key(client, arena)
    cast(client, arena, key)
    Arena.objects.update(voting="closed")
    text = cast(client, arena, key, headers=FRAGMENT).text
    assert "not counted" not in text
    assert ("You chose" if as_account else "Your first vote on this pair counts") in text


def test_an_undo_that_cannot_be_read_speaks_of_the_undo(client, arena):
    open_key(client, arena)
    answer = client.post(reverse("undo", args=[arena.slug]), {"voted": "?"})
    assert (answer.status_code, "Nothing was taken back" in answer.text, "vote could not" in answer.text) == (400, True, False)


def test_an_undo_with_a_stale_form_speaks_of_the_undo(arena):
    client = Client(enforce_csrf_checks=True)
    key = open_key(client, arena)
    for headers in (None, FRAGMENT):
        answer = undo(client, arena, key, headers=headers)
        assert answer.status_code == 403
        assert "Your vote was not taken back" in answer.text
        assert "Nothing was stored" not in answer.text
