"""Killed at any moment: every call is decided once, and every request that the server saw is on record."""

import random
import time
from collections import Counter

import pytest

from arena.models import Attempt, Call, Run
from arena.runs import recovery
from judges.fakellm.script import Script
from tests.arena.runs.rows import engine_process, fake, make_endpoint, make_run, work

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 1_000_000
LEASE = 2


def _is_whole(run, server, n_calls):
    run.refresh_from_db()
    assert (run.state, run.reserved) == (Run.State.DONE, 0)
    assert Counter(Call.objects.values_list("state", flat=True)) == {"done": n_calls}
    seen = Counter(server.attempts())
    assert set(seen.values()) == {1}
    assert set(seen) <= set(Attempt.objects.values_list("key", flat=True))
    assert Attempt.objects.filter(state="ok").values("call").distinct().count() == n_calls
    assert Attempt.objects.filter(state="ok").count() == n_calls
    lost = Attempt.objects.filter(state="lost")
    assert all(attempt.cost == attempt.reserved > 0 for attempt in lost)
    assert run.spent == sum(Attempt.objects.values_list("cost", flat=True))
    assert set(Attempt.objects.values_list("state", flat=True)) <= {"ok", "lost"}


def _killed_at_random(settings, *, n_calls, n_kills, seed):
    rng = random.Random(seed)
    with fake(Script(latency=(0.01, 0.1), usage=(10, 20)), settings) as server:
        endpoint = make_endpoint(server, price_in=PRICE, price_out=PRICE, timeout_seconds=60)  # no call fails by itself
        run = make_run(endpoint, n_calls)
        for _ in range(n_kills):
            process = engine_process(run, n_threads=16, lease_seconds=LEASE)
            process.stdout.readline()
            time.sleep(rng.uniform(0, 0.7))
            process.kill()
            process.communicate()
        run.refresh_from_db()
        assert run.state == Run.State.RUNNING, "the kills came too late to test anything"
        time.sleep(LEASE + 0.5)
        work(run, n_threads=64)
        _is_whole(run, server, n_calls)
        assert Attempt.objects.filter(state="lost").exists()


def test_kills_lose_no_call_and_no_record(settings):
    _killed_at_random(settings, n_calls=600, n_kills=3, seed=1)


def test_a_reply_that_comes_after_its_lease_is_paid_and_does_not_count(settings, monkeypatch):
    """The sweep takes the call away while the server thinks; another engine asks again."""
    monkeypatch.setattr("arena.runs.engine.Engine._renew", lambda self: None)
    with fake(Script(latency=1.5, usage=(10, 20)), settings) as server:
        run = make_run(make_endpoint(server, price_in=PRICE, price_out=PRICE), 1)
        process = engine_process(run, n_threads=1, lease_seconds=60)
        process.stdout.readline()
        _wait(lambda: server.requests)
        Call.objects.update(lease_until="2000-01-01T00:00:00Z")
        assert recovery.free_the_lost() == 1
        work(run)
        process.communicate(timeout=20)
    run.refresh_from_db()
    assert Counter(Attempt.objects.values_list("state", flat=True)) == {"late": 1, "ok": 1}
    assert {attempt.cost for attempt in Attempt.objects.all()} == {30}
    assert (run.state, run.spent, run.reserved) == (Run.State.DONE, 60, 0)


def test_a_lease_is_renewed_while_the_server_thinks(settings):
    with fake(Script(latency=2.5), settings) as server:
        run = make_run(make_endpoint(server, timeout_seconds=10), 1)
        process = engine_process(run, n_threads=1, lease_seconds=1)
        process.stdout.readline()
        _wait(lambda: server.requests)
        time.sleep(1.8)
        assert recovery.free_the_lost() == 0
        process.communicate(timeout=20)
    assert Call.objects.get().outcome == "ok"


def _wait(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
