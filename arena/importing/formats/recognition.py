"""Recognition of a file's format by its columns and first rows, with the reason, which the user is told."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy

from arena.importing.files.columns import Columns
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import Problems
from arena.importing.files.reading import MAX_COLUMNS, Row, header_of, read_rows
from arena.importing.formats.format import Format

N_LOOKED_AT = 50
CHARACTERS_LOOKED_AT = 1_000_000
N_NAMED = 6


class FileStart(NamedTuple):
    """The beginning of a file: its own names for its columns, and its first rows by them."""

    shape: Shape
    names: tuple[str, ...]
    rows: Sequence[Row]


class Recognition(NamedTuple):
    """The key of the format, and why."""

    key: Any
    reason: FileNote


def start_of(path: Path) -> FileStart:
    """The reading that follows reports what cannot be read."""
    rows, n_characters = list[Row](), 0
    named = dict.fromkeys(header_of(path))
    for _, row in islice(read_rows(path, problems=Problems(path.name)), N_LOOKED_AT):
        rows.append(row)
        named |= dict.fromkeys(row)
        n_characters += _size(row)
        if n_characters > CHARACTERS_LOOKED_AT or len(named) > MAX_COLUMNS:
            break
    return FileStart(look_at(path).shape, tuple(named), rows)


def _size(row: Row) -> int:
    try:
        return len(str(row))
    except (RecursionError, ValueError):  # a bomb of brackets, an integer of 5,000 digits
        return CHARACTERS_LOOKED_AT


def recognised[K](sample: FileStart, formats: Mapping[K, type[Format[Any]]], *, is_chosen: bool = False) -> Recognition | None:
    """The format that most columns point to; of equals the one whose names more of them have, else the first of `formats`.

    `is_chosen`: somebody has said that the file is of the kind of these formats.
    """
    columns_by = {
        key: _columns(each, sample, is_chosen=is_chosen) for key, each in formats.items() if sample.shape in each.shapes
    }
    sureness = {
        key: (not formats[key].is_guess, len(columns), _n_as_written(formats[key], columns))
        for key, columns in columns_by.items()
        if columns
    }
    if not sureness:
        return None
    best = max(sureness, key=lambda key: sureness[key])
    others = [formats[key].name for key, each in sureness.items() if each == sureness[best] and key != best]
    return Recognition(best, _reason(formats[best], columns_by[best], others))


def _columns(each: type[Format[Any]], sample: FileStart, *, is_chosen: bool) -> tuple[str, ...]:
    """Those by which it is recognised."""
    renamed = Columns(each.needed, each.read, each.other_words).renamed(sample.names)
    renamed = _spelt_plainly([name for name in sample.names if name not in {*each.needed, *each.read}], renamed)
    names = {renamed.get(name, name) for name in sample.names}
    rows = [{renamed.get(name, name): value for name, value in row.items()} for row in sample.rows] if renamed else sample.rows
    fits = each.may_be if is_chosen else each.recognised_by
    own = {name: word for word, name in renamed.items()}
    return tuple(own.get(name, name).strip() for name in fits(names, rows))


def _n_as_written(each: type[Format[Any]], columns: Sequence[str]) -> int:
    return len({*each.needed, *each.signature, *each.read}.intersection(columns))


def _spelt_plainly(names: Iterable[str], renamed: Mapping[str, str]) -> dict[str, str]:
    """Also the columns that are not read: some tell a layout from another."""
    plain = {
        name: _BETWEEN.sub("_", name.strip()).casefold() for name in names if name not in renamed and _HEADING.search(name)
    }
    taken = {*names, *renamed.values()}
    return {**renamed, **{name: word for name, word in plain.items() if word != name and word not in taken}}


_BETWEEN, _HEADING = re.compile(r"[\s-]+"), re.compile(r"[A-Z\s]")


def _reason(best: type[Format[Any]], columns: Sequence[str], others: Iterable[str]) -> FileNote:
    named = ", ".join(columns[:N_NAMED])
    if names := ", ".join(dict.fromkeys(others)):
        return note(_ONE_OF_SEVERAL, name=best.name, columns=named, others=names)
    return note(_GUESSED if best.is_guess else _RECOGNISED, name=best.name, columns=named)


_RECOGNISED = gettext_lazy("Read by the format %(name)s, because of the columns %(columns)s.")
_ONE_OF_SEVERAL = gettext_lazy(
    "Read by the format %(name)s, because of the columns %(columns)s. They also fit the format %(others)s: choose it if it is "
    "the right one."
)
_GUESSED = gettext_lazy(
    "Read by the format %(name)s, because of the columns %(columns)s. Other files have such columns, too: check the first "
    "rows, and choose another format if they are wrong."
)
