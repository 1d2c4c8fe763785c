"""Cells of Parquet files, as pandas and other writers make them; pandas itself is not needed to read them."""

import sys
from datetime import UTC, date, datetime

import pytest

from arena.importing.files import fields
from arena.importing.files.problems import Problems, RowProblem
from arena.importing.files.reading import read_rows

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

NOON = 1_714_564_800
NANOSECONDS = NOON * 10**9 + 123


def read(path, **columns):
    parquet.write_table(pa.table(columns), path / "file.parquet")
    problems = Problems("file.parquet")
    rows = [row for _, row in read_rows(path / "file.parquet", problems=problems)]
    assert not problems.n_all
    return rows


@pytest.mark.parametrize(
    "column",
    [
        pa.array([NANOSECONDS], pa.timestamp("ns")),
        pa.array([NANOSECONDS], pa.timestamp("ns", tz="UTC")),
        pa.array([[NANOSECONDS]], pa.list_(pa.timestamp("ns"))),
        pa.array([{"at": NANOSECONDS, "by": "x"}], pa.struct([("at", pa.timestamp("ns")), ("by", pa.string())])),
    ],
    ids=["alone", "in a zone", "in a list", "in a structure"],
)
def test_times_are_cut_to_the_microsecond_without_pandas(tmp_path, monkeypatch, column):
    monkeypatch.setitem(sys.modules, "pandas", None)
    (row,) = read(tmp_path, at=column)
    when = row["at"]["at"] if isinstance(row["at"], dict) else row["at"][0] if isinstance(row["at"], list) else row["at"]
    assert when.replace(tzinfo=UTC) == datetime(2024, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([2 * 10**18], pa.timestamp("us")),
        pa.array([10**7], pa.date32()),
        pa.StructArray.from_arrays(
            [pa.array([1]), pa.array([2])], fields=[pa.field("a", pa.int64()), pa.field("a", pa.int64())]
        ),
    ],
    ids=["a time", "a date", "a structure with two fields of one name"],
)
def test_what_python_has_no_value_for_is_a_problem_only_where_it_is_read(tmp_path, column):
    (row,) = read(tmp_path, odd=column, text=["hi"])
    assert row["text"] == "hi"
    with pytest.raises(RowProblem, match="<"):
        fields.text(row, "odd")
    with pytest.raises(RowProblem, match="<"):
        fields.moment(row, "odd")


def test_one_such_cell_does_not_take_its_neighbours_with_it(tmp_path):
    bad, good = read(tmp_path, at=pa.array([2 * 10**18, NOON * 10**6], pa.timestamp("us")))
    assert fields.moment(good, "at") == NOON
    with pytest.raises(RowProblem):
        fields.moment(bad, "at")


def test_a_number_that_is_none_is_no_value_as_pandas_writes_it(tmp_path):
    assert read(tmp_path, id=pa.array([1.0, float("nan")])) == [{"id": 1.0}, {"id": None}]


def test_a_day_alone_is_a_time(tmp_path):
    (row,) = read(tmp_path, at=pa.array([date(2024, 5, 1)]))
    assert fields.moment(row, "at") == NOON - 12 * 3600
