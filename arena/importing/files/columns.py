"""Which column is which: names match whatever their case, blanks, hyphens and underscores, and some by another word."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from arena.importing.files.notes import FileNote, gettext_lazy, note

MOST_REMEMBERED = 1_000
INPUT = "input of the instruction"
"""What the column input is read as beside instruction, which is the prompt then: Alpaca's files put the two together."""
_APART = re.compile(r"[\s_-]+")


def folded(name: str) -> str:
    """
    Equal for names of columns that are one.

    Examples
    --------
    >>> folded(" Answer A"), folded("answer-a"), folded("___")
    ('answera', 'answera', '___')
    """
    return _APART.sub("", name).casefold() or name.strip()


class Columns:
    """What a format reads. `other_words` are names that a column may have if its own is absent, the best one first."""

    def __init__(
        self, needed: Iterable[str] = (), read: Iterable[str] = (), other_words: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.needed, self._read, self._other_words = tuple(needed), sorted({*needed, *read}), other_words or {}
        self._all = frozenset(self._read)
        self._knows_instructions = "instruction" in self._other_words.get("prompt", ()) and "input" not in self._all
        self._has_input = False
        self._twice: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._known: dict[tuple[str, ...], dict[str, str]] = {}
        self._by_other_words: dict[str, str] = {}
        self._written: dict[tuple[str, ...], tuple[str, ...]] = {}

    def renamed(self, names: Iterable[str]) -> dict[str, str]:
        """Of columns that are named otherwise: the name in the file -> the name that is read."""
        header = tuple(names)
        if header not in self._known:
            if len(self._known) >= MOST_REMEMBERED:
                self._known.clear()
                self._written.clear()
            renamed = self._known[header] = self._renamed(header)
            self._written[tuple(renamed.get(name, name) for name in header)] = header
        return self._known[header]

    def as_written(self, names: Iterable[str]) -> tuple[str, ...]:
        """The file's own words for the columns of a row that was read."""
        read = tuple(names)
        return self._written.get(read, read)

    def _renamed(self, header: tuple[str, ...]) -> dict[str, str]:
        plain: dict[str, str] = {}
        for name in header:
            plain.setdefault(folded(name), name)
        spelt = {plain[folded(name)]: name for name in self._read if name not in header and folded(name) in plain}
        taken = {*header, *spelt.values()}
        for name, words in self._other_words.items():
            columns = (plain[folded(word)] for word in words if folded(word) in plain)
            column = next((column for column in columns if column not in spelt), None)
            if name not in taken and column is not None:
                spelt[column] = name
                self._by_other_words[column] = name
        beside = plain.get("input", "")
        if self._knows_instructions and beside and beside not in spelt and spelt.get(plain.get("instruction", "")) == "prompt":
            spelt[beside], self._has_input = INPUT, True
        return spelt

    def twice(self, names: Iterable[str]) -> tuple[str, ...]:
        """The file's own words for columns that are read as one and the same; empty where there are none."""
        header = tuple(names)
        if header not in self._twice:
            if len(self._twice) >= MOST_REMEMBERED:
                self._twice.clear()
            self._twice[header] = self._find_twice(header)
        return self._twice[header]

    def _find_twice(self, header: tuple[str, ...]) -> tuple[str, ...]:
        read = self.renamed(header)
        by_name: dict[str, list[str]] = {}
        for name in dict.fromkeys(header):
            by_name.setdefault(folded(name), []).append(name)
        several = (names for names in by_name.values() if len(names) > 1)
        return next((tuple(names) for names in several if any(name in read or name in self._all for name in names)), ())

    def notes(self) -> list[FileNote]:
        text = gettext_lazy("The column %(word)s is read as %(name)s.")
        notes = [note(text, word=word.strip(), name=name) for word, name in sorted(self._by_other_words.items())]
        return [*notes, note(_WITH_INPUT)] if self._has_input else notes


_WITH_INPUT = gettext_lazy("The input stands below the instruction in the prompt.")


def with_input(row: dict[str, Any]) -> dict[str, Any]:
    """The row with the whole prompt: the instruction, an empty line and the input, where it has one."""
    prompt, more = row.get("prompt"), row.get(INPUT)
    if not isinstance(prompt, str) or not isinstance(more, str) or not more.strip():
        return row
    return {**row, "prompt": "\n\n".join(part for part in (prompt.strip(), more.strip()) if part)}
