"""What people do with a run: pause, resume, cancel, once more; and what they see of it."""

import threading
import time

import pytest
from django.db import connections

from arena import tasks
from arena.models import Attempt, Call, Run
from arena.runs import control, worker_slices
from judges.fakellm.script import Script
from tests.arena.runs.rows import fake, make_endpoint, make_run, work

pytestmark = pytest.mark.django_db(transaction=True)


def _in_thread(function):
    def run():
        try:
            function()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _wait(condition, seconds=20):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_paused_run_sends_nothing_more_and_goes_on_where_it_was(settings):
    with fake(Script(latency=0.1), settings) as server:
        run = make_run(make_endpoint(server), 200)
        worker = _in_thread(lambda: work(Run.objects.get(pk=run.pk)))
        _wait(lambda: len(server.requests) > 20)
        control.pause(run)
        worker.join(20)
        n_sent = len(server.requests)
        assert n_sent < 200
        assert Call.objects.filter(outcome="ok").count() == n_sent == Attempt.objects.count()
        control.resume(run)
        work(run)
    assert run.state == Run.State.DONE
    assert len(server.requests) == 200


def test_a_cancelled_run_keeps_what_was_paid(settings):
    with fake(Script(latency=0.1), settings) as server:
        run = make_run(make_endpoint(server), 200)
        worker = _in_thread(lambda: work(Run.objects.get(pk=run.pk)))
        _wait(lambda: len(server.requests) > 20)
        control.cancel(run)
        worker.join(20)
    seen = control.progress(run)
    assert run.state == Run.State.CANCELLED
    assert seen.n_done == len(server.requests) < 200
    assert seen.n_done + seen.n_cancelled == 200
    with pytest.raises(control.NotPossible, match="is cancelled: only a paused run can be resumed"):
        control.resume(run)


def test_failed_calls_are_asked_again_on_demand(settings):
    with fake(Script(mix={"policy": 1.0}), settings) as server:
        run = work(make_run(make_endpoint(server), 10))
        assert control.progress(run).outcomes == {"filtered": 10}
        server.script = Script()
        assert control.again(run, outcomes={"error"}) == 0
        assert control.again(run) == 10
        work(run)
    assert control.progress(run).outcomes == {"ok": 10}
    assert Attempt.objects.count() == 20


def test_progress_counts_calls_money_and_time(settings):
    with fake(Script(usage=(10, 10)), settings) as server:
        run = make_run(make_endpoint(server, price_out=1_000_000), 30, cap=1_000_000)
        before = control.progress(run)
        assert (before.n_calls, before.n_waiting, before.n_over, before.seconds_left) == (30, 30, 0, None)
        work(run)
    after = control.progress(run)
    assert (after.n_done, after.outcomes, after.spent, after.reserved) == (30, {"ok": 30}, 300, 0)
    assert after.per_minute > 0
    assert (run.state, after.seconds_left) == (Run.State.DONE, None)  # only a running one has time left


def test_the_bell_works_on_a_run_and_the_sweep_rings_it(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with fake(Script(), settings) as server:
        run = make_run(make_endpoint(server), 20)
        tasks.work_on_run(run.pk)
    run.refresh_from_db()
    assert run.state == Run.State.DONE
    assert worker_slices.work_on(run.pk) is False


def test_a_process_is_at_a_run_once(settings):
    with fake(Script(latency=0.5), settings) as server:
        run = make_run(make_endpoint(server), 40)
        worker = _in_thread(lambda: worker_slices.work_on(run.pk))
        _wait(lambda: server.requests)
        assert worker_slices.work_on(run.pk) is False
        worker_slices.stop_all()
        worker.join(20)
        n_sent = len(server.requests)
    assert Call.objects.filter(outcome="ok").count() == n_sent == Attempt.objects.count()
    assert not Call.objects.exclude(lease_token="").exists()


def test_a_fault_of_the_program_pauses_the_run_and_says_so(settings, monkeypatch):
    def broken(self, calls):
        raise KeyError("a fault")

    monkeypatch.setattr("tests.arena.runs.asking.Asking.compose", broken)
    with fake(Script(), settings) as server:
        run = make_run(make_endpoint(server), 1)
        with pytest.raises(KeyError):
            work(run)
    run.refresh_from_db()
    assert (run.state, run.paused_because) == (Run.State.PAUSED, "stopped by a fault (KeyError): see the log, then resume")
