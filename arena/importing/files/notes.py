"""Notes on a file: pages show them in their reader's language, and the database keeps them in English."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as gettext_lazy
from django.utils.translation import ngettext, ngettext_lazy

from arena.wording import number

MOST_NEW_NAMED = 10


@dataclass(frozen=True)
class FileNote:
    """A sentence that is translated when it is read."""

    words: Any  # lazy
    values: Mapping[str, object]

    def __str__(self) -> str:
        return str(self.words % self.values)

    def of_rows(self) -> "FileNote":
        """The same of rows that a program sent: they have numbers, and stand on no lines."""
        places = {name: replace(each, are_rows=True) for name, each in self.values.items() if isinstance(each, NamedRows)}
        return replace(self, values={**self.values, **places})


class Oddity(NamedTuple):
    """Something that looks wrong, with the first line of it."""

    line: int
    note: FileNote


class GroupedInt(int):
    """A number that chooses a plural, and is written as its reader writes numbers."""

    def __str__(self) -> str:
        return number(int(self))


def note(words: Any, **values: object) -> FileNote:
    """`words` are lazy; where they are a plural, `n` chooses it."""
    return FileNote(words, {name: GroupedInt(value) if isinstance(value, int) else value for name, value in values.items()})


def what_is_so(sayings: Iterable[tuple[object, FileNote]]) -> list[FileNote]:
    return [saying for is_so, saying in sayings if is_so]


def about_thinking(n_answers: int) -> FileNote:
    words = ngettext_lazy(
        "%(n)s answer with the model's thinking: kept apart from the answer, and never shown to voters or judges.",
        "%(n)s answers with the model's thinking: kept apart from the answers, and never shown to voters or judges.",
        "n",
    )
    return note(words, n=n_answers)


def about_new_competitors(names: Iterable[str], known: Container[str]) -> list[FileNote]:
    """Named where others of the file are here already: a name that is misspelt would be a model of its own."""
    every = list(names)
    new = [name for name in every if name not in known]
    if not new or len(new) == len(every):
        return []
    words = ngettext_lazy(
        "%(n)s new competitor beside those that are here: %(names)s. Is the name right?",
        "%(n)s new competitors beside those that are here: %(names)s. Are the names right?",
        "n",
    )
    more = ", ..." if len(new) > MOST_NEW_NAMED else ""
    return [note(words, n=len(new), names=", ".join(ascii(name)[1:-1] for name in new[:MOST_NEW_NAMED]) + more)]


@dataclass(frozen=True)
class NamedRows:
    """Where something stands in a file, or among the rows that a program sent; in words when it is read."""

    numbers: Sequence[int]
    most: int = 10
    are_rows: bool = False

    def __str__(self) -> str:
        return rows_of(self.numbers, most=self.most) if self.are_rows else lines_of(self.numbers, most=self.most)


def lazy_lines_of(lines: Sequence[int], *, most: int = 10) -> NamedRows:
    return NamedRows(lines, most)


def lines_of(lines: Sequence[int], *, most: int = 10) -> str:
    """
    Where something stands in a file.

    Examples
    --------
    >>> lines_of([7]), lines_of([2, 5, 9], most=2)
    ('line 7', 'lines 2, 5 and 1 more')
    """
    named = ", ".join(map(number, lines[:most]))
    if len(lines) > most:
        return _("lines %(lines)s and %(n)s more") % {"lines": named, "n": number(len(lines) - most)}
    return ngettext("line %(lines)s", "lines %(lines)s", len(lines)) % {"lines": named}


def rows_of(rows: Sequence[int], *, most: int = 10) -> str:
    """
    Where something stands among the rows that a program sent.

    Examples
    --------
    >>> rows_of([7]), rows_of([2, 5, 9], most=2)
    ('row 7', 'rows 2, 5 and 1 more')
    """
    named = ", ".join(map(number, rows[:most]))
    if len(rows) > most:
        return _("rows %(rows)s and %(n)s more") % {"rows": named, "n": number(len(rows) - most)}
    return ngettext("row %(rows)s", "rows %(rows)s", len(rows)) % {"rows": named}


COUNTED = {
    "battles": gettext_lazy("battles"),
    "votes": gettext_lazy("votes"),
    "competitors": gettext_lazy("models"),
    "new_competitors": gettext_lazy("new models"),
    "prompts": gettext_lazy("prompts"),
    "voters": gettext_lazy("voters"),
    "games": gettext_lazy("games"),
    "judges": gettext_lazy("judges"),
    "responses": gettext_lazy("answers"),
    "judgements": gettext_lazy("judgements"),
    "labels": gettext_lazy("gold labels"),
    "new_prompts": gettext_lazy("new prompts"),
    "new_responses": gettext_lazy("new answers"),
    "with_reference": gettext_lazy("with a reference"),
    "with_verifier": gettext_lazy("with a verifier"),
}


def figures(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Each count that is not zero, with what is counted; reports of earlier imports have the name itself for a key."""
    return [(str(COUNTED.get(key, key)), n) for key, n in counts.items() if n]
