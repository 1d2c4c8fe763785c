"""Boards that a program has published."""

import pytest

from ranking import tasks
from ranking.models import Snapshot
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_contest
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch):
    found = []
    monkeypatch.setattr(tasks.refit_board, "delay", found.append)
    return found


def test_a_worker_is_rung_for_and_the_next_snapshot_is_another_one(rung, django_capture_on_commit_callbacks):
    arena, _ = make_contest(slug="garden")
    board = make_board(arena, "garden", is_default=True, is_live=False)
    program = make_program()
    with django_capture_on_commit_callbacks(execute=True):
        asked = post(program, "leaderboards/garden/publish/", {})
    assert (asked.status_code, asked.json()) == (202, {"slug": "garden", "snapshot": None})
    assert asked["Location"] == "/api/v1/leaderboards/garden/"
    assert rung == [board.pk]
    tasks.refit_board(board.pk)
    again = post(program, "leaderboards/garden/publish/", {})
    assert again.json()["snapshot"] == Snapshot.objects.get().key == program.get(asked["Location"]).json()["snapshot"]


def test_boards_of_other_arenas_are_out_of_reach(rung, django_capture_on_commit_callbacks):
    make_board(make_arena("garden"), "garden")
    elsewhere = make_program(arenas=[make_arena("kitchen")])
    with django_capture_on_commit_callbacks(execute=True):
        assert post(elsewhere, "leaderboards/garden/publish/", {}).status_code == 404
        assert post(make_program(), "leaderboards/garden/publish/", {"now": True}).status_code == 400
        assert post(make_program(scopes=["read", "runs:write"]), "leaderboards/garden/publish/", {}).status_code == 403
    assert rung == []
