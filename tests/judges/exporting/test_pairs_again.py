"""Preference pairs that came out go in again: as gold labels, on the prompts and answers of the arena."""

import pytest

from arena.importing.formats import kind_and_format
from arena.models import Competitor, Prompt, Response, Vote, content_hash
from judges.importing.taking_in import Home, take_labels
from judges.models import GoldAnswer, GoldItem
from tests.arena.exporting.taking_out import file_of
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_vote

pytestmark = pytest.mark.django_db
SINGLE = "pairs-kto"
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


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
def test_single_preferences_come_in_again_as_labels_of_the_same_answers(arena, tmp_path, form):
    file = file_of(SINGLE, arena, form, tmp_path)
    assert kind_and_format(file) == ("labels", "answers")
    before = [model.objects.count() for model in (Prompt, Response, Competitor, Vote)]
    take_labels(file, Home(arena.slug))
    assert [model.objects.count() for model in (Prompt, Response, Competitor, Vote)] == before
    labels = GoldAnswer.objects.values_list("response__prompt__key", "response__competitor__name", "is_right")
    assert sorted(labels) == [("q1", "A", True), ("q1", "B", False), ("q2", "A", False), ("q2", "B", True)]


@pytest.mark.parametrize("table", ["pairs-dpo", SINGLE])
def test_answers_of_several_turns_come_in_again_with_all_that_was_asked(arena, tmp_path, table):
    prompt = Prompt.objects.get(key="q1")
    prompt.turns = [*prompt.turns, "And then?"]
    prompt.save()
    for answer in Response.objects.filter(prompt=prompt):
        answer.turns = [answer.text, "Then so."]
        answer.text = "\n\n".join(answer.turns)
        answer.content_hash = content_hash(answer.text)
        answer.save()
    before = [model.objects.count() for model in (Prompt, Response, Competitor)]
    take_labels(file_of(table, arena, "jsonl", tmp_path), Home(arena.slug))
    assert [model.objects.count() for model in (Prompt, Response, Competitor)] == before
