"""What a reader of boards sees, and what stays hidden."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from ranking.boards import ensure_boards
from ranking.models import KeptSnapshot, Leaderboard, Snapshot
from ranking.publishing import publish_snapshot
from tests.factories import make_arena, make_battle, make_contest, make_prompt, make_user, make_vote

pytestmark = pytest.mark.django_db


@pytest.fixture
def contest():
    arena, competitors = make_contest(name="Contest")
    return arena, competitors, publish_snapshot(ensure_boards(arena)[0])


def poll(client, url, etag=""):
    return client.get(url, headers={"HX-Request": "true"} | ({"If-None-Match": etag} if etag else {}))


def test_the_board_shows_each_model_with_range_interval_and_counts(client, contest):
    arena, competitors, snapshot = contest
    page = client.get(arena.get_absolute_url()).content.decode()
    for entry in snapshot.entries.all():
        assert f"{entry.rating:.0f}" in page
        assert f"{entry.low:.0f} to {entry.high:.0f}" in page
    assert all(competitor.name in page for competitor in competitors)
    assert "only 2 prompts" in page.lower()


def test_a_poll_gets_the_board_alone_and_nothing_while_it_stands(client, contest):
    arena, competitors, _ = contest
    first = poll(client, arena.get_absolute_url())
    assert b"<html" not in first.content
    assert poll(client, arena.get_absolute_url(), first["ETag"]).status_code == 304
    make_vote(make_battle(*competitors[:2], make_prompt(arena)), "b")
    publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))
    assert poll(client, arena.get_absolute_url(), first["ETag"]).status_code == 200


def test_a_whole_page_is_never_answered_from_an_etag(client, contest):
    """Its scripts carry the nonce of one answer."""
    assert "ETag" not in client.get(contest[0].get_absolute_url())


@pytest.mark.parametrize("key", ["rank", "range", "name", "rating", "win", "votes", "prompts", "price"])
def test_every_column_sorts_by_a_link(client, contest, key):
    page = client.get(contest[0].get_absolute_url(), {"sort": key, "dir": "desc"}).content.decode()
    assert page.count('aria-sort="descending"') == 1


def test_unknown_sorting_is_the_usual_one(client, contest):
    assert client.get(contest[0].get_absolute_url(), {"sort": "no such", "dir": "x"}).status_code == 200


def test_searching_leaves_the_models_that_fit(client, contest):
    arena, competitors, _ = contest
    page = client.get(arena.get_absolute_url(), {"q": competitors[0].name, "retired": "on", "filtered": "1"}).content.decode()
    assert f"row-{competitors[0].pk}" in page
    assert f"row-{competitors[1].pk}" not in page


def test_an_unknown_category_is_not_found(client, contest):
    assert client.get(contest[0].get_absolute_url(), {"category": "no such"}).status_code == 404


def test_a_permanent_link_shows_the_same_numbers_for_ever_and_keeps_them(client, contest):
    arena, competitors, snapshot = contest
    make_vote(make_battle(*competitors[:2], make_prompt(arena)), "b")
    newer = publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))
    page = client.get(snapshot.get_absolute_url()).content.decode()
    assert "12 votes" in page
    assert newer.key not in page.split('id="downloads"')[1]
    assert KeptSnapshot.objects.get().snapshot == snapshot


def test_a_private_board_says_so_to_those_who_may_vote_and_is_not_found_by_others(client):
    votable, closed = (
        make_arena(board_visibility="curators", voting="anyone"),
        make_arena(board_visibility="curators", voting="closed"),
    )
    assert client.get(votable.get_absolute_url()).status_code == 403
    assert client.get(closed.get_absolute_url()).status_code == 404


def test_a_snapshot_of_a_private_board_is_not_found(client, contest):
    arena, _, snapshot = contest
    arena.board_visibility = "curators"
    arena.save()
    assert client.get(snapshot.get_absolute_url()).status_code == 404
    client.force_login(make_user(is_staff=True))
    assert client.get(snapshot.get_absolute_url()).status_code == 200


def test_a_board_without_votes_tells_what_to_do(client):
    arena = make_arena(voting="anyone")
    assert b"Cast the first vote" in client.get(arena.get_absolute_url()).content


def test_names_are_escaped(client):
    arena, competitors = make_contest()
    competitors[0].name = "<script>alert(1)</script>"
    competitors[0].save()
    publish_snapshot(ensure_boards(arena)[0])
    for url in (arena.get_absolute_url(), reverse("competitor", args=[arena.slug, competitors[0].pk]), "/"):
        assert b"<script>alert" not in client.get(url).content


def test_a_model_page_has_its_record_against_every_opponent(client, contest):
    arena, competitors, _ = contest
    page = client.get(reverse("competitor", args=[arena.slug, competitors[0].pk])).content.decode()
    assert all(competitor.name in page for competitor in competitors)
    assert "75 %" in page  # two wins and two ties of four


def test_the_board_asks_the_database_the_same_few_questions_however_long_it_is(client, django_assert_max_num_queries):
    arena, _ = make_contest(n_competitors=6)
    publish_snapshot(ensure_boards(arena)[0])
    cache.clear()
    with django_assert_max_num_queries(12):
        client.get(arena.get_absolute_url())


@pytest.mark.parametrize("name", ["arenas", "method"])
def test_plain_pages_open_for_everybody(client, contest, name):
    assert client.get(reverse(name)).status_code == 200


def test_pages_forbid_what_they_do_not_need(client, contest):
    policy = client.get(contest[0].get_absolute_url())["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("address", ["?category=%00", "?language=a%00", "?q=%00"])
def test_a_null_character_breaks_nothing(client, contest, address):
    assert client.get(contest[0].get_absolute_url() + address).status_code in {200, 404}
    assert client.get("/snapshots/%00/").status_code == 404


def test_a_crawler_that_opens_every_snapshot_keeps_only_some(client, contest, monkeypatch):
    _, _, snapshot = contest
    monkeypatch.setattr("ranking.keeping.KEPT_AN_HOUR", 2)
    fields = {field.name: getattr(snapshot, field.name) for field in Snapshot._meta.fields if field.name not in ("id", "key")}
    for _ in range(4):
        client.get(Snapshot.objects.create(**fields).get_absolute_url())
    assert KeptSnapshot.objects.count() == 2
