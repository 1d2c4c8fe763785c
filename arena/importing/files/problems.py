"""What is wrong with a file: where, what stands there, and what is allowed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from arena.wording import gettext as _
from arena.wording import sentence

N_SHOWN = 20
LONGEST_SHOWN = 80


class PlainWords(str):
    """Fit to print as it is: words about a value, not the value."""

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


def either(words: Sequence[str]) -> str:
    """Those of which one will do: `CSV or JSON lines`."""
    return reduce(lambda first, second: _("%(first)s or %(second)s") % {"first": first, "second": second}, words)


class RowProblem(Exception):
    """One row cannot be read. The caller knows the file and the line."""

    def __init__(self, what: str, value: Any, allowed: str) -> None:
        super().__init__(what)
        self.what, self.value, self.allowed = what, shown(value), allowed

    def __str__(self) -> str:
        return f"{self.what} is {self.value}; {self.allowed}"


@dataclass(frozen=True)
class ImportProblem:
    file: str
    line: int
    what: str
    value: str
    allowed: str
    entry: int | None = None

    @property
    def sentence(self) -> str:
        """What is allowed, for a page."""
        return sentence(self.allowed)

    def __str__(self) -> str:
        entry = "" if self.entry is None else f", entry {self.entry}"
        return f"{self.file}, line {self.line}{entry}: {self.what} is {self.value}; {self.allowed}"


class ImportProblems(Exception):
    """The file cannot be taken in: nothing of it is written."""

    def __init__(self, first: tuple[ImportProblem, ...], n_all: int) -> None:
        super().__init__(first, n_all)
        self.first, self.n_all = first, n_all

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self) -> list[str]:
        n_more = self.n_all - len(self.first)
        more = [f"... and {n_more:,} more problems; correct these first"] if n_more else []
        return [str(problem) for problem in self.first] + more


@dataclass
class Problems:
    """Collects what is wrong in one file: the first ones whole, the rest as a number."""

    file: str
    first: list[ImportProblem] = field(default_factory=list)
    n_all: int = 0
    # JSON arrays may stand on one line: there the entry's number says more.
    entry: Callable[[], int | None] | None = None

    def add(self, line: int, what: str, value: Any, allowed: str) -> None:
        self.n_all += 1
        if len(self.first) < N_SHOWN:
            entry = self.entry() if self.entry else None
            self.first.append(ImportProblem(self.file, line, what, shown(value), allowed, entry))

    def add_row(self, line: int, problem: RowProblem) -> None:
        self.add(line, problem.what, problem.value, problem.allowed)

    def stop_if_any(self) -> None:
        if self.n_all:
            raise ImportProblems(tuple(self.first), self.n_all)
