"""Boards that a program has published."""

import pytest

from arena.evidence import ledger
from arena.models import Event
from ranking import tasks
from ranking.models import Leaderboard, Snapshot
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_battle, make_contest, make_vote
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
    to = ledger.head(arena.pk)
    told = {"slug": "garden", "to": to, "state": "waiting", "snapshot": None, "error": ""}
    assert (asked.status_code, asked.json()) == (202, told)
    assert asked["Location"] == f"/api/v1/leaderboards/garden/publish/?to={to}"
    assert rung == [board.pk]
    assert program.get(asked["Location"]).json() == told
    tasks.refit_board(board.pk)
    stands = told | {"state": "stands", "snapshot": Snapshot.objects.get().key}
    assert program.get(asked["Location"]).json() == stands
    again = post(program, "leaderboards/garden/publish/", {})
    assert again.json() == stands, "nothing has changed"


def test_an_old_snapshot_is_never_told_as_the_new_one(rung):
    arena, competitors = make_contest(slug="garden")
    board = make_board(arena, "garden", is_default=True)
    tasks.refit_board(board.pk)
    first = board.newest_snapshot().key
    program, vote = make_program(), make_vote(make_battle(*competitors[:2]), "a")
    ledger.record_vote(Event.Kind.VOTE_CAST, vote, arena_id=arena.pk, before="")
    asked = post(program, "leaderboards/garden/publish/", {})
    assert (asked.json()["state"], asked.json()["snapshot"]) == ("waiting", None)
    tasks.refit_board(board.pk)
    now = program.get(asked["Location"]).json()
    assert now["state"] == "stands"
    assert now["snapshot"] == board.newest_snapshot().key != first


def test_a_board_of_an_arena_that_no_worker_has_seen_is_made(rung, django_capture_on_commit_callbacks):
    make_contest(slug="garden")
    program = make_program()
    with django_capture_on_commit_callbacks(execute=True):
        asked = post(program, "leaderboards/garden/publish/", {})
    board = Leaderboard.objects.get(slug="garden")
    assert (asked.status_code, asked.json()["state"], rung) == (202, "waiting", [board.pk])
    assert program.get(asked["Location"]).json()["state"] == "waiting"
    tasks.refit_board(board.pk)
    assert program.get(asked["Location"]).json()["snapshot"] == Snapshot.objects.get(leaderboard=board).key
    assert post(program, "leaderboards/garden-davidson/publish/", {}).status_code == 202
    assert post(program, "leaderboards/meadow/publish/", {}).status_code == 404


def test_a_fit_that_failed_says_why(rung):
    arena, _ = make_contest(slug="garden")
    make_board(arena, "garden", is_default=True, error="it takes too much memory", read_to=10**9)
    program = make_program()
    told = program.get("/api/v1/leaderboards/garden/publish/").json()
    assert (told["state"], told["error"]) == ("failed", "it takes too much memory")


@pytest.mark.parametrize("to", ["-1", "x", "1.5", "9" * 30])
def test_a_position_that_is_none_is_refused(rung, to):
    make_board(make_arena("garden"), "garden")
    assert make_program().get(f"/api/v1/leaderboards/garden/publish/?to={to}").status_code == 400


def test_boards_of_other_arenas_are_out_of_reach(rung, django_capture_on_commit_callbacks):
    make_board(make_arena("garden"), "garden")
    elsewhere = make_program(arenas=[make_arena("kitchen")])
    with django_capture_on_commit_callbacks(execute=True):
        assert post(elsewhere, "leaderboards/garden/publish/", {}).status_code == 404
        assert post(make_program(), "leaderboards/garden/publish/", {"now": True}).status_code == 400
        assert post(make_program(scopes=["read", "runs:write"]), "leaderboards/garden/publish/", {}).status_code == 403
    assert rung == []
