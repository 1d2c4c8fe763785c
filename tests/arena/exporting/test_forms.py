"""Rows as bytes: the three forms say the same, and none of them can be run as a formula."""

import csv
import io
import json
from datetime import UTC, datetime
from itertools import islice

import pytest

from arena.exporting import forms
from arena.exporting.forms import FORMS, MissingLibrary
from arena.exporting.tables import FileColumn, Holds
from arena.texts.csv_cells import FORMULA_STARTS, figure, text_of

pyarrow = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

COLUMNS = [FileColumn(kind.value, kind, "") for kind in Holds]
WHEN = datetime(2026, 1, 31, 12, 0, 0, 5, tzinfo=UTC)
ROW = {
    "text": "=1+1", "integer": 3, "number": 0.1, "truth": True, "time": WHEN, "texts": ["=a", "b"],
    "messages": [{"role": "user", "content": "-1?"}], "object": {"kind": "x"},
}  # fmt: skip
EMPTY = dict.fromkeys(ROW)


def written(form, rows):
    return b"".join(FORMS[form].parts(COLUMNS, iter(rows)))


def test_a_row_of_json_is_a_line_for_every_reader():
    text = "a\u2028b\u2029c\x85d\x0be\x1cf\r\n\\u2028"
    [line] = written("jsonl", [ROW | {"text": text}]).decode().splitlines()
    assert json.loads(line)["text"] == text


def test_json_lines_hold_each_row_as_it_is():
    first, second = map(json.loads, written("jsonl", [ROW, EMPTY]).splitlines())
    assert first == ROW | {"time": "2026-01-31T12:00:00.000005Z"}
    assert second == EMPTY


def test_a_spreadsheet_runs_nothing_of_a_csv_and_nothing_is_lost():
    texts = [*(f"{sign}1+1" for sign in FORMULA_STARTS), "'=1", "plain", 'with\nline, "quotes"']
    rows = [EMPTY | {"text": text} for text in texts]
    table = list(csv.DictReader(io.StringIO(written("csv", rows).decode(), newline="")))
    assert not any(line[name].startswith(FORMULA_STARTS) for line in table for name in line)
    assert [text_of(line["text"]) for line in table] == texts
    assert {line["formula_safe"] for line in table} == {"true"}


def test_excel_is_told_that_a_csv_is_utf_8_and_other_programs_are_not_troubled():
    plain, for_excel = written("csv", [ROW | {"text": "Käse 🧀"}]), written("excel", [ROW | {"text": "Käse 🧀"}])
    assert for_excel == b"\xef\xbb\xbf" + plain
    assert FORMS["excel"].filename("a-votes") == "a-votes.csv"


def test_csv_writes_lists_and_truth_as_json():
    (line,) = csv.DictReader(io.StringIO(written("csv", [ROW]).decode()))
    assert (json.loads(line["texts"]), line["truth"], line["number"]) == (["=a", "b"], "true", "0.1")


def test_parquet_keeps_types():
    table = parquet.read_table(io.BytesIO(written("parquet", [ROW, EMPTY])))
    assert table.to_pylist() == [ROW | {"object": '{"kind": "x"}'}, EMPTY]


@pytest.mark.parametrize("form", FORMS)
def test_no_rows_are_a_file_too(form):
    assert written(form, []) == b"" if form == "jsonl" else written(form, [])


def test_parquet_is_written_a_group_at_a_time(monkeypatch):
    """Not a row of the second group is asked for before the first one is out."""
    monkeypatch.setattr(forms, "ROWS_A_GROUP", 64)
    asked = []
    rows = (asked.append(n) or EMPTY | {"integer": n} for n in range(1_000))
    parts = FORMS["parquet"].parts(COLUMNS, rows)
    assert next(parts)
    assert len(asked) == 64
    rest = b"".join(parts)
    assert rest.endswith(b"PAR1")


def test_a_text_of_megabytes_makes_a_group_of_its_own(monkeypatch):
    monkeypatch.setattr(forms, "CHARACTERS_A_GROUP", 1_000)
    parts = [part for part in FORMS["parquet"].parts(COLUMNS, iter([EMPTY | {"text": "x" * 100}] * 640)) if part]
    assert len(parts) > 5


def test_a_missing_library_is_asked_for_by_name(monkeypatch):
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    with pytest.raises(MissingLibrary, match="pip install pyarrow"):
        FORMS["parquet"].parts(COLUMNS, iter([]))


@pytest.mark.parametrize(
    ("value", "shown"), [(0.9999999999999998, 1.0), (0.1 + 0.2, 0.3), (1 / 3, 0.333333333333), (1e-30, 1e-30), (None, None)]
)
def test_figures_carry_no_float_noise(value, shown):
    assert figure(value) == shown


def test_long_lines_go_out_in_parts():
    parts = FORMS["jsonl"].parts(COLUMNS, (EMPTY | {"text": "x" * 10_000} for _ in range(10**9)))
    assert all(len(part) < 100_000 for part in islice(parts, 5))
