"""One million battles and votes go out in every form, and each file takes as little memory as one of a tenth of it."""

import os
import subprocess
import sys
import time

import pytest
from django.core.management import call_command
from django.db import connection

from tests.bench.processes import ROOT, environment

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3_600), pytest.mark.django_db(transaction=True)]

N_BATTLES = int(os.environ.get("BENCH_BATTLES", "1000000"))
MOST_MEGABYTES, MOST_GROWTH = 200, 1.6  # SQLite keeps pages of a large file, up to a bound
MEASURED = """
import sys
class WithoutPandas:  # a site has none; where there is one, pyarrow loads it
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ImportError(name)
sys.meta_path.insert(0, WithoutPandas())
from django.core.management import execute_from_command_line
from tests.bench.processes import most_megabytes
execute_from_command_line(["manage.py", *sys.argv[1:]])
print(most_megabytes())
"""


def exported(arena, table, form, folder):
    """Megabytes that it took, seconds, and bytes that were written."""
    path, began = folder / f"{arena}-{table}.{form}", time.perf_counter()
    asked = ["export", table, "--arena", arena, "--format", form, "--to", str(path)]
    run = [sys.executable, "-c", MEASURED, *asked]
    done = subprocess.run(run, cwd=ROOT, env=environment(folder), check=True, stdout=subprocess.PIPE, text=True)
    n_bytes = path.stat().st_size
    path.unlink()
    return float(done.stdout.split()[-1]), time.perf_counter() - began, n_bytes


def test_a_million_battles_and_votes_go_out_in_little_memory(tmp_path, capsys):
    for arena, n in (("tenth", N_BATTLES // 10), ("whole", N_BATTLES)):
        file = tmp_path / f"{arena}.csv"
        call_command("make_battles", battles=n, competitors=100, prompts=10_000, seed=1, out=file, verbosity=0)
        call_command("import_battles", file, "--format", "chatbot-arena", "--arena", arena, verbosity=0)
    for table, form in [(table, form) for table in ("votes", "battles") for form in ("jsonl", "csv", "parquet")]:
        (few, *_), (megabytes, seconds, n_bytes) = (exported(arena, table, form, tmp_path) for arena in ("tenth", "whole"))
        with capsys.disabled():
            told = f"{N_BATTLES:,} {table} as {form}: {megabytes:.0f} MB of memory (a tenth of them {few:.0f})"
            sys.stdout.write(f"\n{connection.vendor}: {told}, {seconds:.0f} s, {n_bytes / 1e6:.0f} MB written\n")
        assert megabytes < MOST_MEGABYTES
        assert megabytes < MOST_GROWTH * few
