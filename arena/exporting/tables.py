"""An export table: its columns, who may read it, and its rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.evidence.page_cache import few_pages_kept
from arena.exporting.access import Reader, RefusedExport, content_refusal
from arena.models import Arena

MOST_COUNTED = 100_000
CHECKED_EVERY = 2_000  # rows: whether its reader may still read them

type Words = str | Promise
type Row = dict[str, object]
type Chosen = Mapping[str, Any]
"""The chosen values of a table's options, by name; checked."""


class Holds(StrEnum):
    """The type of a column's cells. Every cell may be empty."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"
    TIME = "time"
    TEXTS = "texts"  # a list
    MESSAGES = "messages"  # a list, each with role and content
    OBJECT = "object"  # as in JSON; what it may hold is not fixed


KIND_NAMES: Mapping[Holds, Words] = {
    Holds.TEXT: gettext_lazy("text"),
    Holds.INTEGER: gettext_lazy("whole number"),
    Holds.NUMBER: gettext_lazy("number"),
    Holds.TRUTH: gettext_lazy("true or false"),
    Holds.TIME: gettext_lazy("time, UTC"),
    Holds.TEXTS: gettext_lazy("list of texts"),
    Holds.MESSAGES: gettext_lazy("list of messages"),
    Holds.OBJECT: gettext_lazy("JSON"),
}


@dataclass(frozen=True, slots=True)
class FileColumn:
    name: str
    kind: Holds
    description: Words
    for_curators: bool = False

    @property
    def kind_in_words(self) -> Words:
        return KIND_NAMES[self.kind]


class WrongChoice(ValueError):
    """What was chosen of an option, and what is allowed."""

    def __init__(self, name: str, description: str) -> None:
        super().__init__(f"{name}: {description}")
        self.name, self.description = name, description


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a table: one of some words, each with its title, or a whole number of at least 1."""

    name: str
    title: Words
    description: Words
    words: Mapping[str, Words] = field(default_factory=dict)
    default: str | int | None = None
    most: int = 1_000_000

    def read(self, written: str) -> str | int:
        """Raises WrongChoice."""
        if self.words:
            if written not in self.words:
                message = _("%(value)r is not known; allowed are %(words)s")
                raise WrongChoice(self.name, message % {"value": written[:80], "words": ", ".join(self.words)})
            return written
        if not (written.isascii() and written.isdigit() and len(written) < 10 and 1 <= int(written) <= self.most):
            message = _("%(value)r is not a whole number from 1 to %(most)d")
            raise WrongChoice(self.name, message % {"value": written[:80], "most": self.most})
        return int(written)


class ExportTable:
    """One kind of rows. Subclasses say what they are, and give rows whose keys are the names of the columns."""

    key: str
    title: Words
    description: Words
    columns: Sequence[FileColumn]
    options: Sequence[Option] = ()
    goes_in_as: str = ""  # the command that reads such a file again

    def columns_for(self, reader: Reader) -> tuple[FileColumn, ...]:
        return tuple(column for column in self.columns if reader.is_curator or not column.for_curators)

    def refusal(self, reader: Reader, arena: Arena) -> str:
        """Why this reader may not have it; empty if allowed."""
        return content_refusal(reader, arena)

    def count(self, reader: Reader, arena: Arena) -> int | None:
        """How many rows there are now, at most `MOST_COUNTED` + 1 of them counted; None: only their making tells."""
        raise NotImplementedError

    def n_withheld(self, reader: Reader, arena: Arena, chosen: Chosen) -> int:
        """How many of its rows are left out now, while a pair is open on their prompts."""
        return 0

    def rows(self, reader: Reader, arena: Arena, chosen: Chosen) -> Iterator[Row]:
        """In a fixed order, a part at a time; each part checks again who may read what."""
        raise NotImplementedError

    def chosen(self, written: Mapping[str, str]) -> dict[str, Any]:
        """The given options, with the defaults of the others. Raises WrongChoice."""
        known = {option.name: option for option in self.options}
        for name in written:
            if name not in known:
                there_are = ", ".join(known) or _("none")
                raise WrongChoice(
                    name,
                    _("%(table)s has no such option; its options are: %(options)s") % {"table": self.key, "options": there_are},
                )
        return {name: option.read(written[name]) if name in written else option.default for name, option in known.items()}


ARCHIVED = Option(
    "archived", gettext_lazy("Archived"), gettext_lazy("With all, also what is archived; each such row says since when."),
    {"no": gettext_lazy("left out"), "all": gettext_lazy("with them")}, "no",
)  # fmt: skip
ARCHIVED_AT = FileColumn(
    "archived_at",
    Holds.TIME,
    gettext_lazy("When it was archived; empty where it is in use. Rows with a time are left out when the file is read again."),
)


def rows_for(table: ExportTable, reader: Reader, arena: Arena, chosen: Chosen | None = None) -> Iterator[Row]:
    """The rows for page, command and REST. Raises RefusedExport before the first row."""
    refusal = table.refusal(reader, arena)
    if refusal:
        raise RefusedExport(refusal)
    names = [column.name for column in table.columns_for(reader)]
    rows = table.rows(reader, arena, table.chosen({}) | dict(chosen or {}))
    return _walked(rows, names, lambda: _refuse_again(table, reader, arena))


def _walked(rows: Iterator[Row], names: Sequence[str], check: Callable[[], None]) -> Iterator[Row]:
    """Whoever loses access meanwhile gets an error: rows that end early would pass for all of them."""
    with few_pages_kept():
        for i, row in enumerate(rows, 1):
            yield {name: row[name] for name in names}
            if i % CHECKED_EVERY == 0:
                check()
        check()


def _refuse_again(table: ExportTable, reader: Reader, arena: Arena) -> None:
    """Raises RefusedExport where this reader may not have the table any more."""
    now, there = reader.now(), Arena.objects.filter(pk=arena.pk).first()
    refusal = table.refusal(now, there) if there else _("the arena is gone")
    if refusal or now.is_curator != reader.is_curator:
        raise RefusedExport(refusal or _("what this reader may read has changed"))


def counted(rows: "QuerySet[Any]") -> int:
    return rows.order_by().values_list("pk")[: MOST_COUNTED + 1].count()


def walk[Of: Model](rows: Callable[[], "QuerySet[Of]"], at_once: int) -> Iterator[list[Of]]:
    """In the order of their numbers, some at a time. `rows` is asked anew for each part."""
    behind = 0
    while some := list(rows().filter(pk__gt=behind).order_by("pk")[:at_once]):
        yield some
        behind = some[-1].pk


def dollars(micro: int | None) -> float | None:
    return None if micro is None else micro / 1_000_000


def all_of[T](parts: Iterator[Sequence[T]]) -> Iterator[T]:
    return chain.from_iterable(parts)
