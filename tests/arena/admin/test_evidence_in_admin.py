"""Curators set votes and imports aside in the admin, restore them, and look into battles."""

import pytest
from django.urls import reverse

from arena.models import Event, Vote
from tests.arena.admin.curators import (
    choose,
    listed,
    make_import,
    make_votes,
    messages_of,
)
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_prompt,
    make_vote,
)

pytestmark = pytest.mark.django_db


def test_votes_are_set_aside_with_a_reason_and_restored(client, curator):
    votes = make_votes()
    asked = choose(client, "arena_vote", "set_aside", votes[:2])
    assert "2</b> votes are chosen" in asked.content.decode()
    response = choose(client, "arena_vote", "set_aside", votes[:2], apply="1", reason="one person, two accounts")
    assert "2 votes set aside" in messages_of(response)[0]
    assert set(Vote.objects.filter(is_counted=False).values_list("set_aside_reason", flat=True)) == {"one person, two accounts"}
    choose(client, "arena_vote", "restore", votes)
    assert Vote.objects.counted().count() == 3
    assert Event.objects.filter(kind="vote_restored", actor=curator).count() == 2


def test_votes_are_not_set_aside_without_a_reason(client, curator):
    votes = make_votes()
    page = choose(client, "arena_vote", "set_aside", votes, apply="1", reason="  ")
    assert "This field is required" in page.content.decode()
    assert Vote.objects.counted().count() == 3


def test_all_votes_of_a_filtered_list_are_set_aside_at_once(client, curator):
    mine, others = make_votes(), make_votes()
    address = reverse("admin:arena_vote_changelist") + f"?battle={mine[0].battle_id}"
    data = {"action": "set_aside", "_selected_action": [mine[0].pk], "select_across": "1", "index": "0"}
    asked = client.post(address, data).content.decode()
    assert "3</b> votes are chosen" in asked
    client.post(address, data | {"apply": "1", "reason": "test"})
    assert set(Vote.objects.counted()) == set(others)


def test_votes_are_found_by_number_of_battle_and_voter(client, curator):
    votes = make_votes()
    make_votes()
    assert set(listed(client, "arena_vote", f"?battle={votes[0].battle_id}")) == set(votes)
    assert votes[0] in listed(client, "arena_vote", f"?q={votes[0].pk}")
    assert votes[1] in listed(client, "arena_vote", f"?q={votes[1].voter_id}")


def test_battles_are_found_by_competitor_prompt_and_number(client, curator):
    arena = make_arena()
    a, b = make_competitor(arena, "Kestrel 2"), make_competitor(arena)
    battle = make_battle(a, b, make_prompt(arena, key="the-key"))
    make_battle(b, make_competitor(arena))
    for words in ("kestrel 2", "the-key", str(battle.pk)):
        assert battle in listed(client, "arena_battle", f"?q={words}")
    assert listed(client, "arena_battle", "?q=nothing") == []


def test_an_import_is_set_aside_and_restored(client, curator):
    source = make_import(make_arena())
    choose(client, "arena_import", "set_aside", [source], apply="1", reason="wrong file")
    source.refresh_from_db()
    assert source.state == "set_aside"
    response = choose(client, "arena_import", "restore", [source])
    source.refresh_from_db()
    assert source.state == "published"
    assert "votes.csv is imported now" in messages_of(response)[0]


def test_an_import_that_is_still_read_cannot_be_set_aside(client, curator):
    source = make_import(make_arena(), state="loading")
    response = choose(client, "arena_import", "set_aside", [source], apply="1", reason="wrong file")
    assert "only an import that is complete" in messages_of(response)[0]


def test_a_vote_shows_how_it_came_to_stand_so(client, curator):
    [vote] = make_votes(1)
    choose(client, "arena_vote", "set_aside", [vote], apply="1", reason="a slip of the finger")
    page = client.get(reverse("admin:arena_vote_change", args=[vote.pk])).content.decode()
    assert "vote cast" in page
    assert "a slip of the finger" in page


def test_one_vote_set_aside_is_one_vote(client, curator):
    arena = make_arena()
    vote = make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    form = {"_selected_action": [vote.pk], "action": "set_aside", "apply": "1", "reason": "a robot"}
    assert "1 vote set aside" in client.post(reverse("admin:arena_vote_changelist"), form, follow=True).text
    form = {"_selected_action": [vote.pk], "action": "restore"}
    assert "1 vote restored" in client.post(reverse("admin:arena_vote_changelist"), form, follow=True).text
