"""What the columns of a file of answers are taken to hold where no layout knows them."""

import pytest

from arena.importing.files.looks import Shape
from arena.importing.formats.guessing import guessed
from arena.importing.formats.recognition import FileStart
from arena.models import Import


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
