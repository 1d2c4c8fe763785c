"""Files are read a row at a time; what cannot be read is named by line."""

import codecs
import json
import math
import tracemalloc

import pytest

from arena.importing.chunks import TypedFile
from arena.importing.files import reading
from arena.importing.files.columns import Columns
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.problems import ImportProblems, Problems, shown
from arena.importing.files.reading import header_of, read_rows
from arena.importing.files.receiving import KeptFile
from arena.importing.formats import formats_of
from arena.importing.formats.recognition import start_of
from arena.importing.intake import FileRequest, check_file
from arena.models import Import
from tests.arena.importing.import_files import as_csv, lines, write


def _read(path, needed=(), read=()):
    problems = Problems(path.name)
    return list(read_rows(path, problems=problems, columns=Columns(needed, {*needed, *read}))), [
        str(problem) for problem in problems.first
    ]


@pytest.mark.parametrize(
    ("content", "shape"),
    [("a,b\n", Shape.CSV), ('{"a": 1}\n', Shape.JSON_LINES), (' \n[{"a": 1}]', Shape.JSON_ARRAY), ("", Shape.CSV)],
)
def test_the_shape_is_told_by_the_first_character(tmp_path, content, shape):
    assert look_at(write(tmp_path, content)).shape == shape


@pytest.mark.parametrize(
    "content",
    ["a,b\n1,x\n2,y\n", '{"a": "1", "b": "x"}\n\n{"a": "2", "b": "y"}\n', '[{"a": "1", "b": "x"},\n{"a": "2", "b": "y"}]'],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_same_rows_come_out_of_every_shape_with_and_without_a_byte_order_mark(tmp_path, content, mark):
    rows, problems = _read(write(tmp_path, mark + content))
    assert [row for _, row in rows] == [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
    assert not problems


def test_rows_of_an_object_are_those_of_its_list_whatever_stands_beside_it(tmp_path):
    rows, problems = _read(
        write(tmp_path, '\n{ "adapter_spec": {"a": [{"b": 1}]},\n "request_states": [{"c": 2},\n{"c": 3}], "x": 1}')
    )
    assert (rows, problems) == ([(3, {"c": 2}), (4, {"c": 3})], [])


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
        (b"\xff\xfea\x00\x00\xd8\x00\x00", "line 1: the text is broken; the file begins with the mark of UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "this looks like UTF-16 without its mark: save the file again as UTF-8"),
        ("a,b\nA,\u00fc\n".encode() + b"B,\xfc\n", "line 3: the text is b'B,\\xfc\\n'; the file must be UTF-8"),
        (b"a,b\n" + b"\xcf\xf0\xe8\xe2\xe5\xf2,x\n" * 3, "save it again in this encoding (in Excel: CSV UTF-8)"),
        (b"PK\x03\x04\x14\0\x06\0xl/workbook.xml", "the file is a zip or Excel file, not text; save what it holds as CSV"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "the file is packed and damaged; pack it again"),
        (b"", "line 1: the file is empty; there is nothing to import"),
        (b" \n\t\n", "line 1: the file is empty"),
        (b"a,b\n1,2\na,b\n3,4\n", "line 3: the row is the header once more; remove this line"),
        (
            b'a;b\n1;"never\nclosed\n',
            'cells that hold ; or line breaks, and "" for a " inside them: a " of this row is never closed',
        ),
        (b"a,b\n1\n", "line 2: the number of cells is 1; the header has 2 columns"),
        (b'a,b\n"1"x,2\n', "line 2: the row is broken; it must be CSV"),
        (b'a,b\n1,"never closed\n', "line 2: the row is broken; it must be CSV"),
        (b"a,a\n1,2\n", "line 1: a column that occurs twice is 'a'"),
        (
            b"{}\nnot json\n",
            "line 2: the line is 'not json'; each row must be one JSON object, such as {...} (it is broken from its",
        ),
        (b"{}\n[1]\n", "line 2: the line is '[1]'; each row must be one JSON object"),
        (b'{}\n{"a": NaN}\n', "NaN is no JSON"),
        (b'{}\n{"a": -Infinity}\n', "-Infinity is no JSON"),
        (b'{}\n{"a": ' + b"9" * 5000 + b"}\n", "(it has a number of too many digits)"),
        (b'{"a": ' + b"[" * 100_000 + b"\n", "nested too deep"),
        (b"[" + b'{"a":' * 100_000, "nested too deep"),
        (b'[{"a": 1} {"a": 2}]', "expected ,, found {"),
        (b'[{"a": 1},', "line 1, entry 2: the entry"),
        (b'[{"a": 1}] {"a": 2}', "what follows the array"),
        (b'[{"a": 1}, 7]', "line 1, entry 2: the entry is 7"),
        (b'{"request_states": [{"a": 1}, 7]}', "line 1, entry 2: the entry is 7"),
        (b'{\n"adapter_spec": {},\n"request_states": [{}', "line 3, entry 1: the entry is ''"),
        (b'{"request_states": [{}]} {}', "what follows the object is '{}'; the file must end with its }"),
        (b'{"adapter_spec": 1', "expected ,, found the end of the file"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, said):
    _, problems = _read(write(tmp_path, content))
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    "content",
    ['a,b\n1,"ü\nü"\n', 'a;b\n1;"ü\nü"\n', 'a\tb\n1\t"ü\nü"\n', '{"a": "1", "b": "ü\\nü"}\n', '[{"a": "1", "b": "ü\\nü"}]'],
)
def test_files_of_spreadsheets_are_read_whatever_their_encoding_and_their_separator(tmp_path, content, encoding):
    rows, problems = _read(write(tmp_path, content.encode(encoding)), needed=("a", "b"))
    assert [row for _, row in rows] == [{"a": "1", "b": "ü\nü"}]
    assert not problems


def test_big_endian_files_are_read_too(tmp_path):
    rows, _ = _read(write(tmp_path, codecs.BOM_UTF16_BE + "a,b\n1,2\n".encode("utf-16-be")))
    assert [row for _, row in rows] == [{"a": "1", "b": "2"}]


def test_the_separator_is_the_one_that_gives_the_columns_which_are_needed(tmp_path):
    rows, problems = _read(write(tmp_path, '"a, b and c, or d";a;b\nx;1;2\n'), needed=("a", "b"))
    assert (rows, problems) == ([(2, {"a, b and c, or d": "x", "a": "1", "b": "2"})], [])


@pytest.mark.parametrize("content", ["A, Model_B \n1,2\n", '{"A": "1", " MODEL_B": "2"}', '[{"a": "1", "Model_b": "2"}]'])
def test_columns_are_read_whatever_their_case_and_the_blanks_around_them(tmp_path, content):
    rows, problems = _read(write(tmp_path, content), needed=("a", "model_b"))
    assert [row for _, row in rows] == [{"a": "1", "model_b": "2"}]
    assert not problems


@pytest.mark.parametrize("content", ["A,a,b\n1,2,3\n", '{"A": "1", "a": "2", "b": "3"}', '[{"A": "1", "a": "2", "b": "3"}]'])
def test_columns_of_one_name_are_kept_as_they_are_where_nobody_reads_them(tmp_path, content):
    rows, problems = _read(write(tmp_path, content), needed=("b",))
    assert [row for _, row in rows] == [{"A": "1", "a": "2", "b": "3"}]
    assert not problems


@pytest.mark.parametrize("content", ["A,a\n1,2\n", '{"A": "1", "a": "2"}', '[{"A": "1", "a": "2"}]'])
def test_columns_of_one_name_are_refused_by_their_names_where_it_is_read(tmp_path, content):
    rows, problems = _read(write(tmp_path, content), needed=("a",))
    assert not rows
    assert len(problems) == 1
    assert problems[0].startswith("file, line 1")
    assert ": two names of one column is A, a; names are compared without case" in problems[0]


def test_a_bad_line_does_not_hide_the_next_ones(tmp_path):
    rows, problems = _read(write(tmp_path, '{"a": 1}\n{"a": \n{"a": 3}\nnull\n'))
    assert [line for line, _ in rows] == [1, 3]
    assert len(problems) == 2


def test_a_missing_column_is_named_with_what_is_there(tmp_path):
    rows, problems = _read(write(tmp_path, "a,c\n1,2\n"), needed=("a", "b"))
    assert problems == ["file, line 1: a missing column is 'b'; the columns a, b are needed; the file has a, c"]
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
    assert "line 2: the row is broken" in problems[0]
    assert "is never closed" in problems[0]


def test_a_long_file_is_read_in_flat_memory(tmp_path):
    path = write(tmp_path, "[" + ",\n".join(['{"a": "some text"}'] * 200_000) + "]")
    tracemalloc.start()
    n_rows = sum(1 for _ in read_rows(path, problems=Problems("x")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert n_rows == 200_000
    assert peak < 2_000_000


def test_only_the_first_problems_are_kept_and_all_are_counted(tmp_path):
    path = write(tmp_path, "{}\n" + "".join(f"wrong {number}\n" for number in range(1000)))
    problems = Problems(path.name)
    list(read_rows(path, problems=problems))
    assert len(problems.first) == 100
    assert problems.n_all == 1000


def test_the_same_problem_is_named_once_with_a_count(tmp_path):
    path = write(tmp_path, "{}\n" + "wrong\n" * 1000 + "other\n")
    problems = Problems(path.name)
    list(read_rows(path, problems=problems))
    first, second = map(str, problems.first)
    assert first.startswith("file, line 2: the line is 'wrong'; ")
    assert first.endswith("; the same is wrong in 999 later rows")
    assert second.startswith("file, line 1002: ")
    assert problems.n_all == 1001


def test_values_are_shown_short_and_with_what_is_hidden_in_them(tmp_path):
    assert shown("a\u202eb\n") == r"'a\u202eb\n'"
    assert len(shown("x" * 10_000)) == 80
    assert len(shown({"a": ["x" * 10_000]})) == 80


@pytest.mark.parametrize("written", ["1e400", "-1E+999", "1" + "0" * 400 + ".5"])
@pytest.mark.parametrize("content", ['{{"a": {}}}\n', '[{{"a": {}}}]', "a\n{}\n"])
def test_a_number_beyond_all_others_is_shown_as_it_was_written(tmp_path, content, written):
    rows, _ = _read(write(tmp_path, content.format(written)))
    assert str(shown(rows[0][1]["a"])).strip("'")[:70] == written[:70]
    assert written[:70] in shown([rows[0][1]["a"]])
    assert isinstance(rows[0][1]["a"], str) or math.isinf(rows[0][1]["a"])


def test_lines_make_the_same_rows_whatever_the_line_ends(tmp_path):
    path = write(tmp_path, "a,b\r\n1,x\r\n2,y")
    assert [row["b"] for _, row in _read(path)[0]] == ["x", "y"]
    assert [row for _, row in _read(write(tmp_path, lines({"a": 1}).replace("\n", "\r\n")))[0]] == [{"a": 1}]


@pytest.mark.parametrize("form", ["csv", "lines", "array"])
def test_rows_of_too_many_columns_end_the_reading_and_are_no_start_of_a_file(tmp_path, form):
    wide = {f"c{n}": "x" for n in range(reading.MAX_COLUMNS + 1)}
    content = {
        "csv": f"{','.join(wide)}\n{','.join(wide.values())}\n", "lines": lines({"a": 1}, wide, {"a": 2}),
        "array": json.dumps([{"a": 1}, wide, {"a": 2}]),
    }[form]  # fmt: skip
    path = write(tmp_path, content)
    rows, problems = _read(path, needed=("a",))
    assert [row for _, row in rows] == ([] if form == "csv" else [{"a": 1}])
    assert [problem.split("; ")[0].split(": ")[-1] for problem in problems] == ["the number of columns is 1001"]
    assert start_of(path).names == (() if form == "csv" else ("a",))


def test_the_start_of_a_file_ends_where_its_rows_have_named_enough_columns(tmp_path):
    rows = [{f"c{row}-{n}": 1 for n in range(600)} for row in range(40)]
    assert len(start_of(write(tmp_path, lines(*rows))).rows) == 2


@pytest.mark.parametrize("kind", Import.Kind.values)
@pytest.mark.parametrize("form", ["csv", "lines"])
@pytest.mark.django_db
def test_a_file_of_too_many_columns_is_refused_for_that_as_whatever_it_comes(tmp_path, kind, form):
    wide = {f"c{n}": "x" for n in range(reading.MAX_COLUMNS + 1)}
    path = write(tmp_path, as_csv(wide) if form == "csv" else lines(wide))
    for asked in ("", kind):
        with pytest.raises(ImportProblems) as refused:
            check_file(KeptFile(path.name, path, "", 1), FileRequest("new", kind=asked))
        assert [problem.what for problem in refused.value.first] == ["the number of columns"]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"sep=;\r\na;b\r\n1;2\r\n", [(3, {"a": "1", "b": "2"})]),
        (b"sep=\t\na\tb\n1\t2,5;6\n", [(3, {"a": "1", "b": "2,5;6"})]),
        (b"\xef\xbb\xbfSEP=,\na,b\n1,2\n", [(3, {"a": "1", "b": "2"})]),
        (b"a,b,,\n1,2,,\n3,4\n,,,\n,,,\n", [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": "4"})]),
        (b"a,b\n1,2\n,\n3,\n", [(2, {"a": "1", "b": "2"}), (4, {"a": "3", "b": ""})]),
        (b'a,b\r1,"x\ny"\r3,4\r', [(2, {"a": "1", "b": "x\ny"}), (3, {"a": "3", "b": "4"})]),
    ],
)
def test_what_spreadsheets_add_to_a_table_is_no_part_of_it(tmp_path, content, rows):
    path = write(tmp_path, content)
    assert _read(path, needed=("a", "b")) == (rows, [])
    assert reading.header_of(path) == ["a", "b"]


def test_a_cell_beside_the_last_column_is_not_dropped(tmp_path):
    _, problems = _read(write(tmp_path, b"a,b,,\n1,2,,3\n"))
    assert "line 2: the number of cells is 4; the header has 2 columns" in problems[0]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named_before_a_column_is_asked_for(tmp_path, encoding):
    path = write(tmp_path, "a,b\n1,2\n".encode(encoding))
    assert reading.header_of(path) == []
    with pytest.raises(ImportProblems, match="the file is not UTF-8; this looks like UTF-16 without its mark"):
        check_file(KeptFile(path.name, path, "", 1), FileRequest("new", kind=""))


@pytest.mark.parametrize("number", ["1234567", "-12.5e10", "12.75"])
@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_a_number_at_the_end_of_a_block_is_read_whole(tmp_path, number, cut):
    start = '{"request_states": [{"a": 1}], "more": "'
    filler = "x" * (reading.BLOCK - len(start) - len('", "n": ') - cut)
    rows, problems = _read(write(tmp_path, f'{start}{filler}", "n": {number}}}'.encode()))
    assert ([row for _, row in rows], problems) == ([{"a": 1}], [])


# --- files that are nearly right -----------------------------------------------------------------------------------------
ROW = {"model_a": "ann", "model_b": "bob", "winner": "tie"}


@pytest.mark.parametrize(
    "content",
    [
        b",model_a,model_b,winner,\n0,ann,bob,tie,\n",  # an index, and a comma at the end of each line
        b"\n , \nmodel_a,model_b,winner\nann,bob,tie\n",  # blank lines above the header
        b"\xef\xbb\xbf\r\n;;\r\nmodel_a;model_b;winner\r\nann;bob;tie\r\n",
        b"model_a|model_b|winner\nann|bob|tie\n",
        b"sep=|\nmodel_a|model_b|winner\nann|bob|tie\n",
        json.dumps(ROW, indent=1).encode(),  # one object over several lines
    ],
)
def test_a_file_that_can_be_meant_in_one_way_only_is_read(tmp_path, content):
    rows = list(TypedFile(write(tmp_path, content), formats_of("battles")["chatbot-arena"], filename="file"))
    assert [(row.first, row.second, row.votes[0].outcome.value) for row in rows] == [("ann", "bob", "tie")]


def test_objects_over_several_lines_have_the_lines_on_which_they_begin(tmp_path):
    content = "\n\n".join(json.dumps(ROW | {"winner": word}, indent=1) for word in ("tie", "nobody", "model_a"))
    file = TypedFile(write(tmp_path, content), formats_of("battles")["chatbot-arena"], filename="file")
    assert [row.line for row in file] == [1, 13]
    assert str(file.problems.first[0]).startswith("file, line 7: winner is 'nobody'")
    broken = TypedFile(write(tmp_path, content + ",\n{"), formats_of("battles")["chatbot-arena"], filename="file")
    assert len(list(broken)) == 2
    assert "reading stopped here" in str(broken.problems.first[1])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"BZh91AY&SY", "packed by bzip2"), (b"\xfd7zXZ\0\0\x04", "packed by xz"), (b"7z\xbc\xaf\x27\x1c", "packed by 7-Zip"),
        (b"ARROW1\0\0", "save it as Parquet"), (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "a web page, not a table"), (b'\xef\xbb\xbf<?xml version="1.0"?>', "a web page"),
        (b"a.csv".ljust(257, b"\0") + b"ustar\x0000", "a tar archive"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_named(tmp_path, content, what):
    path = write(tmp_path, content)
    problems = Problems("file")
    assert not list(read_rows(path, problems=problems))
    assert what in str(problems.first[0])
    assert header_of(path) == []
