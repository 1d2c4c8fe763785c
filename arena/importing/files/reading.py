"""CSV, JSON lines, JSON arrays and Parquet -> (line, row), a row at a time: memory stays flat whatever the size of the file.

What the file is, `looks` tells by its bytes; the sign between the cells of a CSV file is told by its first line.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from arena.importing.files.columns import Columns
from arena.importing.files.headers import implied_header
from arena.importing.files.json_objects import KeyTwiceError, NotJSONError, float_as_written, with_keys_once
from arena.importing.files.looks import (
    BLOCK,
    LIST_OF_ROWS,
    NOTHING,
    UTF8,
    WINDOWS,
    CannotUnpackError,
    FileLooks,
    Shape,
    look_at,
    opened,
)  # fmt: skip
from arena.importing.files.notes import FileNote, gettext_lazy, note
from arena.importing.files.parquet_rows import batches, parquet_names
from arena.importing.files.problems import EMPTY, N_SHOWN, PlainWords, Problems, either, some_names
from arena.texts.encodings import likely_encodings
from arena.wording import gettext as _
from arena.wording import ngettext
from arena.wording import number as grouped

MAX_ROW = 4 * 1024 * 1024
MAX_COLUMNS = 1000

csv.field_size_limit(MAX_ROW)

type Row = dict[str, Any]


SEPARATORS = {
    ",": gettext_lazy("Its cells are separated by commas."),
    ";": gettext_lazy("Its cells are separated by semicolons."),
    "\t": gettext_lazy("Its cells are separated by tabs."),
    "|": gettext_lazy("Its cells are separated by vertical bars."),
}


_DECLARED = re.compile(r"sep=([,;|\t])(?=[\r\n])", re.IGNORECASE)  # a line before the header: Excel reads it


def separator_of(path: Path, columns: Columns) -> str:
    """The sign that gives the first line most of the columns that are needed, else most columns."""
    looks = look_at(path)
    if declared := _DECLARED.match(looks.start):
        return declared[1]
    if implied_header(looks):
        return ","
    return max(SEPARATORS, key=lambda sign: _fit_of(looks.first_line, sign, columns))


def _fit_of(first: str, sign: str, columns: Columns) -> tuple[int, int]:
    try:
        names = next(csv.reader([first], delimiter=sign), [])
    except csv.Error:
        return 0, 0
    read = {columns.renamed(names).get(name, name) for name in names} if len(names) <= MAX_COLUMNS else set()
    return len(read.intersection(columns.needed)), len(names)


def header_of(path: Path) -> list[str]:
    """The names of the columns, where the file has a place for them."""
    looks = look_at(path)
    if looks.shape == Shape.PARQUET:
        return parquet_names(path)
    if looks.shape != Shape.CSV or looks.broken or looks.binary:
        return []
    if implied := implied_header(looks):
        return implied
    first = next((line for line in _csv_lines(path, Problems(path.name)) if line.strip(NOTHING)), "")
    try:
        names = _without_empty_end(next(csv.reader([first], delimiter=separator_of(path, Columns())), []))
    except csv.Error:
        return []
    return names if len(names) <= MAX_COLUMNS else []  # its reading says that these are too many


def how_it_is_read(path: Path, columns: Columns) -> list[FileNote]:
    """What is unusual about the file, in sentences."""
    looks, notes = look_at(path), list[FileNote]()
    if looks.encoding == WINDOWS:
        notes.append(note(_WINDOWS))
    elif looks.encoding != UTF8:
        notes.append(note(gettext_lazy("The file is %(encoding)s."), encoding=looks.encoding.upper()))
    if looks.shape == Shape.CSV and (sign := separator_of(path, columns)) != ",":
        notes.append(note(SEPARATORS[sign]))
    if looks.shape == Shape.CSV and (names := implied_header(looks)):
        notes.append(note(_NO_HEADER, names=", ".join(names)))
    return notes


_WINDOWS = gettext_lazy(
    "The file is not UTF-8: read as Windows-1252 (Latin-1), as older spreadsheets write it. Check a text with an accent."
)


_NO_HEADER = gettext_lazy("The file has no header: its columns are read as %(names)s, as in MMLU's own files.")


def read_rows(path: Path, *, problems: Problems, columns: Columns | None = None) -> Iterator[tuple[int, Row]]:
    """Every row with the line it starts on. What cannot be read goes to `problems`, and reading goes on where it can."""
    looks = look_at(path)
    if looks.is_empty:
        problems.add(1, _("the file"), EMPTY, _("there is nothing to import: is this the right one?"))
        return
    if looks.broken:
        problems.add(1, _("the file"), PlainWords(looks.broken), looks.cure)
        return
    if looks.binary:
        remedy = _("save what it holds as CSV (in Excel: CSV UTF-8) and give that file")
        problems.add(1, _("the file"), PlainWords(looks.binary), remedy)
        return
    readers = {
        Shape.CSV: _csv_rows, Shape.JSON_LINES: _json_lines, Shape.JSON_ARRAY: _json_array, Shape.PARQUET: _parquet_rows,
        Shape.JSON_OBJECT: _json_object,
    }  # fmt: skip
    try:
        yield from readers[looks.shape](path, problems, columns or Columns())
    except CannotUnpackError as error:  # it was whole when it was looked at
        problems.add(1, _("the file"), PlainWords(error.broken), error.cure)


def _lines(path: Path, problems: Problems) -> Iterator[str | None]:
    """Decoded lines; None for one that is not UTF-8. Ends early at a line that is too long."""
    looks = look_at(path)
    if looks.encoding != UTF8 or looks.line_end != "\n":
        yield from _decoded_lines(path, problems, looks)
        return
    with closing(opened(path)) as file:
        for number in count(1):
            raw = file.readline(MAX_ROW + 1)
            if not raw:
                return
            if len(raw) > MAX_ROW:
                _add_too_long(problems, number, raw)
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


def _decoded_lines(path: Path, problems: Problems, looks: FileLooks) -> Iterator[str | None]:
    """Those of the rarer encodings and line ends."""
    number = 0
    try:
        with io.TextIOWrapper(opened(path), encoding=looks.encoding, newline=looks.line_end) as file:
            for number in count(1):
                line = file.readline(MAX_ROW + 1)
                if not line:
                    return
                if len(line) > MAX_ROW:
                    _add_too_long(problems, number, line)
                    return
                yield line
    except UnicodeError:
        mark = _("the file begins as %(encoding)s and is not that: save it again as UTF-8")
        if looks.encoding != UTF8:
            mark = _("the file begins with the mark of %(encoding)s and is not that: save it again as UTF-8")
        problems.add(number, _("the text"), PlainWords(_("broken")), mark % {"encoding": looks.encoding.upper()})
        yield None


def _add_too_long(problems: Problems, line: int, start: str | bytes) -> None:
    allowed = _("a line may have at most %(most)s bytes; reading stopped here") % {"most": grouped(MAX_ROW)}
    problems.add(line, _("the start of a line"), start, allowed)


def _add_not_utf8(problems: Problems, line: int, error: UnicodeDecodeError) -> None:
    wrong = bytes(error.object[max(0, error.start - 10) : error.start + 10])
    likely = likely_encodings(error.object) if problems.n_all < N_SHOWN else []
    allowed = _(
        "the file must be UTF-8: save it again in this encoding (in Excel: CSV UTF-8); at the command line, --encoding NAME "
        "reads others"
    )
    if likely:
        allowed = _("%(rule)s: these bytes look like %(encodings)s") % {"rule": allowed, "encodings": either(likely)}
    problems.add(line, _("the text"), wrong, allowed)


# --- CSV ---------------------------------------------------------------------------------------------------------------
def _csv_rows(path: Path, problems: Problems, columns: Columns) -> Iterator[tuple[int, Row]]:
    sign = separator_of(path, columns)
    reader = csv.reader(_csv_lines(path, problems), strict=True, delimiter=sign)
    n_before = 1 if _DECLARED.match(look_at(path).start) else 0
    line = 1 + n_before
    try:
        first = implied_header(look_at(path)) or next((cells for cells in reader if any(map(str.strip, cells))), [])
        if problems.n_all:  # the first line itself cannot be read
            return
        names = _without_empty_end(first)
        header = _named(names, columns)
        if not _header_is_usable(header, names, problems, columns):
            return
        line = reader.line_num + 1 + n_before
        n_columns = len(header)
        for cells in reader:
            if cells == first:
                allowed = _("remove this line: files were joined here")
                problems.add(line, _("the row"), PlainWords(_("the header once more")), allowed, is_row=True)
            elif len(cells) > 1 and not any(cells):
                pass  # spreadsheets write such rows below the last one
            elif len(cells) in {n_columns, len(first)} and not any(cells[n_columns:]):
                yield line, dict(zip(header, cells[:n_columns], strict=True))
            elif cells:
                allowed = ngettext("the header has %(n)d column", "the header has %(n)d columns", n_columns) % {"n": n_columns}
                problems.add(line, _("the number of cells"), len(cells), allowed, is_row=True)
            line = reader.line_num + 1 + n_before
    except csv.Error as error:
        problems.add(line, _("the row"), PlainWords(_("broken")), _csv_rule(sign, error))


def _named(first: list[str], columns: Columns) -> list[str]:
    if len(first) > MAX_COLUMNS:
        return first
    renamed = columns.renamed(first)
    return [renamed.get(name, name) for name in first]


def _csv_rule(sign: str, error: csv.Error) -> str:
    written = _("a tab") if sign == "\t" else sign
    if "unexpected end" in str(error) or "field limit" in str(error):
        rule = _(
            'it must be CSV with " around cells that hold %(sign)s or line breaks, and "" for a " inside them: a " of this row '
            "is never closed"
        )
    else:
        rule = _('it must be CSV with " around cells that hold %(sign)s or line breaks, and "" for a " inside them')
    return rule % {"sign": written}


def _csv_lines(path: Path, problems: Problems) -> Iterator[str]:
    """Up to the first None: a line that is left out would glue two records together."""
    lines = _lines(path, problems)
    if _DECLARED.match(look_at(path).start):
        next(lines)
    return iter(lines.__next__, None)


def _without_empty_end(names: list[str]) -> list[str]:
    """Spreadsheets write columns beside the last one, too, where a cell was once filled; one alone stays, without a name."""
    n = max((at for at, name in enumerate(names, start=1) if name.strip()), default=0)
    return names[:n] if 0 < n < len(names) - 1 else names


def _header_is_usable(header: list[str], own: list[str], problems: Problems, columns: Columns) -> bool:
    """`own` are the file's own words for the columns of `header`: what is said of the file speaks in them."""
    before = problems.n_all
    if not header or len(header) > MAX_COLUMNS:
        remedy = _("the first line must name 1 to %(most)d columns") % {"most": MAX_COLUMNS}
        problems.add(1, _("the number of columns"), len(header), remedy)
        return False
    for name in sorted({name for name in header if name.strip() and header.count(name) > 1}):  # nobody reads unnamed ones
        remedy = _("each column needs a name of its own")
        problems.add(1, _("a column that occurs twice"), own[header.index(name)], remedy)
    if problems.n_all == before and (twice := columns.twice(own)):
        problems.add(1, *_read_twice(twice))
    if any("\0" in name for name in header):
        remedy = _("this looks like UTF-16 without its mark: save the file again as UTF-8")
        problems.add(1, _("the text"), header[0], remedy)
    elif missing := [name for name in columns.needed if name not in header]:
        allowed = _("the columns %(needed)s are needed; the file has %(here)s") % {
            "needed": ", ".join(columns.needed),
            "here": some_names(own),
        }
        problems.add(1, _("a missing column"), ", ".join(missing), allowed)
    return problems.n_all == before


def _read_twice(names: Sequence[str]) -> tuple[str, PlainWords, str]:
    """What, the value and what is allowed, for columns whose names are one."""
    remedy = _("names are compared without case, blanks, hyphens and underscores: rename one, or remove it")
    return _("two names of one column"), PlainWords(some_names(names)), remedy


def _parquet_rows(path: Path, problems: Problems, columns: Columns) -> Iterator[tuple[int, Row]]:
    names = parquet_names(path)
    if not names or _header_is_usable(_named(names, columns), names, problems, columns):
        yield from batches(path, problems, columns, MAX_ROW)


# --- JSON --------------------------------------------------------------------------------------------------------------
def _refuse(constant: str) -> NoReturn:
    raise NotJSONError(_("%(word)s is no JSON") % {"word": constant})


_json = json.JSONDecoder(parse_constant=_refuse, parse_float=float_as_written, object_pairs_hook=with_keys_once)
_JSON_RULE = gettext_lazy("each row must be one JSON object, such as {...}")


def _json_lines(path: Path, problems: Problems, columns: Columns) -> Iterator[tuple[int, Row]]:
    """Or objects one after the other, each over several lines."""
    if look_at(path).first_line.strip() == "{":
        yield from _in_window(path, problems, partial(_objects, columns=columns), _("what follows the object"), "}")
        return
    for number, line in enumerate(_lines(path, problems), start=1):
        if line is None or not line.strip():
            continue
        try:
            row = _json.decode(line)
        except (ValueError, RecursionError) as error:
            problems.add(number, _("the line"), line.strip(), f"{_JSON_RULE} ({_why(error)})", is_row=True)
            continue
        if not isinstance(row, dict):
            problems.add(number, _("the line"), line.strip(), str(_JSON_RULE), is_row=True)
        elif _has_too_many_columns(row, number, problems):
            return
        elif twice := columns.twice(row):
            problems.add(number, *_read_twice(twice), is_row=True)
        else:
            yield number, _renamed(row, columns)


class TooWideError(Exception):
    """A row has too many columns, which is among the problems: nothing after it is read."""


def _has_too_many_columns(row: Row, line: int, problems: Problems) -> bool:
    if len(row) > MAX_COLUMNS:
        allowed = _("a row may have at most %(most)s columns; reading stopped here") % {"most": grouped(MAX_COLUMNS)}
        problems.add(line, _("the number of columns"), len(row), allowed)
    return len(row) > MAX_COLUMNS


def _renamed(row: Row, columns: Columns) -> Row:
    renamed = columns.renamed(row)
    return {renamed.get(name, name): value for name, value in row.items()} if renamed else row


def _why(error: Exception, start: int = 0) -> str:
    """`start`: where the row begins in the text that was read."""
    if isinstance(error, RecursionError):
        return _("nested too deep")
    if isinstance(error, json.JSONDecodeError):
        return _("it is broken from its character %(n)s on") % {"n": grouped(error.pos - start + 1)}
    return str(error)[:120] if isinstance(error, NotJSONError) else _("it has a number of too many digits")


def _json_array(path: Path, problems: Problems, columns: Columns) -> Iterator[tuple[int, Row]]:
    yield from _in_window(path, problems, partial(_entries, columns=columns), _("what follows the array"), "]")


def _json_object(path: Path, problems: Problems, columns: Columns) -> Iterator[tuple[int, Row]]:
    yield from _in_window(path, problems, partial(_listed, columns=columns), _("what follows the object"), "}")


def _in_window(
    path: Path, problems: Problems, rows: Callable[["_Window", Problems], Iterator[tuple[int, Row]]], rest: str, end: str
) -> Iterator[tuple[int, Row]]:
    """`rest` says what follows after the last row, where only `end` may."""
    with closing(opened(path)) as file:
        window = _Window(file, look_at(path).encoding)
        try:
            yield from rows(window, problems)
            if window.next_character():
                problems.add(window.line, rest, window.start(), _("the file must end with its %(end)s") % {"end": end})
        except TooWideError:
            return
        except UnicodeDecodeError as error:
            _add_not_utf8(problems, window.line + window.text.count("\n", window.at), error)
        except (ValueError, RecursionError) as error:
            rule = _("%(rule)s (%(why)s); reading stopped here") % {"rule": _JSON_RULE, "why": _why(error, window.at)}
            problems.add(window.line, _("the entry"), window.start(), rule)


def _entries(window: "_Window", problems: Problems, *, columns: Columns) -> Iterator[tuple[int, Row]]:
    """Those of a list."""
    entry = 0
    problems.entry = lambda: entry or None
    window.take("[")
    while window.next_character() != "]":
        entry += 1
        yield from _entry(window, problems, columns)
        if window.next_character() != "]":
            window.take(",")
    window.take("]")


def _entry(window: "_Window", problems: Problems, columns: Columns) -> Iterator[tuple[int, Row]]:
    """None where it is not right."""
    window.next_character()
    line, row = window.line, window.value()
    if not isinstance(row, dict):
        problems.add(line, _("the entry"), row, str(_JSON_RULE), is_row=True)
    elif _has_too_many_columns(row, line, problems):
        raise TooWideError
    elif twice := columns.twice(row):
        problems.add(line, *_read_twice(twice), is_row=True)
    else:
        yield line, _renamed(row, columns)


def _objects(window: "_Window", problems: Problems, *, columns: Columns) -> Iterator[tuple[int, Row]]:
    while window.next_character():
        yield from _entry(window, problems, columns)


def _listed(window: "_Window", problems: Problems, *, columns: Columns) -> Iterator[tuple[int, Row]]:
    """The entries of an object's list of rows; what else the object says is passed over."""
    window.take("{")
    while window.next_character() != "}":
        name = window.value()
        window.take(":")
        if name == LIST_OF_ROWS:
            yield from _entries(window, problems, columns=columns)
        else:
            window.value()
        if window.next_character() != "}":
            window.take(",")
    window.take("}")


_SPACE = re.compile(r"[ \t\r\n]*")
_NUMBER_TO_THE_END = re.compile(r"-?\d[-+.\deE]*\Z")


class _Window:
    """The part of a JSON text that is being read."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self._file, self._decoder = file, codecs.getincrementaldecoder(encoding)()
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
        character = self.next_character()
        if character != wanted:
            raise NotJSONError(
                _("expected %(wanted)s, found %(found)s") % {"wanted": wanted, "found": character or _("the end of the file")}
            )
        self._move_to(self.at + 1)

    def value(self) -> Any:
        self.next_character()
        while True:
            try:
                value, end = _json.raw_decode(self.text, self.at)
            except KeyTwiceError:
                raise
            except ValueError:
                # Perhaps only its beginning is here: read on, twice as much each time.
                size = len(self.text) - self.at
                if size > MAX_ROW or not self._read(max(BLOCK, size)):
                    raise
            else:
                # A number that ends where the window does may go on.
                if _NUMBER_TO_THE_END.match(self.text, self.at) and self._read(BLOCK):
                    continue
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
