"""Moments of a board: the slider's list tells what each snapshot changed, and a page draws ratings over time."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from arena.models import Competitor
from ranking.views.reports.over_time import MOST_LINES, MOST_MOMENTS
from tests.factories import make_arena, make_competitor
from tests.prepared import prepared
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make_history():
    """Four snapshots, a day apart: 10 votes; 30; a third model with 1,040; 40 set aside, by another method."""
    arena = make_arena("house")
    board = make_board(arena, "house", is_default=True)
    first, second, third = (make_competitor(arena, name) for name in ("Auk", "Bee", "Cod<b>"))
    told = [{"n_votes": 10}, {"n_votes": 30}, {"n_votes": 1040}, {"n_votes": 1000, "n_set_aside": 40, "method": "davidson"}]
    for day, fields in enumerate(told):
        snapshot = make_snapshot(board, created_at=START + timedelta(days=day), **fields)
        make_entry(snapshot, first, 1000.0 + 10 * day, rank=1)
        make_entry(snapshot, second, 990.0 - 20 * day, rank=2)
        if day > 1:
            make_entry(snapshot, third, 900.0, rank=3)
    return board


history = prepared(make_history)


def options_of(text):
    form = text.partition("data-moments")[2].partition("</form>")[0]
    return [part.partition(">")[2].partition("</option>")[0] for part in form.split("<option")[1:]]


def test_each_moment_says_its_date_its_votes_and_what_happened(client, history):
    options = options_of(client.get(reverse("leaderboard", args=["house"])).text)
    assert options == [
        "1 Mar 2026, 12:00 · 10 votes",
        "2 Mar 2026, 12:00 · 30 votes (+20)",
        "3 Mar 2026, 12:00 · 1,040 votes (+1,010) · 1 more model",
        "4 Mar 2026, 12:00 · 1,000 votes (−40) · 40 more set aside · another method · now",
    ]


def test_what_is_chosen_leads_to_the_snapshot_or_to_the_board_as_it_is_now(client, history):
    first, *_, newest = history().snapshots.order_by("pk")
    assert client.get(reverse("moment"), {"key": first.key}).url == first.get_absolute_url()
    assert client.get(reverse("moment"), {"key": newest.key}).url == "/arenas/house/?board=house"
    for wrong in ("", "0" * 16, "\0"):
        assert client.get(reverse("moment"), {"key": wrong}).status_code == 404


def test_moments_of_a_private_board_are_not_there(client, history):
    snapshot = history().snapshots.first()
    arena = snapshot.leaderboard.arena
    arena.board_visibility = arena.visibility = "private"
    arena.save()
    assert client.get(reverse("moment"), {"key": snapshot.key}).status_code == 404


def test_ratings_over_time_have_bands_events_and_a_table(client, history):
    text = client.get(reverse("over-time", args=["house"])).text
    assert text.count('class="reach"') == 3
    assert text.count('class="ev"') == 2  # a model more, and votes set aside by another method
    rows = text.partition('id="moments"')[2].partition("</table>")[0].partition("<tbody>")[2].split("<tr>")[1:]
    assert len(rows) == 4
    assert "<td>a</td>" in rows[2]
    assert "1 more model" in rows[2]
    assert "not known" in rows[1]  # the third model, which was not there yet
    assert "40 more set aside · another method" in rows[3]
    assert "<bdi>Bee</bdi></b> changed most between 1 March 2026 and 4 March 2026: −60 points." in text
    assert "Cod<b>" not in text


def test_models_over_time_are_chosen_in_the_address(client, history):
    auk = Competitor.objects.get(name="Auk")
    text = client.get(reverse("over-time", args=["house"]), {"model": [auk.pk, "x", "9" * 30]}).text
    assert text.count('class="reach"') == 1
    assert f'value="{auk.pk}" checked' in text


def test_one_snapshot_is_no_history(client, history):
    history().snapshots.exclude(pk=history().newest_snapshot().pk).delete()
    assert "from the second snapshot on" in client.get(reverse("over-time", args=["house"])).text
    assert "data-moments" not in client.get(reverse("leaderboard", args=["house"])).text


def test_a_long_history_is_thinned_and_asks_no_more_queries(client, history):
    asked = queries_of(client)
    board = history()
    models = [*board.arena.competitors.all(), *(make_competitor(board.arena) for _ in range(4))]
    for day in range(4, 60):
        snapshot = make_snapshot(board, created_at=START + timedelta(days=day))
        for k, model in enumerate(models):
            make_entry(snapshot, model, 1000.0 - 5 * k, rank=k + 1)
    assert queries_of(client) == asked
    text = client.get(reverse("over-time", args=["house"])).text
    assert text.count('rel="nofollow"><time') <= MOST_MOMENTS
    assert text.count('class="reach"') == MOST_LINES


def queries_of(client):
    with CaptureQueriesContext(connection) as asked:
        client.get(reverse("over-time", args=["house"]))
    return len(asked)
