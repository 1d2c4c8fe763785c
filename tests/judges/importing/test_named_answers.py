"""An answer that is given by its competitor's name is the stored one, or the row is refused: over REST as in files."""

import json

import pytest
from django.core.management import CommandError, call_command

from arena.models import Competitor, Response
from judges.models import Game, GoldAnswer, GoldItem
from tests.arena.api.programs import make_program, post
from tests.factories import make_arena, make_competitor, make_prompt, make_response

pytestmark = pytest.mark.django_db
BY_TEXT = {"prompt_id": "p-1", "answer_a": "Kestrel", "answer_b": "Osmia"}
BY_NAME = {"prompt_id": "p-1", "competitor_a": "Kestrel", "competitor_b": "Osmia"}
BY_BOTH = {**BY_TEXT, **BY_NAME}


@pytest.fixture(autouse=True)
def garden():
    """Kestrel has two answers to p-2, and Osmia none."""
    arena = make_arena("garden")
    kestrel, osmia = make_competitor(arena, "Kestrel"), make_competitor(arena, "Osmia")
    first, second = make_prompt(arena, "What is 2 + 2?", key="p-1"), make_prompt(arena, "And 3 + 3?", key="p-2")
    make_response(first, kestrel, "Four.")
    make_response(first, osmia, "Five.")
    for repeat, text in enumerate(("Six.", "Six, I think.")):
        make_response(second, kestrel, text, repeat=repeat)
    return arena


@pytest.fixture
def program():
    return make_program()


def texts(battle):
    return {battle.response_a.text, battle.response_b.text}


def nothing_was_made():
    return (Response.objects.count(), Competitor.objects.count()) == (4, 2)


@pytest.mark.parametrize("row", [BY_TEXT, BY_NAME, BY_BOTH])
def test_judgements_by_name_are_about_the_stored_answers(program, row):
    body = {"arena": "garden", "name": "elsewhere", "rows": [row | {"label": "a"}]}
    made = post(program, "judgements/", body)
    assert made.status_code == 201, made.json()
    assert (texts(Game.objects.get().battle), Game.objects.get().winner) == ({"Four.", "Five."}, "first")
    assert nothing_was_made()


@pytest.mark.parametrize("row", [BY_TEXT, BY_NAME, BY_BOTH])
def test_gold_labels_by_name_are_about_the_stored_answers(program, row):
    made = post(program, "gold-labels/", {"arena": "garden", "rows": [row | {"label": "a"}]})
    assert made.status_code == 201, made.json()
    assert texts(GoldItem.objects.get().battle) == {"Four.", "Five."}
    assert nothing_was_made()


@pytest.mark.parametrize("row", [{"answer": "Kestrel"}, {"competitor": "Kestrel"}, {"model": "Kestrel"}])
def test_labels_and_grades_of_one_answer_by_name_are_about_the_stored_one(program, row):
    right = {"arena": "garden", "rows": [{"prompt_id": "p-1", **row, "is_right": True}]}
    grades = [{"prompt_id": "p-1", **row, "score": 8}, {"prompt_id": "p-1", "answer": "Osmia", "score": 2}]
    assert post(program, "gold-labels/answers/", right).status_code == 201
    assert post(program, "judgements/grades/", {"arena": "garden", "name": "m", "rows": grades}).status_code == 201
    assert GoldAnswer.objects.get().response.text == "Four."
    assert texts(Game.objects.first().battle) == {"Four.", "Five."}
    assert nothing_was_made()


@pytest.mark.parametrize("path", ["judgements/", "gold-labels/"])
@pytest.mark.parametrize(
    ("row", "what", "value", "allowed"),
    [
        ({"prompt_id": "p-2", "answer_a": "Kestrel", "answer_b": "7"}, "answer_a", "'Kestrel'", "has 2 answers to the prompt"),
        ({"prompt_id": "p-2", "answer_a": "7", "answer_b": "Osmia"}, "answer_b", "'Osmia'", "has no answer to the prompt"),
        ({"prompt_id": "p-2", "competitor_a": "Osmia", "answer_b": "7"}, "competitor_a", "'Osmia'", "has no answer"),
        ({**BY_NAME, "competitor_b": "Osmai"}, "competitor_b", "'Osmai'", "has no answer to the prompt"),
        ({**BY_TEXT, "answer_b": "Kestrel"}, "answer_b", "'Kestrel'", "two different competitors are needed"),
    ],
)
def test_a_name_without_just_one_answer_is_refused_with_its_row(program, path, row, what, value, allowed):
    rows = [BY_NAME | {"label": "a"}, row | {"label": "a"}]
    refused = post(program, path, {"arena": "garden", "name": "elsewhere", "rows": rows})
    assert refused.status_code == 422, refused.json()
    [problem] = refused.json()["rows"]
    assert (problem["row"], problem["what"], problem["value"]) == (2, what, value)
    assert allowed in problem["allowed"]
    assert nothing_was_made()
    assert not Game.objects.exists()
    assert not GoldItem.objects.exists()


def test_a_text_that_is_an_answer_here_is_that_answer_and_other_models_may_say_a_name(program, garden):
    asked = make_prompt(garden, "Who are you?", key="p-3")
    make_response(asked, Competitor.objects.get(name="Osmia"), "Kestrel")
    row = {"prompt_id": "p-3", "answer_a": "Kestrel", "answer_b": "Osmia", "competitor_b": "Kestrel", "label": "a"}
    assert post(program, "gold-labels/", {"arena": "garden", "rows": [row]}).status_code == 201
    assert texts(GoldItem.objects.get().battle) == {"Kestrel", "Osmia"}


def test_the_label_may_be_the_name_that_stands_for_the_answer(program):
    body = {"arena": "garden", "name": "elsewhere", "rows": [BY_TEXT | {"label": "Osmia"}]}
    assert post(program, "judgements/", body).status_code == 201
    assert Game.objects.get().winner == "second"


@pytest.mark.parametrize("command", ["import_judgements", "import_gold"])
@pytest.mark.parametrize("names", [("answer_a", "answer_b"), ("competitor_a", "competitor_b"), ("model_a", "model_b")])
def test_files_name_answers_so_too_or_are_refused_by_line(tmp_path, command, names):
    good = {"prompt_id": "p-1", names[0]: "Kestrel", names[1]: "Osmia", "label": "a"}
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(good), encoding="utf-8")
    call_command(command, str(path), "--format", "pairs", "--arena", "garden")
    assert texts((Game if command == "import_judgements" else GoldItem).objects.get().battle) == {"Four.", "Five."}
    path.write_text(json.dumps(good) + "\n" + json.dumps(good | {"prompt_id": "p-2"}), encoding="utf-8")
    with pytest.raises(CommandError, match=r"line 2: .*this competitor has 2 answers to the prompt"):
        call_command(command, str(path), "--format", "pairs", "--arena", "garden")
    assert nothing_was_made()


@pytest.mark.parametrize(("command", "made"), [("import_gold", GoldItem), ("import_judgements", Game)])
def test_in_a_table_empty_answers_beside_two_names_are_no_answers(tmp_path, command, made):
    order = "order," if made is Game else ""
    row = f"p-1,Kestrel,Osmia,,,{'ab,' if order else ''}A\n"
    (tmp_path / "rows.csv").write_text(f"prompt_id,competitor_a,competitor_b,answer_a,answer_b,{order}label\n{row}")
    call_command(command, str(tmp_path / "rows.csv"), "--arena", "garden")
    assert texts(made.objects.get().battle) == {"Four.", "Five."}
    assert nothing_was_made()
