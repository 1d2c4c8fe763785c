"""Preference pairs that came out go in again: as gold labels, on the prompts and answers of the arena."""

import pytest

from arena.importing.formats import kind_and_format
from arena.models import Competitor, Prompt, Response, Vote
from judges.importing.taking_in import Home, take_labels
from judges.models import GoldItem
from tests.arena.exporting.taking_out import file_of
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote

pytestmark = pytest.mark.django_db
LAYOUTS = {
    "pairs-rewardbench": "reward-bench", "pairs-helpsteer2": "helpsteer2-preference", "pairs-dpo": "reward-bench"
}  # fmt: skip


@pytest.fixture
def arena():
    arena = make_arena("pairs", content_visibility="public")
    models = [make_competitor(arena, name) for name in ("A", "B")]
    for key, outcome in (("q1", "a"), ("q2", "b")):
        battle = make_battle(*models, make_prompt(arena, f"Why {key}?", key=key, system_prompt="Be brief."), with_answers=True)
        make_vote(battle, outcome)
    return arena


@pytest.mark.parametrize("form", ["jsonl", "csv"])
@pytest.mark.parametrize("table", LAYOUTS)
def test_pairs_come_in_again_as_gold_labels_of_the_same_answers(arena, tmp_path, table, form):
    file = file_of(table, arena, form, tmp_path)
    assert kind_and_format(file) == ("labels", LAYOUTS[table])
    before = [model.objects.count() for model in (Prompt, Response, Competitor, Vote)]
    take_labels(file, Home(arena.slug))
    assert [model.objects.count() for model in (Prompt, Response, Competitor, Vote)] == before
    items = GoldItem.objects.order_by("battle__prompt__key")
    winners = [(item.battle.prompt.key, getattr(item.battle, f"competitor_{item.label}").name) for item in items]
    assert winners == [("q1", "A"), ("q2", "B")]


@pytest.mark.parametrize("table", LAYOUTS)
def test_in_a_new_arena_they_bring_their_models(arena, tmp_path, table):
    take_labels(file_of(table, arena, "jsonl", tmp_path), Home("new"))
    assert set(Competitor.objects.filter(arena__slug="new").values_list("name", flat=True)) == {"A", "B"}
    assert set(Prompt.objects.filter(arena__slug="new").values_list("system_prompt", flat=True)) == {"Be brief."}
