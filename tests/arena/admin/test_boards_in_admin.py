"""Curators define and publish boards in the admin."""

import pytest
from django.urls import reverse

from arena.models import Vote
from ranking.models import Leaderboard, Snapshot
from tests.arena.admin.curators import (
    choose,
    make_votes,
    messages_of,
)
from tests.factories import (
    make_arena,
)
from tests.ranking.board_factories import make_board

pytestmark = pytest.mark.django_db


@pytest.fixture
def _worker(settings):
    """A worker that does at once what a bell asks for."""
    from arena.config.celery import app

    before, app.conf.task_always_eager = app.conf.task_always_eager, True
    yield
    app.conf.task_always_eager = before


@pytest.mark.usefixtures("_worker")
def test_a_board_is_published_now(client, curator):
    make_votes()
    board = make_board(Vote.objects.first().battle.arena)
    response = choose(client, "ranking_leaderboard", "publish_now", [board])
    assert board.snapshots.get().n_votes == 3
    assert "is being fitted" in messages_of(response)[0]


def board_form(board, **changes):
    known = {"name": board.name, "category": board.category, "language": board.language, "method": board.method}
    fitted = {
        name: getattr(board, name) for name in ("sources", "combiner", "own_answers", "covariates", "clusters", "intervals")
    }
    return known | fitted | {"level": board.level, "seed": board.seed, "is_live": "on", "counts_external": "on"} | changes


@pytest.mark.usefixtures("_worker")
def test_a_board_that_says_something_else_now_is_fitted_at_once(client, curator):
    make_votes()
    board = make_board(Vote.objects.first().battle.arena)
    address = reverse("admin:ranking_leaderboard_change", args=[board.pk])
    client.post(address, board_form(board, name="New name"))
    assert not Snapshot.objects.exists()
    client.post(address, board_form(board, level="0.9"))
    assert Snapshot.objects.get().parameters["level"] == 0.9
    client.post(address, board_form(board, level="0.9", _publish="1"))
    assert Leaderboard.objects.get().name == board.name


def test_two_boards_of_the_same_definition_are_refused_in_the_form(client, curator):
    arena = make_arena()
    make_board(arena, category="coding")
    other = make_board(arena, category="maths")
    page = client.post(reverse("admin:ranking_leaderboard_change", args=[other.pk]), board_form(other, category="coding"))
    assert page.status_code == 200
    assert page.context["errors"]
