"""Files of answers that bring their prompts, and instructions with an input, which is part of the prompt."""

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.files.problems import ImportProblems
from arena.importing.formats import format_of, kind_and_format, reading_format
from arena.models import Battle, Prompt, Response
from tests.arena.importing.import_files import as_csv, checked, imported, lines, write
from tests.factories import make_arena, make_prompt

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("asked", ["question", "instruction", "query", "input", "prompt", "Prompt"])
@pytest.mark.parametrize("answered", ["output", "answer", "response", "completion"])
@pytest.mark.parametrize("is_csv", [True, False])
def test_question_model_and_answer_are_answers_with_their_prompts(tmp_path, asked, answered, is_csv):
    rows = [{asked: "Who is it?", "model": "m", answered: "Ann."}, {asked: "Who was it?", "model": "m", answered: "Bob."}]
    path = write(tmp_path, as_csv(*rows) if is_csv else lines(*rows), "rows")
    assert kind_and_format(path) == ("responses", "csv" if is_csv else "jsonl")
    arena = make_arena()
    report = checked(path, "", kind="responses", arena=arena)
    assert not report.ignored
    assert "2 prompts that are not in this arena: added with their answers, known by their texts." in map(str, report.notes)
    imported(path, "csv" if is_csv else "jsonl", arena, kind="responses")
    assert [(each.prompt.text, each.text) for each in Response.objects.order_by("pk")] == [
        ("Who is it?", "Ann."), ("Who was it?", "Bob."),
    ]  # fmt: skip


def test_an_id_beside_the_text_is_the_prompts(tmp_path):
    arena = make_arena()
    path = write(tmp_path, "question_id,question,model,output\nq1,Who is it?,m,Ann.\n", "rows.csv")
    imported(path, "csv", arena, kind="responses")
    assert Prompt.objects.get().key == "q1"
    other = write(tmp_path, "question_id,question,model,output\nq1,Who was it?,m,Ann.\n", "other.csv")
    with pytest.raises(ImportProblems, match="this prompt is in the arena with another text"):
        checked(other, "csv", kind="responses", arena=arena)


def test_a_column_prompt_holds_ids_where_the_arena_has_them(tmp_path):
    arena = make_arena()
    known = make_prompt(arena, key="q1")
    path = write(tmp_path, "prompt,model,answer\nq1,m,Ann.\nWhat is new?,m,This.\n", "rows.csv")
    imported(path, "csv", arena, kind="responses")
    assert {each.prompt_id == known.pk: each.text for each in Response.objects.all()} == {True: "Ann.", False: "This."}


def test_an_id_that_no_prompt_has_makes_no_prompt(tmp_path):
    path = write(tmp_path, "prompt,model,answer\nq7,m,Ann.\n", "rows.csv")
    with pytest.raises(ImportProblems, match="no prompt of the arena has this id or this text"):
        checked(path, "csv", kind="responses", arena=make_arena())


ALPACA = [
    {"instruction": "Sum up.", "input": "Text one.", "output": "1"},
    {"instruction": "Sum up.", "input": "Text two.", "output": "2"},
    {"instruction": "Sum up.", "input": "", "output": "3"}, {"instruction": "Sum up.", "input": " ", "output": "3"},
]  # fmt: skip
WHOLE = ["Sum up.\n\nText one.", "Sum up.\n\nText two.", "Sum up."]


@pytest.mark.parametrize("written", [as_csv, lines])
def test_an_input_is_part_of_the_prompt_of_an_instruction(tmp_path, written):
    path = write(tmp_path, written(*ALPACA), "alpaca")
    report = checked(path, "", kind="prompts")
    assert "The input stands below the instruction in the prompt." in map(str, report.notes)
    assert report.ignored == ["output"]
    imported(path, kind_and_format(path)[1], make_arena(), kind="prompts")
    assert list(Prompt.objects.order_by("pk").values_list("turns", flat=True)) == [[text] for text in WHOLE]


def test_an_input_is_part_of_the_prompt_of_a_battle(tmp_path):
    path = write(
        tmp_path, lines(*({**row, "output": None, "output_1": "x", "output_2": "y", "preference": 1} for row in ALPACA)), "farm"
    )
    imported(path, "pairs", make_arena())
    assert {each.prompt.turns[0] for each in Battle.objects.select_related("prompt")} == set(WHOLE)


def test_an_input_is_part_of_the_prompt_of_answers(tmp_path):
    path = write(tmp_path, as_csv(*({**row, "model": "m"} for row in ALPACA)), "rows.csv")
    imported(path, "csv", make_arena(), kind="responses")
    assert set(Prompt.objects.values_list("turns__0", flat=True)) == set(WHOLE)


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("judgements", {"answer_a": "x", "answer_b": "y", "order": "ab", "label": "a"}),
        ("judgements", {"answer": "x", "score": 3, "reply": "3"}), ("labels", {"answer_a": "x", "answer_b": "y", "gold": "a"}),
        ("labels", {"answer": "x", "is_right": True}), ("responses", {"m1": "x one two", "m2": "y one two"}),
        ("responses", {"answers": {"m1": "x", "m2": "y"}}),
    ],
)  # fmt: skip
def test_every_plain_layout_knows_inputs(tmp_path, kind, more):
    path = write(tmp_path, lines({"instruction": "Sum up.", "input": "Text one.", **more}), "rows")
    layout = reading_format(kind, "", path).format
    (row, *_) = TypedFile(path, format_of(kind, layout), filename="rows")
    assert (row.asked if kind == "responses" else row.prompt).turns == (WHOLE[0],)


def test_an_input_alone_is_a_prompt_and_beside_a_prompt_is_none(tmp_path):
    alone = TypedFile(write(tmp_path, "input,model,output\nWho is it?,m,x\n", "a"), format_of("responses", "csv"), filename="a")
    assert [row.asked.turns for row in alone] == [("Who is it?",)]
    beside = write(tmp_path, lines({"prompt": "Who is it?", "input": "x"}), "b")
    assert checked(beside, "jsonl", kind="prompts").ignored == ["input"]
