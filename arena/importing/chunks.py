"""A file -> typed rows, a transaction's worth at a time."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from arena.importing.formats import Format
from arena.importing.problems import Problems, RowProblem
from arena.importing.reading import read_rows, shape_of
from arena.importing.rows import BattleRow, PromptRow, ResponseRow

MOST_ROWS_A_TRANSACTION = 5_000
MOST_TEXT_A_TRANSACTION = 8_000_000
MOST_COLUMNS_NAMED = 200


class TypedFile[T: (BattleRow, PromptRow, ResponseRow)]:
    """One reading of one file: its rows, its problems, the columns that nobody reads."""

    def __init__(self, path: Path, format_class: type[Format[T]], *, filename: str) -> None:
        self.problems = Problems(filename)
        self._path = path
        self._class: type[Format[T]] = format_class
        self._ignored: set[str] = set()
        self.n_rows = 0

    def __iter__(self) -> Iterator[T]:
        if not self._has_right_shape():
            return
        self.format: Format[T] = self._class(self._path)
        expected = self.format.read
        for line, raw in read_rows(self._path, problems=self.problems, needed=self.format.needed):
            self.n_rows += 1
            if not raw.keys() <= expected and len(self._ignored) < MOST_COLUMNS_NAMED:
                self._ignored |= raw.keys() - expected
            try:
                row = self.format.row(line, raw)
            except RowProblem as problem:
                self.problems.add_row(line, problem)
            else:
                yield row
        if not self.n_rows and not self.problems.n_all:
            self.problems.add(1, "the number of rows", 0, "there is nothing to import: is this the right file?")

    @property
    def ignored(self) -> list[str]:
        return sorted(self._ignored)

    def _has_right_shape(self) -> bool:
        shape = shape_of(self._path)
        if shape not in self._class.shapes:
            allowed = " or ".join(sorted(self._class.shapes))
            self.problems.add(1, "the file", f"{shape}", f"the format {self._class.name} is {allowed}: choose another format")
        return shape in self._class.shapes


def chunks[T: (BattleRow, PromptRow, ResponseRow)](rows: Iterable[T]) -> Iterator[list[T]]:
    """As many rows as make at most 5,000 rows in the database, were all that they name new, and no more text than fits."""
    chunk: list[T] = []
    weight = 0.0
    for row in rows:
        of_row = max(rows_made_by(row) / MOST_ROWS_A_TRANSACTION, characters_of(row) / MOST_TEXT_A_TRANSACTION)
        if chunk and weight + of_row > 1:
            yield chunk
            chunk, weight = [], 0.0
        chunk.append(row)
        weight += of_row
    if chunk:
        yield chunk


def rows_made_by(row: BattleRow | PromptRow | ResponseRow) -> int:
    """A battle, its prompt, its two answers, and for each vote a voter."""
    if not isinstance(row, BattleRow):
        return 1
    return 1 + (row.prompt is not None) + 2 * len(row.votes) + (0 if row.answers is None else 2)


def characters_of(row: BattleRow | PromptRow | ResponseRow) -> int:
    if isinstance(row, ResponseRow):
        return len(row.text)
    if isinstance(row, PromptRow):
        return sum(map(len, row.turns))
    return (0 if row.prompt is None else characters_of(row.prompt)) + sum(map(len, row.answers or ()))
