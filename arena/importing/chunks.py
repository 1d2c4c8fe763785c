"""A file -> typed rows, in chunks of one transaction."""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from arena.importing.files.columns import INPUT, Columns, with_input
from arena.importing.files.looks import Shape, look_at
from arena.importing.files.notes import FileNote
from arena.importing.files.problems import MISSING, N_SHOWN, PlainWords, Problems, RowProblem, SelfBattle, either, shown
from arena.importing.files.reading import Row, how_it_is_read, read_rows
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow, without_ids
from arena.importing.formats import Format

MOST_ROWS_A_TRANSACTION = 5_000
MOST_TEXT_A_TRANSACTION = 8_000_000
MOST_COLUMNS_NAMED = 200


NOTHING = shown(None)


class TypedFile[T]:
    """One reading of one file: its rows, its problems, the columns that nobody reads."""

    def __init__(
        self, path: Path, format_class: type[Format[T]], *, filename: str, options: Mapping[str, Any] | None = None
    ) -> None:
        self._options = options or {}
        self._left_out: frozenset[int] = frozenset(self._options.get("leave_out", ()))
        self.problems = Problems(filename, left_out=self._left_out)
        self.rows_left_out: dict[int, Row] = {}
        self._path = path
        self._class: type[Format[T]] = format_class
        self._columns = Columns(format_class.needed, format_class.read, format_class.other_words)
        self._ignored: set[str] = set()
        self.n_rows = 0
        self.self_battles = array("q")  # lines of rows in which a model meets itself, which are left out
        self._self_battle: SelfBattle | None = None
        self._probe: Format[T] | None = None
        self._n_probed = 0
        self._right: Row = {}  # the last row in which nothing is wrong

    def __iter__(self) -> Iterator[T]:
        if not self._has_right_shape():
            return
        self.format: Format[T] = self._class(self._path)
        self.format.take(self._options)
        rows = self._several() if self._class.has_rows_of_several else self._one_each()
        yield from map(self._without_ids, rows) if self._options.get("ignore_ids") else rows
        if not self.n_rows and not self.problems.n_all:
            self._say_empty()

    def _without_ids(self, row: T) -> T:
        bare: T = without_ids(row)
        if isinstance(bare, BattleRow) and not self._class.needs_own_ids:
            return bare._replace(own_id="")
        return bare

    def _several(self) -> Iterator[T]:
        """Rows are counted as they come out."""
        for line, raw in read_rows(self._path, problems=self.problems, columns=self._columns):
            if line in self._left_out:
                self.rows_left_out[line] = raw
                continue
            self._note_ignored(raw)
            raw = with_input(raw) if INPUT in raw else raw
            try:
                for row in self.format.rows(line, raw):
                    self.n_rows += 1
                    yield row
            except SelfBattle as problem:
                self._leave_out(line, problem)
            except RowProblem as problem:
                self._add_problems(line, raw, problem)
            else:
                self._right = raw

    def _one_each(self) -> Iterator[T]:
        """As `_several`, without work that would cost too much over a million rows."""
        typed, expected = self.format.row, self.format.read
        for line, raw in read_rows(self._path, problems=self.problems, columns=self._columns):
            if line in self._left_out:
                self.rows_left_out[line] = raw
                continue
            self.n_rows += 1
            if not raw.keys() <= expected:
                self._note_ignored(raw)
            raw = with_input(raw) if INPUT in raw else raw
            try:
                row = typed(line, raw)
            except SelfBattle as problem:
                self.n_rows -= 1
                self._leave_out(line, problem)
            except RowProblem as problem:
                self._add_problems(line, raw, problem)
            else:
                self._right = raw
                yield row

    def _leave_out(self, line: int, problem: SelfBattle) -> None:
        self.self_battles.append(line)
        self._self_battle = self._self_battle or problem

    def _add_problems(self, line: int, raw: Row, problem: RowProblem) -> None:
        """Everything that is wrong with each of the first bad rows, so that nobody mends one fault only to meet the next."""
        has = self._columns.as_written(raw)
        if problem.value == NOTHING and self._column_of(problem) in self._class.read.difference(raw):
            problem = RowProblem(problem.what, MISSING, problem.allowed)
        self.problems.add_row(line, problem, has)
        if self._n_probed < N_SHOWN:
            self._n_probed += 1
            for another in self._others_in(line, raw, problem):
                self.problems.add_row(line, another, has)

    def _others_in(self, line: int, raw: Row, problem: RowProblem) -> Iterator[RowProblem]:
        """What would be wrong if this were right: with the cell of a right row, or without one, in place of the wrong one."""
        if self._probe is None:  # another reading: this one's counts are of its own rows
            self._probe = self._class(self._path)
            self._probe.take(self._options)
        row, named = dict(raw), set[str]()
        while problem.what not in named:
            named.add(problem.what)
            column = self._column_of(problem)
            if column in self._right:
                row[column] = self._right[column]
            elif row.pop(column, None) is None:
                return
            other = self._wrong_in(line, row)
            if other is None:
                return
            problem = other
            if problem.what not in named and self._is_wrong_alone(line, raw, problem):
                yield problem

    def _is_wrong_alone(self, line: int, raw: Row, problem: RowProblem) -> bool:
        """Whether its cell is wrong in a right row, too, and not just beside the cells that were put in for wrong ones."""
        column = self._column_of(problem)
        if column not in raw or problem.what in self._class.read_together:
            return False
        alone = self._wrong_in(line, {**self._right, column: raw[column]}) if self._right else problem
        return alone is not None and alone.what == problem.what

    def _column_of(self, problem: RowProblem) -> str:
        mapped: str = self._options.get("map", {}).get(problem.what, problem.what)
        return mapped

    def _wrong_in(self, line: int, row: Row) -> RowProblem | None:
        try:
            for _row in self._probe.rows(line, row) if self._probe else ():
                pass
        except SelfBattle:
            return None
        except RowProblem as problem:
            return problem
        return None

    def _note_ignored(self, raw: Row) -> None:
        if not self._class.reads_all_columns and len(self._ignored) < MOST_COLUMNS_NAMED:
            self._ignored |= raw.keys() - self.format.read - {INPUT}

    def _say_empty(self) -> None:
        if self._self_battle:
            self.problems.add_row(self.self_battles[0], self._self_battle)
            return
        if look_at(self._path).shape in {Shape.CSV, Shape.PARQUET}:
            allowed = _("there is nothing to import below the header: is this the right file?")
        else:
            allowed = _("there is nothing to import: is this the right file?")
        self.problems.add(1, _("the number of rows"), 0, allowed)

    def notes(self) -> list[FileNote]:
        """After the last row: what was unusual about the file, and how it was read."""
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
                "shapes": either([str(each.label) for each in sorted(self._class.shapes)]),
            }
            self.problems.add(1, _("the file"), PlainWords(shape.label), allowed)
        return shape in self._class.shapes


def chunks[T: (BattleRow, PromptRow, ResponseRow)](rows: Iterable[T]) -> Iterator[list[T]]:
    """As many rows as create at most 5,000 rows in the database, with no more text than fits into memory.

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
