"""Ids that a table writes as numbers with a point in some rows and without one in others: 1.0 beside 1."""

from array import array
from collections.abc import Iterable
from itertools import batched

import numpy as np
from django.db.models import QuerySet
from django.utils.translation import ngettext_lazy

from arena.importing.files.notes import Oddity, lazy_lines_of, note
from arena.models import Prompt

POINT = ".0"
MOST_KEPT, MOST_NAMED = 10_000, 5
KEYS_A_QUERY = 500


class PointedIds:
    """The ids of one kind of thing, row by row: a number is kept of each that is one."""

    def __init__(self) -> None:
        self._pointed: dict[str, int] = {}  # the number, with the first line of the id
        self._whole = array("q")

    def see(self, written: str, line: int) -> None:
        if written.isdecimal():
            self._whole.append(hash(written))
        elif written.endswith(POINT) and written[:-2].isdecimal() and len(self._pointed) < MOST_KEPT:
            self._pointed.setdefault(written[:-2], line)

    def see_known(self, prompts: "QuerySet[Prompt]") -> None:
        """Those of the arena are rows, too: of a number that a row has with a point."""
        for some in batched(self._pointed, KEYS_A_QUERY):
            for written in prompts.filter(key__in=some).values_list("key", flat=True):
                self.see(written, 0)

    def in_two_spellings(self) -> dict[str, int]:
        """The ids with a point, each with its first line."""
        if not self._pointed:
            return {}
        whole = np.unique(np.asarray(self._whole, dtype=np.int64))
        both = np.isin([hash(number) for number in self._pointed], whole)
        return {f"{number}{POINT}": line for (number, line), is_so in zip(self._pointed.items(), both, strict=True) if is_so}


def about_pointed_ids(kinds: Iterable[PointedIds]) -> list[Oddity]:
    both = [(written, line) for ids in kinds for written, line in ids.in_two_spellings().items()]
    if not both:
        return []
    more = ", ..." if len(both) > MOST_NAMED else ""
    names, lines = ", ".join(written for written, _line in both[:MOST_NAMED]) + more, sorted(line for _written, line in both)
    return [Oddity(lines[0], note(_TWO_SPELLINGS, n=len(both), names=names, lines=lazy_lines_of(lines)))]


_TWO_SPELLINGS = ngettext_lazy(
    "%(n)s id with .0 where other rows, or prompts here, have the same number without it (%(names)s), first in %(lines)s: "
    "taken as another id.",
    "%(n)s ids with .0 where other rows, or prompts here, have the same numbers without it (%(names)s), first in %(lines)s: "
    "taken as other ids.",
    "n",
)
