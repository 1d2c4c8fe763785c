"""Rows -> bytes, part by part: JSON lines, CSV that a spreadsheet may open, and Parquet."""

import codecs
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import batched
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.exporting.tables import FileColumn, Holds, Row, Words
from arena.texts.csv_cells import csv_lines
from arena.texts.json_lines import json_line

BYTES_AT_ONCE = 64 * 1024
ROWS_A_GROUP = 2_048
CHARACTERS_A_GROUP = 4_000_000
ROWS_LOOKED_AT = 64
FORMULA_SAFE = "formula_safe"
"""The last column of every CSV: says that texts which begin like a formula have an apostrophe before them."""
FORMULA_SAFE_COLUMN = FileColumn(
    FORMULA_SAFE,
    Holds.TRUTH,
    gettext_lazy("In CSV alone, and always true: texts that begin like a formula have an apostrophe before them."),
)

type Writing = Callable[[Sequence[FileColumn], Iterable[Row]], Iterator[bytes]]


class MissingLibrary(RuntimeError):
    """The form needs a library that is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Form:
    key: str
    title: Words
    media_type: str
    writing: Writing
    library: str = ""
    ending: str = ""  # of the file's name; empty: the key

    def filename(self, stem: str) -> str:
        return f"{stem}.{self.ending or self.key}"

    @property
    def is_there(self) -> bool:
        return not self.library or find_spec(self.library) is not None

    def parts(self, columns: Sequence[FileColumn], rows: Iterable[Row]) -> Iterator[bytes]:
        """Raises MissingLibrary before the first part."""
        if not self.is_there:
            raise MissingLibrary(self.how_to_get_it())
        return self.writing(columns, rows)

    def how_to_get_it(self) -> str:
        message = _(
            "%(form)s needs %(library)s, which is not installed here: pip install %(library)s, or choose CSV or JSON lines"
        )
        return message % {"form": self.title, "library": self.library}


def json_lines(columns: Sequence[FileColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    return _joined(json_line(_plain(row)) for row in rows)


def csv_table(columns: Sequence[FileColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    names = [*(column.name for column in columns), FORMULA_SAFE]
    return _joined(csv_lines(names, (_as_cells(row) for row in rows)))


def csv_for_excel(columns: Sequence[FileColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    """With the byte-order mark by which Excel recognises UTF-8: without it accents come out garbled."""
    yield codecs.BOM_UTF8
    yield from csv_table(columns, rows)


def parquet_file(columns: Sequence[FileColumn], rows: Iterable[Row]) -> Iterator[bytes]:
    """A row group at a time; its length depends on the size of its texts."""
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(column.name, _parquet_types()[column.kind]) for column in columns])
    sink = _Sink()
    with parquet.ParquetWriter(pyarrow.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(rows):
            cells = {c.name: [_as_parquet(row[c.name], c.kind) for row in group] for c in columns}
            writer.write_table(pyarrow.table(cells, schema=schema))
            yield sink.taken()
    yield sink.taken()


FORMS: Mapping[str, Form] = {
    form.key: form
    for form in (
        Form("jsonl", gettext_lazy("JSON lines"), "application/jsonl", json_lines),
        Form("csv", gettext_lazy("CSV"), "text/csv", csv_table),
        Form("parquet", gettext_lazy("Parquet"), "application/vnd.apache.parquet", parquet_file, library="pyarrow"),
        Form("excel", gettext_lazy("CSV for Excel"), "text/csv", csv_for_excel, ending="csv"),
    )
}


def _joined(lines: Iterable[str]) -> Iterator[bytes]:
    part = io.StringIO()
    for line in lines:
        part.write(line)
        if part.tell() > BYTES_AT_ONCE:
            yield part.getvalue().encode()
            part = io.StringIO()
    yield part.getvalue().encode()


# --- JSON and CSV --------------------------------------------------------------------------------------------------------


def _plain(row: Row) -> Row:
    return {name: _time(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _as_cells(row: Row) -> Row:
    return {name: _as_cell(value) for name, value in row.items()} | {FORMULA_SAFE: "true"}


def _as_cell(value: object) -> object:
    """A list and an object as JSON, so that it can be read again."""
    if isinstance(value, datetime):
        return _time(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, bool | list | dict) else value


# --- Parquet -------------------------------------------------------------------------------------------------------------


def _parquet_types() -> Mapping[Holds, Any]:
    import pyarrow

    return {
        Holds.TEXT: pyarrow.string(), Holds.INTEGER: pyarrow.int64(), Holds.NUMBER: pyarrow.float64(),
        Holds.TRUTH: pyarrow.bool_(), Holds.TIME: pyarrow.timestamp("us", tz="UTC"),
        Holds.TEXTS: pyarrow.list_(pyarrow.string()), Holds.OBJECT: pyarrow.string(),
        Holds.MESSAGES: pyarrow.list_(pyarrow.struct([("role", pyarrow.string()), ("content", pyarrow.string())])),
    }  # fmt: skip


def _as_parquet(value: object, kind: Holds) -> object:
    return json.dumps(value, ensure_ascii=False) if kind == Holds.OBJECT and value is not None else value


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    n_characters = 0
    for some in batched(rows, ROWS_LOOKED_AT):
        group += some
        n_characters += sum(_size(value) for row in some for value in row.values())
        if len(group) >= ROWS_A_GROUP or n_characters >= CHARACTERS_A_GROUP:
            yield group
            group, n_characters = [], 0
    if group:
        yield group


def _size(value: object) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | dict):
        return sum(map(_size, value.values() if isinstance(value, dict) else value))
    return 8


class _Sink(io.RawIOBase):
    """A file that keeps only what has not been read yet."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []
        self._n_written = 0

    def writable(self) -> bool:
        return True

    def write(self, part: Any) -> int:
        self._parts.append(bytes(part))
        self._n_written += len(part)
        return len(part)

    def tell(self) -> int:
        return self._n_written

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)
