"""Gold sets out of files and out of verifiers."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from arena.models import Arena, Battle, Event, Prompt, Response
from judges.models import GoldItem
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db


def take_in(arena, layout, *arguments):
    out = StringIO()
    call_command("import_gold", *map(str, arguments), "--format", layout, "--arena", arena.slug, stdout=out)
    return out.getvalue()


def write(path, *rows):
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def winner(item):
    return getattr(item.battle, f"response_{item.label}").text


def test_labels_follow_their_answer_whichever_competitor_was_here_first(tmp_path):
    arena = make_arena()
    make_competitor(arena, "late")
    rows = [
        {"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "a", "competitor_a": "new", "competitor_b": "late"},
        {"prompt": "3+3?", "answer_a": "5", "answer_b": "6", "label": "b"},
    ]
    assert "2 labels on 2 battles" in take_in(arena, "plain", write(tmp_path / "gold.jsonl", *rows))
    assert sorted(winner(item) for item in GoldItem.objects.all()) == ["4", "6"]


def test_the_same_file_again_adds_nothing(tmp_path):
    arena = make_arena()
    path = write(tmp_path / "gold.jsonl", {"prompt": "2+2?", "answer_a": "4", "answer_b": "5", "label": "a"})
    for _ in range(2):
        take_in(arena, "plain", path)
    assert (GoldItem.objects.count(), Battle.objects.count(), Response.objects.count()) == (1, 1, 2)
    assert [(event.kind, event.after) for event in Event.objects.all()] == [("gold_labelled", "1 labels")]


def test_pandalm_is_a_gold_set_of_its_majorities(shared_data):
    said = take_in(make_arena(), "pandalm", shared_data / "pandalm" / "testset-v1.json")
    assert "999 labels" in said or "pairs have no majority" in said


def test_labels_of_pandalm_stand_on_the_battles_that_people_voted_on(shared_data):
    path = shared_data / "pandalm" / "testset-v1.json"
    call_command("import_battles", str(path), "--format", "pandalm", "--arena", "voted", stdout=StringIO())
    n_battles = Battle.objects.count()
    assert "999 labels on 999 battles" in take_in(Arena.objects.get(slug="voted"), "pandalm", path)
    assert Battle.objects.count() == n_battles
    for item in GoldItem.objects.prefetch_related("battle__votes"):
        assert 2 * sum(vote.outcome == item.label for vote in item.battle.votes.all()) > item.battle.votes.count()


def test_pairs_are_made_where_one_answer_passes_and_one_fails():
    arena = make_arena()
    prompt = make_prompt(arena, "3 + 4?", verifier={"kind": "numeric", "value": 7}, system_prompt="Count.")
    for name, text in (("right", "It is 7."), ("wrong", "It is 8.")):
        make_response(prompt, make_competitor(arena, name), text)
    assert "1 pairs" in take_in(arena, "verifiers")
    assert winner(GoldItem.objects.get()) == "It is 7."
    assert (Prompt.objects.count(), Response.objects.count()) == (1, 2)


@pytest.mark.parametrize(
    ("layout", "content", "told"),
    [("plain", '{"prompt": "x"}', "line 1"), ("verifiers", None, "no prompt with a verifier"), ("plain", None, "which file")],
)
def test_what_is_wrong_is_told(tmp_path, layout, content, told):
    path = tmp_path / "gold.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(CommandError, match=told):
        take_in(make_arena(), layout, *([path] if content is not None else []))
