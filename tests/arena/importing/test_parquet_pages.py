"""A Parquet file is believed by its pages: a footer that says something else is refused, and no page is read for nothing."""

import random
import struct

import pytest

from arena.importing.files import parquet_pages, parquet_rows
from arena.importing.files.parquet_sizes import n_schema_elements
from arena.importing.files.problems import Problems
from arena.importing.files.reading import read_rows

pa = pytest.importorskip("pyarrow")
from pyarrow import parquet  # noqa: E402

N = 300
LIES = {"fewer": 100, "more": 8_000, "without end": 10**12}


def read(path):
    problems = Problems(path.name)
    rows = [row for _, row in read_rows(path, problems=problems)]
    return rows, [str(each) for each in problems.first]


def number(n):
    """As Thrift's compact protocol writes it."""
    written, n = b"", n << 1
    while n > 127:
        written, n = written + bytes([n & 127 | 128]), n >> 7
    return written + bytes([n])


def with_footer(path, change):
    content = path.read_bytes()
    (size,) = struct.unpack("<I", content[-8:-4])
    footer = change(content[-8 - size : -8])
    path.write_bytes(content[: -8 - size] + footer + struct.pack("<I", len(footer)) + b"PAR1")


@pytest.fixture
def path(tmp_path):
    table = pa.table({"model_a": ["x"] * N, "prompt": [f"q{n}" for n in range(N)]})
    parquet.write_table(table, tmp_path / "file.parquet", store_schema=False, write_statistics=False)
    return tmp_path / "file.parquet"


@pytest.mark.parametrize("told", LIES.values(), ids=LIES)
@pytest.mark.parametrize("which", ["first", "last", "all"])
def test_a_footer_that_lies_about_rows_is_refused(path, which, told):
    """The first number is that of the file, the last one that of the row group, those between them are of columns."""

    def lie(footer):
        old = number(N)
        if which == "all":
            return footer.replace(old, number(told))
        at = footer.index(old) if which == "first" else footer.rindex(old)
        return footer[:at] + number(told) + footer[at + len(old) :]

    with_footer(path, lie)
    rows, problems = read(path)
    assert rows == []
    assert len(problems) == 1
    assert "cannot be read as that (its footer says something else than its pages)" in problems[0]


def test_what_pages_unpack_to_counts_whatever_the_footer_says(path, monkeypatch):
    """The footer of this one says a hundredth of what its pages hold."""
    parquet.write_table(pa.table({"a": ["x" * 100_000, "y"]}), path, use_dictionary=False, compression="zstd")
    size = parquet.read_metadata(path).row_group(0).column(0).total_uncompressed_size
    with_footer(path, lambda footer: footer.replace(number(size), number(size // 100 | 0x2000)))
    assert parquet.read_metadata(path).row_group(0).total_byte_size < size // 10
    monkeypatch.setattr("arena.importing.files.looks.MOST_UNPACKED", 50_000)
    rows, problems = read(path)
    assert rows == []
    assert "too large when unpacked" in problems[0]


def test_pages_without_end_are_not_counted(path, monkeypatch):
    monkeypatch.setattr(parquet_pages, "MOST_PAGES", 1)
    assert "it has more than 1 pages" in read(path)[1][0]


@pytest.mark.parametrize("cut", range(4, 400, 36))
def test_a_file_of_other_bytes_is_broken_and_no_more(path, cut):
    content = bytearray(path.read_bytes())
    content[cut : cut + 3] = b"\xff\xff\x7f"
    path.write_bytes(bytes(content))
    rows, problems = read(path)
    assert len(rows) == N or len(problems) == 1


@pytest.mark.parametrize("form", ["plain", "dictionary", "delta", "list"])
def test_a_large_group_is_read_a_part_at_a_time(tmp_path, monkeypatch, form):
    rng = random.Random(1)
    texts = [rng.randbytes(2_500).hex() for _ in range(4_000)]
    cells = [[text] for text in texts] if form == "list" else texts
    options = {"use_dictionary": form in {"dictionary", "list"}, "write_batch_size": 16}  # a page of a megabyte, as most have
    if form == "delta":
        options["column_encoding"] = {"a": "DELTA_BYTE_ARRAY"}
    parquet.write_table(pa.table({"a": cells}), tmp_path / "file.parquet", compression="zstd", **options)
    monkeypatch.setattr(parquet_rows, "READ_AT_ONCE", 500_000)
    pool, most = pa.default_memory_pool(), 0
    before = pool.bytes_allocated()
    for (_, row), cell in zip(read_rows(tmp_path / "file.parquet", problems=Problems("")), cells, strict=True):
        assert row["a"] == cell
        most = max(most, pool.bytes_allocated() - before)
    assert most < 5_000_000  # bytes, of 20,000,000


def test_too_many_columns_are_refused_before_their_pages_are_read(tmp_path):
    wide = pa.table({f"c{n}": ["x"] for n in range(parquet_rows.MOST_LEAVES + 1)})
    parquet.write_table(wide, tmp_path / "wide.parquet")
    rows, problems = read(tmp_path / "wide.parquet")
    assert rows == []
    assert "1001; at most 1,000 columns are read" in problems[0]


def test_very_many_columns_are_counted_by_the_first_bytes_of_the_footer(tmp_path, monkeypatch):
    wide = pa.table({f"c{n}": ["x"] for n in range(parquet_rows.MOST_ELEMENTS + 1)})
    parquet.write_table(wide, tmp_path / "wide.parquet")
    monkeypatch.setattr(parquet, "read_metadata", None)  # it takes seconds for a hundred thousand columns
    rows, problems = read(tmp_path / "wide.parquet")
    assert rows == []
    assert "4001; at most 1,000 columns are read" in problems[0]


@pytest.mark.parametrize("n", [1, 13, 14, 15, 16, 200])
def test_the_footer_tells_how_many_columns_there_are(tmp_path, n):
    parquet.write_table(pa.table({f"c{at}": ["x"] for at in range(n)}), tmp_path / "file.parquet")
    assert n_schema_elements(tmp_path / "file.parquet") == n + 1


def test_what_is_no_footer_tells_no_number_of_columns(tmp_path):
    for content in (b"PAR1PAR1", b"PAR1" + b"\xff" * 4 + b"PAR1", b"PAR1" + b"\0" * 30 + b"\x1e\0\0\0PAR1"):
        (tmp_path / "file.parquet").write_bytes(content)
        assert n_schema_elements(tmp_path / "file.parquet") == 0
