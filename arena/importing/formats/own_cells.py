"""What Agon's own files do in cells of a CSV: a mark against formulas, and lists as JSON."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import folded
from arena.importing.files.notes import FileNote, note
from arena.importing.files.reading import Row
from arena.importing.formats.conversations import from_json
from arena.texts.csv_cells import text_of

FORMULA_SAFE = "formula_safe"  # a column of files that Agon wrote

ARCHIVED_AT = "archived_at"  # and so is this one, and the next
SUPERSEDED = "superseded"
MARKS = frozenset({FORMULA_SAFE, ARCHIVED_AT, SUPERSEDED})
NO_VOTES = frozenset({"judge_identity", "gold_set"})
"""Columns by which Agon's files of games and of gold labels are known: what those say are no votes."""


def tells_no_votes(names: Iterable[str]) -> bool:
    return not _NO_VOTES.isdisjoint(map(folded, names))


_NO_VOTES = frozenset(map(folded, NO_VOTES))
_LEFT_OUT: Any = ngettext_lazy(
    "%(n)s row is marked as archived and left out.", "%(n)s rows are marked as archived and left out.", "n"
)


def is_archived(row: Row) -> bool:
    """Whether the file marks the row as archived: importing it would put it back into use."""
    return bool(row.get(ARCHIVED_AT))


def about_archived(n_rows: int) -> list[FileNote]:
    return [note(_LEFT_OUT, n=n_rows)] if n_rows else []


def as_exported(row: Row) -> Row:
    """Without the apostrophes that keep texts of a file of Agon's from being formulas; rows of other files stay as they are."""
    if FORMULA_SAFE not in row or not fields.truth(row, FORMULA_SAFE, default=False):
        return row
    return {name: text_of(value) if isinstance(value, str) else value for name, value in row.items()}


def with_lists(row: Row, *columns: str) -> Row:
    """Lists of texts that a CSV file holds as JSON; what is none stays one text."""
    lists = {name: value for name in columns if isinstance(value := from_json(row.get(name)), list) and value != row.get(name)}
    of_texts = {name: value for name, value in lists.items() if all(isinstance(each, str) for each in value)}
    return row | of_texts if of_texts else row
