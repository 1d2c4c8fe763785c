"""The vote page: blind until the vote, one vote a form, usable without scripts."""

import re
from itertools import pairwise

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from arena.models import Ballot, Response, Vote, content_hash
from arena.outcomes import Outcome
from arena.texts.rendering import refresh
from tests.arena.pairing.test_matchmaking import make_contest
from tests.arena.views.voting_pages import FRAGMENT, cast, make_contest_of_secretive, open_key, page, undo
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response, make_user, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_contest_of_secretive()


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
    assert page(client, arena).text.count('<div class="md">') == 3  # its blocks do; with dir="auto" the whole takes seconds


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
    answers = [cast(client, arena, key, outcome=outcome, headers=FRAGMENT).text for outcome in ("a1", "a1")]
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


def test_a_vote_can_be_taken_back_from_the_page(client, arena):
    key = open_key(client, arena)
    assert 'data-key="u"' in client.get(cast(client, arena, key).url).text
    assert "Vote withdrawn" in client.get(undo(client, arena, key).url).text
    assert not Vote.objects.counted().exists()


def test_ten_seconds_later_the_button_is_gone_and_the_server_refuses(client, arena):
    key = open_key(client, arena)
    url = cast(client, arena, key).url
    Vote.objects.update(voted_at=timezone.now() - timezone.timedelta(seconds=11))
    assert 'data-key="u"' not in client.get(url).text
    answer = undo(client, arena, key)
    assert (answer.status_code, "Too late" in answer.text) == (409, True)
    assert f'href="{reverse("vote", args=[arena.slug])}">To the open pair' in answer.text


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


# --- nothing to vote on ----------------------------------------------------------------------------------------------


def test_who_has_voted_on_everything_is_told_so(client):
    arena = make_contest(2, 1)
    answer = client.get(cast(client, arena).url)
    assert "No pair is left for you" in answer.text
    assert 'data-key="u"' in answer.text  # and may take the last vote back


def test_an_arena_without_answers_says_so_and_shows_curators_the_way(client):
    arena = make_arena(voting="anyone")
    assert "There is nothing to compare yet" in page(client, arena).text
    client.force_login(make_user(is_staff=True))
    assert reverse("imports") in page(client, arena).text


def test_a_vote_asks_a_pinned_number_of_questions(client, arena):
    """The page, the vote and the pair after it; beginning and end of a transaction are statements, too."""
    cast(client, arena, headers=FRAGMENT)
    page(client, arena, "?ahead")
    refresh([*Response.objects.all(), *arena.prompts.all()])
    with CaptureQueriesContext(connection) as asked:
        key = open_key(client, arena)
    n_for_page = len(asked)
    with CaptureQueriesContext(connection) as asked:
        cast(client, arena, key, outcome="a1", headers=FRAGMENT)
    n_for_vote = len(asked)
    with CaptureQueriesContext(connection) as asked:
        page(client, arena, "?ahead")
    n_for_next = len(asked)
    lock = connection.vendor == "postgresql"  # of the voter, so that two tabs stand in line
    assert (n_for_page, n_for_vote, n_for_next) == (6, 11, 13 + lock)


# --- very long texts -------------------------------------------------------------------------------------------------


def test_very_long_texts_are_folded_and_can_be_read_whole(client, arena):
    long = "<b>word</b> " * 300_000
    Response.objects.update(text=long, rendered_by="")
    arena.prompts.update(turns=[long], rendered_by="")
    key = open_key(client, arena)
    sent = page(client, arena).text
    assert len(sent) < 400_000
    for part in ("prompt", "a", "b"):
        address = reverse("ballot-text", args=[arena.slug, key, part])
        assert address in sent
        whole = client.get(address)
        assert (whole.text, whole["Content-Type"]) == (long, "text/plain; charset=utf-8")
        assert "Secretive" not in everything_sent(whole)


def test_whole_texts_are_for_the_voter_of_an_open_pair(client, arena):
    key = open_key(client, arena)
    address = reverse("ballot-text", args=[arena.slug, key, "a"])
    for strange in ("\0", "x" * 65, "é"):
        assert client.get(reverse("ballot-text", args=[arena.slug, strange, "a"])).status_code == 404
    assert client.get(reverse("ballot-text", args=[arena.slug, key, "c"])).status_code == 404
    assert Client().get(address).status_code == 404
    cast(client, arena, key)
    assert client.get(address).status_code == 404


def test_headings_of_the_pair_leave_out_no_level(client, arena):
    arena.prompts.update(turns=["# Heading", "Second question"], rendered_by="")
    Response.objects.update(turns=["# First answer", "Second answer"], rendered_by="")
    levels = [1, *(int(level) for level in re.findall(r"<h(\d)[ >]", page(client, arena).text))]
    assert all(next_level <= level + 1 for level, next_level in pairwise(levels))


# --- what the page says where there is nothing to vote on, or a form comes late --------------------------------------


def empty_arena_states():
    """Each with what its vote page says."""
    no_texts = make_arena(voting="anyone")
    make_vote(make_battle(make_competitor(no_texts), make_competitor(no_texts), make_prompt(no_texts)))
    yield no_texts, "without the texts of the answers"
    yield make_arena(voting="anyone"), "No model has answered"
    failed = make_contest(2, 1)
    Response.objects.filter(prompt__arena=failed).update(finish="failed")
    yield failed, "empty, failed, or still being written"
    blank = make_contest(2, 0)
    for competitor in blank.competitors.all():
        make_response(blank.prompts.first() or make_prompt(blank), competitor, "  \n ")
    yield blank, "empty, failed, or still being written"
    retired = make_contest(2, 1)
    retired.prompts.update(status="retired")
    yield retired, "None of the prompts that have answers is asked: 1 retired."
    yield make_contest(1, 1), "Only one model"
    same = make_contest(2, 0)
    prompt = make_prompt(same)
    for competitor in same.competitors.all():
        make_response(prompt, competitor, "Both say this.")
    yield same, "different answers to the same prompt"
    apart = make_contest(2, 0)
    for competitor in apart.competitors.all():
        make_response(make_prompt(apart), competitor)
    yield apart, "different answers to the same prompt"
    yield make_arena(voting="closed"), "This arena takes no votes."


def test_every_state_of_an_arena_has_a_vote_page_that_says_what_is_missing(client):
    for arena, sentence in [*empty_arena_states()]:
        answer = page(client, arena)
        assert (answer.status_code, sentence in answer.text) == (200, True), sentence
        assert f'href="{reverse("vote", args=[arena.slug])}"' not in client.get(arena.get_absolute_url()).text
    assert "Vote in" not in client.get("/").text


def test_only_pairs_that_differ_are_served(client):
    arena = make_contest(3, 2)
    first, second, third = arena.competitors.order_by("pk")
    for prompt in arena.prompts.all():
        for competitor, text in ((first, "One and the same."), (second, " One and the same.\n"), (third, "")):
            answer = Response.objects.get(prompt=prompt, competitor=competitor)
            answer.text, answer.content_hash = text, content_hash(text)
            answer.save()
    prompt = make_prompt(arena)
    make_response(prompt, first, "One and the same.")
    make_response(prompt, second, "Something else.")
    key = open_key(client, arena)
    assert Ballot.objects.get(key=key).battle.prompt == prompt
    cast(client, arena, key)
    assert "No pair is left for you" in page(client, arena).text
    assert Ballot.objects.count() == 1


def test_a_stale_form_gets_a_sentence_and_the_pair_stays(arena):
    client = Client(enforce_csrf_checks=True)
    key = open_key(client, arena)
    answer = cast(client, arena, key, headers=FRAGMENT)
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert "nothing was stored" in answer.text
    assert Ballot.objects.get(key=key).state == "open"


@pytest.mark.parametrize("headers", [FRAGMENT, None])
def test_the_tab_that_comes_second_is_told_which_vote_stands(client, arena, headers):
    key = open_key(client, arena)
    cast(client, arena, key, outcome="a2")
    again = cast(client, arena, key, outcome="a2", headers=headers)  # the same form once more: a double click
    late = cast(client, arena, key, outcome="b1", headers=headers)
    skipped = cast(client, arena, key, act="skip", headers=headers)
    texts = [(answer if headers else client.get(answer["Location"])).text for answer in (again, late, skipped)]
    assert ["Your first vote stands: <b>A much better</b>" in text for text in texts] == [False, True, True]
    assert Vote.objects.get().outcome == Ballot.objects.get(key=key).outcome_for(Outcome.A)
