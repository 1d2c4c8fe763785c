"""Columns become codes: the same whatever library holds them."""

import subprocess
import sys
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import strategies as st

from ranking.maths import Comparisons
from ranking.maths.data import coding
from ranking.maths.data.coding import cluster_codes, coded, name_codes, side_codes
from tests.ranking.maths.making import law

NAMES = ["y", "x", None, "y", "z", "x"]
KINDS = {
    "list": list,
    "tuple": tuple,
    "dict values": lambda v: dict(enumerate(v)).values(),
    "numpy object": lambda v: np.array(v, dtype=object),
    "numpy object, every second": lambda v: np.repeat(np.array(v, dtype=object), 2)[::2],
    "pandas object": lambda v: pd.Series(v, dtype=object),
    "pandas str": lambda v: pd.Series(v, dtype="str"),
    "pandas str in Python": lambda v: pd.Series(v, dtype=pd.StringDtype("python")),
    "pandas string[pyarrow]": lambda v: pd.Series(v, dtype="string[pyarrow]"),
    "pandas ArrowDtype": lambda v: pd.Series(v, dtype=pd.ArrowDtype(pa.string())),
    "pandas categorical": lambda v: pd.Series(v, dtype="category"),
    "pandas index": lambda v: pd.Index(v, dtype=object),
    "pandas array": lambda v: pd.Series(v, dtype="str").array,
    "Arrow array": pa.array,
    "Arrow chunks": lambda v: pa.chunked_array([v[:2], [], v[2:]], type=pa.string()),
    "Arrow dictionary": lambda v: pa.array(v).dictionary_encode(),
    "Arrow dictionaries that differ": lambda v: pa.chunked_array([pa.array(p).dictionary_encode() for p in (v[:1], v[1:])]),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_text_has_the_same_codes_whatever_holds_it(kind):
    assert cluster_codes(KINDS[kind](NAMES)).tolist() == [1, 0, -1, 1, 2, 0]


@pytest.mark.parametrize("kind", ["list", "numpy object", "pandas object", "pandas str", "pandas categorical"])
def test_an_empty_column_has_no_codes(kind):
    assert cluster_codes(KINDS[kind]([])).tolist() == []


def test_an_empty_arrow_column_has_no_codes():
    assert cluster_codes(pa.chunked_array([], type=pa.string())).tolist() == []
    assert cluster_codes(np.array([], dtype=np.int32)).tolist() == []


@pytest.mark.parametrize("kind", ["<U2", "S2", "T"])
def test_fixed_width_text_is_coded(kind):
    assert cluster_codes(np.array(["b", "a", "b"], dtype=kind)).tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    "column",
    [
        [7, 5, -1, 7],
        np.array([7, 5, -1, 7]),
        np.array([7, 5, -1, 7], dtype=np.int8),
        np.array([2**60, 5, -1, 2**60]),
        np.array([7.5, 5, np.nan, 7.5]),
        [7.5, 5, float("nan"), 7.5],
        pd.Series([7, 5, -1, 7]),
        pd.Series([7, 5, None, 7], dtype="Int64"),
        np.array([7, 5, pd.NA, 7], dtype=object),
        pd.Series([date(2026, 1, 2), date(2026, 1, 1), pd.NaT, date(2026, 1, 2)]),
        pa.array([7, 5, None, 7]),
        pa.array([7, 5, -1, 7]),
        [(1, 2), (1, 1), None, (1, 2)],
        ["1", 1, None, "1"],
    ],
    ids=lambda column: type(column).__name__,
)
def test_ids_of_any_kind_are_coded_in_their_order_and_the_missing_are_unknown(column):
    codes = cluster_codes(column).tolist()
    assert codes[2] == -1
    assert sorted(codes[:2]) == [0, 1]
    assert codes[0] == codes[3]


def test_ids_that_have_no_common_order_are_ordered_by_their_text():
    assert cluster_codes(["b", 3, "a", (0,)]).tolist() == [3, 1, 2, 0]


def test_unsigned_and_large_integers_keep_their_values():
    column = np.array([2**64 - 1, 2**64 - 3, 2**64 - 1], dtype=np.uint64)
    assert coded(column).values == [2**64 - 3, 2**64 - 1]
    assert cluster_codes(column).tolist() == [1, 0, 1]


def test_equal_names_are_one_name_though_they_are_different_objects():
    column = np.array(["".join(["mod", str(i % 3)]) for i in range(3_000)], dtype=object)
    assert cluster_codes(column).tolist() == [i % 3 for i in range(3_000)]


def test_names_that_appear_late_are_found():
    names = np.array([f"n{i:03d}" for i in range(900)], dtype=object)
    places = np.concatenate([np.zeros(coding.CACHED_ROWS, dtype=int), np.arange(900), np.full(coding.CACHED_ROWS, 7)])
    assert (cluster_codes(names[places]) == places).all()


def test_columns_of_many_different_names_are_coded_too():
    names = [f"n{i:04d}" for i in range(5_000)]
    assert cluster_codes(names).tolist() == list(range(5_000))


def test_long_arrow_columns_are_coded_by_slices(monkeypatch):
    monkeypatch.setattr("ranking.maths.data.arrays.CHUNK_ROWS", 2)
    assert cluster_codes(pa.array(NAMES)).tolist() == [1, 0, -1, 1, 2, 0]


@law(st.lists(st.one_of(st.none(), st.text(max_size=2), st.integers(0, 5)), max_size=30))
def test_rows_have_equal_codes_exactly_where_their_ids_are_equal(ids):
    codes = cluster_codes(ids).tolist()
    assert [code == -1 for code in codes] == [value is None for value in ids]
    assert len(set(zip(codes, ids, strict=True))) == len(set(codes)) == len(set(ids))


@law(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=30))
def test_integers_have_equal_codes_exactly_where_they_are_equal(ids):
    codes = cluster_codes(np.array(ids, dtype=np.int64))
    assert (codes == cluster_codes(ids)).all()


def test_both_sides_share_one_vocabulary():
    names, (a, b) = name_codes(pa.array(["z", "x"]), pd.Series(["y", "z"]))
    assert (names, a.tolist(), b.tolist()) == (("x", "y", "z"), [2, 0], [1, 2])


def test_names_that_are_numbers_are_sorted_as_numbers():
    assert name_codes([10, 9], [9, 10])[0] == ("9", "10")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"b": ["y", None]}, r"b\[1\] is unknown: every comparison has two names"),
        ({"outcome": pa.array(["a", None])}, r"outcome\[1\] is unknown: allowed are 'a', 'b', 'tie', 'both_bad'"),
        ({"outcome": pd.Series(["a", "model_b"])}, r"outcome\[1\] is 'model_b': allowed are"),
        ({"first": pa.array(["a", "left"])}, r"first\[1\] is 'left': allowed are 'a', 'b'"),
        ({"prompt": np.array([[1], [2]])}, r"a column has shape \(2, 1\): it must have one dimension"),
    ],
)
def test_bad_columns_are_refused_by_row_and_value(columns, message):
    good = {"a": ["x", "x"], "b": ["y", "y"], "outcome": ["a", "b"]}
    with pytest.raises(ValueError, match=message):
        Comparisons.from_names(**good | columns)


def test_a_side_may_be_unknown():
    assert side_codes("first", pa.array(["b", None, "a"]), ("a", "b")).tolist() == [1, -1, 0]


def test_the_library_loads_neither_pandas_nor_arrow():
    code = "import ranking.maths, sys; print([name for name in ('pandas', 'pyarrow') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
