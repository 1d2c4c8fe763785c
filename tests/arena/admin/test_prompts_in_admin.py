"""Curators edit prompts, competitors, pools and arenas in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from arena.models import Event, Prompt
from tests.arena.admin.curators import (
    choose,
    listed,
    messages_of,
)
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_pool,
    make_prompt,
)

pytestmark = pytest.mark.django_db


# --- prompts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["umlaut", "ÜMLAUTE", "Umläute", "mit ä", "Ümläute mit", '"quoted"', "back\\slash", "漢字", "the-key"]
)
def test_prompts_are_found_by_their_words_and_their_key(client, curator, words):
    arena = make_arena()
    make_prompt(arena, "Something else")
    prompt = make_prompt(arena, 'umlaut ÜMLAUTE Umläute Ümläute mit ä, "quoted", back\\slash, 漢字', key="the-key")
    assert listed(client, "arena_prompt", f"?q={words}") == [prompt]


def test_prompts_are_filtered(client, curator):
    arena = make_arena()
    pool = make_pool(arena, "exam")
    prompt = make_prompt(arena, "Wanted", category="coding", language="en", status="draft", tags=["kürz"], pool=pool)
    make_prompt(arena, "Other", category="maths", language="de", tags=["kürzer", "x"])
    make_prompt(arena, "Filed nowhere")
    for query in ("category=coding", "language=en", "status__exact=draft", "tag=k%C3%BCrz", f"pool__id__exact={pool.pk}"):
        assert listed(client, "arena_prompt", f"?{query}") == [prompt], query
    assert [str(row) for row in listed(client, "arena_prompt", "?category=-")] == ["Filed nowhere"]
    assert client.get(reverse("admin:arena_prompt_changelist")).text.count("German") == 2  # in the row, and as a filter


def test_prompts_of_the_same_text_are_found(client, curator):
    arena = make_arena()
    twins = {make_prompt(arena, "Again?"), make_prompt(arena, " Again?  ")}
    make_prompt(arena, "Once.")
    make_prompt(make_arena(), "Again?")
    assert set(listed(client, "arena_prompt", "?duplicate=yes")) == twins


@pytest.mark.parametrize(
    ("action", "status"), [("set_status_active", "active"), ("set_status_retired", "retired"), ("set_status_draft", "draft")]
)
def test_prompts_are_moved_to_a_status_in_bulk_and_their_history_says_so(client, curator, action, status):
    arena = make_arena()
    prompts = [make_prompt(arena, status="draft" if status == "active" else "active") for _ in range(3)]
    already = make_prompt(arena, status=status)
    response = choose(client, "arena_prompt", action, [*prompts, already])
    assert set(Prompt.objects.values_list("status", flat=True)) == {status}
    done = {"active": "activated", "retired": "retired", "draft": "made drafts"}[status]
    same = "a draft" if status == "draft" else done
    assert messages_of(response)[0] == f"3 prompts {done}; 1 was {same} already."
    assert LogEntry.objects.filter(user=curator).count() == 3


def test_prompts_are_tagged_in_bulk(client, curator):
    arena = make_arena()
    first, second = make_prompt(arena, tags=["old", "kept"]), make_prompt(arena)
    asked = choose(client, "arena_prompt", "tag", [first, second])
    assert "2</b> prompts are chosen" in asked.content.decode()
    response = choose(client, "arena_prompt", "tag", [first, second], apply="1", add="new, kept", remove="old")
    assert [Prompt.objects.get(pk=prompt.pk).tags for prompt in (first, second)] == [["kept", "new"], ["new", "kept"]]
    assert messages_of(response) == ["2 prompts tagged."]


def test_tagging_with_nothing_is_asked_again(client, curator):
    prompt = make_prompt(make_arena())
    assert "Name at least one tag" in choose(client, "arena_prompt", "tag", [prompt], apply="1").content.decode()


def test_prompts_are_filed_elsewhere_in_bulk_and_the_ledger_says_so(client, curator):
    arena = make_arena()
    prompts = [make_prompt(arena, category="misc", language="en"), make_prompt(arena, category="coding", language="en")]
    response = choose(client, "arena_prompt", "file_elsewhere", prompts, apply="1", category="coding")
    assert set(Prompt.objects.values_list("category", "language")) == {("coding", "en")}
    event = Event.objects.get(kind="prompt_filed")
    assert (event.prompt, event.before, event.after, event.actor) == (prompts[0], "en|misc", "en|coding", curator)
    assert "1 of 2" in messages_of(response)[0]


def test_near_duplicates_are_listed(client, curator):
    arena = make_arena()
    prompt = make_prompt(arena, "Write a poem about the sea and the moon.")
    alike = make_prompt(arena, "Write a poem about the sea and the moon!!")
    make_prompt(arena, "What is the capital of France?")
    make_prompt(make_arena(), "Write a poem about the sea and the moon.")
    page = choose(client, "arena_prompt", "list_near_duplicates", [prompt, alike])
    assert [(pair.prompt, pair.other) for pair in page.context["pairs"]] == [(prompt, alike)]


def prompt_form(prompt, **changes):
    known = {"arena": prompt.arena_id, "pool": prompt.pool_id, "key": prompt.key, "status": prompt.status}
    words = {"turns": "\n=== next turn ===\n".join(prompt.turns), "system_prompt": "", "reference": "", "verifier": "null"}
    return known | words | {"category": prompt.category, "language": prompt.language, "tags": ""} | changes


def test_an_edited_category_is_an_event_in_the_ledger(client, curator):
    prompt = make_prompt(make_arena(), category="misc")
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    client.post(address, prompt_form(prompt, category="coding/python", tags="a, b,a"))
    prompt.refresh_from_db()
    assert (prompt.category, prompt.tags) == ("coding/python", ["a", "b"])
    assert Event.objects.get(kind="prompt_filed").before == "|misc"


def test_turns_are_edited_as_text_and_rendered_again(client, curator):
    prompt = make_prompt(make_arena(), "Old words")
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    client.post(address, prompt_form(prompt, turns="**First**\r\n\r\n---\r\nmore\r\n=== next turn ===\r\nSecond"))
    prompt.refresh_from_db()
    assert prompt.turns == ["**First**\n\n---\nmore", "Second"]
    assert prompt.content_hash == Prompt.hash_of(prompt.turns)
    assert "<strong>First</strong>" in prompt.html


def test_words_that_were_answered_stay(client, curator):
    arena = make_arena()
    prompt = make_prompt(arena, "Asked already")
    make_battle(make_competitor(arena), make_competitor(arena), prompt, with_answers=True)
    address = reverse("admin:arena_prompt_change", args=[prompt.pk])
    assert "Asked already" in client.get(address).content.decode()
    client.post(address, prompt_form(prompt, turns="Something else", system_prompt="New", category="coding"))
    prompt.refresh_from_db()
    assert (prompt.turns, prompt.system_prompt, prompt.category) == (["Asked already"], "", "coding")


def test_a_new_prompt_goes_into_a_pool_of_its_arena(client, curator):
    arena, elsewhere = make_arena(), make_pool(make_arena())
    data = {"arena": arena.pk, "pool": elsewhere.pk, "key": "k", "status": "active", "turns": "Why?", "verifier": "null"}
    page = client.post(reverse("admin:arena_prompt_add"), data)
    assert "is a pool of" in page.content.decode()
    client.post(reverse("admin:arena_prompt_add"), data | {"pool": make_pool(arena).pk})
    assert Prompt.objects.get(key="k").turns == ["Why?"]


@pytest.mark.parametrize(
    ("verifier", "told"),
    [
        ('{"kind": "nonsense"}', "Unknown verifier kind &#x27;nonsense&#x27;; allowed are contains, exact"),
        ('{"kind": "contains"}', "A contains verifier needs one of all, any"),
        ('{"kind": "regex", "pattern": "("}', "is not a regular expression"),
        ("[1]", "A verifier has to be an object such as"),
    ],
)
def test_a_verifier_that_cannot_be_used_is_refused_in_the_form(client, curator, verifier, told):
    arena = make_arena()
    data = {"arena": arena.pk, "pool": make_pool(arena).pk, "key": "k", "status": "active", "turns": "Why?"}
    page = client.post(reverse("admin:arena_prompt_add"), data | {"verifier": verifier})
    assert told in page.content.decode()
    client.post(reverse("admin:arena_prompt_add"), data | {"verifier": '{"kind": "mcq", "answer": "B"}'})
    assert Prompt.objects.get(key="k").verifier == {"kind": "mcq", "answer": "B"}


def test_an_arena_and_a_key_are_chosen_once(client, curator):
    prompt = make_prompt(make_arena())
    data = prompt_form(prompt, arena=make_arena().pk, key="another")
    client.post(reverse("admin:arena_prompt_change", args=[prompt.pk]), data)
    after = Prompt.objects.get(pk=prompt.pk)
    assert (after.arena, after.key) == (prompt.arena, prompt.key)


# --- competitors, pools, arenas --------------------------------------------------------------------------------------


def test_competitors_are_retired_in_bulk(client, curator):
    arena = make_arena()
    competitors = [make_competitor(arena) for _ in range(2)]
    choose(client, "arena_competitor", "set_status_retired", competitors)
    assert set(arena.competitors.values_list("status", flat=True)) == {"retired"}


def test_a_name_that_is_taken_in_the_arena_is_refused_in_the_form(client, curator):
    arena = make_arena()
    make_competitor(arena, "Kestrel")
    other = make_competitor(arena, "Osmia")
    page = client.post(reverse("admin:arena_competitor_change", args=[other.pk]), {"name": "Kestrel", "status": "active"})
    assert page.status_code == 200
    assert page.context["errors"]


def test_a_pool_is_taken_out_of_service(client, curator):
    pool = make_pool(make_arena())
    choose(client, "arena_promptpool", "set_is_active_false", [pool])
    pool.refresh_from_db()
    assert not pool.is_active


def test_who_sees_an_arena_is_edited_but_its_address_stays(client, curator):
    arena = make_arena("garden")
    data = {
        "name": "Garden", "slug": "weeds", "board_visibility": "curators", "content_visibility": "accounts", "voting": "closed",
        "guidelines": "Be fair.", "notice": "Closed for the winter.", "asked_share": "0.1",
    }  # fmt: skip
    client.post(reverse("admin:arena_arena_change", args=[arena.pk]), data)
    arena.refresh_from_db()
    assert (arena.slug, arena.board_visibility, arena.voting, arena.notice) == ("garden", "curators", "closed", data["notice"])
