"""Several readers ask at the same moment, in connections of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from ranking.boards.asked.asked_definition import definition_like
from ranking.boards.asked.board_queue import QueueFull, ask
from ranking.filters import Filters
from ranking.models import Leaderboard
from tests.factories import make_contest
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def board():
    arena, _ = make_contest(3, 2)
    return make_board(arena, "own", is_default=True)


def at_once(board, questions):
    """What each gets: the number of a board, or None where the queue is full for its network."""
    start = Barrier(len(questions))

    def question(values, network):
        start.wait()
        try:
            definition = definition_like(board, Filters.of(values))
            return ask(board.arena, definition, like=board, network=network, now=timezone.now()).pk
        except QueueFull:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(len(questions)) as pool:
        return list(pool.map(lambda each: question(*each), questions))


def test_one_definition_asked_for_by_six_at_once_is_one_row(board):
    numbers = at_once(board, [({"turns": ["1"]}, f"10.0.0.{k}") for k in range(6)])
    assert len(set(numbers)) == 1
    assert Leaderboard.objects.filter(is_asked=True).count() == 1


def test_one_network_gets_two_boards_however_fast_it_asks(board):
    numbers = at_once(board, [({"min_chars": [str(k)]}, "10.0.0.1") for k in range(6)])
    assert sum(number is not None for number in numbers) == 2
    assert Leaderboard.objects.filter(is_asked=True).count() == 2
