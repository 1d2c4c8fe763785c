"""Files are read a row at a time; what cannot be read is named by line."""

import json
import tracemalloc

import pytest

from arena.importing import reading
from arena.importing.problems import Problems, shown
from arena.importing.reading import Shape, read_rows, shape_of
from tests.arena.import_files import lines, write


def _read(path, needed=()):
    problems = Problems(path.name)
    return list(read_rows(path, problems=problems, needed=needed)), [str(problem) for problem in problems.first]


@pytest.mark.parametrize(
    ("content", "shape"),
    [("a,b\n", Shape.CSV), ('{"a": 1}\n', Shape.JSON_LINES), (' \n[{"a": 1}]', Shape.JSON_ARRAY), ("", Shape.CSV)],
)
def test_the_shape_is_told_by_the_first_character(tmp_path, content, shape):
    assert shape_of(write(tmp_path, content)) == shape


@pytest.mark.parametrize(
    "content",
    ["a,b\n1,x\n2,y\n", '{"a": "1", "b": "x"}\n\n{"a": "2", "b": "y"}\n', '[{"a": "1", "b": "x"},\n{"a": "2", "b": "y"}]'],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_same_rows_come_out_of_every_shape_with_and_without_a_byte_order_mark(tmp_path, content, mark):
    rows, problems = _read(write(tmp_path, mark + content))
    assert [row for _, row in rows] == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert not problems


def test_rows_know_the_line_on_which_they_start(tmp_path):
    rows, _ = _read(write(tmp_path, 'a,b\n1,"two\nlines"\n\n2,y\n'))
    assert [line for line, _ in rows] == [2, 5]
    rows, _ = _read(write(tmp_path, '[\n{"a":\n1},\n\n{"a": 2}]'))
    assert [line for line, _ in rows] == [2, 5]


def test_entries_of_an_array_longer_than_a_block_are_put_together(tmp_path):
    entries = [{"a": "x" * 200_000}, {"a": "é" * 70_000}, {"a": 1}]
    rows, problems = _read(write(tmp_path, json.dumps(entries, ensure_ascii=False)))
    assert [row for _, row in rows] == entries
    assert not problems


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1,\xff\xfe\n", "line 2: the text is b'1,\\xff\\xfe\\n'; the file must be UTF-8"),
        (b'{"a": "\xe9"}\n{"a": 1}\n', "line 1: the text"),
        (b'[{"a": "\xe9"}]', "line 1: the text"),
        (b"\xff\xfea\x00", "line 1: the text"),
        (b"a,b\n1\n", "line 2: the number of cells is 1; the header has 2 columns"),
        (b'a,b\n"1"x,2\n', "line 2: the row is"),
        (b'a,b\n1,"never closed\n', "line 2: the row is"),
        (b"a,a\n1,2\n", "line 1: a column that is there twice is 'a'"),
        (b"{}\nnot json\n", "line 2: the line is 'not json'; each row must be one JSON object"),
        (b"{}\n[1]\n", "line 2: the line is '[1]'; each row must be one JSON object"),
        (b'{}\n{"a": NaN}\n', "NaN is no JSON"),
        (b'{}\n{"a": -Infinity}\n', "-Infinity is no JSON"),
        (b'{}\n{"a": ' + b"9" * 5000 + b"}\n", "line 2: the line is"),
        (b'{"a": ' + b"[" * 100_000 + b"\n", "nested too deep"),
        (b"[" + b'{"a":' * 100_000, "nested too deep"),
        (b'[{"a": 1} {"a": 2}]', "expected ,, found {"),
        (b'[{"a": 1},', "line 1, entry 2: the entry"),
        (b'[{"a": 1}] {"a": 2}', "what follows the array"),
        (b'[{"a": 1}, 7]', "line 1, entry 2: the entry is 7"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, said):
    _, problems = _read(write(tmp_path, content))
    assert any(said in problem for problem in problems), problems


def test_a_bad_line_does_not_hide_the_next_ones(tmp_path):
    rows, problems = _read(write(tmp_path, '{"a": 1}\n{"a": \n{"a": 3}\nnull\n'))
    assert [line for line, _ in rows] == [1, 3]
    assert len(problems) == 2


def test_a_missing_column_is_named_with_what_is_there(tmp_path):
    rows, problems = _read(write(tmp_path, "a,c\n1,2\n"), needed=("a", "b"))
    assert problems == ["file, line 1: a missing column is 'b'; needed are a, b; here are a, c"]
    assert not rows


@pytest.mark.parametrize("start", [b"", b"{", b'[{"a": "'])
def test_an_endless_line_is_not_read_into_memory(tmp_path, monkeypatch, start):
    monkeypatch.setattr(reading, "MAX_ROW", 100_000)
    path = tmp_path / "endless"
    with path.open("wb") as file:
        file.write(start)
        for _ in range(300):
            file.write(b"x" * 100_000)
    tracemalloc.start()
    rows, problems = _read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not rows
    assert len(problems) == 1
    assert peak < 2_000_000


def test_a_cell_with_a_quote_that_never_closes_is_not_read_into_memory(tmp_path):
    path = tmp_path / "endless.csv"
    with path.open("wb") as file:
        file.write(b'a,b\n1,"')
        for _ in range(400):
            file.write(b"x" * 100_000 + b"\n")
    _, problems = _read(path)
    assert "field larger than field limit" in problems[0]


def test_a_long_file_is_read_in_flat_memory(tmp_path):
    path = write(tmp_path, "[" + ",\n".join(['{"a": "some text"}'] * 200_000) + "]")
    tracemalloc.start()
    n_rows = sum(1 for _ in read_rows(path, problems=Problems("x")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_rows == 200_000
    assert peak < 2_000_000


def test_only_the_first_problems_are_kept_and_all_are_counted(tmp_path):
    path = write(tmp_path, "{}\n" + "wrong\n" * 1000)
    problems = Problems(path.name)
    list(read_rows(path, problems=problems))
    assert len(problems.first) == 20
    assert problems.n_all == 1000


def test_values_are_shown_short_and_with_what_is_hidden_in_them(tmp_path):
    assert shown("a\u202eb\n") == r"'a\u202eb\n'"
    assert len(shown("x" * 10_000)) == 80
    assert len(shown({"a": ["x" * 10_000]})) == 80


def test_lines_make_the_same_rows_whatever_the_line_ends(tmp_path):
    path = write(tmp_path, "a,b\r\n1,x\r\n2,y")
    assert [row["b"] for _, row in _read(path)[0]] == ["x", "y"]
    assert [row for _, row in _read(write(tmp_path, lines({"a": 1}).replace("\n", "\r\n")))[0]] == [{"a": 1}]
