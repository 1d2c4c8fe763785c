"""A board from one million votes, and the same board again after a hundred more."""

import sys
import time

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from arena.models import Arena, Battle, Voter
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.factories import make_vote

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1_800), pytest.mark.django_db(transaction=True)]

N_BATTLES = 1_000_000
MOST_SECONDS, MOST_SECONDS_AGAIN = 10, 2


def test_a_board_of_a_million_votes_and_again_after_a_hundred_more(tmp_path, capsys):
    path = tmp_path / "million.csv"
    call_command("make_battles", battles=N_BATTLES, competitors=100, prompts=10_000, seed=1, out=path, verbosity=0)
    call_command("import_battles", path, format="chatbot-arena", arena="million", verbosity=0)
    arena = Arena.objects.get()
    ensure_boards(arena)
    board = Leaderboard.objects.get(arena=arena, is_default=True)
    first = _seconds_to_publish(board, n_votes=N_BATTLES)
    newcomer = Voter.objects.create(arena=arena, kind=Voter.Kind.ACCOUNT, key="newcomer")
    for battle in Battle.objects.filter(arena=arena).order_by("pk")[:100]:
        make_vote(battle, "b", newcomer, voted_at=timezone.now())
    again = _seconds_to_publish(board, n_votes=N_BATTLES + 100)
    with capsys.disabled():
        sys.stdout.write(f"\n{connection.vendor}: published in {first:.1f} s, again after 100 votes in {again:.2f} s\n")
    assert first < MOST_SECONDS
    assert again < MOST_SECONDS_AGAIN


def _seconds_to_publish(board: Leaderboard, *, n_votes: int) -> float:
    began = time.perf_counter()
    assert publish_snapshot(board).n_votes == n_votes
    return time.perf_counter() - began
