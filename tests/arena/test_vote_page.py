"""The vote page: blind until the vote, one vote a form, usable without scripts."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from arena import identity
from arena.models import Arena, Ballot, Response, Vote, Voter
from tests.arena.test_matchmaking import make_contest
from tests.factories import make_arena, make_user, make_vote

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}


@pytest.fixture
def arena():
    arena = make_contest(3, 4, slug="contest", name="The contest")
    for number, competitor in enumerate(arena.competitors.all()):
        competitor.name = f"Secretive-{number}"
        competitor.save()
    return arena


def page(client, arena, query=""):
    return client.get(reverse("vote", args=[arena.slug]) + query)


def cast(client, arena, key=None, *, headers=None, **form):
    key = key or open_key(client, arena)
    form = {"ballot": key} | ({"outcome": "a1"} if not form else {}) | form
    return client.post(reverse("cast", args=[arena.slug]), form, headers=headers)


def open_key(client, arena):
    return re.search(r'name="ballot" value="([\w-]+)"', page(client, arena).text)[1]


def everything_sent(response):
    return response.text + str(response.headers) + str(response.cookies)


# --- before the vote -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["", "?ahead"])
def test_no_name_is_sent_before_the_vote(client, arena, query):
    page(client, arena)
    sent = everything_sent(page(client, arena, query))
    ballot = Ballot.objects.order_by("pk")[1 if query else 0]
    assert "Secretive" not in sent
    assert ballot.key in sent
    assert f"The answer of number {ballot.battle.competitor_a_id}." in sent  # the texts are there


@pytest.mark.parametrize("query", ["", "?ahead"])
def test_where_texts_are_alike_all_pairs_are_sent_byte_for_byte_alike(arena, query):
    """So nothing but the texts depends on who is who: no number, no address, no attribute, no header."""
    Response.objects.update(text="An answer.")
    arena.prompts.update(turns=["A question?"])
    sent = set()
    for _ in range(12):
        client = Client()
        page(client, arena)
        sent.add(without_random_parts(page(client, arena, query)))
    assert Ballot.objects.values("battle").distinct().count() > 4
    assert len(sent) == 1


def without_random_parts(response):
    sent = everything_sent(response)
    for key in Ballot.objects.values_list("key", flat=True):
        sent = sent.replace(key, "KEY")
    sent = re.sub(r"(csrfmiddlewaretoken\" value=\"|csrftoken=|agon_voter=|nonce-|nonce=\")[\w:-]+", r"\1", sent)
    return re.sub(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", "DATE", sent)


@pytest.mark.parametrize("query", ["", "?ahead"])
def test_the_page_is_stored_nowhere(client, arena, query):
    assert "no-store" in page(client, arena, query)["Cache-Control"]


def test_the_answer_shown_first_stands_first(client, arena):
    text = page(client, arena).text
    battle, first_shown = Ballot.objects.get().battle, Ballot.objects.get().first_shown
    first, second = (battle.response_a, battle.response_b)[:: 1 if first_shown == "a" else -1]
    assert text.index(first.text) < text.index(second.text)


def test_a_reload_shows_the_same_pair(client, arena):
    assert open_key(client, arena) == open_key(client, arena)


def test_the_next_pair_is_fetched_ahead_as_a_fragment(client, arena):
    key = open_key(client, arena)
    ahead = page(client, arena, "?ahead").text
    assert "<html" not in ahead
    assert re.search(r'name="ballot" value="([\w-]+)"', ahead)[1] != key


def test_where_nothing_is_left_ahead_nothing_is_sent(client):
    arena = make_contest(2, 1)
    page(client, arena)
    assert page(client, arena, "?ahead").status_code == 204


def test_texts_take_their_own_direction(client, arena):
    assert page(client, arena).text.count('class="md" dir="auto"') == 3


def test_an_empty_answer_is_called_empty(client):
    arena = make_contest(2, 1)
    Response.objects.update(text="")
    assert page(client, arena).text.count("(this answer is empty)") == 2


def test_several_turns_are_shown_one_by_one(client):
    arena = make_contest(2, 1)
    arena.prompts.update(turns=["First question", "Second question"])
    Response.objects.update(turns=["First answer", "Second answer"])
    text = page(client, arena).text
    for part in ("Turn 2", "To turn 2", "Second question", "Second answer"):
        assert part in text


# --- the vote --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "first_shown", "stored"),
    [
        ("a2", "a", ("a", 2)), ("a1", "b", ("b", 1)), ("tie", "a", ("tie", None)),
        ("both_bad", "b", ("both_bad", None)), ("b1", "a", ("b", 1)), ("b2", "b", ("a", 2)),
    ],
)  # fmt: skip
def test_six_buttons_six_meanings(client, arena, choice, first_shown, stored):
    key = open_key(client, arena)
    Ballot.objects.update(first_shown=first_shown)
    assert cast(client, arena, key, outcome=choice).status_code == 302
    vote = Vote.objects.get()
    assert (vote.outcome, vote.strength) == stored


def test_after_the_vote_the_page_tells_the_names_and_shows_the_next_pair(client, arena):
    key = open_key(client, arena)
    answer = client.get(cast(client, arena, key, outcome="b2").url)
    assert "Secretive" in answer.text
    assert "B much better" in answer.text
    assert open_key(client, arena) != key


def test_the_names_are_told_on_the_sides_that_were_shown(client, arena):
    key = open_key(client, arena)
    Ballot.objects.update(first_shown="b")
    text = cast(client, arena, key, outcome="a1", headers=FRAGMENT).text
    battle = Ballot.objects.get(key=key).battle
    assert text.index(battle.competitor_b.name) < text.index(battle.competitor_a.name)


def test_others_who_agree_are_counted_and_set_aside_votes_are_not(client, arena):
    key = open_key(client, arena)
    ballot = Ballot.objects.get()
    Ballot.objects.update(first_shown="a")
    for outcome in ("a", "a", "b"):
        make_vote(ballot.battle, outcome)
    make_vote(ballot.battle, "b", is_counted=False)
    assert "2 of 3 agree" in cast(client, arena, key, outcome="a1", headers=FRAGMENT).text


def test_reasons_and_comment_are_kept(client, arena):
    cast(client, arena, outcome="a1", why=["clear", "correct"], comment="to the point")
    vote = Vote.objects.get()
    assert (vote.reasons, vote.comment) == (["clear", "correct"], "to the point")


def test_the_page_counts_the_votes_that_were_cast(client, arena):
    for _ in range(2):
        cast(client, arena)
    assert '<b id="votes">2</b>' in page(client, arena).text


def test_a_replayed_form_gets_the_same_answer_and_is_one_vote(client, arena):
    key = open_key(client, arena)
    answers = [cast(client, arena, key, outcome=outcome, headers=FRAGMENT).text for outcome in ("a1", "b2")]
    assert re.sub(r"\d+", "", answers[0]) == re.sub(r"\d+", "", answers[1])
    assert Vote.objects.count() == 1


def test_a_side_in_the_form_is_not_listened_to(client, arena):
    key = open_key(client, arena)
    Ballot.objects.update(first_shown="b")
    cast(client, arena, key, outcome="a1", first_shown="a", side="a", battle="1")
    vote = Vote.objects.get()
    assert (vote.outcome, vote.first_shown) == ("b", "b")


def test_a_forged_ballot_is_not_found(client, arena):
    open_key(client, arena)
    answer = cast(client, arena, "A" * 22)
    assert (answer.status_code, "This pair is not open to you" in answer.text) == (404, True)


def test_the_ballot_of_another_browser_is_not_found(client, arena):
    key = open_key(Client(), arena)
    page(client, arena)
    assert cast(client, arena, key).status_code == 404
    assert not Vote.objects.exists()


def test_a_browser_without_a_cookie_has_no_ballot(client, arena):
    key = open_key(client, arena)
    answer = cast(Client(), arena, key)
    assert (answer.status_code, "Cookies must be allowed" in answer.text) == (404, True)


@pytest.mark.parametrize(
    "form",
    [{"outcome": "model_a"}, {"why": "pretty", "outcome": "a1"}, {"act": "delete"}, {"comment": "x" * 501, "outcome": "a1"},
     {"comment": "\x00", "outcome": "a1"}, {"comment": "only"}],
)  # fmt: skip
def test_a_malformed_form_is_refused_and_says_what_to_do(client, arena, form):
    answer = cast(client, arena, **form)
    assert (answer.status_code, "choose again" in answer.text) == (400, True)
    assert not Vote.objects.exists()


@pytest.mark.parametrize("key", ["\x00", "x" * 1000, "", "?", "é"])
def test_a_garbled_key_is_refused(client, arena, key):
    open_key(client, arena)
    url = reverse("cast", args=[arena.slug])
    assert client.post(url, {"ballot": key, "outcome": "a1"}).status_code == 400
    assert client.get(reverse("vote", args=[arena.slug]), {"done": key}).status_code == 200


def test_a_form_without_its_token_is_refused(arena):
    client = Client(enforce_csrf_checks=True)
    key = open_key(client, arena)
    assert cast(client, arena, key).status_code == 403
    assert not Vote.objects.exists()


# --- take back, skip, flag -------------------------------------------------------------------------------------------


def undo(client, arena, key, **more):
    return client.post(reverse("undo", args=[arena.slug]), {"voted": key}, **more)


def test_a_vote_can_be_taken_back_from_the_page(client, arena):
    key = open_key(client, arena)
    assert 'data-key="u"' in client.get(cast(client, arena, key).url).text
    assert "Taken back" in client.get(undo(client, arena, key).url).text
    assert not Vote.objects.counted().exists()


def test_ten_seconds_later_the_button_is_gone_and_the_server_refuses(client, arena):
    key = open_key(client, arena)
    url = cast(client, arena, key).url
    Vote.objects.update(voted_at=timezone.now() - timezone.timedelta(seconds=11))
    assert 'data-key="u"' not in client.get(url).text
    answer = undo(client, arena, key)
    assert (answer.status_code, "Too late" in answer.text) == (409, True)


@pytest.mark.parametrize(("act", "said"), [("skip", "Skipped"), ("flag", "Flagged")])
def test_skip_and_flag_go_on_without_telling_names(client, arena, act, said):
    key = open_key(client, arena)
    answer = client.get(cast(client, arena, key, act=act, comment="strange").url).text
    assert said in answer
    assert "Secretive" not in answer
    assert open_key(client, arena) != key
    assert Ballot.objects.get(key=key).note == ("strange" if act == "flag" else "")


def test_the_address_of_somebody_elses_vote_tells_nothing(client, arena):
    other = Client()
    url = cast(other, arena, open_key(other, arena)).url
    assert "Secretive" in other.get(url).text
    assert "Secretive" not in client.get(url).text


# --- who may vote, and how often -------------------------------------------------------------------------------------


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
    assert client.cookies[identity.COOKIE]["httponly"]
    assert Vote.objects.get().voter.kind == Voter.Kind.ANONYMOUS


def test_a_closed_arena_says_so_and_takes_no_vote(client, arena):
    key = open_key(client, arena)
    Arena.objects.update(voting="closed")
    assert "Voting is closed" in page(client, arena).text
    client.force_login(make_user())
    assert cast(client, arena, key).status_code == 404
    assert not Vote.objects.exists()


def test_too_many_votes_a_minute_are_refused_with_the_time_to_wait(client, arena, settings):
    settings.VOTES_PER_MINUTE = 2
    for _ in range(2):
        cast(client, arena)
    answer = cast(client, arena)
    assert (answer.status_code, "this pair stays open" in answer.text) == (429, True)
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert Vote.objects.count() == 2


def test_too_many_new_voters_from_one_address_are_refused(arena, settings):
    settings.ANONYMOUS_VOTERS_PER_HOUR = 1
    page(Client(), arena)
    answer = page(Client(), arena)
    assert (answer.status_code, "Sign in, or try again" in answer.text, "Retry-After" in answer) == (429, True, True)


def test_an_arena_that_nobody_may_see_is_not_found(client):
    assert page(client, make_contest(2, 1, voting="closed", board_visibility="curators")).status_code == 404


# --- nothing to vote on ----------------------------------------------------------------------------------------------


def test_who_has_voted_on_everything_is_told_so(client):
    arena = make_contest(2, 1)
    answer = client.get(cast(client, arena).url)
    assert "You have voted on everything here" in answer.text
    assert 'data-key="u"' in answer.text  # and may take the last vote back


def test_an_arena_without_answers_says_so_and_shows_curators_the_way(client):
    arena = make_arena(voting="anyone")
    assert "There is nothing to compare yet" in page(client, arena).text
    client.force_login(make_user(is_staff=True))
    assert reverse("imports") in page(client, arena).text


def test_a_vote_asks_a_pinned_number_of_questions(client, arena, django_assert_max_num_queries):
    page(client, arena)
    page(client, arena, "?ahead")
    key = open_key(client, arena)
    with django_assert_max_num_queries(26):
        cast(client, arena, key, outcome="a1", headers=FRAGMENT)
    with django_assert_max_num_queries(12):
        page(client, arena)
