"""The result of pass 1, in numbers and in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from arena.importing.checks.newcomers import n_to_allow
from arena.importing.files import notes
from arena.importing.files.notes import FileNote, Oddity
from arena.importing.files.problems import RowFault
from arena.seen_names import made_storable
from arena.wording import number

STORED_IN = "en"


@dataclass(frozen=True)
class ImportReport:
    n_rows: int
    counts: dict[str, int]
    findings: Sequence[FileNote | str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    amiss: Sequence[FileNote] = field(default_factory=list)  # what most likely is not meant
    format: str = ""
    odd: Sequence[Oddity] = field(default_factory=list)  # what looks wrong, and may be so
    left_out: Sequence[RowFault] = field(default_factory=list)  # rows that do not come in, with the reason
    unnamed: tuple[str, str] | None = None  # competitors of columns whose models the file does not name

    @property
    def n_to_allow(self) -> int:
        """The number of new competitors if it needs a confirmation, else 0."""
        return n_to_allow(self.counts.get("new_competitors", 0))

    @property
    def notes(self) -> list[str]:
        return [str(note) for note in self.findings]

    @property
    def warnings(self) -> list[str]:
        return [str(note) for note in self.amiss]

    @property
    def alerts(self) -> list[str]:
        """What somebody should look at before the file is imported."""
        return [*self.warnings, *(str(odd.note) for odd in self.odd)]

    def lines(self) -> list[str]:
        """For a terminal."""
        counts = [numbered(n, name) for name, n in self.figures()]
        return [f"{numbered(self.n_rows, 'rows')}: {', '.join(counts)}.", *self.sayings()]

    def figures(self) -> list[tuple[str, int]]:
        """What the file holds: each count that is not zero, with what is counted."""
        return notes.figures(self.counts)

    def sayings(self) -> list[str]:
        names = ", ".join(name or _("one without a name") for name in self.ignored)
        ignored = [_("Columns that are not read: %(columns)s.") % {"columns": names}] if self.ignored else []
        return [*self.alerts, *self.about_left_out(), *self.notes, *ignored]

    def about_left_out(self) -> list[str]:
        if not self.left_out:
            return []
        words = ngettext("%(n)s row is left out: %(lines)s.", "%(n)s rows are left out: %(lines)s.", len(self.left_out))
        lines = notes.lines_of([fault.line for fault in self.left_out])
        return [words % {"n": number(len(self.left_out)), "lines": lines}]

    def as_json(self) -> dict[str, Any]:
        with override(STORED_IN):
            out = {"left_out": [list(fault) for fault in self.left_out]} if self.left_out else {}
            report: dict[str, Any] = made_storable({"counts": self.counts, "notes": self.sayings(), **out})
        return report


def numbered(number: int, things: str) -> str:
    """A number with the word for what is counted: 1 row, 2 rows."""
    return f"{number:,} {things.removesuffix('s') if number == 1 else things}"
