"""Home: what a card says of an arena, and what a curator is told to do next."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from arena.models import Event, Prompt, Voter
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_contest,
    make_prompt,
    make_response,
    make_user,
    make_vote,
    make_voter,
)
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db


def home(client, **query):
    return client.get(reverse("arenas"), query).text


def card_of(text, arena):
    return " ".join(text.partition(f'id="arena-{arena.slug}"')[2].partition('class="arena"')[0].split())


def steps_of(text):
    """The text of each step, and whether it is ticked."""
    shown = re.findall(r'<li( class="done")?><span class="tick">.*?</span></span> <span>(?:<a href="([^"]*)">)?([^<]*)', text)
    return {step.strip(): (bool(done), address) for done, address, step in shown}


def test_a_card_shows_the_first_five_with_their_ranges_and_intervals(client):
    arena = make_arena("house")
    snapshot = make_snapshot(make_board(arena, "house", is_default=True), n_votes=1234, n_voters=56)
    for place in range(1, 8):
        model = make_competitor(arena, f"Model {place}")
        make_entry(snapshot, model, 1100.0 - place, rank=place, rank_low=1, rank_high=place + 1)
    card = card_of(home(client), arena)
    assert re.findall(r"<bdi>(Model \d)</bdi>", card) == [f"Model {place}" for place in range(1, 6)]
    assert '<td class="mute nw">1–3</td><th scope="row"><bdi>Model 2</bdi>' in card
    assert 'aria-label="1079 to 1119"' in card
    assert "7 models" in card
    assert "1,234 votes by 56 voters" in card


def test_votes_of_this_week_are_those_since_the_snapshot_a_week_ago(client):
    arena = make_arena("house")
    board = make_board(arena, "house", is_default=True)
    for days, n_votes in ((20, 10), (8, 30), (2, 41), (0, 45)):
        snapshot = make_snapshot(board, created_at=timezone.now() - timedelta(days=days), n_votes=n_votes)
    make_entry(snapshot, make_competitor(arena))
    assert "15 new this week" in card_of(home(client), arena)


def test_an_arena_whose_votes_are_all_new_does_not_say_so_twice(client):
    arena, _ = make_contest(name="House")
    publish_snapshot(ensure_boards(arena)[0])
    assert "new this week" not in home(client)


def test_who_may_vote_is_offered_it_once_and_only_where_there_is_a_pair(client):
    votable, empty, closed = (make_arena(slug, voting=how) for slug, how in (("v", "anyone"), ("e", "anyone"), ("c", "closed")))
    for arena in (votable, closed):
        prompt = make_prompt(arena)
        for _ in range(2):
            make_response(prompt, make_competitor(arena))
    text = home(client)
    assert [f'href="{reverse("vote", args=[arena.slug])}"' in text for arena in (votable, empty, closed)] == [
        True,
        False,
        False,
    ]


def test_a_private_board_is_not_told_on_its_card(client):
    arena, competitors = make_contest(voting="anyone", board_visibility="curators")
    publish_snapshot(ensure_boards(arena)[0])
    text = home(client)
    assert "Its board is not public." in text
    assert competitors[0].name not in text
    assert " votes" not in card_of(text, arena)


def test_an_anonymous_reader_of_an_empty_site_learns_what_it_is_and_where_to_sign_in(client):
    text = home(client)
    assert "people compare the answers without knowing which model gave them" in text
    assert f'<a href="{reverse("login")}">signing in</a>' in text
    assert not steps_of(text)


def test_a_curator_of_an_empty_site_gets_the_first_steps_each_with_its_page(client):
    client.force_login(make_user(is_staff=True))
    steps = steps_of(home(client))
    assert list(steps) == ["Make an arena", "Bring prompts and answers", "Invite people", "Add a judge", "Publish a board"]
    assert not any(done for done, _ in steps.values())
    for _, address in steps.values():
        assert client.get(address).status_code == 200


def make_curator():
    """Staff without a permission of Django's own."""
    user = make_user()
    user.is_staff = True
    user.save()
    return user


def test_each_step_opens_for_a_curator_who_is_no_superuser(client):
    client.force_login(make_curator())
    steps = [*steps_of(home(client)).values()]
    house = make_arena("house", voting="accounts")
    steps += steps_of(card_of(home(client), house)).values()
    assert len(steps) == 10
    for address in {address for _, address in steps}:
        assert client.get(address).status_code == 200, address


def test_a_site_with_the_sample_alone_still_says_how_to_make_an_arena(client):
    client.force_login(make_curator())
    make_arena("sample", is_sample=True)
    text = home(client)
    assert "An arena of your own" in text
    assert len(steps_of(text)) == 5
    make_arena("house")
    assert "An arena of your own" not in home(client)


def test_a_curator_hides_a_list_of_steps_and_shows_it_again(client):
    client.force_login(make_curator())
    assert len(steps_of(home(client))) == 5
    client.post(reverse("hide-steps"), {"arena": ""})
    assert not steps_of(home(client))
    house, shed = make_arena("house"), make_arena("shed")
    client.post(reverse("hide-steps"), {"arena": "house"})
    text = home(client)
    assert not steps_of(card_of(text, house))
    assert steps_of(card_of(text, shed))
    assert client.post(reverse("hide-steps"), {"show": "1"}).url == reverse("arenas")
    text = home(client)
    assert steps_of(card_of(text, house))
    assert "Show hidden steps" not in text


def test_nobody_but_a_curator_hides_steps(client):
    assert reverse("login") in client.post(reverse("hide-steps")).url
    client.force_login(make_user())
    assert client.post(reverse("hide-steps"), {"arena": "site"}).status_code == 403
    assert client.get(reverse("hide-steps")).status_code == 405


def ticks(client, arena):
    return [done for done, _ in steps_of(card_of(home(client), arena)).values()]


def test_ticks_say_what_is_done_until_all_is(client):
    client.force_login(make_user(is_staff=True))
    arena = make_arena("house", voting="accounts")
    for _, address in steps_of(home(client)).values():
        assert client.get(address).status_code == 200, address
    assert ticks(client, arena) == [True, False, False, False, False]
    prompt = make_prompt(arena)
    sides = [make_competitor(arena) for _ in range(2)]
    make_response(prompt, sides[0])
    assert ticks(client, arena) == [True, False, False, False, False]
    make_response(prompt, sides[1])
    assert ticks(client, arena) == [True, True, False, False, False]
    make_vote(make_battle(*sides, prompt), "tie")  # of a file: nobody came
    assert ticks(client, arena) == [True, True, False, False, False]
    make_vote(make_battle(*sides, make_prompt(arena)), "a", make_voter(arena, kind=Voter.Kind.ACCOUNT))
    assert ticks(client, arena) == [True, True, True, False, False]
    publish_snapshot(ensure_boards(arena)[0])
    assert ticks(client, arena) == [True, True, True, False, True]
    Event.objects.create(arena=arena, kind=Event.Kind.GAMES_DECIDED)
    assert ticks(client, arena) == []
    arena.board_visibility = "curators"
    arena.save()
    assert ticks(client, arena) == [True, True, True, True, False]
    assert Prompt.objects.filter(arena=arena).count() == 2


def test_who_is_no_curator_gets_no_list(client):
    make_arena("house")
    client.force_login(make_user())
    assert not steps_of(home(client))


def test_twenty_arenas_take_no_more_questions_than_two(client, django_assert_max_num_queries):
    client.force_login(make_user(is_staff=True))
    for _ in range(20):
        snapshot = make_snapshot(make_board(arena := make_arena(voting="anyone"), is_default=True))
        make_entry(snapshot, make_competitor(arena))
    with django_assert_max_num_queries(14):
        text = home(client)
    assert text.count("1 of 5 steps done") + text.count("2 of 5 steps done") == 20
