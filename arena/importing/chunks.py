"""A file -> typed rows, a transaction's worth at a time."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from arena.importing.files.columns import Columns
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.notes import FileNote
from arena.importing.files.problems import PlainWords, Problems, RowProblem, either
from arena.importing.files.reading import Row, how_it_is_read, read_rows
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow
from arena.importing.formats import Format

MOST_ROWS_A_TRANSACTION = 5_000
MOST_TEXT_A_TRANSACTION = 8_000_000
MOST_COLUMNS_NAMED = 200


class TypedFile[T]:
    """One reading of one file: its rows, its problems, the columns that nobody reads."""

    def __init__(
        self, path: Path, format_class: type[Format[T]], *, filename: str, options: Mapping[str, Any] | None = None
    ) -> None:
        self.problems = Problems(filename)
        self._options = options or {}
        self._path = path
        self._class: type[Format[T]] = format_class
        self._columns = Columns(format_class.needed, format_class.read, format_class.other_words)
        self._ignored: set[str] = set()
        self.n_rows = 0

    def __iter__(self) -> Iterator[T]:
        if not self._has_right_shape():
            return
        self.format: Format[T] = self._class(self._path)
        self.format.take(self._options)
        if self._class.has_rows_of_several:
            yield from self._several()
        else:
            yield from self._one_each()
        if not self.n_rows and not self.problems.n_all:
            self._say_empty()

    def _several(self) -> Iterator[T]:
        """Rows are counted as they come out."""
        for line, raw in read_rows(self._path, problems=self.problems, columns=self._columns):
            self._note_ignored(raw)
            try:
                for row in self.format.rows(line, raw):
                    self.n_rows += 1
                    yield row
            except RowProblem as problem:
                self.problems.add_row(line, problem, raw)

    def _one_each(self) -> Iterator[T]:
        """As `_several`, without what a million rows would pay for."""
        typed, expected = self.format.row, self.format.read
        for line, raw in read_rows(self._path, problems=self.problems, columns=self._columns):
            self.n_rows += 1
            if not raw.keys() <= expected:
                self._note_ignored(raw)
            try:
                row = typed(line, raw)
            except RowProblem as problem:
                self.problems.add_row(line, problem, raw)
            else:
                yield row

    def _note_ignored(self, raw: Row) -> None:
        if not self._class.reads_all_columns and len(self._ignored) < MOST_COLUMNS_NAMED:
            self._ignored |= raw.keys() - self.format.read

    def _say_empty(self) -> None:
        if look_at(self._path).shape in {Shape.CSV, Shape.PARQUET}:
            told = _("there is nothing to import below the header: is this the right file?")
        else:
            told = _("there is nothing to import: is this the right file?")
        self.problems.add(1, _("the number of rows"), 0, told)

    def notes(self) -> list[FileNote]:
        """After the last row: what was odd about the file, and how it was read."""
        return [*how_it_is_read(self._path, self._columns), *self._columns.notes(), *self.format.notes()]

    @property
    def ignored(self) -> list[str]:
        return sorted(self._ignored - self.format.read)

    def _has_right_shape(self) -> bool:
        looks = look_at(self._path)
        shape = looks.shape
        if looks.is_empty or looks.broken or looks.binary:
            return True  # which is said by the reading
        if shape not in self._class.shapes:
            allowed = _("the format %(name)s is %(shapes)s: choose another format") % {
                "name": self._class.name,
                "shapes": either([str(each.told) for each in sorted(self._class.shapes)]),
            }
            self.problems.add(1, _("the file"), PlainWords(shape.told), allowed)
        return shape in self._class.shapes


def chunks[T: (BattleRow, PromptRow, ResponseRow)](rows: Iterable[T]) -> Iterator[list[T]]:
    """As many rows as make at most 5,000 rows in the database, and no more text than fits into memory.

    What rows name is made in transactions of its own: no more prompts than rows, no more voters than votes.
    """
    chunk: list[T] = []
    n_rows = n_characters = 0
    for row in rows:
        more_rows, more_characters = _size(row)
        n_rows += more_rows
        n_characters += more_characters
        if chunk and (n_rows > MOST_ROWS_A_TRANSACTION or n_characters > MOST_TEXT_A_TRANSACTION):
            yield chunk
            chunk, n_rows, n_characters = [], more_rows, more_characters
        chunk.append(row)
    if chunk:
        yield chunk


def _size(row: BattleRow | PromptRow | ResponseRow) -> tuple[int, int]:
    """Rows that it makes, and characters of text that it brings."""
    if isinstance(row, ResponseRow):
        return 1, len(row.text) + sum(map(len, row.asked.turns if row.asked else ()))
    if isinstance(row, PromptRow):
        return 1, sum(map(len, row.turns))
    n_rows, n_characters = 1 + len(row.votes), 0
    if row.prompt is not None and row.prompt.turns:
        n_characters = sum(map(len, row.prompt.turns))
    if row.answers is not None:
        n_characters += sum(map(len, row.answers))
    return n_rows, n_characters
