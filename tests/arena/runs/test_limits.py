"""A server's limit is found out gently, and shared by all workers."""

import random
import sys
import time
from collections import Counter, deque
from datetime import UTC, datetime, timedelta

import pytest

from arena.llm.wires.messages import RateHeaders
from arena.models import Allowance, Attempt, Call, Run
from arena.runs.engine import REST_SECONDS
from arena.runs.pacing import adaptive_rate
from arena.runs.pacing.adaptive_rate import AttemptReport, RateLimits
from judges.fakellm.script import Script
from tests.arena.runs.rows import add_calls, engine_process, fake, make_endpoint, make_run, work, work_in_threads

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
UNKNOWN = RateLimits()


class Sliding:
    """So many requests in any minute."""

    def __init__(self, limit, seconds=60.0):
        self._limit, self._seconds, self._let_in = limit, seconds, deque()

    def __call__(self, t):
        while self._let_in and self._let_in[0] <= t - self._seconds:
            self._let_in.popleft()
        if len(self._let_in) >= self._limit:
            return False
        self._let_in.append(t)
        return True


class Bucket:
    """So many a second, a few at once."""

    def __init__(self, a_second, size):
        self._a_second, self._size, self._at, self._held = a_second, size, 0.0, size

    def __call__(self, t):
        self._held, self._at = min(self._size, self._held + (t - self._at) * self._a_second), t
        if self._held < 1:
            return False
        self._held -= 1
        return True


def _simulated(lets_in, *, n_calls, latency, seed, limits=UNKNOWN, step=0.02):
    """Seconds and refusals until all are through, on a clock of its own."""
    rng, allowance = random.Random(seed), adaptive_rate.new_allowance("x", "", limits, NOON)
    t, n_left, n_done, n_refused, under_way = 0.0, n_calls, 0, 0, []
    while n_done < n_calls and t < 900:
        back = [each for each in under_way if each[0] <= t]
        under_way = [each for each in under_way if each[0] > t]
        reports = [AttemptReport(NOON + timedelta(seconds=sent), not ok, None if ok else 1.0) for _, sent, ok in back]
        n_through = sum(ok for _, _, ok in back)
        n_done, n_refused, n_left = n_done + n_through, n_refused + len(back) - n_through, n_left + len(back) - n_through
        now = NOON + timedelta(seconds=t)
        adaptive_rate.learn(allowance, reports, limits, now=now, rng=rng)
        granted = adaptive_rate.grant(allowance, [1] * min(n_left, 128 - len(under_way)), limits, now=now)
        under_way += [(t + latency * rng.uniform(0.8, 1.2), t, lets_in(t)) for _ in range(granted)]
        n_left, t = n_left - granted, t + step
    return t, n_refused


@pytest.mark.parametrize("latency", [0.02, 0.2])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_sliding_minute_of_300_takes_600_calls_in_time(latency, seed):
    seconds, n_refused = _simulated(Sliding(300), n_calls=600, latency=latency, seed=seed)
    assert seconds <= 135
    assert n_refused <= 30


def test_a_bucket_without_a_reserve_is_found_at_its_rate():
    seconds, n_refused = _simulated(Bucket(5, 5), n_calls=600, latency=0.2, seed=1)
    assert seconds < 135
    assert n_refused <= 30


def test_a_limit_that_is_known_is_never_passed():
    seconds, n_refused = _simulated(Bucket(5, 5), n_calls=300, latency=0.2, seed=1, limits=RateLimits(requests_per_minute=300))
    assert n_refused == 0
    assert seconds < 66


def test_without_limits_the_rate_doubles_every_second():
    allowance, sent = adaptive_rate.new_allowance("x", "", UNKNOWN, NOON), []
    for tick in range(400):
        now = NOON + timedelta(seconds=tick / 100)
        granted = adaptive_rate.grant(allowance, [1] * 100, UNKNOWN, now=now)
        sent += [tick // 100] * granted
        adaptive_rate.learn(allowance, [AttemptReport(now, is_refused=False)] * granted, UNKNOWN, now=now, rng=random.Random(1))
    by_second = Counter(sent)
    assert [by_second[second] for second in range(4)] == pytest.approx([3, 4, 8, 10], abs=2)


def test_refusals_of_one_moment_count_once():
    allowance = adaptive_rate.new_allowance("x", "", UNKNOWN, NOON)
    reports = [AttemptReport(NOON, is_refused=True, retry_after=7.0)] * 20
    adaptive_rate.learn(allowance, reports, UNKNOWN, now=NOON + timedelta(seconds=1), rng=random.Random(1))
    assert allowance.n_refused == 1
    assert allowance.blocked_until == NOON + timedelta(seconds=8)


def test_after_a_refusal_one_call_tries_and_the_others_wait():
    allowance = adaptive_rate.new_allowance("x", "", UNKNOWN, NOON)
    adaptive_rate.learn(
        allowance, [AttemptReport(NOON, is_refused=True, retry_after=1.0)], UNKNOWN, now=NOON, rng=random.Random(1)
    )
    later = NOON + timedelta(seconds=2)
    assert [adaptive_rate.grant(allowance, [1] * 10, UNKNOWN, now=later) for _ in range(2)] == [1, 0]


def test_tokens_a_minute_hold_calls_back_and_a_huge_one_still_goes():
    limits = RateLimits(requests_per_minute=60_000, tokens_per_minute=1_000)
    allowance = adaptive_rate.new_allowance("x", "", limits, NOON)
    allowance.requests = 100.0
    assert adaptive_rate.grant(allowance, [400, 400, 400], limits, now=NOON) == 2
    assert adaptive_rate.grant(allowance, [5_000], limits, now=NOON + timedelta(seconds=20)) == 0
    assert adaptive_rate.grant(allowance, [5_000], limits, now=NOON + timedelta(seconds=80)) == 1


def test_the_headers_say_the_limit():
    allowance = adaptive_rate.new_allowance("x", "", UNKNOWN, NOON)
    rate = RateHeaders(requests_limit=6_000, requests_remaining=0, requests_reset=3.0)
    adaptive_rate.learn(allowance, [AttemptReport(NOON, is_refused=False, rate=rate)], UNKNOWN, now=NOON, rng=random.Random(1))
    assert allowance.per_minute == 6_000 * adaptive_rate.MARGIN
    assert adaptive_rate.grant(allowance, [1], UNKNOWN, now=NOON + timedelta(seconds=2)) == 0
    assert adaptive_rate.grant(allowance, [1], UNKNOWN, now=NOON + timedelta(seconds=4)) == 1


@pytest.mark.django_db(transaction=True)
def test_no_more_calls_are_under_way_than_the_endpoint_allows(settings):
    with fake(Script(latency=0.1), settings) as server:
        run = work_in_threads(make_run(make_endpoint(server, max_concurrency=3), 40), 2)
    assert run.state == Run.State.DONE
    assert server.most_in_flight <= 3


@pytest.mark.django_db(transaction=True)
def test_an_address_that_is_full_is_not_asked_for_room_at_every_turn(settings):
    """Each exchange with its allowance is a write: for what goes out, for what comes in, and one a rest while it is full."""
    with fake(Script(latency=0.5), settings) as server:
        work(make_run(make_endpoint(server, max_concurrency=1), 4))
    seconds = sum((each.finished_at - each.sent_at).total_seconds() for each in Attempt.objects.all())
    assert Allowance.objects.get().version <= 3 * 4 + seconds / REST_SECONDS


@pytest.mark.django_db(transaction=True)
def test_a_second_key_is_not_held_up(settings, monkeypatch):
    monkeypatch.setenv("AGON_KEY_SLOW", "127.0.0.1 a-slow-key")
    monkeypatch.setenv("AGON_KEY_FREE", "127.0.0.1 a-free-key")
    with fake(Script(), settings) as server:
        slow = make_endpoint(server, key_name="AGON_KEY_SLOW", requests_per_minute=60)
        run = make_run(slow, 300)
        add_calls(run, make_endpoint(server, key_name="AGON_KEY_FREE"), 100, first=300)
        process = engine_process(run, n_threads=16)
        began = time.monotonic()
        while Call.objects.filter(outcome="ok", place__gte=300).count() < 100 and time.monotonic() - began < 30:
            time.sleep(0.1)
        process.kill()
        process.communicate()
    assert Call.objects.filter(outcome="ok", place__gte=300).count() == 100
    assert Call.objects.filter(outcome="ok", endpoint=slow).count() < 30
    assert Allowance.objects.count() == 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_workers_find_a_limit_of_300_a_minute(settings):
    """600 calls: at most 5 % refused, at most 135 seconds."""
    with fake(Script(requests_per_minute=300, retry_after=1.0, latency=0.05), settings) as server:
        run = make_run(make_endpoint(server, requests_per_minute=None), 600)
        began = time.monotonic()
        processes = [engine_process(run, n_threads=64) for _ in range(2)]
        for process in processes:
            process.communicate(timeout=200)
        seconds = time.monotonic() - began
    run.refresh_from_db()
    n_refused = Attempt.objects.filter(status=429).count()
    sys.stdout.write(f"600 calls in {seconds:.0f} s, {n_refused} refused\n")
    assert run.state == Run.State.DONE
    assert Call.objects.filter(outcome="ok").count() == 600
    assert n_refused <= 30
    assert seconds <= 135


@pytest.mark.django_db(transaction=True)
def test_what_is_refused_for_speed_is_asked_again_and_not_given_up(settings):
    with fake(Script(behaviours=("rate_limit",) * 3, retry_after=0.1), settings) as server:
        run = work(make_run(make_endpoint(server, requests_per_minute=None), 5), idle_seconds=20)
    assert run.state == Run.State.DONE
    assert Attempt.objects.filter(status=429).count() == 3
