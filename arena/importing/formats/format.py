from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise

from arena.importing.files.looks import Shape
from arena.importing.files.notes import FileNote
from arena.importing.files.reading import Row


class Format[T]:
    """How one kind of file is read: made for one reading of one file, it makes typed rows of raw ones."""

    name: str
    title: str | Promise
    link: str = ""  # where the layout is described
    signature: tuple[str, ...] = ()  # columns by which it is recognised, where these are not the ones that are needed
    is_guess: bool = False  # fits many files: recognised only where no other format is
    is_by_hand: bool = False  # read as `options` say; cannot be chosen as a format
    has_rows_of_several: bool = False  # a row of the file may give several rows
    reads_all_columns: bool = False  # also those that no list names
    shapes: frozenset[Shape]
    needed: tuple[str, ...]
    one_of: tuple[str, ...] = ()  # columns of which a row needs one
    has_own_ids: bool = False  # of battles: rows with one id are one battle
    prompts_by_id_or_text: bool = False  # of battles: the column of the prompts may hold either
    needs_own_ids: bool = False  # without them it could not be told which rows are one battle
    other_words: Mapping[str, tuple[str, ...]] = MappingProxyType({})  # for a column that is absent: what it may be called
    options: Mapping[str, Any] = MappingProxyType({})  # options given with the file, such as the competitor
    read: frozenset[str]  # columns that are looked at; others are reported as not read
    read_together: frozenset[str] = frozenset({"model_a", "model_b"})  # what is wrong with one of these may come of another

    def __init__(self, path: Path) -> None:
        """A format that must know the whole file first reads it here."""

    @classmethod
    def columns(cls) -> str:
        """Those that it reads, in words. A name with blanks is no column's: only the others for it are."""
        more = ", ".join(sorted(name for name in cls.read - {*cls.needed, *cls.one_of} if " " not in name))
        words = "; ".join(
            f"for {name}{':' if ' ' in name else ' also'} {', '.join(word for word in other if word != name)}"
            for name, other in cls.other_words.items()
        )
        return "; ".join(
            part for part in (" or ".join(cls.one_of), ", ".join(cls.needed), more and f"if there: {more}", words) if part
        )

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """The columns by which this format is recognised; none if the file looks different. Names are those that are read."""
        wanted: tuple[str, ...] = cls.signature or cls.needed
        if not names >= set(wanted):
            return ()
        one: tuple[str, ...] = tuple(name for name in cls.one_of if name in names)[:1]
        return (*wanted, *one) if one or not cls.one_of else ()

    @classmethod
    def may_be(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        """As `recognised_by`, where somebody has said that the file is of this kind."""
        return cls.recognised_by(names, rows)

    def take(self, options: Mapping[str, Any]) -> None:
        """Read the options given with the file."""
        self.options = options

    def row(self, line: int, row: Row) -> T:
        """Raises RowProblem."""
        raise NotImplementedError

    def rows(self, line: int, row: Row) -> Iterator[T]:
        """Where `has_rows_of_several`."""
        yield self.row(line, row)

    def notes(self) -> list[FileNote]:
        """After the last row: what was unusual, and how it was read."""
        return []
