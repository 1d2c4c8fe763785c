"""Battles with names and votes: for those who may read them, and never while they are open to the reader."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from arena.evidence.curation import restore_import, set_aside_import
from arena.exporting.votes import WITH_ITS_IMPORT
from arena.models import Ballot, Import, Prompt, PromptStatus
from tests.arena.exporting.taking_out import taken
from tests.arena.pairing.test_matchmaking import make_contest
from tests.arena.views.voting_pages import cast, open_key
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_user, make_vote, make_voter

pytestmark = pytest.mark.django_db


@pytest.fixture
def arena():
    return make_arena("contest", voting="anyone", content_visibility="public")


@pytest.fixture
def battle(arena):
    a, b = make_competitor(arena, "Kestrel"), make_competitor(arena, "Umber")
    prompt = make_prompt(arena, "What is **bold**?", category="coding", language="de")
    return make_battle(a, b, prompt, with_answers=True, propensity=0.03125)


def battles(client, arena, **query):
    return client.get(reverse("battles", args=[arena.slug]), query)


def show(client, battle):
    return client.get(reverse("battle", args=[battle.arena.slug, battle.pk]))


def curator_client():
    client = Client()
    client.force_login(make_user(is_staff=True))
    return client


def account_client():
    client = Client()
    client.force_login(make_user())
    return client


# --- one battle ------------------------------------------------------------------------------------------------------


def test_the_page_shows_prompt_answers_and_names(client, battle):
    text = show(client, battle).text
    for part in ("Kestrel against Umber", "<strong>bold</strong>", "The answer of number", "German", "probability 0.03125"):
        assert part in text


def test_votes_that_count_are_summed_and_those_set_aside_are_counted_apart(client, battle):
    for outcome in ("a", "a", "b", "tie"):
        make_vote(battle, outcome)
    make_vote(battle, "both_bad", is_counted=False, set_aside_reason="a bot")
    text = " ".join(show(client, battle).text.split())
    for part in ("2 <small>of 4</small>", "0 <small>of 4</small>", "1 more set aside"):
        assert part in text


def test_single_votes_are_never_public(client, battle):
    make_vote(battle, "a", comment="my name is Ada")
    pages = [show(c, battle).text for c in (client, account_client(), curator_client())]
    assert [bool(re.search(r">\s*v-[0-9a-f]+", page)) for page in pages] == [False, True, True]  # a nonce may hold "v-", too
    assert ["my name is Ada" in page for page in pages] == [False, False, True]


def test_a_vote_set_aside_says_why(battle):
    make_vote(battle, "a", is_counted=False, set_aside_reason="3 s for 321 words")
    assert "3 s for 321 words" in show(account_client(), battle).text


def test_a_vote_of_an_import_set_aside_says_so(battle):
    source = Import.objects.create(
        arena=battle.arena, kind="battles", format="x", filename="x", path="x", digest="x", state="set_aside"
    )
    make_vote(battle, "a", source=source)
    assert "with its whole import" in show(account_client(), battle).text


def test_the_reason_of_an_import_that_is_set_aside_is_shown_to_readers_of_its_votes(client, battle):
    source = Import.objects.create(
        arena=battle.arena, kind="battles", format="x", filename="x", path="x", digest="x", state="published"
    )
    make_vote(battle, "a", source=source)
    set_aside_import(source, "an earlier one", None)
    restore_import(source, None)
    assert "an earlier one" not in show(account_client(), battle).text
    set_aside_import(source, "wrong labels", None)
    assert "with its whole import: wrong labels" in show(account_client(), battle).text
    assert "wrong labels" in battles(client, battle.arena, votes="set_aside").text
    (row,) = taken("votes", battle.arena)
    assert (row["is_counted"], row["set_aside_reason"]) == (False, "with its whole import: wrong labels")


def test_voters_are_numbers_that_do_not_lead_back_to_them(battle):
    vote = make_vote(battle, "a", voter=make_voter(battle.arena, key="ada@example.org"))
    text = show(curator_client(), battle).text
    assert "ada@example.org" not in text
    assert f"v-{vote.voter_id:06d}" not in text


def test_a_battle_without_answers_says_that_they_are_not_here(client, arena):
    battle = make_battle(make_competitor(arena), make_competitor(arena))
    text = show(client, battle).text
    assert "was imported without its answers" in text
    assert "was imported without it." in text


def test_references_and_verifiers_are_not_shown(battle):
    battle.prompt.reference, battle.prompt.verifier = "SECRET-ANSWER", {"contains": "SECRET-CHECK"}
    battle.prompt.save()
    assert "SECRET" not in show(curator_client(), battle).text


# --- who may read it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("visibility", "anonymous", "account", "curator"),
    [("public", 200, 200, 200), ("accounts", 404, 200, 200), ("curators", 404, 404, 200)],
)
def test_who_may_read_battles(battle, visibility, anonymous, account, curator):
    battle.arena.content_visibility = visibility
    battle.arena.save()
    clients = (Client(), account_client(), curator_client())
    assert [show(client, battle).status_code for client in clients] == [anonymous, account, curator]
    assert [battles(client, battle.arena).status_code for client in clients] == [anonymous, account, curator]


def test_a_battle_of_another_arena_is_not_found(client, battle):
    other = make_arena("other", content_visibility="public")
    assert client.get(reverse("battle", args=[other.slug, battle.pk])).status_code == 404


def with_source(battle, state):
    battle.source = Import.objects.create(
        arena=battle.arena, kind="battles", format="x", filename="x", path="x", digest="x", state=state
    )
    battle.save()
    return battle.source


def test_battles_of_an_import_that_is_still_loaded_are_not_shown(client, battle):
    with_source(battle, "loading")
    assert show(client, battle).status_code == 404


def test_battles_of_an_import_that_was_set_aside_can_be_read_listed_and_exported(client, battle):
    make_vote(battle, "a", source=with_source(battle, "set_aside"))
    assert "1 more set aside: with its whole import" in " ".join(show(client, battle).text.split())
    assert listed(battles(client, battle.arena, votes="set_aside")) == [battle.pk]
    assert [(row["is_counted"], row["set_aside_reason"]) for row in taken("votes", battle.arena)] == [(False, WITH_ITS_IMPORT)]


def voting_contest():
    arena = make_contest(2, 1, slug="voting", content_visibility="public")
    for number, competitor in enumerate(arena.competitors.all()):
        competitor.name = f"Secretive-{number}"
        competitor.save()
    return arena


def test_a_battle_open_to_its_reader_says_vote_first():
    arena, client = voting_contest(), curator_client()
    key = open_key(client, arena)
    battle = Ballot.objects.get().battle
    answer = show(client, battle)
    assert (answer.status_code, "vote first" in answer.text, "Secretive" in answer.text) == (404, True, False)
    assert listed(battles(client, arena)) == []
    cast(client, arena, key)
    assert "Secretive" in show(client, battle).text


def test_another_battle_on_the_open_prompt_is_hidden_from_its_voter_too():
    arena, client = voting_contest(), curator_client()
    open_key(client, arena)
    voted_on = Ballot.objects.get().battle
    imported = make_battle(voted_on.competitor_a, voted_on.competitor_b, voted_on.prompt, with_answers=True, row_key=b"0" * 16)
    assert "vote first" in show(client, imported).text


def test_a_battle_open_to_somebody_is_hidden_from_all_who_are_not_curators():
    arena, voter = voting_contest(), Client()
    open_key(voter, arena)
    battle = Ballot.objects.get().battle
    assert [show(client, battle).status_code for client in (Client(), account_client(), curator_client())] == [404, 404, 200]


# --- the list --------------------------------------------------------------------------------------------------------


def make_battles(arena, n):
    a, b = make_competitor(arena), make_competitor(arena)
    return [make_battle(a, b, make_prompt(arena)) for _ in range(n)]


def listed(answer):
    return [battle.pk for battle, _ in answer.context["rows"]]


def test_the_newest_battles_come_first_a_page_at_a_time(client, arena):
    numbers = [battle.pk for battle in make_battles(arena, 120)][::-1]
    first = battles(client, arena)
    second = client.get(reverse("battles", args=[arena.slug]) + first.context["older"])
    third = client.get(reverse("battles", args=[arena.slug]) + second.context["older"])
    assert listed(first) + listed(second) + listed(third) == numbers
    assert third.context["older"] == ""
    back = client.get(reverse("battles", args=[arena.slug]) + third.context["newer"])
    assert listed(back) == listed(second)


def test_battles_are_filtered(client, arena):
    plain, other = make_battles(arena, 2)
    special = make_battle(
        make_competitor(arena, "Kestrel"), make_competitor(arena), make_prompt(arena, category="a/b", language="de")
    )
    make_vote(special)
    for query in ({"competitor": special.competitor_a_id}, {"category": "a/b"}, {"language": "de"}, {"votes": "some"}):
        assert listed(battles(client, arena, **query)) == [special.pk], query
    assert listed(battles(client, arena, votes="none")) == [other.pk, plain.pk]


@pytest.mark.parametrize("query", [{"competitor": "x"}, {"votes": "many"}, {"before": "x"}, {"category": "\x00"}])
def test_an_unknown_filter_is_refused(client, arena, query):
    assert battles(client, arena, **query).status_code == 400


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"competitor": 999}, "There is no model with the number “999” here."),
        ({"category": "zzz"}, "There is no category “zzz”"),
    ],
)
def test_what_is_unknown_is_named_beside_a_way_on(client, arena, query, sentence):
    page = battles(client, arena, **query).text
    assert sentence in page
    assert f'href="{reverse("battles", args=[arena.slug])}">all battles</a>' in page
    assert 'name="competitor"' in page


def test_battles_that_are_hidden_for_now_are_counted_and_say_so(client):
    arena = make_contest(3, 2)
    arena.content_visibility = "public"
    arena.save()
    prompt = Ballot.objects.get(key=open_key(client, arena)).battle.prompt
    there = make_battle(*arena.competitors.order_by("pk")[:2], prompt, with_answers=False)
    other = Client()
    n_hidden = arena.battles.filter(prompt=prompt).count()
    assert f"{n_hidden} battles of this arena are hidden for now" in battles(other, arena).text
    named = battles(other, arena, competitor=there.competitor_a_id).text
    assert f"{n_hidden} battles of this arena are hidden for now" in named  # whatever the filter: it must not tell who is open
    page = show(other, there)
    assert (page.status_code, "Hidden for now" in page.text) == (404, True)
    assert there.competitor_a.name not in page.text
    assert "vote first" in show(client, there).text
    assert other.get("/api/v1/battles/", {"arena": arena.slug}).json()["hidden"] == n_hidden
    n_answers = prompt.responses.count()
    for query in ({"arena": arena.slug}, {"competitor": there.competitor_a.name}, {"prompt": prompt.pk}):
        assert other.get("/api/v1/responses/", query).json()["hidden"] == n_answers
    Ballot.objects.update(state=Ballot.State.SKIPPED)
    assert "hidden for now" not in battles(other, arena).text


def test_battles_with_votes_that_were_set_aside_are_listed_with_the_reason(client, arena):
    plain, other = make_battles(arena, 2)
    make_vote(plain)
    make_vote(other, is_counted=False, set_aside_reason="a bot")
    page = battles(client, arena, votes="set_aside")
    assert listed(page) == [other.pk]
    assert ">1 set aside</span> <small>a bot</small>" in " ".join(page.text.split())
    assert "1 more set aside: a bot" in " ".join(show(client, other).text.split())


def test_an_empty_list_says_so(client, arena):
    assert "No battle fits" in battles(client, arena).text
    assert "have no text here" not in battles(client, arena).text


def test_a_list_that_is_empty_for_lack_of_texts_says_so(client, arena):
    make_battles(arena, 1)
    Prompt.objects.update(turns=[], status=PromptStatus.DRAFT)
    page = battles(client, arena).text
    assert "No battle fits." in page
    assert "Battles on prompts that have no text here, or are drafts, can be read by curators only." in page
    curator = Client()
    curator.force_login(make_user(is_staff=True))
    assert len(listed(battles(curator, arena))) == 1


def test_lists_and_pages_ask_a_pinned_number_of_questions(client, arena, django_assert_num_queries):
    for battle in make_battles(arena, 30):
        make_vote(battle)
    with django_assert_num_queries(9):  # one of them says how many battles are hidden for now
        battles(client, arena)
    with django_assert_num_queries(10):  # one finds the board whose ratings say what was expected
        show(client, battle)
