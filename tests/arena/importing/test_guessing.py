"""What the columns of a file of answers are taken to hold where no layout knows them."""

import pytest

from arena.importing.files import receiving
from arena.importing.files.looks import Shape
from arena.importing.formats.guessing import guessed
from arena.importing.formats.recognition import FileStart, start_of
from arena.importing.intake import FileRequest, UnknownKind, check_file
from arena.models import Import

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("question_id", "model_name", "output"), {"prompt_id": "question_id", "text": "output"}),
        (("question_id", "model_name", "text"), {"prompt_id": "question_id", "text": "text"}),
        (("question_id", "model_name", "said"), {"prompt_id": "question_id", "text": "said"}),
        (("asked", "model_name", "output"), {"prompt": "asked", "text": "output"}),
        (("question", "model_name", "said"), {"prompt": "question", "text": "said"}),
        (("question_id", "question", "model_name", "output"),
         {"prompt": "question", "prompt_id": "question_id", "text": "output"}),
    ],
)  # fmt: skip
def test_a_models_answers_are_told_from_what_was_asked(names, expected):
    short = {"question_id": "q1", "model_name": "gpt-4o"}
    rows = [{name: short.get(name, f"a text of several words, {name}") for name in names}]
    kind, columns = guessed(FileStart(Shape.CSV, names, rows))
    assert (kind, dict(columns.columns)) == (Import.Kind.RESPONSES, {"competitor": "model_name", **expected})


WHY = "Why is it so?,because it is,so it is not,"


@pytest.mark.parametrize(
    ("head", "said", "values"),
    [
        ("prompt,gpt,claude,winner", ("gpt", "claude"), {"gpt": "a", "claude": "b"}),
        ("prompt,gpt answer,claude answer,which is better", ("GPT", "claude"), {"GPT": "a", "claude": "b"}),
        ("Question,Réponse 1,Réponse 2,Préférée", ("1", "2"), {"1": "a", "2": "b"}),
    ],
)
def test_votes_on_two_columns_are_told_by_what_the_votes_say(tmp_path, head, said, values):
    (tmp_path / "file.csv").write_text(f"{head}\n" + "".join(f"{WHY}{each}\n" for each in said))
    kind, columns = guessed(start_of(tmp_path / "file.csv"))
    names = head.split(",")
    wanted = dict(zip(("prompt", "answer_a", "answer_b", "winner"), names, strict=True))
    assert (kind, dict(columns.columns), dict(columns.values)) == (Import.Kind.BATTLES, wanted, values)
    file = receiving.keep_path(tmp_path / "file.csv")
    with pytest.raises(UnknownKind):  # and not read as prompts alone
        check_file(file, FileRequest("new"))


@pytest.mark.parametrize("head", ["id,prompt,reference,category", "prompt,turn 2,notes,topic"])
def test_prompts_with_other_texts_are_prompts(tmp_path, head):
    (tmp_path / "file.csv").write_text(f"{head}\nq1,Why is it so?,because it is so,facts\n")
    assert check_file(receiving.keep_path(tmp_path / "file.csv"), FileRequest("new")).kind == Import.Kind.PROMPTS
