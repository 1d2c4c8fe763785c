"""Every published layout: recognised without a word, read to the values that must come of it, and refused where it is wrong."""

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
from arena.importing.files.rows import BattleRow
from arena.importing.formats import formats_of, reading_format
from tests.arena.importing.layout_cases import MISSING
from tests.arena.importing.layouts_of_answers import RESPONSES
from tests.arena.importing.layouts_of_battles import BATTLES
from tests.arena.importing.layouts_of_prompts import PROMPTS

FILES = Path(__file__).parent / "layout_files"
BESIDE = {"competitor": "told beside"}
BY_NAME = {case.file: case for case in (*BATTLES, *PROMPTS, *RESPONSES)}


def _typed(path, kind, name):
    file = TypedFile(path, formats_of(kind)[name], filename=path.name, options=BESIDE)
    rows = [row._replace(known_as=None) if isinstance(row, BattleRow) else row for row in file]
    return rows, [str(problem) for problem in file.problems.first]


def _raw(path):
    """The rows of a file as Python reads them."""
    text = path.read_text()
    match look_at(path).shape:
        case Shape.CSV:
            return list(csv.DictReader(io.StringIO(text), delimiter=";" if "newcomer" in path.name else ","))
        case Shape.JSON_ARRAY:
            return json.loads(text)
        case Shape.JSON_OBJECT:
            return json.loads(text)["request_states"]
        case _:
            return [json.loads(line) for line in text.splitlines()]


def _written(folder, like, rows):
    """Rows in the shape of the file that they come from."""
    path = folder / like.name
    match look_at(like).shape:
        case Shape.CSV:
            text = io.StringIO()
            writer = csv.DictWriter(text, rows[0], lineterminator="\n", delimiter=";" if "newcomer" in like.name else ",")
            writer.writeheader()
            writer.writerows(rows)
            path.write_bytes(text.getvalue().encode(errors="surrogatepass"))
        case Shape.JSON_ARRAY:
            path.write_text(json.dumps(rows))
        case Shape.JSON_OBJECT:
            path.write_text(json.dumps({"adapter_spec": {"method": "generation"}, "request_states": rows}))
        case _:
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_every_file_is_looked_at_and_every_format_has_one():
    assert {path.name for path in FILES.iterdir()} == set(BY_NAME)
    for kind in ("battles", "prompts", "responses"):
        assert {case.format for case in BY_NAME.values() if case.kind == kind} == set(formats_of(kind))


@pytest.mark.parametrize("name", BY_NAME)
def test_a_published_layout_is_recognised_and_read(name):
    case = BY_NAME[name]
    read_by = reading_format(case.kind, "", FILES / name)
    assert read_by.format == case.format
    assert str([*read_by.notes, *read_by.doubts][0]).startswith(f"Read by the format {case.format}, because of the columns ")
    assert _typed(FILES / name, case.kind, case.format) == (case.rows, [])


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("name", BY_NAME)
def test_a_usual_defect_names_line_value_and_what_is_allowed(tmp_path, name, number):
    case = BY_NAME[name]
    change, said = case.defects[number]
    *rows, last = _raw(FILES / name)
    broken = {column: value for column, value in {**last, **change}.items() if value != MISSING}
    path = _written(tmp_path, FILES / name, [*rows, broken])
    _, problems = _typed(path, case.kind, case.format)
    assert len(problems) == 1, problems
    assert problems[0].startswith(f"{name}, line ")
    assert said in problems[0]


def missing_columns(rows, is_csv, needed, renamed):
    """For each column that a layout needs and the file has: the rows without it, and the columns that are left.

    A table loses it as a whole, other files in their last row.
    """
    names = renamed.renamed(rows[-1])
    for lost in [column for column in rows[-1] if names.get(column, column) in needed]:
        left = [{column: value for column, value in row.items() if column != lost} for row in rows]
        yield (left if is_csv else [*rows[:-1], left[-1]]), list(left[-1])


@pytest.mark.parametrize("name", BY_NAME)
def test_a_missing_field_is_named_with_those_that_are_there(tmp_path, name):
    case = BY_NAME[name]
    each, is_csv = formats_of(case.kind)[case.format], look_at(FILES / name).shape == Shape.CSV
    renamed = Columns(each.needed, each.read, each.other_words)
    said = list[bool]()
    for rows, left in missing_columns(_raw(FILES / name), is_csv, each.needed, renamed):
        _, problems = _typed(_written(tmp_path, FILES / name, rows), case.kind, case.format)
        assert len(problems) <= 1, (left, problems)  # some are needed only to recognise the layout
        said += [f"; the {'file' if is_csv else 'row'} has {some_names(left)}" in problem for problem in problems if left]
    assert any(said) or not said


OF_OWN_NAMES = {"wide", "argilla-table", "label-studio-rows"}  # columns are called after models, or questions of the user's


@pytest.mark.parametrize("spelt", ["as a heading", "without signs"])
@pytest.mark.parametrize("name", [name for name, case in BY_NAME.items() if case.format not in OF_OWN_NAMES])
def test_case_blanks_hyphens_and_underscores_of_columns_do_not_matter(tmp_path, name, spelt):
    case = BY_NAME[name]
    respelt = (lambda column: column.replace("_", " ").title()) if spelt == "as a heading" else lambda column: (
        column.replace("_", "-").upper()
    )  # fmt: skip
    rows = [{respelt(column): value for column, value in row.items()} for row in _raw(FILES / name)]
    path = _written(tmp_path, FILES / name, rows)
    assert reading_format(case.kind, "", path).format == case.format
    found, problems = _typed(path, case.kind, case.format)
    assert ([_without_lines(row) for row in found], problems) == ([_without_lines(row) for row in case.rows], [])


def with_points(value):
    """Whole numbers as programs write them that have no integers."""
    if isinstance(value, dict):
        return {name: with_points(each) for name, each in value.items()}
    if isinstance(value, list):
        return [with_points(each) for each in value]
    return float(value) if type(value) is int else value


@pytest.mark.parametrize("name", [name for name in BY_NAME if not name.endswith(".csv")])
def test_whole_numbers_with_a_point_are_the_same_numbers(tmp_path, name):
    case = BY_NAME[name]
    path = _written(tmp_path, FILES / name, with_points(_raw(FILES / name)))
    assert reading_format(case.kind, "", path).format == case.format
    found, problems = _typed(path, case.kind, case.format)
    assert ([_without_lines(row) for row in found], problems) == ([_without_lines(row) for row in case.rows], [])


OF_NO_MODEL = st.sampled_from(["source", "Split", "difficulty", "comment", "dataset", "Unnamed: 0"])
OF_NOTHING = st.from_regex(r"zz_[a-z]{3,8}", fullmatch=True)


@pytest.mark.parametrize("name", BY_NAME)
def test_shuffled_and_extra_columns_change_nothing(tmp_path_factory, name):
    case, folder = BY_NAME[name], tmp_path_factory.mktemp("files")
    rows = _raw(FILES / name)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    is_wide = case.format == "wide"  # each column is a model, unless its name says that it is none
    extras = OF_NO_MODEL if is_wide else OF_NOTHING

    @settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
    @given(st.permutations(columns), st.sets(extras, max_size=3), st.text("ab ,;"))
    def change(order, extra, cell):
        changed = [{**{at: row[at] for at in order if at in row}, **dict.fromkeys(sorted(extra), cell)} for row in rows]
        path = _written(folder, FILES / name, changed)
        assert reading_format(case.kind, "", path).format == case.format
        found, problems = _typed(path, case.kind, case.format)
        found, wanted = ([_without_lines(row) for row in rows_of] for rows_of in (found, case.rows))
        by_model = str if is_wide else (lambda row: 0)  # answers come in the order of their columns
        assert sorted(found, key=by_model) == sorted(wanted, key=by_model), problems

    change()


NASTY = (
    None, True, 0, -1, 10**400, 1e300, float("inf"), "", " ", "x", "[", "a\0b", "\ud800", [], {}, [1], [None], [[]], [{}],
    {"a": 1},
    {"role": ["x"], "type": ["x"], "content": 5}, [{"role": "user", "content": [{"type": ["x"], "text": 4}, 4, None]}],
    [{"type": ["pairwise"], "value": ["x"], "tags": 4}], {"value": {"x": 1}, "relation": ["x"], "num_words": float("inf")},
)  # fmt: skip


def _places(value, path=()):
    """Every place inside a row."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _places(each, (*path, key))


def _changed(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _changed(copy[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("name", BY_NAME)
def test_whatever_stands_in_a_row_it_is_read_or_refused_as_a_row(name):
    """No other error: a file of others holds anything anywhere."""
    case = BY_NAME[name]
    each = formats_of(case.kind)[case.format]
    form = each(FILES / name)
    form.options = BESIDE
    renamed = Columns(each.needed, each.read, each.other_words)
    for raw in _raw(FILES / name):
        names = renamed.renamed(raw)
        row = {names.get(column, column): value for column, value in raw.items()}
        for path in _places(row):
            for new in NASTY if path else ():
                with contextlib.suppress(RowProblem):
                    assert list(form.rows(1, _changed(row, path, new))) is not None


def _without_lines(row):
    """JSON lists stand on one line here."""
    named = {name: value for name, value in row._asdict().items() if name in {"prompt", "asked"}}
    inner = {name: value._replace(line=0) for name, value in named.items() if hasattr(value, "line")}
    return row._replace(line=0, **inner)


def test_every_format_of_others_says_where_it_is_described():
    for kind in ("battles", "prompts", "responses"):
        for each in formats_of(kind).values():
            if each.name not in {"csv", "jsonl", "by-row", "pairs", "battles", "wide"}:
                assert each.link.startswith("https://"), each


IN_PLACE_OF_ANOTHER = {"category", "models"}  # read where the cluster, or the names beside the answers, are not there


class _Watched(dict):
    """A row that knows which of its columns were asked for."""

    def __init__(self, row, asked):
        super().__init__(row)
        self._asked = asked

    def __getitem__(self, name):
        self._asked.add(name)
        return super().__getitem__(name)

    def get(self, name, default=None):
        self._asked.add(name)
        return super().get(name, default)


@pytest.mark.parametrize("name", [name for name in BY_NAME if "wide" not in name])
def test_a_column_counts_as_read_only_where_it_is(name):
    """What a format says that it reads is all that is not reported as not read."""
    case = BY_NAME[name]
    each = formats_of(case.kind)[case.format]
    form, asked = each(FILES / name), set()
    form.options = BESIDE
    renamed = Columns(each.needed, each.read, each.other_words)
    for raw in _raw(FILES / name):
        names = renamed.renamed(raw)
        row = {names.get(column, column): value for column, value in raw.items()}
        assert list(form.rows(1, _Watched(row, asked))) is not None
        assert (set(row) & each.read) - asked <= IN_PLACE_OF_ANOTHER
