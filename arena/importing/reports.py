"""What pass 1 found, in numbers and in words."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Report:
    n_rows: int
    counts: dict[str, int]
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        return [f"{numbered(self.n_rows, 'rows')}: {', '.join(self.figures())}.", *self.sayings()]

    def figures(self) -> list[str]:
        return [numbered(number, name) for name, number in self.counts.items() if number]

    def sayings(self) -> list[str]:
        return [*self.notes, *([f"Columns that are not read: {', '.join(self.ignored)}."] if self.ignored else [])]

    def as_json(self) -> dict[str, Any]:
        return {"counts": self.counts, "notes": self.sayings()}


def what_is_so(sayings: Iterable[tuple[object, str]]) -> list[str]:
    return [saying for is_so, saying in sayings if is_so]


def numbered(number: int, things: str) -> str:
    """A number with the word for what is counted: 1 row, 2 rows."""
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"
