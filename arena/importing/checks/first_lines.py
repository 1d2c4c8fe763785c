"""Where something stands in a file: the first lines, and how many there are."""

from dataclasses import dataclass, field
from typing import Any

from arena.importing.files.notes import Oddity, lazy_lines_of, note

MOST_LINES = 10


@dataclass
class FirstLines:
    """There may be millions: the later ones are counted, not named."""

    first: list[int] = field(default_factory=list)
    n: int = 0

    def add(self, line: int) -> None:
        self.n += 1
        if len(self.first) < MOST_LINES:
            self.first.append(line)

    def oddity(self, words: Any, **values: object) -> Oddity:
        """With their number as `n` and their places as `lines`."""
        every = [*self.first, *[0] * (self.n - len(self.first))]
        return Oddity(self.first[0], note(words, n=self.n, lines=lazy_lines_of(every), **values))
