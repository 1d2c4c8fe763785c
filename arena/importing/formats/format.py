from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from django.utils.functional import Promise

from arena.importing.files.notes import FileNote
from arena.importing.files.reading import Row, Shape
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow


class Format[T: (BattleRow, PromptRow, ResponseRow)]:
    """How one kind of file is read: made for one reading of one file, it makes typed rows of raw ones."""

    name: str
    title: str | Promise
    shapes: frozenset[Shape]
    needed: tuple[str, ...]
    one_of: tuple[str, ...] = ()  # columns of which a row needs one
    has_own_ids: bool = False  # of battles: rows with one id are one battle
    other_words: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # for a column that is absent: what it may be called
    read: frozenset[str]  # columns that are looked at; others are reported as not read

    def __init__(self, path: Path) -> None:
        """A format that must know the whole file first reads it here."""

    @classmethod
    def columns(cls) -> str:
        """Those that it reads, in words."""
        more = ", ".join(sorted(cls.read - {*cls.needed, *cls.one_of}))
        words = "; ".join(f"for {name} also {', '.join(other)}" for name, other in cls.other_words.items())
        return "; ".join(
            part for part in (" or ".join(cls.one_of), ", ".join(cls.needed), more and f"if there: {more}", words) if part
        )

    def row(self, line: int, row: Row) -> T:
        """Raises RowProblem."""
        raise NotImplementedError

    def notes(self) -> list[FileNote]:
        """After the last row: what was odd, and how it was read."""
        return []
