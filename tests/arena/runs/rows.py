"""Rows for tests of the engine, and the engine in threads and processes of its own."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from django.conf import settings
from django.db import connection, connections

from arena.models import Arena, Call, Endpoint, Run
from arena.runs.engine import Engine
from judges.fakellm.server import serving
from tests.factories import make_arena

ROOT = Path(__file__).resolve().parents[3]
FAST = 1_000_000  # requests a minute, said to be known: no slow start
_numbers = count(1)


@contextmanager
def fake(script, settings, kind="Asking"):
    """A fake server that may be called, and the kind of run that asks it."""
    with serving(script) as server:
        settings.ENDPOINTS_ALLOWED = {server.address}
        settings.RUN_KINDS = {"judge": f"tests.arena.runs.asking.{kind}"}
        yield server


def make_endpoint(server, **fields):
    fields = {"is_proven": True, "proven_with": ["schema", "temperature"], "requests_per_minute": FAST} | fields
    return Endpoint.objects.create(
        name=f"endpoint {next(_numbers)}", model="fake", **{"timeout_seconds": 5, "base_url": server.openai_url} | fields
    )


def make_run(endpoint, n_calls, **fields):
    arena = Arena.objects.first() or make_arena()
    run = Run.objects.create(arena=arena, kind=Run.Kind.JUDGE, name="a run", **fields)
    add_calls(run, endpoint, n_calls)
    return run


def add_calls(run, endpoint, n_calls, first=0):
    Call.objects.bulk_create([Call(run=run, endpoint=endpoint, place=first + place) for place in range(n_calls)])


def work(run, **options):
    Engine(Run.objects.get(pk=run.pk), **{"n_threads": 16, "idle_seconds": 3} | options).work()
    run.refresh_from_db()
    return run


def work_in_threads(run, n_engines, **options):
    """Several engines at once, each on a connection of its own."""
    in_threads([lambda: work(Run.objects.get(pk=run.pk), **options)] * n_engines)
    run.refresh_from_db()
    return run


def in_threads(tasks):
    """All at once, each on a connection of its own; what they return."""

    def one(task):
        try:
            barrier.wait()
            return task()
        finally:
            connections.close_all()

    barrier = threading.Barrier(len(tasks))
    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(one, tasks))


def engine_process(run, **options):
    """An engine in a process that can be killed; on this test's database."""
    kind = settings.RUN_KINDS["judge"]
    said = ",".join(f"{option}={value}" for option, value in options.items())
    command = [sys.executable, "-m", "tests.arena.runs.engine_process", str(run.pk), kind, said]
    return subprocess.Popen(command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def environment():
    """Of a process on this test's database."""
    name = connection.settings_dict["NAME"]
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else _postgres_url(connection.settings_dict)
    return os.environ | {
        "DATABASE_URL": url, "AGON_ENDPOINTS_ALLOWED": ",".join(settings.ENDPOINTS_ALLOWED),
        "AGON_DATA_DIR": str(settings.DATA_DIR),
    }  # fmt: skip


def _postgres_url(database):
    return f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
