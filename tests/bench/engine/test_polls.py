"""What is asked again and again: an unchanged board by every open tab, and which boards are due, every second."""

import time
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.evidence import ledger
from arena.models import Arena, Event
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from ranking.tasks import ring_due_boards
from tests.factories import make_contest

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600), pytest.mark.django_db(transaction=True)]
N_ARENAS = 1_000
IN_A_BOARD = ("is_default", "sources", "method", "covariates", "intervals", "clusters", "category", "language")
MOST_MILLISECONDS_A_POLL, MOST_QUERIES_A_POLL = 3, 2
MOST_MILLISECONDS_A_TICK, MOST_QUERIES_A_TICK = 20, 5


def _measured(action, *, times):
    """Milliseconds of processor, and queries."""
    with CaptureQueriesContext(connection) as asked:
        action()
    n_queries, taken = len(asked), []
    for _ in range(times):
        began = time.process_time()
        action()
        taken.append(1000 * (time.process_time() - began))
    return median(taken), n_queries


def test_a_poll_of_an_unchanged_board(client, row):
    arena, _ = make_contest(12, 40)
    ensure_boards(arena)
    publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))
    url, fragment = arena.get_absolute_url(), {"HX-Request": "true"}
    etag = client.get(url, headers=fragment)["ETag"]

    def poll():
        assert client.get(url, headers=fragment | {"If-None-Match": etag}).status_code == 304

    milliseconds, n_queries = _measured(poll, times=100)
    row(f"Poll of an unchanged board, {connection.vendor}", f"{n_queries} queries, {milliseconds:.1f} ms", "2 queries, 3 ms")
    assert n_queries <= MOST_QUERIES_A_POLL
    assert milliseconds <= MOST_MILLISECONDS_A_POLL


def test_a_tick_of_which_boards_are_due(row):
    """Each arena has boards that have read everything."""
    arena, _ = make_contest(4, 4)
    kinds = [{name: getattr(board, name) for name in IN_A_BOARD} for board in ensure_boards(arena)]
    now = timezone.now()
    arenas = Arena.objects.bulk_create(Arena(slug=f"a{n}", name=f"A {n}") for n in range(N_ARENAS))
    Event.objects.bulk_create(
        Event(arena=arena, kind=Event.Kind.IMPORT_PUBLISHED, created_at=now) for arena in arenas for _ in range(5)
    )
    ledger.sequence()
    head = ledger.head(arenas[-1].pk)
    Leaderboard.objects.bulk_create(
        Leaderboard(arena=arena, slug=f"{arena.slug}-{n}", name=f"{n}", read_to=head, not_before=now, **kind)
        for arena in arenas for n, kind in enumerate(kinds)
    )  # fmt: skip
    Leaderboard.objects.filter(read_to=0).update(read_to=ledger.head())
    milliseconds, n_queries = _measured(ring_due_boards, times=20)
    n_boards = Leaderboard.objects.count()
    row(
        f"A tick of which boards are due, {N_ARENAS:,} arenas with {n_boards:,} boards, {connection.vendor}",
        f"{n_queries} queries, {milliseconds:.1f} ms", "5 queries, 20 ms",
    )  # fmt: skip
    assert n_queries <= MOST_QUERIES_A_TICK
    assert milliseconds <= MOST_MILLISECONDS_A_TICK
