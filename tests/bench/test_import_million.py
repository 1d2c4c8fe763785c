"""One million battles come in, in time and in little memory, while another process votes in the same arena."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from arena.models import Ballot, Battle, Import, Vote, Voting
from tests.bench.processes import ROOT, environment
from tests.factories import make_arena, make_battle, make_competitor, make_voter

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800), pytest.mark.django_db(transaction=True)]

N_BATTLES = int(os.environ.get("BENCH_BATTLES", "1000000"))
MOST_SECONDS, MOST_MEGABYTES, SLOWEST_VOTE_SECONDS = 75, 300, 1.0
N_BALLOTS = 4_000


@dataclass(frozen=True)
class Measured:
    seconds: float
    megabytes: float


@pytest.fixture
def million(tmp_path) -> Path:
    path = tmp_path / "million.csv"
    call_command("make_battles", battles=N_BATTLES, competitors=100, prompts=10_000, seed=1, out=path, verbosity=0)
    return path


def test_a_million_battles_while_people_vote(million, tmp_path, capsys):
    _open_ballots()
    with subprocess.Popen(
        [sys.executable, "-m", "tests.bench.voting_process"], cwd=ROOT, env=environment(tmp_path),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as voter:  # fmt: skip
        assert voter.stdout.readline() == "ready\n"
        measured = _run("import_battles", million, "--format", "chatbot-arena", "--arena", "million", folder=tmp_path)
        voted = json.loads(voter.communicate()[0])
    seconds = np.array(voted["seconds"])
    with capsys.disabled():
        sys.stdout.write(
            f"\n{connection.vendor}: {N_BATTLES:,} battles in {measured.seconds:.1f} s and {measured.megabytes:.0f} MB; "
            f"meanwhile {len(seconds):,} votes, {len(voted['refused'])} refused, median {np.median(seconds) * 1000:.0f} ms, "
            f"99th percentile {np.quantile(seconds, 0.99) * 1000:.0f} ms, longest {seconds.max() * 1000:.0f} ms\n"
        )
    _all_came_in(len(seconds))
    assert voted["refused"] == []
    assert np.quantile(seconds, 0.99) < SLOWEST_VOTE_SECONDS
    assert measured.megabytes < MOST_MEGABYTES
    assert measured.seconds < MOST_SECONDS


def _open_ballots() -> None:
    """In the arena of the import, so that the two meet in every lock there is."""
    arena = make_arena("million", voting=Voting.ACCOUNTS)
    a, b = make_competitor(arena, "one"), make_competitor(arena, "two")
    battles = Battle.objects.bulk_create(
        Battle(arena=arena, competitor_a=a, competitor_b=b, created_at=timezone.now()) for _ in range(N_BALLOTS)
    )
    voter = make_voter(arena, kind="account")
    Ballot.objects.bulk_create(
        Ballot(battle=battle, voter=voter, first_shown="a", propensity=1.0, served_at=timezone.now()) for battle in battles
    )
    make_battle(a, b)


def _all_came_in(n_votes: int) -> None:
    source = Import.objects.get()
    assert (source.state, source.n_rows, source.n_done, source.n_added) == ("published", N_BATTLES, N_BATTLES, N_BATTLES)
    assert Battle.objects.filter(source=source).count() == N_BATTLES
    assert Vote.objects.counted().count() == N_BATTLES + n_votes
    assert source.arena.competitors.count() == 102


def _run(*command: object, folder: Path) -> Measured:
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "manage.py", *map(str, command)], cwd=ROOT, env=environment(folder)) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return Measured(time.perf_counter() - began, usage.ru_maxrss / 1024)
