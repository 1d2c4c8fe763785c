"""Pass 1 for files of prompts."""

from array import array
from pathlib import Path

from arena.importing.checks.contradictions import Statements, n_different
from arena.importing.chunks import TypedFile, chunks
from arena.importing.files.problems import N_SHOWN, Problems, shown
from arena.importing.files.reports import ImportReport, numbered, what_is_so
from arena.importing.files.rows import PromptRow
from arena.importing.formats import PROMPT_FORMATS
from arena.importing.loading.prompts import PromptLookup, Recognised, text_hash
from arena.models import Arena


def check_prompts(path: Path, format_name: str, filename: str, arena: Arena | None) -> ImportReport:
    file = TypedFile(path, PROMPT_FORMATS[format_name], filename=filename)
    seen = _Prompts(arena, file.problems)
    for chunk in chunks(file):
        seen.add(chunk)
    _name_contradictions(seen.texts, TypedFile(path, PROMPT_FORMATS[format_name], filename=filename), file.problems)
    file.problems.stop_if_any()
    return ImportReport(file.n_rows, seen.counts(), seen.notes() + file.notes(), file.ignored, seen.warnings())


class _Prompts:
    def __init__(self, arena: Arena | None, problems: Problems) -> None:
        self._problems, self._prompts = problems, PromptLookup(arena.pk if arena else None)
        self._n_rows = self._n_known = self._n_verified = self._n_referenced = 0
        self._recognised = Recognised()
        self._arena, self._n_keys, self._fills = arena, 0, array("q")
        self._hashes, self.texts = array("q"), Statements()

    def add(self, rows: list[PromptRow]) -> None:
        known = self._prompts.look_up(rows)
        for number, row in enumerate(rows, start=self._n_rows):
            identity = self._prompts.identity(row)
            self._hashes.append(hash(text_hash(row)))
            self.texts.add(identity, text_hash(row), number)
            self._n_known += identity in known and bool(known[identity].content_hash)
            if identity in known and not known[identity].content_hash:
                self._fills.append(hash(identity))
            self._n_keys += bool(row.key)
            self._recognised.add(row)
            self._n_verified += row.verifier is not None
            self._n_referenced += bool(row.reference)
            if problem := self._prompts.contradiction(row):
                self._problems.add_row(row.line, problem)
        self._n_rows += len(rows)

    def counts(self) -> dict[str, int]:
        return {
            "prompts": self.texts.n_different(),
            "with a reference": self._n_referenced,
            "with a verifier": self._n_verified,
        }

    def notes(self) -> list[str]:
        n_repeated = self.texts.n_repeated()
        n_same_text = self.texts.n_different() - n_different(self._hashes)
        return what_is_so(
            [
                (n_repeated, f"{numbered(n_repeated, 'prompts')} read once, though more often in the file."),
                (n_same_text, f"{numbered(n_same_text, 'prompts')} with the text of another one under an id of its own: kept."),
                (self._fills, f"{numbered(n_different(self._fills), 'prompts')} known by the id alone until now: filled.")
                if self._fills
                else (0, ""),
                (self._n_known, f"{numbered(self._n_known, 'prompts')} in this arena already: left as they are."),
                *self._recognised.notes(),
            ]
        )

    def warnings(self) -> list[str]:
        """Where the arena waits for texts, and this file brings none of them."""
        if self._arena is None or self._fills:
            return []
        bare = self._arena.prompts.filter(content_hash="")
        n_bare = bare.count()
        if not n_bare:
            return []
        keys = ", ".join(shown(key) for key in bare.order_by("pk").values_list("key", flat=True)[:3])
        why = "has none of these ids" if self._n_keys else "gives no ids"
        return [
            f"{numbered(n_bare, 'prompts')} of this arena {'have' if n_bare > 1 else 'has'} an id and no text ({keys}"
            f"{', ...' if n_bare > 3 else ''}), and this file {why}: its prompts are new ones, and those stay without a text. "
            'If it has their texts, call the column of the ids "id".'
        ]


def _name_contradictions(texts: Statements, again: TypedFile[PromptRow], problems: Problems) -> None:
    found = list(texts.contradictions())[:N_SHOWN]
    wanted = {number for each in found for number in each}
    rows = {number: row for number, row in enumerate(again) if number in wanted} if found else {}
    for each in found:
        allowed = f"one id stands for one text, and line {rows[each.earlier].line} has another"
        problems.add(rows[each.row].line, "the prompt's id", rows[each.row].key, allowed)
