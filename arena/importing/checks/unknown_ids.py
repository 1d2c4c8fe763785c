"""Prompts that are most likely ids which no prompt has: their texts are one word with a digit, row after row."""

import re
from collections.abc import Iterable, Iterator

from django.utils.translation import ngettext_lazy

from arena.importing.checks.first_lines import FirstLines
from arena.importing.files.notes import Oddity
from arena.importing.files.problems import shown
from arena.importing.files.rows import PromptRow, looks_like_id

MOST_NAMED = 5
_NUMBERED = re.compile(r"\d")


class UnknownIds:
    """Looks at the prompts of rows, after those that are known by their ids were found."""

    def __init__(self) -> None:
        self._lines, self._n_texts, self._names = FirstLines(), 0, dict[str, None]()

    def see(self, prompts: Iterable[PromptRow | None]) -> None:
        for prompt in prompts:
            if prompt is None or prompt.key:
                continue
            if looks_like_id(prompt) and _NUMBERED.search(prompt.turns[0]):
                self._lines.add(prompt.line)
                if len(self._names) <= MOST_NAMED:
                    self._names.setdefault(prompt.turns[0])
            else:
                self._n_texts += 1

    def oddities(self) -> Iterator[Oddity]:
        """Where most rows are like this: among texts there may be one that is a word."""
        if self._lines.n > self._n_texts:
            more = ", ..." if len(self._names) > MOST_NAMED else ""
            yield self._lines.oddity(_UNKNOWN, names=", ".join(map(shown, list(self._names)[:MOST_NAMED])) + more)


_UNKNOWN = ngettext_lazy(
    "%(n)s row whose prompt looks like an id (%(names)s), in %(lines)s: no prompt of the arena has it, so it is taken as the "
    "prompt's text. Import the prompts first.",
    "%(n)s rows whose prompts look like ids (%(names)s), in %(lines)s: no prompt of the arena has them, so they are taken as "
    "the prompts' texts. Import the prompts first.",
    "n",
)
