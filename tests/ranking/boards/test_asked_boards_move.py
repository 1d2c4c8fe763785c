"""A board of filters moves with its arena: the prompts that its snapshot names are those of the arena that came in."""

import pytest

from arena.bundles.loading import import_bundle
from arena.bundles.writing import export_bundle
from arena.models import Prompt
from ranking.boards.publishing import rebuild
from ranking.boards.snapshots.standing import stands
from ranking.models import Leaderboard
from tests.ranking.boards.test_asked_boards import fitted, make_question_arena

pytestmark = pytest.mark.django_db


def test_a_board_of_filters_moves_with_its_arena(tmp_path):
    arena = make_question_arena()
    before = fitted(arena, "pool=main&min_chars=100&since=2026-01-01")
    export_bundle(arena, tmp_path / "asked.zip")
    import_bundle(tmp_path / "asked.zip", slug="asked-2")
    board = Leaderboard.objects.get(arena__slug="asked-2", is_asked=True)
    assert board.filters == before.leaderboard.filters
    after = board.newest_snapshot()
    prompts = Prompt.objects.filter(pk__in=after.parameters["prompts"])
    assert {prompt.arena.slug for prompt in prompts} == {"asked-2"}
    assert len(prompts) == len(before.parameters["prompts"])
    assert stands(after)
    assert rebuild(after).largest_difference == 0
