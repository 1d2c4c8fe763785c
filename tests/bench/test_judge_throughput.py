"""Calls a second of the engine, verdicts stored, against those of the bare official client at the same server."""

import json
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.db import connection

from arena.models import Attempt, Call, Run
from tests.arena.runs.rows import ROOT, engine_process, make_endpoint, make_run

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]
N_CALLS = int(os.environ.get("AGON_BENCH_CALLS", "10000"))
N_THREADS = 64
LATENCY = 0.2


@contextmanager
def _server(tmp_path, settings):
    """A fake in a process of its own: it takes no time from the engine's."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"latency": LATENCY, "keep_bodies": False}))
    command = [sys.executable, "manage.py", "fakellm", "--port", "0", "--script", str(script)]
    environment = os.environ | {"AGON_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://([\d.:]+)/v1", process.stdout.readline())[1]
        settings.ENDPOINTS_ALLOWED = {address}
        settings.RUN_KINDS = {"judge": "tests.arena.runs.asking.Asking"}
        yield SimpleNamespace(openai_url=f"http://{address}/v1")
    finally:
        process.kill()
        process.communicate()


def _bare(server):
    command = [sys.executable, "-m", "tests.bench.bare_client", server.openai_url, str(N_CALLS), str(N_THREADS)]
    said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return N_CALLS / float(said)


def _engines(server, n_workers):
    """Calls a second from the first attempt to the last reply stored, and megabytes of the largest worker."""
    run = make_run(make_endpoint(server), N_CALLS)
    processes = [engine_process(run, n_threads=N_THREADS) for _ in range(n_workers)]
    said = [process.communicate(timeout=600) for process in processes]
    run.refresh_from_db()
    assert run.state == Run.State.DONE, said
    assert Call.objects.filter(run=run, outcome="ok").count() == N_CALLS
    times = Attempt.objects.filter(call__run=run).order_by("sent_at").values_list("sent_at", "finished_at")
    # Two processes do not start at the same moment: what counts is how fast it goes once all are at work.
    sent, finished = sorted(sent for sent, _ in times), sorted(finished for _, finished in times)
    middle = [moment for moment in finished if finished[N_CALLS // 5] < moment <= finished[N_CALLS * 9 // 10]]
    seconds = (middle[-1] - middle[0]).total_seconds() if n_workers > 1 else (finished[-1] - sent[0]).total_seconds()
    return (len(middle) - 1 if n_workers > 1 else N_CALLS) / seconds, max(int(out.split()[-1]) for out, _ in said)


def test_one_worker_reaches_three_quarters_of_the_bare_client(tmp_path, settings, capsys):
    with _server(tmp_path, settings) as server:
        bare = _bare(server)
        ours, megabytes = _engines(server, 1)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{connection.vendor}: bare {bare:.0f} calls/s, engine {ours:.0f} ({ours / bare:.0%}), {megabytes} MB\n"
        )
    assert ours >= 0.75 * bare
    assert megabytes < 200


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
def test_two_workers_reach_one_and_a_half_times_one(tmp_path, settings, capsys):
    with _server(tmp_path, settings) as server:
        one, _ = _engines(server, 1)
        time.sleep(1)
        two, megabytes = _engines(server, 2)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{connection.vendor}: one worker {one:.0f} calls/s, two {two:.0f} ({two / one:.2f}), {megabytes} MB\n"
        )
    assert two >= 1.5 * one
    assert megabytes < 200
