"""The clock was two hours ahead, then it was set right: nothing waits for two hours."""

import random
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from arena.evidence import voting
from arena.models import AdminLink, Call, Endpoint, RateWindow, WorkerSeen
from arena.operations import one_time_login
from arena.operations.metrics import seconds_since_worker
from arena.runs import dispatch, recovery
from arena.runs.pacing import adaptive_rate, circuit_breaker
from arena.runs.pacing.adaptive_rate import AttemptReport, RateLimits
from arena.visitors import rate_windows
from tests.factories import make_arena, make_battle, make_competitor, make_vote

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
AHEAD = NOW + timedelta(hours=2)

pytestmark = pytest.mark.django_db


def test_a_lease_of_a_dead_worker_does_not_stand_for_two_hours():
    from ranking.models import Leaderboard

    board = Leaderboard.objects.create(arena=make_arena(), slug="b", name="B")
    assert Leaderboard.objects.claim(board.pk, seconds=60, now=AHEAD)
    assert Leaderboard.objects.claim(board.pk, seconds=60, now=NOW)
    assert not Leaderboard.objects.claim(board.pk, seconds=60, now=NOW + timedelta(seconds=30))


def test_calls_of_an_engine_that_may_live_are_freed_after_a_lease_only(run):
    """They are paid for: whoever holds them renews in the right time, and only a dead one does not."""
    call = Call.objects.create(run=run, endpoint=run.agon_endpoint, place=1, lease_token="x", lease_until=AHEAD)
    assert recovery.free_the_lost(now=NOW) == 0
    call.refresh_from_db()
    assert call.lease_until <= NOW + timedelta(minutes=2)
    assert recovery.free_the_lost(now=NOW + timedelta(minutes=3)) == 1


@pytest.fixture
def run():
    from arena.models import Run

    arena = make_arena()
    endpoint = Endpoint.objects.create(name="e", base_url="http://127.0.0.1:9/v1", model="m")
    run = Run.objects.create(arena=arena, name="r", kind="generate", state=Run.State.RUNNING)
    run.agon_endpoint = endpoint
    return run


def test_a_retry_that_was_put_off_by_a_clock_ahead_goes_out_now(run):
    Call.objects.create(run=run, endpoint=run.agon_endpoint, place=1, not_before=AHEAD)
    soon = Call.objects.create(run=run, endpoint=run.agon_endpoint, place=2, not_before=NOW + timedelta(minutes=50))
    found = dispatch.candidates(run.pk, run.agon_endpoint, 5, left=None, now=NOW)
    assert [call.place for call in found] == [1]
    assert soon not in found
    assert recovery.due_runs(now=NOW) == [run.pk]


def test_an_endpoint_is_open_or_tried_no_longer_than_it_ever_is(run):
    endpoint = run.agon_endpoint
    endpoint.open_until = AHEAD
    assert circuit_breaker.is_closed(endpoint, NOW)
    endpoint.open_until = NOW + timedelta(seconds=200)
    assert not circuit_breaker.is_closed(endpoint, NOW)
    Endpoint.objects.filter(pk=endpoint.pk).update(probe_until=AHEAD)
    assert circuit_breaker.take_probe(endpoint, now=NOW)
    assert not circuit_breaker.take_probe(endpoint, now=NOW + timedelta(seconds=1))


def test_an_allowance_fills_and_learns_in_the_present():
    allowance = adaptive_rate.new_allowance("http://x", "", RateLimits(), AHEAD)
    adaptive_rate.learn(allowance, [AttemptReport(AHEAD, is_refused=True)], RateLimits(), now=AHEAD, rng=random.Random(1))
    assert adaptive_rate.grant(allowance, [1], RateLimits(), now=NOW) == 1, "the one call that tries"
    adaptive_rate.learn(
        allowance,
        [AttemptReport(NOW, is_refused=False)],
        RateLimits(),
        now=NOW + timedelta(seconds=1),
        rng=random.Random(1),
    )
    assert allowance.n_refused == 0
    assert adaptive_rate.grant(allowance, [1] * 5, RateLimits(), now=NOW + timedelta(seconds=10)) >= 1


def test_windows_of_the_future_are_forgotten():
    for now in (AHEAD, NOW):
        assert rate_windows.allow("k", at_most=1, seconds=60, now=now)
    assert [window.starts_at for window in RateWindow.objects.all()] == [NOW]
    assert rate_windows.allow("k", at_most=1, seconds=60, now=AHEAD)


def test_a_worker_that_was_seen_in_the_future_is_none():
    with time_machine.travel(NOW, tick=False):
        WorkerSeen.objects.create(name="a", seen_at=AHEAD)
        assert seconds_since_worker() is None
        WorkerSeen.objects.create(name="b", seen_at=NOW - timedelta(seconds=7))
        assert seconds_since_worker() == 7


def test_a_link_opens_for_its_minutes_and_a_vote_can_be_taken_back_for_its_seconds():
    link = one_time_login.make_link(now=AHEAD).rstrip("/").rpartition("/")[2]
    assert one_time_login.open_link(link, now=AHEAD)
    assert not one_time_login.open_link(link, now=NOW)
    assert AdminLink.objects.count() == 1
    arena = make_arena()
    vote = make_vote(make_battle(make_competitor(arena), make_competitor(arena)))
    assert voting.is_older(vote.voted_at, vote.voted_at - timedelta(hours=2), voting.UNDO_WITHIN)


def test_the_beat_rings_in_the_present_when_the_clock_is_set_back():
    from arena.config import celery_app
    from arena.config.worker.beat import PresentScheduler

    with time_machine.travel(AHEAD) as clock:
        beat = PresentScheduler(celery_app, schedule={"x": {"task": "t", "schedule": 1.0}}, lazy=True)
        beat.setup_schedule()
        rung = []
        beat.apply_entry = lambda entry, producer=None: rung.append(timezone.now())
        beat.tick()
        clock.shift(timedelta(seconds=2))
        beat.tick()
        clock.move_to(NOW)
        assert beat.tick() <= 1
        clock.shift(timedelta(seconds=2))
        beat.tick()
    assert len(rung) == 2
    assert rung[-1] < NOW + timedelta(minutes=1)
