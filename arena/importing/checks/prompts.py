"""Pass 1 for files of prompts."""

from array import array

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.checks.contradictions import Statements, n_different
from arena.importing.files.notes import FileNote, note, what_is_so
from arena.importing.files.problems import Problems, shown
from arena.importing.files.rows import PromptRow
from arena.importing.loading.prompts import PromptLookup, Recognised, text_hash
from arena.models import Arena


class PromptsSeen:
    """Summary of a file of prompts: a few numbers per row are kept."""

    rule = gettext_lazy("one id stands for one text, and line %(line)d has another")

    def __init__(self, arena: Arena | None, problems: Problems) -> None:
        self._problems, self._prompts = problems, PromptLookup(arena.pk if arena else None)
        self._n_rows = self._n_known = self._n_verified = self._n_referenced = 0
        self._recognised = Recognised()
        self._arena, self._n_keys, self._fills = arena, 0, array("q")
        self.statements = Statements()

    def add(self, rows: list[PromptRow]) -> None:
        known = self._prompts.look_up(rows)
        for number, row in enumerate(rows, start=self._n_rows):
            identity = self._prompts.identity(row)
            self.statements.add(identity, text_hash(row), number)
            self._n_known += identity in known and bool(known[identity].text)
            if identity in known and not known[identity].text:
                self._fills.append(hash(identity))
            self._n_keys += bool(row.key)
            self._recognised.add(row)
            self._n_verified += row.verifier is not None
            self._n_referenced += bool(row.reference)
            if problem := self._prompts.contradiction(row):
                self._problems.add_row(row.line, problem)
        self._n_rows += len(rows)

    def finish(self) -> None:
        pass

    def named(self, row: PromptRow) -> tuple[str, str]:
        return _("the prompt's id"), row.key

    def counts(self) -> dict[str, int]:
        return {
            "prompts": self.statements.n_different(),
            "with_reference": self._n_referenced,
            "with_verifier": self._n_verified,
        }

    def notes(self) -> list[FileNote]:
        n_repeated = self.statements.n_repeated()
        n_filled = n_different(self._fills) if self._fills else 0
        return what_is_so(
            [
                (n_repeated, note(_REPEATED, n=n_repeated)),
                (n_filled, note(_FILLED, n=n_filled)),
                (self._n_known, note(_KNOWN, n=self._n_known)),
                *self._recognised.notes(),
            ]
        )

    def warnings(self) -> list[FileNote]:
        """If the arena has prompts without texts and this file brings none of them."""
        if self._arena is None or self._fills:
            return []
        bare = self._arena.prompts.filter(content_hash="")
        n_bare = bare.count()
        if not n_bare:
            return []
        keys = ", ".join(shown(key) for key in bare.order_by("pk").values_list("key", flat=True)[:3])
        return [note(_OTHER_IDS if self._n_keys else _NO_IDS, n=n_bare, keys=keys + (", ..." if n_bare > 3 else ""))]


_REPEATED = ngettext_lazy(
    "%(n)s prompt occurs more than once and is read once.",
    "%(n)s prompts occur more than once and are read once each.",
    "n",
)
_FILLED = ngettext_lazy(
    "%(n)s prompt had only an id until now: its text is filled in.",
    "%(n)s prompts had only ids until now: their texts are filled in.",
    "n",
)
_KNOWN = ngettext_lazy(
    "%(n)s prompt is in this arena already and stays as it is.",
    "%(n)s prompts are in this arena already and stay as they are.",
    "n",
)
_OTHER_IDS = ngettext_lazy(
    "%(n)s prompt of this arena has an id and no text (%(keys)s), and this file has none of these ids: its prompts are new "
    'ones, and those stay without a text. If it has their texts, call the column of the ids "id".',
    "%(n)s prompts of this arena have an id and no text (%(keys)s), and this file has none of these ids: its prompts are new "
    'ones, and those stay without a text. If it has their texts, call the column of the ids "id".',
    "n",
)
_NO_IDS = ngettext_lazy(
    "%(n)s prompt of this arena has an id and no text (%(keys)s), and this file gives no ids: its prompts are new ones, and "
    'those stay without a text. If it has their texts, call the column of the ids "id".',
    "%(n)s prompts of this arena have an id and no text (%(keys)s), and this file gives no ids: its prompts are new ones, and "
    'those stay without a text. If it has their texts, call the column of the ids "id".',
    "n",
)
