"""What pass 1 found, in numbers and in words."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_noop

from arena.importing.checks.newcomers import n_to_allow

COUNT_NAMES: Mapping[str, str] = {
    "battles": gettext_noop("battles"),
    "votes": gettext_noop("votes"),
    "responses": gettext_noop("responses"),
    "competitors": gettext_noop("competitors"),
    "new_competitors": gettext_noop("new competitors"),
    "prompts": gettext_noop("prompts"),
    "voters": gettext_noop("voters"),
    "with_reference": gettext_noop("with a reference"),
    "with_verifier": gettext_noop("with a verifier"),
}


def count_name(key: str) -> str:
    """What is counted, for people; reports of earlier imports have the name itself for a key."""
    return COUNT_NAMES.get(key, key)


@dataclass(frozen=True)
class ImportReport:
    n_rows: int
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)  # what most likely is not meant
    format: str = ""

    @property
    def n_to_allow(self) -> int:
        """New competitors, where they are so many that somebody has to say yes; else 0."""
        return n_to_allow(self.counts.get("new_competitors", 0))

    def lines(self) -> list[str]:
        return [f"{numbered(self.n_rows, 'rows')}: {', '.join(self.figures())}.", *self.sayings()]

    def figures(self) -> list[str]:
        return [numbered(number, count_name(key)) for key, number in self.counts.items() if number]

    def sayings(self) -> list[str]:
        return [
            *self.warnings,
            *self.notes,
            *([f"Columns that are not read: {', '.join(self.ignored)}."] if self.ignored else []),
        ]

    def as_json(self) -> dict[str, Any]:
        return {"counts": self.counts, "notes": self.sayings()}


def what_is_so(sayings: Iterable[tuple[object, str]]) -> list[str]:
    return [saying for is_so, saying in sayings if is_so]


def about_thinking(n_answers: int) -> str:
    return (
        f"{numbered(n_answers, 'answers')} with what was thought before: kept beside the answer, and shown to nobody who "
        "votes or judges."
    )


def numbered(number: int, things: str) -> str:
    """A number with the word for what is counted: 1 row, 2 rows."""
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"


def lines_of(lines: Sequence[int], *, most: int = 10) -> str:
    """
    Where something stands in a file.

    Examples
    --------
    >>> lines_of([7]), lines_of([2, 5, 9], most=2)
    ('line 7', 'lines 2, 5 and 1 more')
    """
    named = ", ".join(f"{line:,}" for line in lines[:most])
    rest = f" and {len(lines) - most:,} more" if len(lines) > most else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {named}{rest}"
