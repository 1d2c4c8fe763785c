"""Published layouts as other tools save them: the same values must come of them."""

import csv
import io
import json

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.formats import formats_of
from arena.outcomes import Outcome
from tests.arena.importing.test_layouts import BY_NAME, FILES


def rows_of(path, kind, name):
    file = TypedFile(path, formats_of(kind)[name], filename=path.name)
    return list(file), [str(problem) for problem in file.problems.first]


def test_times_in_milliseconds_are_those_of_the_published_file(tmp_path):
    """As pandas writes them with to_json."""
    case = BY_NAME["battles-arena-140k.jsonl"]
    rows = [json.loads(line) for line in (FILES / case.file).read_text().splitlines()]
    changed = [row | {"timestamp": round(each.happened * 1000)} for row, each in zip(rows, case.rows, strict=True)]
    (tmp_path / "file.jsonl").write_text("".join(json.dumps(row) + "\n" for row in changed))
    read, problems = rows_of(tmp_path / "file.jsonl", "battles", "chatbot-arena")
    assert ([row.happened for row in read], problems) == ([row.happened for row in case.rows], [])


def test_winners_of_one_column_each_may_be_numbers_with_a_point(tmp_path):
    case = BY_NAME["battles-kaggle-55k.csv"]
    rows = list(csv.DictReader(io.StringIO((FILES / case.file).read_text())))
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows({name: f"{cell}.0" if name.startswith("winner") else cell for name, cell in row.items()} for row in rows)
    (tmp_path / "file.csv").write_bytes(text.getvalue().encode())
    read, problems = rows_of(tmp_path / "file.csv", "battles", "kaggle-pairs")
    assert ([row.votes for row in read], problems) == ([row.votes for row in case.rows], [])


def test_choices_as_python_prints_them_are_refused_with_their_cure(tmp_path):
    (tmp_path / "file.csv").write_text("question,choices,answer\nWhich?,\"['one', 'two']\",A\n")
    _, problems = rows_of(tmp_path / "file.csv", "prompts", "multiple-choice")
    assert "a list of 2 to 26 texts is needed; this one is written as Python prints it: write JSON" in problems[0]


@pytest.mark.parametrize(("chosen", "outcome"), [("Response 1", Outcome.A), ("answer 2", Outcome.B), ("response-2", Outcome.B)])
def test_labels_of_a_form_name_the_side(tmp_path, chosen, outcome):
    task = {
        "id": 1, "data": {"prompt": "Name a lake.", "answer1": "Como", "answer2": "Alps"},
        "annotations": [{"completed_by": 1, "result": [{"type": "choices", "value": {"choices": [chosen]}}]}],
    }  # fmt: skip
    (tmp_path / "file.json").write_text(json.dumps([task]))
    read, problems = rows_of(tmp_path / "file.json", "battles", "label-studio")
    assert ([vote.outcome for row in read for vote in row.votes], problems) == ([outcome], [])


def test_the_note_on_the_first_side_names_no_columns_that_the_file_has_not(tmp_path):
    pairs = formats_of("battles")["pairs"](tmp_path / "file.csv")
    assert str(pairs.notes()[0]) == "The first model and answer of each row are taken as what was shown first."
