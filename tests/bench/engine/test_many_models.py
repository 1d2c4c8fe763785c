"""People's boards of 2,000 and 5,000 models, published in a process of their own: seconds of CPU, and memory above idle."""

import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800)]

# The fingerprint of the code is made once a process, whatever it fits: before the clock starts.
PUBLISH = """
import time
import django
django.setup()
from arena.models import Arena
from ranking.boards.code_version import code_version
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.bench.processes import most_megabytes
code_version()
arena = Arena.objects.get()
ensure_boards(arena)
board = Leaderboard.objects.get(arena=arena, is_default=True)
before, began = most_megabytes(), time.process_time()
assert publish_snapshot(board).entries.filter(rank__isnull=False).count() > 1_900
print(time.process_time() - began, most_megabytes() - before)
"""


@pytest.mark.parametrize(
    ("n_models", "n_votes", "n_prompts", "most_seconds", "most_megabytes"),
    [
        (2_000, 400_000, 1_000, 4, 250),
        (2_000, 400_000, 5_000, 4, 250),
        (5_000, 250_000, 5_000, 20, 1_024),
    ],
)
def test_a_board_of_very_many_models(tmp_path, row, n_models, n_votes, n_prompts, most_seconds, most_megabytes):
    place = {"AGON_DATA_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'many.sqlite3'}"}
    limits = {"AGON_FIT_MEMORY_MB": "1000", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    machine = os.environ | place | limits | {"DJANGO_SETTINGS_MODULE": "arena.config.settings"}
    battles = tmp_path / "battles.csv"
    sizes = ("--battles", n_votes, "--competitors", n_models, "--prompts", n_prompts)
    for command in (
        ("migrate", "-v0"),
        ("make_battles", *sizes, "--seed", 1, "--out", battles, "-v0"),
        ("import_battles", battles, "--format", "chatbot-arena", "--arena", "many", "--allow-competitors", n_models, "-v0"),
    ):
        subprocess.run([sys.executable, "manage.py", *map(str, command)], check=True, env=machine, capture_output=True)
    said = subprocess.run([sys.executable, "-c", PUBLISH], check=True, env=machine, capture_output=True, text=True).stdout
    seconds, taken = map(float, said.split())
    row(
        f"People's board of {n_models:,} models, {n_votes:,} votes on {n_prompts:,} prompts",
        f"{seconds:.1f} s of CPU, {taken:.0f} MB above the idle process", f"{most_seconds} s, {most_megabytes} MB",
    )  # fmt: skip
    assert taken < most_megabytes
    assert seconds < most_seconds
