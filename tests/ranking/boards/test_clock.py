"""A clock that was ahead freezes no board and no audit, and a board that lags says so."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Event
from judges.models import Judge, JudgeAudit
from ranking.boards.asked.board_choice import boards_with_news
from ranking.boards.due import is_due, refresh_boards
from ranking.boards.lag import votes_behind
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.factories import make_arena, make_battle, make_competitor, make_vote

pytestmark = pytest.mark.django_db
HOURS = timedelta(hours=2)


def _voted(arena, n=1):
    a, b = make_competitor(arena), make_competitor(arena)
    for _ in range(n):
        make_vote(make_battle(a, b))
    ledger.sequence()


def _board(arena):
    return Leaderboard.objects.get(arena=arena, is_default=True)


LAGS = re.compile(r"\bvotes? behind\b")


def _behind(arena, now):
    board = _board(arena)
    (shown,) = [each for each in boards_with_news(arena=board.arena_id) if each == board]
    return votes_behind(board, now=now, unread_since=shown.unread_since)


def test_a_board_that_was_fitted_ahead_of_time_is_due_when_the_clock_is_right():
    arena = make_arena()
    with time_machine.travel(timezone.now() + HOURS):
        _voted(arena)
        (pk, *_) = refresh_boards()
        publish_snapshot(Leaderboard.objects.get(pk=pk))
        _voted(arena)
        assert not is_due(Leaderboard.objects.get(pk=pk)), "it rests"
    assert is_due(Leaderboard.objects.get(pk=pk))
    assert pk in refresh_boards()


def test_a_judge_that_was_audited_ahead_of_time_is_due_when_the_clock_is_right():
    now, arena = timezone.now(), make_arena()
    audit = JudgeAudit(judge=Judge(), arena=arena, made_at=now + HOURS, not_before=now + HOURS, lease_until=now + HOURS)
    assert not audit.rests(now)
    assert not audit.is_held(now)
    audit.not_before = audit.lease_until = now + timedelta(seconds=30)
    assert audit.rests(now)
    assert audit.is_held(now)


def test_a_board_that_lags_says_how_many_votes_it_is_behind(client):
    arena = make_arena()
    _voted(arena, n=2)
    refresh_boards()
    publish_snapshot(_board(arena))
    _voted(arena, n=3)
    now = timezone.now()
    assert _behind(arena, now) == 0, "it has not had the time"
    assert not LAGS.search(client.get(arena.get_absolute_url()).content.decode())
    Event.objects.filter(position__gt=2).update(created_at=now - timedelta(minutes=5))
    assert _behind(arena, now) == 3
    page = client.get(arena.get_absolute_url())
    assert "3 votes behind" in page.content.decode()
    poll = client.get(arena.get_absolute_url(), headers={"HX-Request": "true"})
    publish_snapshot(_board(arena))
    again = client.get(arena.get_absolute_url(), headers={"HX-Request": "true", "If-None-Match": poll["ETag"]})
    assert again.status_code == 200
    assert not LAGS.search(again.content.decode())


def test_votes_that_no_worker_has_given_a_place_are_behind_as_well():
    arena = make_arena()
    _voted(arena)
    refresh_boards()
    publish_snapshot(_board(arena))
    make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    Event.objects.filter(position=None).update(created_at=timezone.now() - timedelta(minutes=5))
    assert _behind(arena, timezone.now()) == 1
