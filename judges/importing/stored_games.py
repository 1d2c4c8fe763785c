"""What a file of stored judgements holds, row by row."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from arena.importing.files.json_objects import with_keys_once
from arena.models import Arena
from arena.seen_names import made_storable
from judges.replies.parsing import Parsed
from judges.verdicts.verdict import Order, Verdict


class UnreadableFile(ValueError):
    """Where, what was found, what is allowed."""


@dataclass(frozen=True, slots=True)
class StoredGame:
    """One judgement: of which battle, in which order, and what was said."""

    battle_id: int
    order: Order
    repeat: int
    reply: str
    parsed: Parsed
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Batch:
    """The judgements of one file."""

    games: list[StoredGame]
    n_rows: int
    n_without_battle: int  # rows whose battle is not in the arena
    notes: tuple[str, ...] = ()  # what a reader must know of the labels that came with them


class Read(Protocol):
    def __call__(self, path: Path, arena: Arena, baseline: str, most_new: int) -> Batch:
        """What a file holds; its battles are made where it brings them, with at most `most_new` new competitors."""


@dataclass(frozen=True, slots=True)
class Layout:
    """One kind of file: `read(path, arena, baseline, most_new)`; see `Read`."""

    key: str
    title: str
    protocol: str
    read: Read


@dataclass(frozen=True, slots=True)
class FileRow:
    """An object of a file, with where it stood."""

    place: str
    values: Mapping[str, Any]

    def text(self, *names: str) -> str:
        """The first of these fields that is there, as a text."""
        for name in names:
            value = self.values.get(name)
            if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
                return str(value)
        raise UnreadableFile(f"{self.place}: {' or '.join(names)} has to be a text; it is {self.values.get(names[0])!r:.60}")


def rows_of(path: Path) -> Iterator[FileRow]:
    """JSON lines, or one JSON list of objects."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path.name}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
    if content.lstrip().startswith("["):
        for number, value in enumerate(_parsed(path.name, content), 1):
            yield _row(f"{path.name}, entry {number}", value)
        return
    # Not splitlines: it also breaks at characters that JSON allows inside a text.
    for number, line in enumerate(content.split("\n"), 1):
        if line.strip():
            place = f"{path.name}, line {number}"
            yield _row(place, _parsed(place, line))


def as_text(value: object) -> str:
    """What a file gives where a text is read; empty where it gives nothing."""
    return str(value or "")


def _parsed(place: str, text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=with_keys_once)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(f"{place}: no JSON ({error})") from error


def _row(place: str, value: object) -> FileRow:
    if not isinstance(value, dict):
        raise UnreadableFile(f"{place}: {str(value)[:40]!r}; it has to be a JSON object")
    return FileRow(place, made_storable(value))
