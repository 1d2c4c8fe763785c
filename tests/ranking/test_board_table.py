"""How a board's page groups its models and names those at the top."""

import re

import pytest

from ranking.views.board_table import board_table
from tests.factories import make_arena, make_competitor
from tests.ranking.board_factories import make_board, make_entry, make_snapshot

pytestmark = pytest.mark.django_db
NAMES = ["alpha", "beta", "<gamma>", "delta", "epsilon", "zeta", "eta"]


@pytest.fixture
def board():
    return make_board(make_arena("garden"), is_default=True)


def table_of(board, ranges, n_without_place=0):
    snapshot = make_snapshot(board)
    for n, (low, high) in enumerate(ranges):
        competitor = make_competitor(board.arena, NAMES[n])
        make_entry(snapshot, competitor, 1500.0 - n, rank=n + 1, rank_low=low, rank_high=high)
    for n in range(n_without_place):
        make_entry(snapshot, make_competitor(board.arena, f"new {n}"), 900.0, low=None, high=None, rank=None)
    return board_table(snapshot, sort="rank", descending=False, with_retired=True, search="", older={})


@pytest.mark.parametrize(
    ("ranges", "sizes"),
    [
        ([(1, 1), (2, 2), (3, 3)], [1, 1, 1]),
        ([(1, 1), (2, 8), (2, 8), (3, 8), (4, 8)], [1, 4]),  # the third can hold places of all below: no line under it
        ([(1, 2), (1, 3), (2, 5), (4, 5), (4, 5)], [5]),
        ([(1, 2), (1, 2), (3, 4), (3, 4)], [2, 2]),
        ([(1, 2), (1, 4), (3, 4), (2, 4)], [4]),  # what stands further down reaches up too
        ([(1, 5)] * 5, [5]),
    ],
)
def test_a_line_parts_models_only_where_no_range_reaches_over_it(board, ranges, sizes):
    assert [len(group) for group in table_of(board, ranges).groups] == sizes


def test_who_has_no_place_is_joined_with_nobody(board):
    assert [len(group) for group in table_of(board, [(1, 2), (1, 2)], n_without_place=2).groups] == [2, 1, 1]


@pytest.mark.parametrize(
    ("n_able", "said"),
    [
        (1, ""),
        (2, "cannot tell alpha and beta apart"),
        (3, "cannot tell alpha, beta and <gamma> apart"),
        (5, "cannot tell alpha, beta, <gamma>, delta and epsilon apart"),
        (7, "cannot tell alpha, beta, <gamma>, delta and 3 others apart"),
    ],
)
def test_everybody_who_can_hold_place_1_is_named(client, board, n_able, said):
    table_of(board, [(1, n_able)] * n_able + [(n, n) for n in range(n_able + 1, 8)])
    page = client.get(board.arena.get_absolute_url()).text
    text = re.sub(r"</?(bdi|b)>", "", page).replace("&lt;", "<").replace("&gt;", ">")
    assert (said in text) if said else "Tied for place 1" not in text
