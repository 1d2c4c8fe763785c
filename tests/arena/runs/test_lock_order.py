"""Whoever acts on a run, and whoever works on it, take its rows in one order: nobody waits for ever, nothing is overlooked."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from arena.models import Attempt, Call, Endpoint, Run
from arena.runs import budget, control, dispatch, recovery
from arena.runs.pacing import circuit_breaker
from judges.fakellm.script import Script
from tests.arena.runs.rows import fake, make_endpoint, make_run, work

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="one writer at a time: nobody waits for rows"),
]


@pytest.fixture
def server(settings):
    with fake(Script(latency=0.01), settings) as server:
        yield server


def failures_of(*acts):
    """Of acts at the same time, each on a connection of its own."""
    failures = []

    def done(act):
        try:
            act()
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=done, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_a_run_is_cancelled_while_an_engine_is_at_it(server):
    run = make_run(make_endpoint(server), 3_000)

    def cancel():
        time.sleep(1)
        control.cancel(Run.objects.get(pk=run.pk))

    assert failures_of(lambda: work(run), cancel) == []
    run.refresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert not Call.objects.waiting().exists()
    assert 0 < len(server.requests) < 3_000


@pytest.mark.parametrize("act", [control.cancel, lambda run: control.raise_cap(run, 2_000_000)])
def test_an_act_and_a_turn_of_an_engine_take_calls_before_their_run(server, act):
    endpoint = make_endpoint(server)
    run = make_run(endpoint, 50, cap=1_000_000)
    Call.objects.update(bound=5)

    @transaction.atomic
    def turn():
        dispatch.candidates(run.pk, endpoint, 20, left=None, now=timezone.now())
        time.sleep(0.5)
        budget.locked(run.pk)

    def later():
        time.sleep(0.2)
        act(Run.objects.get(pk=run.pk))

    assert failures_of(turn, later) == []


def test_a_run_is_not_done_whose_failed_calls_were_started_again_meanwhile(server):
    run = make_run(make_endpoint(server), 2)
    Call.objects.update(state=Call.State.FAILED, outcome="error")

    @transaction.atomic
    def again():
        control.again(Run.objects.get(pk=run.pk))
        time.sleep(0.6)

    def close():
        time.sleep(0.2)
        control.close(run.pk)

    assert failures_of(again, close) == []
    run.refresh_from_db()
    assert (run.state, Call.objects.waiting().count()) == (Run.State.RUNNING, 2)


def test_a_sweep_takes_the_run_before_its_endpoints(server):
    endpoint = make_endpoint(server)
    run, past = make_run(endpoint, 3), timezone.now() - timedelta(seconds=5)
    lost = Call.objects.first()
    Call.objects.filter(pk=lost.pk).update(lease_token="dead", lease_until=past)
    Attempt.objects.create(call=lost, endpoint=endpoint, sent_at=past)
    Endpoint.objects.update(probe_until=past)

    @transaction.atomic
    def turn():
        budget.locked(run.pk)
        time.sleep(0.5)
        circuit_breaker.take_probe(Endpoint.objects.get(pk=endpoint.pk), now=timezone.now())

    def sweep():
        time.sleep(0.2)
        recovery.free_the_lost()

    assert failures_of(turn, sweep) == []
    assert not Call.objects.exclude(lease_token="").exists()
