"""A column of prompts holds ids where the arena has them, else texts: in battles as in answers, judgements and gold labels."""

import pytest
from django.core.management import call_command

from arena.importing.checks.whole_file import check
from arena.importing.files.problems import ImportProblems
from arena.models import Battle, Prompt, Vote
from judges.models import Game, GoldItem
from tests.arena.importing.import_files import as_csv, checked, imported, write
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db
VOTE = {"prompt": "q1", "answer_a": "One.", "answer_b": "Two.", "model_a": "m1", "model_b": "m2", "winner": "a"}
NAMED = {"prompt": "q1", "answer_a": "m1", "answer_b": "m2", "label": "b"}


def _trial():
    arena = make_arena(slug="trial")
    prompt = make_prompt(arena, key="q1")
    for name, text in (("m1", "One."), ("m2", "Two.")):
        make_response(prompt, make_competitor(arena, name), text=text)
    return arena, prompt


def test_votes_land_on_the_prompt_whose_id_the_column_holds(tmp_path):
    arena, prompt = _trial()
    path = write(tmp_path, as_csv(VOTE, {**VOTE, "prompt": "What is new?"}), "votes.csv")
    assert checked(path, "pairs", arena=arena).counts["prompts"] == 2
    imported(path, "pairs", arena)
    first, second = Battle.objects.order_by("pk")
    assert (first.prompt, second.prompt.turns) == (prompt, ["What is new?"])
    assert first.response_a.prompt == prompt
    assert Prompt.objects.count() == 2


def test_the_same_rows_again_are_the_same_battles(tmp_path):
    arena, _prompt = _trial()
    imported(write(tmp_path, as_csv(VOTE), "votes.csv"), "pairs", arena)
    again = write(tmp_path, as_csv(VOTE, {**VOTE, "winner": "b"}), "more.csv")
    imported(again, "pairs", arena)
    assert Vote.objects.count() == 2


def test_columns_named_by_hand_follow_the_same_rule(tmp_path):
    _arena, prompt = _trial()
    rows = write(tmp_path, as_csv({"q": "q1", "l": "One.", "r": "Two.", "w": "a"}), "rows.csv")
    flags = [flag for pair in ("prompt=q", "answer_a=l", "answer_b=r", "winner=w") for flag in ("--map", pair)]
    call_command("import_battles", str(rows), "--arena", "trial", "--models", "m1", "m2", *flags)
    assert Battle.objects.get().prompt == prompt


def test_ids_that_are_ignored_are_texts(tmp_path):
    _trial()
    path = write(tmp_path, as_csv(VOTE), "votes.csv")
    call_command("import_battles", str(path), "--arena", "trial", "--ignore-ids")
    assert Battle.objects.get().prompt.turns == ["q1"]


def test_ids_that_no_prompt_has_are_named_and_refused_where_files_must_be_right(tmp_path):
    path = write(tmp_path, as_csv(VOTE, {**VOTE, "prompt": "q2"}), "votes.csv")
    (odd,) = checked(path, "pairs", arena=make_arena()).odd
    assert str(odd.note).startswith(
        "2 rows whose prompts look like ids ('q1', 'q2'), in lines 2, 3: no prompt of the arena has"
    )
    with pytest.raises(ImportProblems, match="look like ids"):
        check(path, kind="battles", format_name="pairs", filename="votes.csv", arena=None, options={"strict": True})


@pytest.mark.parametrize("prompts", [["Why?", "Who is it?", "q1"], ["Hello", "Yes"], ["q1", "Who?"]])
def test_short_texts_are_no_ids(tmp_path, prompts):
    path = write(tmp_path, as_csv(*({**VOTE, "prompt": text} for text in prompts)), "votes.csv")
    assert not checked(path, "pairs", arena=make_arena()).odd


def test_judgements_and_gold_labels_name_prompts_by_their_ids(tmp_path):
    _arena, prompt = _trial()
    path = str(write(tmp_path, as_csv(NAMED), "rows.csv"))
    call_command("import_judgements", path, "--arena", "trial", "--judge", "j", "--order", "ab")
    call_command("import_gold", path, "--arena", "trial")
    assert Game.objects.get().battle.prompt == GoldItem.objects.get().battle.prompt == prompt
    assert Prompt.objects.count() == 1
