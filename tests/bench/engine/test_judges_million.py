"""A board of judges from a million games, and again after a thousand more: time and memory, each in a fresh process.

Both runs publish as the site does. Not counted is what a process does once in its life, whatever it publishes: the
fingerprint of its code.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from arena.evidence import ledger
from arena.fit_memory import needed
from ranking.models import Leaderboard
from tests.bench.judged_million import N_MODELS, N_PROMPTS, add_games, fill
from tests.bench.processes import ROOT, environment

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800), pytest.mark.django_db(transaction=True)]

N_GAMES = int(os.environ.get("BENCH_GAMES", "1000000"))
MOST_SECONDS, MOST_SECONDS_AGAIN, MOST_MEGABYTES = 3.0, 0.8, 250


def test_a_board_of_a_million_games_and_again_after_a_thousand_more(tmp_path, row):
    arena_id = fill(N_GAMES)
    ledger.sequence()
    board = Leaderboard.objects.create(
        arena_id=arena_id, slug="judged", name="judged", sources="judges", method="slot_levelled"
    )
    first = publish(board.slug, tmp_path)
    add_games(arena_id, 1_000, seed=2)
    ledger.sequence()
    again = publish(board.slug, tmp_path)
    for work, found, most in (
        (f"{N_GAMES / 1e6:g} M games", first, MOST_SECONDS), ("the same after 1,000 more games", again, MOST_SECONDS_AGAIN)
    ):  # fmt: skip
        row(
            f"Board of judges from {work}, {N_MODELS} models, {connection.vendor}",
            f"{found['seconds']:.2f} s of CPU, {found['megabytes']:.0f} MB above the idle process",
            f"{most} s, {MOST_MEGABYTES} MB",
        )
    assert again["n_votes"] > first["n_votes"] > 0.98 * N_GAMES
    assert first["megabytes"] < MOST_MEGABYTES
    assert again["megabytes"] < MOST_MEGABYTES
    said = needed(N_MODELS, N_PROMPTS, board.method, first["n_votes"]) / 2**20
    assert 0.3 * said < first["megabytes"] < said
    assert first["seconds"] < MOST_SECONDS
    assert again["seconds"] < MOST_SECONDS_AGAIN


def publish(slug: str, folder: Path) -> dict[str, float]:
    machine = environment(folder) | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.bench.judged_million", slug]
    found = subprocess.run(command, cwd=ROOT, env=machine, check=True, capture_output=True, text=True)
    return dict(json.loads(found.stdout))
