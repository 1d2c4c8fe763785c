"""Kinds of files that other apps import, such as judgements. `settings.IMPORT_KINDS` names what reads each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from arena.importing.files.notes import FileNote
from arena.importing.files.reports import ImportReport
from arena.importing.formats.format import Format
from arena.importing.loading.room_steps import Steps
from arena.models import Arena, Import


@dataclass(frozen=True, slots=True)
class FileOption:
    """An option for files of this kind, on the page and over REST."""

    label: Any
    help_text: Any
    choices: Sequence[tuple[str, Any]] = ()  # none: any text
    most: int = 120  # characters


@dataclass(frozen=True, slots=True)
class FileToRead:
    """A file with everything needed to read it."""

    path: Path
    filename: str
    format: str  # as an import stores it
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FileTaken:
    """The result of importing a file."""

    notes: list[FileNote] = field(default_factory=list)  # what the check could not know


class FileKind(Protocol):
    """What an app does with its kind of file."""

    formats: Mapping[str, type[Format[Any]]]
    by_hand: type[Format[Any]]
    fields: Mapping[str, Any]
    """Those that columns can be named for, with their labels."""
    value_field: str
    """The one of them whose values may need their meaning."""
    values: Mapping[str, Any]
    """What those may mean, with labels."""
    names: Mapping[str, tuple[str, ...]]
    """How columns of each field are called in files: a guess."""
    options: Mapping[str, FileOption]
    command: str
    sample: str

    def surely_has(self, names: Sequence[str]) -> bool:
        """Where another kind fits a file, too: whether the columns tell that it is of this one."""

    def lacks(self, columns: Mapping[str, str]) -> Any:
        """The label of a column that still has to be named; empty if none is missing."""

    def check(self, file: FileToRead, arena: Arena | None, slug: str) -> ImportReport:
        """Writes nothing. Raises ImportProblems."""

    def load(self, source: Import, file: FileToRead, steps: Steps) -> FileTaken:
        """Step by step; once more adds nothing. Raises ImportProblems."""

    def cells(self, row: Any) -> dict[str, str]:
        """A typed row as it is stored, for the preview: by column, in the reader's language."""


@cache
def _kinds() -> dict[str, FileKind]:
    return {kind: import_string(path)() for kind, path in settings.IMPORT_KINDS.items()}


def is_of_room(kind: str) -> bool:
    return kind in settings.IMPORT_KINDS


def kind_of(kind: str) -> FileKind:
    return _kinds()[kind]


def kinds_of_rooms() -> Iterator[tuple[str, FileKind]]:
    yield from _kinds().items()
