"""CSV, JSON lines and JSON arrays -> (line, row), a row at a time: memory stays flat whatever the size of the file."""

import codecs
import csv
import json
import re
from collections.abc import Collection, Iterator
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from arena.importing.problems import Problems

MAX_ROW = 4 * 1024 * 1024
BLOCK = 64 * 1024
MAX_COLUMNS = 1000

csv.field_size_limit(MAX_ROW)

type Row = dict[str, Any]


class Shape(StrEnum):
    CSV = "CSV"
    JSON_LINES = "JSON lines"
    JSON_ARRAY = "a JSON array"


def shape_of(path: Path) -> Shape:
    """Told by the first character: files are named anyhow."""
    with path.open("rb") as file:
        start = file.read(BLOCK).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    return {b"[": Shape.JSON_ARRAY, b"{": Shape.JSON_LINES}.get(start, Shape.CSV)


def read_rows(path: Path, *, problems: Problems, needed: Collection[str] = ()) -> Iterator[tuple[int, Row]]:
    """Every row with the line it starts on. What cannot be read goes to `problems`, and reading goes on where it can."""
    readers = {Shape.CSV: _csv_rows, Shape.JSON_LINES: _json_lines, Shape.JSON_ARRAY: _json_array}
    return readers[shape_of(path)](path, problems, needed)


def _lines(path: Path, problems: Problems) -> Iterator[str | None]:
    """Decoded lines; None stands for one that is not UTF-8. Ends early where a line is too long to be read."""
    with path.open("rb") as file:
        for number in count(1):
            raw = file.readline(MAX_ROW + 1)
            if not raw:
                return
            if len(raw) > MAX_ROW:
                problems.add(
                    number, "the start of a line", raw, f"a line may have at most {MAX_ROW:,} bytes; reading stopped here"
                )
                return
            if number == 1:
                raw = raw.removeprefix(codecs.BOM_UTF8)
            try:
                line = raw.decode()
            except UnicodeDecodeError as error:
                _add_not_utf8(problems, number, error)
                yield None
            else:
                yield line


def _add_not_utf8(problems: Problems, line: int, error: UnicodeDecodeError) -> None:
    wrong = bytes(error.object[max(0, error.start - 10) : error.start + 10])
    problems.add(line, "the text", wrong, "the file must be UTF-8: save it again in this encoding")


# --- CSV ---------------------------------------------------------------------------------------------------------------
def _csv_rows(path: Path, problems: Problems, needed: Collection[str]) -> Iterator[tuple[int, Row]]:
    reader = csv.reader(_lines_until_broken(path, problems), strict=True)
    header: list[str] = []
    line = 1
    try:
        header = next(reader, [])
        if problems.n_all:  # the first line itself cannot be read
            return
        if not _header_is_usable(header, problems, needed):
            return
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                problems.add(line, "the number of cells", len(cells), f"the header has {len(header)} columns")
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(line, "the row", str(error), 'it must be CSV with " around cells that hold , " or line breaks')


def _lines_until_broken(path: Path, problems: Problems) -> Iterator[str]:
    """A line that is left out would glue two records together."""
    for line in _lines(path, problems):
        if line is None:
            return
        yield line


def _header_is_usable(header: list[str], problems: Problems, needed: Collection[str]) -> bool:
    before = problems.n_all
    if not header or len(header) > MAX_COLUMNS:
        problems.add(1, "the number of columns", len(header), f"the first line must name 1 to {MAX_COLUMNS} columns")
    for name in sorted({name for name in header if header.count(name) > 1} if len(header) <= MAX_COLUMNS else ()):
        problems.add(1, "a column that is there twice", name, "each column needs a name of its own")
    missing = [name for name in needed if name not in header]
    if missing and header:
        problems.add(1, "a missing column", ", ".join(missing), f"needed are {', '.join(needed)}; here are {_some(header)}")
    return problems.n_all == before


def _some(names: list[str]) -> str:
    return ", ".join(ascii(name)[1:-1][:40] for name in names[:12]) + (", ..." if len(names) > 12 else "")


# --- JSON --------------------------------------------------------------------------------------------------------------
def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_json = json.JSONDecoder(parse_constant=_refuse)
_JSON_RULE = "each row must be one JSON object, such as {...}"


def _json_lines(path: Path, problems: Problems, needed: Collection[str]) -> Iterator[tuple[int, Row]]:
    for number, line in enumerate(_lines(path, problems), start=1):
        if line is None or not line.strip():
            continue
        try:
            row = _json.decode(line)
        except (ValueError, RecursionError) as error:
            problems.add(number, "the line", line.strip(), f"{_JSON_RULE} ({_why(error)})")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            problems.add(number, "the line", line.strip(), _JSON_RULE)


def _why(error: Exception) -> str:
    return "nested too deep" if isinstance(error, RecursionError) else str(error)[:120]


def _json_array(path: Path, problems: Problems, needed: Collection[str]) -> Iterator[tuple[int, Row]]:
    with path.open("rb") as file:
        window = _Window(file)
        entries = count(1)
        entry = 0
        problems.entry = lambda: entry or None
        try:
            window.take("[")
            while window.next_character() != "]":
                entry = next(entries)
                line, row = window.line, window.value()
                if isinstance(row, dict):
                    yield line, row
                else:
                    problems.add(line, "the entry", row, _JSON_RULE)
                if window.next_character() != "]":
                    window.take(",")
            window.take("]")
            if window.next_character():
                problems.add(window.line, "what follows the array", window.start(), "the file must end with its ]")
        except UnicodeDecodeError as error:
            _add_not_utf8(problems, window.line + window.text.count("\n", window.at), error)
        except (ValueError, RecursionError) as error:
            problems.add(window.line, "the entry", window.start(), f"{_JSON_RULE} ({_why(error)}); reading stopped here")


_SPACE = re.compile(r"[ \t\r\n]*")


class _Window:
    """The part of a JSON text that is being read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder("utf-8-sig")()
        self.text, self.at, self.line = "", 0, 1

    def next_character(self) -> str:
        """The next one that is not white space; empty at the end."""
        while True:
            self._move_to(_SPACE.match(self.text, self.at).end())  # type: ignore[union-attr]  # it matches nothing, too
            if self.at < len(self.text):
                return self.text[self.at]
            if not self._read(BLOCK):
                return ""

    def take(self, wanted: str) -> None:
        found = self.next_character()
        if found != wanted:
            raise ValueError(f"expected {wanted}, found {found or 'the end of the file'}")
        self._move_to(self.at + 1)

    def value(self) -> Any:
        self.next_character()
        while True:
            try:
                value, end = _json.raw_decode(self.text, self.at)
            except ValueError:
                # Perhaps only its beginning is here: read on, twice as much each time.
                size = len(self.text) - self.at
                if size > MAX_ROW or not self._read(max(BLOCK, size)):
                    raise
            else:
                self._move_to(end)
                return value

    def start(self) -> str:
        return self.text[self.at : self.at + 200]

    def _move_to(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def _read(self, size: int) -> bool:
        block = self._file.read(size)
        self.text = self.text[self.at :] + self._decoder.decode(block, final=not block)
        self.at = 0
        return bool(block)
