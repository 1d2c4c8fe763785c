"""Arenas, competitors, prompts, answers and battles over REST: what is given, page by page."""

import pytest

from arena.models import Import
from tests.factories import (
    make_arena,
    make_battle,
    make_competitor,
    make_prompt,
    make_response,
    make_user,
    make_vote,
)

pytestmark = pytest.mark.django_db


def make_open_arena(slug="garden", **fields):
    return make_arena(slug, **{"content_visibility": "public"} | fields)


def results(client, path):
    return client.get(f"/api/v1/{path}").json()["results"]


def test_arenas_are_listed_with_their_guidelines(client):
    make_arena("garden", guidelines="Prefer the answer that is right.")
    [arena] = results(client, "arenas/")
    assert (arena["slug"], arena["guidelines"]) == ("garden", "Prefer the answer that is right.")
    assert client.get("/api/v1/arenas/garden/").json() == arena


def test_competitors_are_given_with_prices_in_dollars_and_without_their_endpoint(client):
    competitor = make_competitor(make_arena(), "Kestrel", price_out=2_500_000, endpoint="https://inside.example/v1")
    given = client.get(f"/api/v1/competitors/{competitor.pk}/").json()
    assert (given["name"], given["price_out"], given["price_in"]) == ("Kestrel", 2.5, None)
    assert "inside.example" not in str(given)


def test_prompts_are_given_without_reference_and_verifier(client):
    arena = make_open_arena()
    prompt = make_prompt(arena, "Add 2 and 2.", reference="SECRET four", verifier={"kind": "equals", "value": "SECRET"})
    for path in ("prompts/", f"prompts/{prompt.pk}/"):
        body = client.get(f"/api/v1/{path}").content.decode()
        assert "Add 2 and 2." in body
        assert "SECRET" not in body


def test_not_even_a_curator_is_given_references_over_rest(client):
    make_prompt(make_open_arena(), reference="SECRET", verifier={"value": "SECRET"})
    client.force_login(make_user(is_staff=True))
    assert "SECRET" not in client.get("/api/v1/prompts/").content.decode()


def test_drafts_are_for_curators(client):
    make_prompt(make_open_arena(), status="draft")
    assert results(client, "prompts/") == []
    client.force_login(make_user(is_staff=True))
    assert len(results(client, "prompts/")) == 1


def test_prompts_are_found_by_category_with_what_is_below_it(client):
    arena = make_open_arena()
    for key, category in (("a", "coding"), ("b", "coding/python"), ("c", "codingless"), ("d", "maths")):
        make_prompt(arena, key=key, category=category, language="en" if key == "a" else "de")
    assert [prompt["key"] for prompt in results(client, "prompts/?category=coding")] == ["a", "b"]
    assert [prompt["key"] for prompt in results(client, "prompts/?category=coding&language=de")] == ["b"]


def test_prompts_and_competitors_are_found_by_status(client):
    arena = make_open_arena()
    make_prompt(arena, key="old", status="retired")
    make_prompt(arena, key="new")
    make_competitor(arena, "Old", status="retired")
    make_competitor(arena, "New")
    assert [prompt["key"] for prompt in results(client, "prompts/?status=retired")] == ["old"]
    assert [competitor["name"] for competitor in results(client, "competitors/?status=active")] == ["New"]


def test_answers_name_prompt_and_competitor(client):
    arena = make_open_arena()
    prompt, kestrel = make_prompt(arena), make_competitor(arena, "Kestrel")
    response = make_response(prompt, kestrel, "Four.", cost=1500)
    make_response(prompt, make_competitor(arena, "Osmia"), "Five.")
    [given] = results(client, f"responses/?competitor=Kestrel&prompt={prompt.pk}")
    assert (given["id"], given["prompt"], given["competitor"]) == (response.pk, prompt.pk, "Kestrel")
    assert (given["text"], given["cost"]) == ("Four.", 0.0015)
    assert client.get(f"/api/v1/responses/{response.pk}/").json() == given


def test_answers_that_never_came_are_not_given(client):
    arena = make_open_arena()
    make_response(make_prompt(arena), make_competitor(arena), "", finish="failed")
    assert results(client, "responses/") == []


def test_a_battle_tells_how_often_each_outcome_was_given_and_by_nobody(client):
    arena = make_open_arena()
    battle = make_battle(
        make_competitor(arena, "Kestrel"), make_competitor(arena, "Osmia"), make_prompt(arena), with_answers=True
    )
    for outcome in ("a", "a", "tie"):
        make_vote(battle, outcome, comment="I am Alice")
    make_vote(battle, "b", is_counted=False)
    [given] = results(client, "battles/")
    assert (given["competitor_a"], given["competitor_b"]) == ("Kestrel", "Osmia")
    assert given["votes"] == {"a": 2, "b": 0, "tie": 1, "both_bad": 0}
    assert "voter" not in str(given)
    assert "Alice" not in str(given)
    assert client.get(f"/api/v1/battles/{battle.pk}/").json() == given


def test_battles_are_found_by_competitor_on_either_side(client):
    arena = make_open_arena()
    a, b, c = (make_competitor(arena, name) for name in "abc")
    first, second = make_battle(a, b), make_battle(b, c)
    make_battle(a, c)
    assert [battle["id"] for battle in results(client, "battles/?competitor=b")] == [first.pk, second.pk]


def test_battles_are_found_by_category_and_language_of_their_prompt(client):
    arena = make_open_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    coding = make_battle(a, b, make_prompt(arena, category="coding/python", language="en"))
    make_battle(a, b, make_prompt(arena, category="maths", language="en"))
    make_battle(a, b)
    assert [battle["id"] for battle in results(client, "battles/?category=coding&language=en")] == [coding.pk]


def test_battles_of_an_import_that_is_still_read_are_not_there(client):
    arena = make_open_arena()
    source = Import.objects.create(arena=arena, kind="battles", format="llmfao", filename="x.csv", path="x", digest="0")
    battle = make_battle(make_competitor(arena), make_competitor(arena), source=source)
    assert results(client, "battles/") == []
    assert client.get(f"/api/v1/battles/{battle.pk}/").status_code == 404


def test_lists_of_several_arenas_hold_what_is_open_in_each(client):
    for slug, visibility in (("garden", "public"), ("kitchen", "public"), ("cellar", "curators")):
        arena = make_arena(slug, content_visibility=visibility)
        make_battle(make_competitor(arena), make_competitor(arena))
    assert {battle["arena"] for battle in results(client, "battles/")} == {"garden", "kitchen"}
    assert {battle["arena"] for battle in results(client, "battles/?arena=kitchen")} == {"kitchen"}


def test_pages_follow_each_other_without_gap_or_repetition(client):
    arena = make_open_arena()
    a, b = make_competitor(arena), make_competitor(arena)
    battles = [make_battle(a, b).pk for _ in range(7)]
    seen, address = [], "/api/v1/battles/?limit=3"
    while address:
        page = client.get(address).json()
        seen += [battle["id"] for battle in page["results"]]
        address = page["next"]
    assert seen == battles


@pytest.mark.parametrize(
    ("path", "n_queries"),
    [
        ("arenas/", 1),
        ("competitors/", 1),
        ("prompts/", 1),
        ("responses/", 4),  # one of them counts what is hidden
        ("battles/", 4),  # here too
    ],
)
def test_queries_do_not_grow_with_the_rows(client, django_assert_num_queries, path, n_queries):
    arena = make_open_arena()
    for _ in range(6):
        battle = make_battle(make_competitor(arena), make_competitor(arena), make_prompt(arena), with_answers=True)
        make_vote(battle)
    with django_assert_num_queries(n_queries):
        assert client.get(f"/api/v1/{path}").status_code == 200


def test_an_unchanged_list_is_304(client):
    arena = make_open_arena()
    etag = client.get("/api/v1/competitors/")["ETag"]
    assert client.get("/api/v1/competitors/", headers={"if-none-match": etag}).status_code == 304
    make_competitor(arena)
    assert client.get("/api/v1/competitors/", headers={"if-none-match": etag}).status_code == 200
