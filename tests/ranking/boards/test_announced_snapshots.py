"""Webhooks are told of a new snapshot, and not where nothing has changed."""

import pytest

from arena.models import Delivery
from ranking.boards.publishing import publish_snapshot
from tests.arena.webhooks.receivers import make_webhook
from tests.factories import make_arena, make_battle, make_competitor, make_vote
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


def test_a_snapshot_is_told_by_its_key_once():
    arena = make_arena("garden")
    make_webhook(1, arena)
    make_vote(make_battle(make_competitor(arena), make_competitor(arena)), "a")
    board = make_board(arena, "garden-board")
    keys = {publish_snapshot(board).key for _ in range(2)}
    told = Delivery.objects.get()
    assert (told.event, told.about) == ("snapshot.published", "garden-board")
    assert told.data == {"arena": "garden", "leaderboard": "garden-board", "snapshot": keys.pop()}
