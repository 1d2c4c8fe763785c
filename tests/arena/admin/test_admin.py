"""Who comes into the admin, what its lists cost, and what nobody can do there."""

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Ballot
from tests.arena.admin.curators import (
    EVERYTHING,
    READ_ONLY,
    choose,
    listed,
    make_account,
    make_some_of_everything,
)
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_vote,
    make_voter,
)
from tests.ranking.board_factories import make_board, make_snapshot

pytestmark = pytest.mark.django_db


# --- who comes in ----------------------------------------------------------------------------------------------------


def test_a_visitor_is_sent_to_sign_in_and_back(client):
    response = client.get(reverse("admin:arena_prompt_changelist"), follow=True)
    assert response.redirect_chain[-1][0].startswith("/login/?next=")
    assert "%2Farena%2Fprompt%2F" in response.redirect_chain[-1][0] or "/arena/prompt/" in response.redirect_chain[-1][0]


def test_an_account_that_is_no_curator_is_refused(client):
    client.force_login(make_account("reader"))
    assert client.get(reverse("admin:index"), follow=True).status_code == 403


def test_a_curator_needs_no_further_permission(client, curator):
    page = client.get(reverse("admin:index")).content.decode()
    for words in ("Prompts", "Votes", "Boards", "Imports"):
        assert words in page
    assert "Users" not in page


# --- lists -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVERYTHING)
def test_every_list_and_every_form_opens(client, curator, model):
    make_some_of_everything()
    rows = listed(client, model)
    assert rows
    assert client.get(reverse(f"admin:{model}_change", args=[rows[0].pk])).status_code == 200


N_QUERIES = {
    "arena_arena": 6, "arena_promptpool": 7, "arena_prompt": 11, "arena_competitor": 7, "arena_response": 7, "arena_battle": 7,
    "arena_vote": 7, "arena_import": 7, "arena_event": 7, "arena_ballot": 6, "ranking_leaderboard": 7, "ranking_snapshot": 7,
}  # fmt: skip


@pytest.mark.parametrize("model", EVERYTHING)
def test_a_list_costs_the_same_however_long_it_is(client, curator, django_assert_num_queries, model):
    address = reverse(f"admin:{model}_changelist")
    for n in (2, 6):
        make_some_of_everything(n)
        with django_assert_num_queries(N_QUERIES[model]):
            client.get(address)


def test_a_long_list_is_counted_no_further_than_anybody_turns_pages(client, curator, monkeypatch):
    monkeypatch.setattr("arena.admin.base.MOST_COUNTED", 3)
    battle = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    for _ in range(5):
        make_vote(battle)
    page = client.get(reverse("admin:arena_vote_changelist"))
    assert page.context["cl"].result_count == 4
    assert "more than 10,000" in page.content.decode()


# --- what cannot be done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", EVERYTHING)
def test_nothing_is_deleted(client, curator, model):
    make_some_of_everything(1)
    row = listed(client, model)[0]
    assert client.post(reverse(f"admin:{model}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    choose(client, model, "delete_selected", [row], post="yes")
    assert type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", READ_ONLY)
def test_evidence_is_not_edited(client, curator, model):
    make_some_of_everything(1)
    row = listed(client, f"arena_{model}")[0]
    assert client.post(reverse(f"admin:arena_{model}_change", args=[row.pk]), {"outcome": "b"}).status_code == 403
    assert client.get(reverse(f"admin:arena_{model}_add")).status_code == 403


def test_a_snapshot_is_not_edited(client, curator):
    snapshot = make_snapshot(make_board(make_arena()))
    assert client.post(reverse("admin:ranking_snapshot_change", args=[snapshot.pk]), {"n_votes": "1"}).status_code == 403


def test_the_keys_of_voters_and_ballots_stand_on_no_page(client, curator):
    battle = make_battle(make_competitor(arena := make_arena()), make_competitor(arena))
    voter = make_voter(arena, "alice@example.org")
    vote = make_vote(battle, voter=voter)
    ballot = Ballot.objects.create(battle=battle, voter=voter, first_shown="a", propensity=1, served_at=timezone.now())
    for model, row in (("arena_vote", vote), ("arena_ballot", ballot), ("arena_battle", battle)):
        for address in (reverse(f"admin:{model}_changelist"), reverse(f"admin:{model}_change", args=[row.pk])):
            page = client.get(address).content.decode()
            assert "alice" not in page
            assert ballot.key not in page
