"""Every published layout of judgements and labels: recognised, read to the values that must come of it, refused where wrong."""

import contextlib
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arena.importing.chunks import TypedFile
from arena.importing.files.columns import Columns
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.problems import RowProblem, some_names
from judges.importing.formats import JUDGEMENT_FORMATS, LABEL_FORMATS, format_of
from judges.importing.formats.format import JudgementFormat
from tests.arena.importing.test_layouts import NASTY, _changed, _places, missing_columns, with_points
from tests.judges.importing.layout_cases import MISSING, gist
from tests.judges.importing.layouts_of_judgements import JUDGEMENTS
from tests.judges.importing.layouts_of_labels import LABELS

FILES = Path(__file__).parent / "layout_files"
OWN = {"pairs", "grades", "answers", "games", "gold-labels", "gold-answers"}
KNOWN = {"judgements": JUDGEMENT_FORMATS, "labels": LABEL_FORMATS}
BY_NAME = {case.file: case for case in (*JUDGEMENTS, *LABELS)}


def _typed(path, case):
    file = TypedFile(path, KNOWN[case.kind][case.format], filename=path.name)
    rows = [gist(row) for row in file]
    return rows, [str(problem) for problem in file.problems.first]


def _raw(path):
    text = path.read_text()
    if look_at(path).shape == Shape.CSV:
        return list(csv.DictReader(io.StringIO(text)))
    return json.loads(text) if look_at(path).shape == Shape.JSON_ARRAY else [json.loads(line) for line in text.splitlines()]


def _written(folder, like, rows):
    """Rows in the shape of the file that they come from."""
    path = folder / like.name
    if look_at(like).shape == Shape.CSV:
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(text.getvalue())
    elif look_at(like).shape == Shape.JSON_ARRAY:
        path.write_text(json.dumps(rows))
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_file_is_looked_at_and_every_format_has_one():
    assert {path.name for path in FILES.iterdir()} == set(BY_NAME)
    for kind, known in KNOWN.items():
        assert {case.format for case in BY_NAME.values() if case.kind == kind} == set(known)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_published_layout_is_recognised_and_read(name):
    case = BY_NAME[name]
    read_by = format_of(FILES / name, KNOWN[case.kind])
    assert read_by.format == case.format
    assert str(read_by.notes[0]).startswith(f"Read by the format {case.format}, because of the columns ")
    assert _typed(FILES / name, case) == (case.rows, [])


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", BY_NAME)
def test_a_usual_defect_names_line_value_and_what_is_allowed(tmp_path, name, number):
    case = BY_NAME[name]
    change, said = case.defects[number]
    *rows, last = _raw(FILES / name)
    broken = {column: value for column, value in {**last, **change}.items() if value != MISSING}
    _, problems = _typed(_written(tmp_path, FILES / name, [*rows, broken]), case)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"{name}, line ")
    assert said in problems[0]


@pytest.mark.parametrize("name", BY_NAME)
def test_a_missing_field_is_named_with_those_that_are_there(tmp_path, name):
    case = BY_NAME[name]
    each, is_csv = KNOWN[case.kind][case.format], look_at(FILES / name).shape == Shape.CSV
    renamed = Columns(each.needed, each.read, each.other_words)
    said = list[bool]()
    for rows, left in missing_columns(_raw(FILES / name), is_csv, each.needed, renamed):
        _, problems = _typed(_written(tmp_path, FILES / name, rows), case)
        assert len(problems) <= 1, (left, problems)  # some are needed only to recognise the layout
        said += [f"; the {'file' if is_csv else 'row'} has {some_names(left)}" in problem for problem in problems if left]
    assert any(said) or not said


@pytest.mark.parametrize("name", [name for name in BY_NAME if not name.endswith(".csv")])
def test_whole_numbers_with_a_point_are_the_same_numbers(tmp_path, name):
    case = BY_NAME[name]
    path = _written(tmp_path, FILES / name, with_points(_raw(FILES / name)))
    assert format_of(path, KNOWN[case.kind]).format == case.format
    assert _typed(path, case) == (case.rows, [])


@pytest.mark.parametrize("name", BY_NAME)
def test_shuffled_and_extra_columns_change_nothing(tmp_path_factory, name):
    case, folder = BY_NAME[name], tmp_path_factory.mktemp("files")
    rows = _raw(FILES / name)
    columns = list(dict.fromkeys(column for row in rows for column in row))

    @settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    @given(st.permutations(columns), st.sets(st.from_regex(r"zz_[a-z]{3,8}", fullmatch=True), max_size=3), st.text("ab ,;"))
    def change(order, extra, cell):
        changed = [{**{at: row[at] for at in order if at in row}, **dict.fromkeys(sorted(extra), cell)} for row in rows]
        path = _written(folder, FILES / name, changed)
        assert format_of(path, KNOWN[case.kind]).format == case.format
        assert _typed(path, case) == (case.rows, [])

    change()


@pytest.mark.parametrize("name", BY_NAME)
def test_whatever_stands_in_a_row_it_is_read_or_refused_as_a_row(name):
    """No other error: a file of others holds anything anywhere."""
    case = BY_NAME[name]
    each = KNOWN[case.kind][case.format]
    form = each(FILES / name)
    renamed = Columns(each.needed, each.read, each.other_words)
    for raw in _raw(FILES / name):
        names = renamed.renamed(raw)
        row = {names.get(column, column): value for column, value in raw.items()}
        for path in _places(row):
            for new in NASTY if path else ():
                with contextlib.suppress(RowProblem):
                    changed = _changed(row, path, new)
                    found = list(form.rows(1, changed)) if isinstance(form, JudgementFormat) else [form.row(1, changed)]
                    assert all(gist(one) for one in found)


def test_every_format_of_others_says_where_it_is_described():
    for known in KNOWN.values():
        for each in known.values():
            assert each.link.startswith("https://") or each.name in OWN, each


def test_a_file_of_another_kind_says_what_it_is():
    with pytest.raises(Exception, match="which looks like a file for import_gold"):
        format_of(FILES / "labels-pandalm.json", JUDGEMENT_FORMATS)
