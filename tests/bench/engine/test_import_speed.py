"""An import takes little more than writing its battles and votes: what it reads, checks and looks up costs less than that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from arena.models import Battle, Vote
from tests.bench.processes import ROOT, environment

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(1_800),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="a server's processor is not this process's"),
]

N_BATTLES = int(os.environ.get("BENCH_BATTLES", "400000"))
MOST_TIMES = 1.7


def test_an_import_costs_at_most_1_7_times_what_its_inserts_cost(tmp_path, row):
    path = tmp_path / "battles.csv"
    call_command("make_battles", battles=N_BATTLES, competitors=100, prompts=10_000, seed=1, out=path, verbosity=0)
    imported = _seconds("import", path, folder=tmp_path)
    assert Battle.objects.count() == Vote.objects.count() == N_BATTLES
    inserted = _seconds("executemany", folder=tmp_path)
    assert Battle.objects.count() == Vote.objects.count() == N_BATTLES
    row(
        f"Import of {N_BATTLES:,} battles, each with a vote",
        f"{imported / inserted:.2f} times the CPU of `executemany` of its rows ({N_BATTLES / imported:,.0f} rows a second)",
        f"{MOST_TIMES} times",
    )
    assert imported <= MOST_TIMES * inserted


def _seconds(*work: object, folder: Path) -> float:
    """In a fresh process, without its start."""
    command = [sys.executable, "-m", "tests.bench.import_processes", *map(str, work)]
    done = subprocess.run(command, cwd=ROOT, env=environment(folder), check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout.splitlines()[-1])
