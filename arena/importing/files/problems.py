"""What is wrong with a file: where, which value it has, and what is allowed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any, NamedTuple

from arena.wording import gettext as _
from arena.wording import ngettext, number, sentence

N_SHOWN = 100
N_LINES = 10
MOST_LEFT_OUT = 1_000
"""Rows: where more are wrong it is the file that is."""
LONGEST_SHOWN = 80


class PlainWords(str):
    """Printed as it is: words about a value, not the value."""

    __slots__ = ()


MISSING, EMPTY = PlainWords("missing"), PlainWords("empty")


def shown(value: Any) -> PlainWords:
    """A value out of an untrusted file, short and with its control characters visible."""
    if isinstance(value, PlainWords):
        return PlainWords({MISSING: _("missing"), EMPTY: _("empty")}.get(value, value))
    if isinstance(value, str | bytes):
        value = value[: LONGEST_SHOWN + 1]
    written = ascii(value) if isinstance(value, bytes) else _printable(value)
    return PlainWords(written if len(written) <= LONGEST_SHOWN else written[: LONGEST_SHOWN - 3] + "...")


def _printable(value: Any) -> str:
    try:
        written = repr(value)
    except (RecursionError, ValueError):  # a bomb of brackets, an integer of 5,000 digits
        return _("a very large %(type)s") % {"type": type(value).__name__}
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in written)


def some_names(names: Iterable[str]) -> str:
    """The first of a file's own names for its columns, fit to print."""
    all_names = list(names)
    return ", ".join(ascii(name)[1:-1][:40] or _("one without a name") for name in all_names[:12]) + (
        ", ..." if len(all_names) > 12 else ""
    )


def either(words: Sequence[str]) -> str:
    """Alternatives in words: `CSV or JSON lines`."""
    return reduce(lambda first, second: _("%(first)s or %(second)s") % {"first": first, "second": second}, words)


class RowProblem(Exception):
    """One row cannot be read. The caller knows the file and the line."""

    def __init__(self, what: str, value: Any, allowed: str) -> None:
        super().__init__(what)
        self.what, self.value, self.allowed = what, shown(value), allowed

    def __str__(self) -> str:
        return f"{self.what} is {self.value}; {self.allowed}"


class SelfBattle(RowProblem):
    """A row in which a model meets itself: it is left out, with a note."""


class RowFault(NamedTuple):
    """Why one row cannot come in."""

    line: int
    what: str
    value: str
    allowed: str


@dataclass(frozen=True)
class ImportProblem:
    file: str
    line: int
    what: str
    value: str
    allowed: str
    entry: int | None = None
    n_alike: int = 0
    """Later rows in which the same is wrong."""
    lines: tuple[int, ...] = ()
    """Of the first of those."""

    @property
    def sentence(self) -> str:
        """What is allowed, for a page."""
        return sentence(f"{self.allowed}{self._alike()}")

    @property
    def lines_in_words(self) -> str:
        """Of those later rows, for a page; empty where there are none."""
        if not self.lines:
            return ""
        named, n_more = ", ".join(map(number, self.lines)), self.n_alike - len(self.lines)
        return _("%(lines)s and %(n)s more") % {"lines": named, "n": number(n_more)} if n_more else named

    def __str__(self) -> str:
        entry = "" if self.entry is None else f", entry {self.entry}"
        return f"{self.file}, line {self.line}{entry}: {self.what} is {self.value}; {self.allowed}{self._alike()}"

    def _alike(self) -> str:
        if not self.n_alike:
            return ""
        text = ngettext("; the same is wrong in %(n)s later row", "; the same is wrong in %(n)s later rows", self.n_alike)
        return text % {"n": number(self.n_alike)}


class ImportProblems(Exception):
    """The file cannot be imported: nothing of it is written."""

    def __init__(self, first: tuple[ImportProblem, ...], n_all: int, faults: Mapping[int, RowFault] | None = None) -> None:
        """`faults`: the rows without which nothing would be wrong, by line; none where leaving rows out does not help."""
        super().__init__(first, n_all)
        self.first, self.n_all, self.faults = first, n_all, faults or {}

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def of(self, filename: str) -> "ImportProblems":
        """The same, of a file that its owner calls otherwise."""
        return ImportProblems(tuple(replace(problem, file=filename) for problem in self.first), self.n_all, self.faults)

    @property
    def n_more(self) -> int:
        """Those that are neither named nor counted with one that is."""
        return self.n_all - sum(1 + problem.n_alike for problem in self.first)

    def lines(self) -> list[str]:
        words = "more problem" if self.n_more == 1 else "more problems"
        more = [f"... and {self.n_more:,} {words}; correct these first"] if self.n_more else []
        return [str(problem) for problem in self.first] + more


@dataclass
class Problems:
    """Collects what is wrong in one file: the first ones whole, the same thing once with a count, the rest as a number."""

    file: str
    first: list[ImportProblem] = field(default_factory=list)
    n_all: int = 0
    # JSON arrays may stand on one line: there the entry's number says more.
    entry: Callable[[], int | None] | None = None
    left_out: frozenset[int] = frozenset()  # lines of rows that do not come in: nothing about them is a problem
    faults: dict[int, RowFault] = field(default_factory=dict)  # by line, the first thing that is wrong
    is_of_rows: bool = True  # false where something is wrong with the file as a whole
    _places: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def add(self, line: int, what: str, value: Any, allowed: str, *, is_row: bool = False) -> None:
        """`is_row`: without this row the rest of the file is good."""
        if is_row and line in self.left_out:
            return
        self.n_all += 1
        seen = shown(value)
        self._note_fault(RowFault(line, what, seen, allowed), is_row=is_row)
        at = self._places.get((what, seen, allowed))
        if at is not None:
            alike = self.first[at]
            lines = alike.lines if len(alike.lines) == N_LINES else (*alike.lines, line)
            self.first[at] = replace(alike, n_alike=alike.n_alike + 1, lines=lines)
        elif len(self.first) < N_SHOWN:
            entry = self.entry() if self.entry else None
            self._places[what, seen, allowed] = len(self.first)
            self.first.append(ImportProblem(self.file, line, what, seen, allowed, entry))

    def add_row(self, line: int, problem: RowProblem, has: Iterable[str] = ()) -> None:
        """`has` are the fields of the row: they are named where one is missing."""
        allowed = problem.allowed
        if has and problem.value == shown(MISSING):
            allowed = _("%(rule)s; the row has %(fields)s") % {"rule": allowed, "fields": some_names(has)}
        self.add(line, problem.what, problem.value, allowed, is_row=True)

    def add_lines(self, lines: Sequence[int], what: str, value: Any, allowed: str) -> None:
        """One thing that is wrong with several rows."""
        self.add(lines[0], what, value, allowed, is_row=True)
        for line in lines[1:]:
            self._note_fault(RowFault(line, what, shown(value), allowed), is_row=True)

    def _note_fault(self, fault: RowFault, *, is_row: bool) -> None:
        if not is_row or (len(self.faults) >= MOST_LEFT_OUT and fault.line not in self.faults):
            self.is_of_rows = False
        else:
            self.faults.setdefault(fault.line, fault)

    def stop_if_any(self) -> None:
        if self.n_all:
            raise ImportProblems(tuple(self.first), self.n_all, dict(self.faults) if self.is_of_rows else None)
