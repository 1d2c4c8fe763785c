"""A board's Atom feed: what makes an entry, in which words, and for whom."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_arena, make_competitor, make_user
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"
TODAY = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=1, microsecond=0)


@pytest.fixture
def arena():
    return make_arena("house")


@pytest.fixture
def board(arena):
    return make_board(arena, "house", is_default=True)


def make_day(board, days_ago, places, **fields):
    """A snapshot with (place, first possible, last possible) of each model; None is a rating without a place."""
    snapshot = make_snapshot(board, created_at=TODAY - timedelta(days=days_ago), **fields)
    for model, place in places.items():
        rank, low, high = place or (None, None, None)
        more = {} if place else {"low": None, "high": None, "se": None}
        make_entry(snapshot, model, 1000.0, rank=rank, rank_low=low, rank_high=high, **more)
    return snapshot


def feed_of(client, arena, **query):
    answer = client.get(reverse("board-feed", args=[arena.slug]), query)
    assert answer.status_code == 200
    return ElementTree.fromstring(answer.content)


def titles(feed):
    return [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]


def test_overtaking_is_told_once_however_ranges_touch_in_between(client, arena, board):
    ann, bob = make_competitor(arena, "Ann"), make_competitor(arena, "Bob")
    make_day(board, 6, {ann: (1, 1, 1), bob: (2, 2, 2)})
    make_day(board, 5, {ann: (1, 1, 2), bob: (2, 1, 2)})  # ranges touch
    make_day(board, 4, {ann: (1, 1, 1), bob: (2, 2, 2)})  # and part as before: nothing new
    make_day(board, 3, {bob: (1, 1, 1), ann: (2, 2, 2)})
    feed = feed_of(client, arena)
    assert titles(feed) == ["Bob is first, in place of Ann."]
    summary = feed.find(f"{ATOM}entry").findtext(f"{ATOM}summary")
    assert summary == "<ul><li>Bob is first, in place of Ann.</li><li>Bob overtook Ann.</li></ul>"


def test_an_order_that_becomes_certain_is_told_and_one_of_a_newcomer_is_not(client, arena, board):
    ann, bob, cy, dee = (make_competitor(arena, name) for name in ("Ann", "Bob", "Cy", "Dee"))
    make_day(board, 3, {ann: (1, 1, 3), bob: (2, 1, 3), cy: (3, 1, 3)})
    make_day(board, 2, {ann: (1, 1, 1), bob: (2, 2, 4), cy: (3, 2, 4), dee: (4, 2, 4)})
    assert titles(feed_of(client, arena)) == ["Ann is now above Bob and Cy beyond chance."]


def test_places_that_move_within_their_ranges_make_no_entry(client, arena, board):
    ann, bob, cy = (make_competitor(arena, name) for name in ("Ann", "Bob", "Cy"))
    make_day(board, 2, {ann: (1, 1, 1), bob: (2, 2, 3), cy: (3, 2, 3)})
    make_day(board, 1, {ann: (1, 1, 1), cy: (2, 2, 3), bob: (3, 2, 3)})
    assert titles(feed_of(client, arena)) == []


def test_a_day_has_one_entry_with_the_same_id_all_day(client, arena, board):
    ann, bob = make_competitor(arena, "Ann"), make_competitor(arena, "Bob")
    make_day(board, 2, {ann: (1, 1, 1), bob: (2, 2, 2)})
    turned = make_day(board, 1, {bob: (1, 1, 1), ann: (2, 2, 2)})
    first = feed_of(client, arena).find(f"{ATOM}entry")
    assert datetime.fromisoformat(first.findtext(f"{ATOM}updated")) == turned.created_at
    make_day(board, 1 - 1 / 24, {bob: (1, 1, 1), ann: (2, 2, 2)})
    feed = feed_of(client, arena)
    assert len(titles(feed)) == 1
    again = feed.find(f"{ATOM}entry")
    assert again.findtext(f"{ATOM}id") == first.findtext(f"{ATOM}id")
    assert datetime.fromisoformat(again.findtext(f"{ATOM}updated")) == turned.created_at + timedelta(hours=1)
    assert datetime.fromisoformat(feed.findtext(f"{ATOM}updated")) == turned.created_at + timedelta(hours=1)


@pytest.mark.parametrize("other", [{"method": "davidson"}, {"code_version": "0.2.0+ffffffffffff"}, {"seed": 2}])
def test_a_change_beside_another_method_or_code_says_so(client, arena, board, other):
    ann, bob = make_competitor(arena, "Ann"), make_competitor(arena, "Bob")
    make_day(board, 2, {ann: (1, 1, 1), bob: (2, 2, 2)}, **{"seed": 1})
    make_day(board, 1, {bob: (1, 1, 1), ann: (2, 2, 2)}, **{"seed": 1} | other)
    summary = feed_of(client, arena).find(f"{ATOM}entry").findtext(f"{ATOM}summary")
    assert "calculations also changed" in summary


def test_names_are_escaped_and_signs_that_xml_forbids_left_out(client, arena, board):
    rude, long = make_competitor(arena, "<script>\x1b&amp;\u202e"), make_competitor(arena, "n" * 130)
    make_day(board, 2, {rude: (1, 1, 1), long: (2, 2, 2)})
    make_day(board, 1, {long: (1, 1, 1), rude: (2, 2, 2)})
    feed = feed_of(client, arena)
    assert titles(feed) == [f"{'n' * 130} is first, in place of <script>&amp;."]
    summary = feed.find(f"{ATOM}entry").findtext(f"{ATOM}summary")
    assert "&lt;script&gt;&amp;amp;" in summary
    assert "<script>" not in summary


def test_no_snapshot_one_snapshot_and_snapshots_without_places_make_an_empty_feed(client, arena, board):
    ann = make_competitor(arena, "Ann")
    assert titles(feed_of(client, arena)) == []
    make_day(board, 3, {ann: (1, 1, 1)})
    assert titles(feed_of(client, arena)) == []
    make_day(board, 2, {ann: None})
    assert titles(feed_of(client, arena)) == []


def test_archived_models_are_not_named(client, arena, board):
    ann, bob, cy = (make_competitor(arena, name) for name in ("Ann", "Bob", "Cy"))
    make_day(board, 2, {ann: (1, 1, 1), bob: (2, 2, 2), cy: (3, 3, 3)})
    make_day(board, 1, {bob: (1, 1, 1), cy: (2, 2, 2), ann: (3, 3, 3)})
    arena.competitors.filter(pk=ann.pk).update(archived_at=timezone.now())
    text = client.get(reverse("board-feed", args=[arena.slug])).text
    assert "Ann" not in text


def test_many_models_passed_are_three_names_and_a_number(client, arena, board):
    ann, *others = (make_competitor(arena, f"m{k}") for k in range(7))
    make_day(board, 2, {ann: (1, 1, 7)} | {other: (k, 1, 7) for k, other in enumerate(others, start=2)})
    make_day(board, 1, {ann: (1, 1, 1)} | {other: (k, 2, 7) for k, other in enumerate(others, start=2)})
    assert titles(feed_of(client, arena)) == ["m0 is now above m1, m2, m3 and 3 others beyond chance."]


def test_an_unchanged_feed_is_not_sent_again_and_a_new_name_is(client, arena, board):
    ann = make_competitor(arena, "Ann")
    make_day(board, 2, {ann: (1, 1, 1)})
    address = reverse("board-feed", args=[arena.slug])
    first = client.get(address)
    assert first["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert "Last-Modified" not in first  # a reader that sends a date alone would not hear of new names
    assert "public" in first["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    arena.competitors.update(name="Anna")
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_a_private_board_has_no_feed_for_strangers(client):
    arena = make_arena("closed", board_visibility="curators")
    board = make_board(arena, "closed", is_default=True)
    ann, bob = make_competitor(arena, "Ann"), make_competitor(arena, "Bob")
    make_day(board, 2, {ann: (1, 1, 1), bob: (2, 2, 2)})
    make_day(board, 1, {bob: (1, 1, 1), ann: (2, 2, 2)})
    address = reverse("board-feed", args=[arena.slug])
    refused = client.get(address)
    assert refused.status_code in (403, 404)
    assert "Ann" not in refused.text
    client.force_login(make_user(is_staff=True))
    shown = client.get(address)
    assert "Bob overtook Ann." in shown.text
    assert "private" in shown["Cache-Control"]


def test_an_unknown_board_and_one_that_somebody_asked_for_have_none(client, arena, board):
    make_board(arena, "asked", is_asked=True, category="x")
    for slug in ("none", "asked"):
        assert client.get(reverse("board-feed", args=[arena.slug]), {"board": slug}).status_code == 404


def test_the_board_page_leads_to_its_feed(client, arena, board):
    make_day(board, 1, {make_competitor(arena, "Ann"): (1, 1, 1)})
    text = client.get(arena.get_absolute_url()).text
    address = f"{reverse('board-feed', args=[arena.slug])}?board=house"
    assert f'<link rel="alternate" type="application/atom+xml" href="{address}">' in text
    assert f'<a href="{address}">Feed of changes</a>' in text
    assert client.get(address).status_code == 200


def test_it_asks_as_often_for_many_days_and_models(client, arena, board, django_assert_num_queries):
    models = [make_competitor(arena) for _ in range(2)]
    make_day(board, 20, {model: (k, k, k) for k, model in enumerate(models, start=1)})
    address = reverse("board-feed", args=[arena.slug])
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    models += [make_competitor(arena) for _ in range(8)]
    for day in range(8):
        models.reverse()
        make_day(board, 10 - day, {model: (k, k, k) for k, model in enumerate(models, start=1)})
    with django_assert_num_queries(len(few)):
        client.get(address)
