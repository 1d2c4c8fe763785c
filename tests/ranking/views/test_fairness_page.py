"""Fairness: who was shown how often, what was set aside, and who voted, counted by hand."""

import re
from datetime import UTC, datetime

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from arena.evidence.curation import set_aside_votes
from arena.models import Competitor, Vote, Voter
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_contest,
    make_prompt,
    make_user,
    make_vote,
    make_voter,
)
from tests.prepared import prepared

pytestmark = pytest.mark.django_db


def make_shown():
    """Auk meets Bee on 6 prompts and Cod on 2; Auk is on the left of Bee in 4, and the left one wins 3 of these 6."""
    arena = make_arena("fair", name="Fair", voting="anyone")
    a, b, c = (
        make_competitor(arena, name, organisation=organisation)
        for name, organisation in (("Auk", "North"), ("Bee", "South"), ("Cod", "North"))
    )
    voters = [make_voter(arena, f"secret-{n}", kind=Voter.Kind.ACCOUNT) for n in range(4)]
    for n, (first, outcome) in enumerate([("a", "a"), ("a", "a"), ("a", "b"), ("a", "b"), ("b", "b"), ("b", "a")]):
        battle = make_battle(a, b, make_prompt(arena, language="en" if n < 4 else "de"))
        make_vote(battle, outcome, voters[n % 4], first_shown=first, voted_at=datetime(2026, 3, 1 + n, 9, 47, tzinfo=UTC))
    for outcome in ("tie", "a"):
        make_vote(make_battle(a, c, make_prompt(arena)), outcome, voted_at=datetime(2026, 3, 2, 9, 47, tzinfo=UTC))
    publish_snapshot(ensure_boards(arena)[0])
    return arena


arena_of_showings = prepared(make_shown)


@pytest.fixture(autouse=True)
def nothing_kept():
    """Where counting takes long, as on a busy machine, a page is kept for a while by the number of its arena."""
    cache.clear()


@pytest.fixture
def arena(arena_of_showings):
    return arena_of_showings()


def page_of(client, arena, **query):
    return client.get(reverse("fairness", args=[arena.slug]), query)


def in_words(answer):
    parted = re.sub(r"</?(?:td|th|tr|p|h\d|li|div)\b[^>]*>", " ", answer.text)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", parted))


def shown(answer):
    return {line.name: (line.n, line.n_sided, line.n_set_aside) for line in answer.context["models"].rows}


def test_each_vote_shows_two_models(client, arena):
    """16 places: Auk 8, Bee 6, Cod 2. An even draw gives each a third."""
    answer = page_of(client, arena)
    assert shown(answer) == {"Auk": (8, 6, 0), "Bee": (6, 6, 0), "Cod": (2, 0, 0)}
    auk, bee, cod = answer.context["models"].rows
    assert (auk.share, bee.share, cod.share) == (50.0, 37.5, 12.5)
    assert (auk.times_even, auk.even) == pytest.approx((1.5, 100 / 3))
    assert (auk.left, bee.left, cod.left) == pytest.approx((200 / 3, 100 / 3, None))
    assert (
        "Of the models in use, Auk was shown most, in 50.0 % of all places, and Cod least, in 12.5 %. An even draw would give "
        "33.3 % to each."
    ) in in_words(answer)


def test_the_left_answer_wins_as_often_as_by_hand(client, arena):
    """First shown a: a, a, b, b; first shown b: b, a. The left one was chosen 3 times of 6: Wilson's 18.8 to 81.2 %."""
    answer = page_of(client, arena)
    assert "The answer on the left was chosen in 50 % (95 % interval 19 to 81) of the 6 votes that chose one." in in_words(
        answer
    )


def test_organisations_are_counted_by_their_models(client, arena):
    rows = {line.name: (line.n_models, line.n) for line in page_of(client, arena).context["organisations"].rows}
    assert rows == {"North": (2, 10), "South": (1, 6)}
    Competitor.objects.update(organisation="")
    assert 'id="organisations"' not in page_of(client, arena).text


def test_what_was_set_aside_was_shown_too(client, arena):
    vote = Vote.objects.filter(battle__competitor_b__name="Cod").order_by("pk")[:1].get()
    set_aside_votes(Vote.objects.filter(pk=vote.pk), reason="a bot", actor=make_user(is_staff=True))
    publish_snapshot(arena.leaderboards.get(is_default=True))
    answer = page_of(client, arena)
    assert shown(answer) == {"Auk": (8, 6, 1), "Bee": (6, 6, 0), "Cod": (2, 0, 1)}
    assert "a bot 1" in in_words(answer)


def test_models_that_went_are_listed_with_day_and_reason(client, arena):
    at = datetime(2026, 5, 4, 12, tzinfo=UTC)
    Competitor.objects.filter(name="Bee").update(archived_at=at, archived_because="switched <b>off")
    Competitor.objects.filter(name="Cod").update(status="retired")
    make_competitor(arena, "Never shown", status="retired")
    text = in_words(page_of(client, arena)).partition("Models that are out of use")[2]
    assert "Bee archived 4 May 2026 switched &lt;b&gt;off" in text
    assert "Cod retired day not recorded no reason recorded" in text
    assert "Never shown" not in text


@pytest.mark.parametrize(
    ("voting", "sentence"),
    [
        ("anyone", "Everybody may vote, also without an account."), ("accounts", "Whoever has an account here may vote."),
        ("closed", "Voting is closed: nobody may vote now."),
    ],
)  # fmt: skip
def test_it_says_who_may_vote(client, arena, voting, sentence):
    type(arena).objects.filter(pk=arena.pk).update(voting=voting)
    assert sentence in page_of(client, arena).text


def test_no_voter_can_be_told(client, arena):
    """Six people: a tenth of them is one, and two are known from files."""
    answer = page_of(client, arena)
    text = in_words(answer)
    assert "6 people have voted. A tenth of them is fewer than 3 people, so how much the busiest gave is not told." in text
    assert "account 4 imported fewer than 3" in text
    assert "The first vote is of 1 March 2026, the newest of 6 March 2026." in text
    assert "secret" not in answer.text
    assert "09:47" not in answer.text


def test_the_busiest_tenth_is_told_of_three_people_or_more(client):
    """21 voters: three gave 8 of 26 votes, 31 %."""
    arena, (a, b, _) = make_contest(3, 0)
    voters = [make_voter(arena) for _ in range(21)]
    for voter, n in zip(voters, [3, 3, 2, *[1] * 18], strict=True):
        for _ in range(n):
            make_vote(make_battle(a, b, make_prompt(arena)), "a", voter)
    text = in_words(page_of(client, arena))
    assert "21 people have voted. The busiest tenth, 3 voters, gave 31 % of their votes." in text


def test_languages_tell_of_no_two_voters(client, arena):
    """English: 4 voters; German: 2; 2 prompts without a language: 2."""
    text = in_words(page_of(client, arena)).partition("In which languages")[2]
    assert "English 4 50.0 % 4 4" in text
    assert "German 2 25.0 % 2 fewer than 3" in text
    assert "not known 2 25.0 % 2 fewer than 3" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["Auk", "Bee", "Cod"]), ({"models": "shown"}, ["Cod", "Bee", "Auk"]), ({"models": "-name"}, ["Cod", "Bee", "Auk"]),
        ({"models": "left"}, ["Cod", "Bee", "Auk"]), ({"models": "no such"}, ["Auk", "Bee", "Cod"]),
    ],
)  # fmt: skip
def test_tables_are_sorted_by_links(client, arena, query, names):
    assert [line.name for line in page_of(client, arena, **query).context["models"].rows] == names


def test_a_link_sorts_one_table_and_leaves_the_others(client, arena):
    answer = page_of(client, arena, models="name", languages="-name")
    assert 'href="?models=-name&amp;languages=-name#models"' in answer.text
    assert 'href="?models=name&amp;languages=-votes#languages"' in answer.text
    assert answer.text.count('aria-sort="ascending"') == 1
    assert 'aria-sort="descending"' in answer.text


def test_an_arena_without_votes_says_so(client):
    arena, _ = make_contest(2, 0)
    assert "Nobody has voted in this arena yet" in page_of(client, arena).text
    assert page_of(client, make_arena()).status_code == 200


def test_it_is_for_readers_of_the_board_and_linked_from_it(client, arena):
    assert page_of(client, arena)["Cache-Control"] == "private, no-cache"
    assert f'href="{reverse("fairness", args=[arena.slug])}"' in client.get(arena.get_absolute_url()).text
    type(arena).objects.filter(pk=arena.pk).update(board_visibility="curators")
    assert page_of(client, arena).status_code == 403
    type(arena).objects.filter(pk=arena.pk).update(voting="closed")
    assert page_of(client, arena).status_code == 404


def test_statements_do_not_grow_with_models_or_votes(client, arena, django_assert_max_num_queries):
    auk = arena.competitors.get(name="Auk")
    for n in range(10):
        make_vote(make_battle(auk, make_competitor(arena, f"Extra {n}"), make_prompt(arena)), "a")
    Competitor.objects.filter(name="Extra 1").update(archived_at=timezone.now())
    page_of(client, arena)  # where no counts are kept, as here, the first visit reads the votes themselves
    for _ in range(10):
        make_vote(make_battle(auk, arena.competitors.get(name="Extra 2"), make_prompt(arena)), "a")
    with django_assert_max_num_queries(14):
        page_of(client, arena)
