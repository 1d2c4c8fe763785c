"""What comes out goes in again: the same rows, the same board, the same hash of what it counts."""

import pytest

from arena.exporting.forms import FORMS
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import publish_snapshot
from ranking.models import Leaderboard
from tests.arena.exporting.taking_out import KINDS, by_content, furnished, moved

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", FORMS)
def test_rows_and_board_are_the_same_in_another_arena(form, tmp_path):
    arena = furnished()
    other = moved(arena, form, tmp_path)
    for table in KINDS:
        assert by_content(table, other) == by_content(table, arena), table
    for each in (arena, other):
        ensure_boards(each)
    before, after = (published(each) for each in (arena, other))
    assert after.content_hash == before.content_hash
    assert ratings(after) == pytest.approx(ratings(before), rel=0, abs=1e-9)


def published(arena):
    return publish_snapshot(Leaderboard.objects.get(arena=arena, is_default=True))


def ratings(snapshot):
    columns = ("rating", "low", "high", "rank")
    return {
        f"{name} {column}": value
        for name, *values in snapshot.entries.values_list("competitor__name", *columns)
        for column, value in zip(columns, values, strict=True)
    }
