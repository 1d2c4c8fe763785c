"""A board of people's votes at five million, and the same board again after a hundred more; in a process of its own."""

import os

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from arena.models import Arena, Battle, Voter
from ranking.boards.default_boards import ensure_boards
from tests.bench.processes import run_python
from tests.factories import make_vote

pytestmark = [pytest.mark.bench, pytest.mark.timeout(3_600), pytest.mark.django_db(transaction=True)]
N_BATTLES = int(os.environ.get("BENCH_VOTES", "5000000"))
MOST_SECONDS, MOST_MEGABYTES = 1, 500

# The fingerprint of the code is made once a process, whatever it fits: before the clock starts.
PUBLISH = """
import json, time
import django
django.setup()
from ranking.boards.code_version import code_version
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.bench.processes import most_megabytes
code_version()
board = Leaderboard.objects.get(is_default=True)
began = time.process_time()
n_votes = publish_snapshot(board).n_votes
seconds = time.process_time() - began
print(json.dumps([n_votes, seconds, most_megabytes()]))
"""


@pytest.fixture
def arena(tmp_path):
    path = tmp_path / "votes.csv"
    call_command("make_battles", battles=N_BATTLES, competitors=100, prompts=10_000, seed=1, out=path, verbosity=0)
    call_command("import_battles", path, format="chatbot-arena", arena="votes", verbosity=0)
    path.unlink()
    arena = Arena.objects.get()
    ensure_boards(arena)
    return arena


def test_a_board_of_five_million_votes_after_a_hundred_more(arena, tmp_path, row):
    n_votes, first, _ = run_python(PUBLISH, tmp_path)
    assert n_votes == N_BATTLES
    newcomer = Voter.objects.create(arena=arena, kind=Voter.Kind.ACCOUNT, key="newcomer")
    for battle in Battle.objects.filter(arena=arena).order_by("pk")[:100]:
        make_vote(battle, "b", newcomer, voted_at=timezone.now())
    n_votes, again, megabytes = run_python(PUBLISH, tmp_path)
    assert n_votes == N_BATTLES + 100
    row(
        f"People's board after 100 more votes, {N_BATTLES / 1e6:g} M, {connection.vendor}",
        f"{again:.2f} s, {megabytes:.0f} MB (the first time {first:.1f} s)",
        f"{MOST_SECONDS} s, {MOST_MEGABYTES} MB",
    )
    assert again < MOST_SECONDS
    assert megabytes < MOST_MEGABYTES
