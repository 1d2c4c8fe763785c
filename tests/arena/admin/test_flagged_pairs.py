"""A flagged pair waits until a curator has dealt with it."""

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.evidence import flags
from arena.models import Ballot
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_voter

pytestmark = pytest.mark.django_db
LIST = "admin:arena_ballot_changelist"


@pytest.fixture
def curator(client):
    user = make_user("curator", is_staff=True)
    client.force_login(user)
    return user


def make_ballot(arena, state="flagged", **fields):
    battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena))
    served = {"first_shown": "a", "propensity": 0.12345678, "served_at": timezone.now()}
    return Ballot.objects.create(battle=battle, voter=make_voter(arena), state=state, **served | fields)


def act(client, action, *ballots):
    form = {"action": action, "_selected_action": [ballot.pk for ballot in ballots]}
    return client.post(reverse(LIST), form, follow=True).text


def test_the_index_leads_to_flagged_pairs_that_wait(client, curator):
    arena = make_arena()
    assert "flagged" not in client.get(reverse("admin:index")).text
    make_ballot(arena, note="note 1")
    make_ballot(arena, state="voted", note="note 2")
    make_ballot(arena, note="note 3", handled_at=timezone.now(), handled_by=curator)
    index = client.get(reverse("admin:index")).text
    assert "1 flagged pair</h3>" in index
    assert f'href="{reverse(LIST)}?flagged=open"' in index
    shown = client.get(reverse(LIST) + "?flagged=open").text
    assert [f"note {n}" in shown for n in (1, 2, 3)] == [True, False, False]
    shown = client.get(reverse(LIST) + "?flagged=handled").text
    assert [f"note {n}" in shown for n in (1, 2, 3)] == [False, False, True]


def test_a_flagged_pair_is_marked_as_handled_and_opened_again(client, curator):
    ballot = make_ballot(make_arena())
    assert "1 flagged pair marked as handled." in act(client, "mark_as_handled", ballot)
    ballot.refresh_from_db()
    assert (ballot.handled_by, ballot.state) == (curator, "flagged")
    assert ballot.handled_at is not None
    assert "flagged" not in client.get(reverse("admin:index")).text
    assert "1 flagged pair is open again." in act(client, "mark_as_open", ballot)
    ballot.refresh_from_db()
    assert (ballot.handled_at, ballot.handled_by) == (None, None)
    assert "1 flagged pair</h3>" in client.get(reverse("admin:index")).text


def test_of_two_curators_the_first_stands(curator):
    ballot = make_ballot(make_arena())
    rows = Ballot.objects.filter(pk=ballot.pk)
    assert flags.handle(rows, curator) == 1
    assert flags.handle(rows, make_user("late", is_staff=True)) == 0
    ballot.refresh_from_db()
    assert ballot.handled_by == curator


@pytest.mark.parametrize("state", ["open", "voted", "skipped"])
def test_only_what_was_flagged_is_handled(client, curator, state):
    ballot = make_ballot(make_arena(), state=state)
    assert "0 flagged pairs marked as handled." in act(client, "mark_as_handled", ballot)
    ballot.refresh_from_db()
    assert ballot.handled_at is None


def test_a_flagged_pair_leads_to_what_can_be_done_about_it(client, curator):
    ballot = make_ballot(make_arena())
    battle = ballot.battle
    page = client.get(reverse("admin:arena_ballot_change", args=[ballot.pk])).text
    for address in (
        reverse("battle", args=[battle.arena.slug, battle.pk]),
        reverse("admin:arena_prompt_change", args=[battle.prompt_id]),
        reverse("admin:arena_competitor_change", args=[battle.competitor_a_id]),
        reverse("admin:arena_competitor_change", args=[battle.competitor_b_id]),
    ):
        assert f'href="{address}"' in page
    assert 'value="mark_as_handled"' in page
    assert "0.123<" in page
    act(client, "mark_as_handled", ballot)
    page = client.get(reverse("admin:arena_ballot_change", args=[ballot.pk])).text
    assert 'value="mark_as_open"' in page
    assert "by curator, " in page


def test_an_account_that_is_deleted_leaves_the_pair_handled(client, curator):
    gone = make_user("gone", is_staff=True)
    ballot = make_ballot(make_arena(), handled_at=timezone.now(), handled_by=gone)
    gone.delete()
    page = client.get(reverse("admin:arena_ballot_change", args=[ballot.pk])).text
    assert "by an account that is gone, " in page


def test_a_ballot_without_a_prompt_opens(client, curator):
    ballot = make_ballot(make_arena(), state="voted")
    ballot.battle.prompt = None
    ballot.battle.save()
    page = client.get(reverse("admin:arena_ballot_change", args=[ballot.pk]))
    assert page.status_code == 200
    assert "mark_as_handled" not in page.text
