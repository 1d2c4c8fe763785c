"""The part of the import page that maps columns to fields: the first rows of the file, and a select for each field."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from django.http import QueryDict

from arena.importing.files.columns import Columns
from arena.importing.files.fields import whole_text
from arena.importing.files.problems import Problems
from arena.importing.files.reading import read_rows
from arena.importing.formats import formats_of, kind_and_format
from arena.importing.formats.column_map import ANSWER, ColumnMap, fields_of, meanings_for, value_field_of
from arena.importing.formats.guessing import SEVERAL_WORDS, guessed, guessed_values, values_of
from arena.importing.formats.recognition import FileStart, start_of
from arena.importing.formats.votes_or_labels import TWO_MEANINGS
from arena.importing.kinds import is_of_room, kind_of
from arena.models import Import

ROWS_SHOWN = 5
COLUMNS_SHOWN = 30
LONGEST_CELL = 120
ROWS_FOR_VALUES = 20_000
COMMANDS = {
    Import.Kind.BATTLES: "import_battles", Import.Kind.PROMPTS: "import_prompts", Import.Kind.RESPONSES: "import_responses"
}  # fmt: skip


@dataclass(frozen=True)
class ColumnChoice:
    """What the page shows: the start of the file, and the map chosen so far."""

    start: FileStart
    path: Path
    kind: str
    map: ColumnMap

    def kinds(self) -> list[tuple[str, Any]]:
        return [(str(kind), kind.label) for kind in Import.Kind]

    def head(self) -> list[str]:
        return list(self.start.names[:COLUMNS_SHOWN])

    def rows(self) -> list[list[str]]:
        return [[_cell(row.get(name)) for name in self.head()] for row in self.start.rows[:ROWS_SHOWN]]

    def fields(self) -> list[tuple[str, Any, list[tuple[int, str, bool]]]]:
        """Each field with its label and the columns: position, name, and whether it is chosen."""
        names = self.start.names
        return [
            (field, label, [(at, name, self.map.columns.get(field) == name) for at, name in enumerate(names)])
            for field, label in fields_of(self.kind).items()
        ]

    def models(self) -> list[tuple[int, str, str]]:
        """For answers: the columns that may hold a model's answers, with the model if one was named."""
        if self.kind != Import.Kind.RESPONSES:
            return []
        model_of = {column: model for model, column in self.map.answers.items()}
        taken = {column for field, column in self.map.columns.items() if not field.startswith(ANSWER)}
        return [(at, name, model_of.get(name, "")) for at, name in enumerate(self.start.names) if name not in taken]

    def values(self) -> list[tuple[int, str, list[tuple[str, Any, bool]]]]:
        """The values in the winner's or label's column, with what each may mean."""
        values = self.winner_values
        meant = guessed_values(values, self.map.columns, self.kind) | dict(self.map.values)
        return [
            (at, value, [(outcome, label, meant.get(value) == outcome) for outcome, label in meanings_for(self.kind).items()])
            for at, value in enumerate(values)
        ]

    def may_be_votes_or_labels(self) -> bool:
        """Whether the column that says which answer is better has a name of two meanings, and no voters beside it."""
        if self.kind not in {Import.Kind.BATTLES, Import.Kind.LABELS}:
            return False
        better = self.map.columns.get(value_field_of(self.kind), "")
        return better.strip().casefold() in TWO_MEANINGS and "voter" not in self.map.columns

    def winner_place(self) -> str:
        """The winner's column, as its select names it."""
        winner = self.map.columns.get(value_field_of(self.kind))
        return str(self.start.names.index(winner)) if winner in self.start.names else ""

    def unclear(self) -> list[str]:
        """Values of the winner whose meaning was not chosen."""
        values = self.winner_values
        meant = {**guessed_values(values, self.map.columns, self.kind), **self.map.values}
        return [value for value in values if value not in meant]

    @cached_property
    def winner_values(self) -> list[str]:
        """The values in the winner's column; none where it names the better model."""
        winner = self.map.columns.get(value_field_of(self.kind), "")
        if not winner:
            return []
        sides = {self.map.columns.get(name, "") for name in ("model_a", "model_b", "competitor_a", "competitor_b")} - {""}
        rows = [
            {name: row.get(name) for name in (winner, *sides)}
            for _, row in islice(read_rows(self.path, problems=Problems("")), ROWS_FOR_VALUES)
        ]
        models = {str(row[name]).strip() for row in rows for name in sides}
        values = values_of(FileStart(self.start.shape, (winner,), rows), winner)
        return [] if models.intersection(values) else values


def _cell(value: object) -> str:
    text = "" if value is None else whole_text(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def guessed_choice(path: Path, kind: str) -> ColumnChoice:
    start = start_of(path)
    return ColumnChoice(start, path, *guessed(start, kind))


def texts_lost(choice: ColumnChoice) -> list[str]:
    """Text columns that the file's own layout reads and this choice does not: battles would come without them."""
    known = kind_and_format(choice.path)
    layout = formats_of(known[0])[known[1]] if known else None
    if layout is None or layout.is_guess:
        return []
    names = Columns(layout.needed, layout.read, layout.other_words).renamed(choice.start.names)
    return [
        name for name in choice.start.names
        if names.get(name, name) in layout.read and name not in choice.map.columns.values()
        and any(_is_text(row.get(name)) for row in choice.start.rows)
    ]  # fmt: skip


def _is_text(cell: object) -> bool:
    return isinstance(cell, list | dict) or len(str(cell or "").split()) >= SEVERAL_WORDS


def chosen(path: Path, kind: str, columns: ColumnMap) -> ColumnChoice:
    return ColumnChoice(start_of(path), path, kind, columns)


def posted(path: Path, kind: str, data: QueryDict) -> ColumnChoice:
    """What was chosen on the page; columns and values are named by their places, and looked up in the file again."""
    start = start_of(path)
    names = dict(enumerate(start.names))
    columns = {field: names[at] for field in fields_of(kind) if (at := _place(data, f"map-{field}")) in names}
    if kind == Import.Kind.RESPONSES:
        taken = set(columns.values())
        models = [(data.get(f"model-{at}", "").strip(), name) for at, name in names.items() if name not in taken]
        columns |= {f"{ANSWER}{model}": name for model, name in models if model}
    choice = ColumnChoice(start, path, kind, ColumnMap(columns))
    values = {value: data.get(f"value-{at}", "") for at, value, _ in choice.values()} if _same_winner(data) else {}
    meant = {value: outcome for value, outcome in values.items() if outcome in meanings_for(kind)}
    return ColumnChoice(start, path, kind, ColumnMap(columns, meant or guessed_values(choice.winner_values, columns, kind)))


def _place(data: QueryDict, name: str) -> int:
    written = data.get(name, "")
    return int(written) if written.isdecimal() and len(written) < 6 else -1


def _same_winner(data: QueryDict) -> bool:
    """Whether the values that were shown are those of the column that is chosen now."""
    return data.get("values_of", "") == (data.get("map-winner") or data.get("map-label", ""))


def as_command(filename: str, stored: Mapping[str, Any]) -> str:
    """The same import as a command; empty where no command can do it."""
    options = stored["options"]
    path = f"./{filename}" if filename.startswith("-") else filename
    if is_of_room(stored["kind"]):
        return _as_command_of_room(path, stored)
    words = [COMMANDS[stored["kind"]], path, "--arena", stored["slug"], *ColumnMap.of(options).as_flags()]
    if options.get("models"):
        words += ["--models", *options["models"]]
    for name in ("competitor", "pool", "voters"):
        if options.get(name) and (name, options[name]) != ("pool", "main"):
            words += [f"--{name}", options[name]]
    return f"manage.py {shlex.join([*words, *_flags(options)])}"


FLAGS = {"replace": "--replace", "ignore_ids": "--ignore-ids", "strict": "--strict", "leave_out": "--leave-out-bad-rows"}


def _flags(options: Mapping[str, Any]) -> list[str]:
    return [flag for name, flag in FLAGS.items() if options.get(name)]


def _as_command_of_room(path: str, stored: Mapping[str, Any]) -> str:
    flags = [*ColumnMap.of(stored["options"]).as_flags(), *_flags(stored["options"])]
    words = [kind_of(stored["kind"]).command, path, "--arena", stored["slug"], *flags]
    for name in kind_of(stored["kind"]).options:
        if value := stored["options"].get(name):
            flag = "name" if (stored["kind"], name) == (Import.Kind.LABELS, "gold") else name
            words += [f"--{flag}", value]
    return f"manage.py {shlex.join(words)}"
