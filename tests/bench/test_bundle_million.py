"""An arena of a million battles leaves as a bundle and comes in again, in little memory."""

import os
import sys

import pytest
from django.core.management import call_command
from django.db import connection

from arena.models import Battle, Vote
from tests.bench.processes import run_python

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800), pytest.mark.django_db(transaction=True)]

N_BATTLES = int(os.environ.get("BENCH_BATTLES", "1000000"))
MOST_MEGABYTES = 200

BEGIN = """
import json, time, django
django.setup()
from pathlib import Path
from arena.bundles.loading import import_bundle
from arena.bundles.writing import export_bundle
from arena.models import Arena
from tests.bench.processes import most_megabytes
began = time.perf_counter()
"""
END = "\nprint(json.dumps([time.perf_counter() - began, most_megabytes()]))"


def test_a_million_battles_out_and_in(tmp_path, capsys):
    file, bundle = tmp_path / "million.csv", tmp_path / "million.zip"
    call_command("make_battles", battles=N_BATTLES, competitors=100, prompts=10_000, seed=1, out=file, verbosity=0)
    call_command("import_battles", str(file), "--format", "chatbot-arena", "--arena", "million", verbosity=0)
    out = run_python(f"{BEGIN}export_bundle(Arena.objects.get(slug='million'), Path({str(bundle)!r})){END}", tmp_path)
    back = run_python(f"{BEGIN}import_bundle(Path({str(bundle)!r}), slug='again'){END}", tmp_path)
    with capsys.disabled():
        sys.stdout.write(
            f"\n{connection.vendor}: {N_BATTLES:,} battles out in {out[0]:.0f} s and {out[1]:.0f} MB, "
            f"in in {back[0]:.0f} s and {back[1]:.0f} MB; {bundle.stat().st_size / 1e6:.0f} MB\n"
        )
    assert Battle.objects.filter(arena__slug="again").count() == N_BATTLES
    assert Vote.objects.filter(battle__arena__slug="again").count() == N_BATTLES
    assert max(out[1], back[1]) < MOST_MEGABYTES
