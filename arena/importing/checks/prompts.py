"""Pass 1 for files of prompts."""

from array import array

from arena.importing.checks.contradictions import Statements, n_different
from arena.importing.files.problems import Problems, shown
from arena.importing.files.reports import numbered, what_is_so
from arena.importing.files.rows import PromptRow
from arena.importing.loading.prompts import PromptLookup, Recognised, text_hash
from arena.models import Arena


class PromptsSeen:
    """What a file of prompts says, in a few numbers a row."""

    rule = "one id stands for one text"

    def __init__(self, arena: Arena | None, problems: Problems) -> None:
        self._problems, self._prompts = problems, PromptLookup(arena.pk if arena else None)
        self._n_rows = self._n_known = self._n_verified = self._n_referenced = 0
        self._recognised = Recognised()
        self._arena, self._n_keys, self._fills = arena, 0, array("q")
        self._hashes, self.statements = array("q"), Statements()

    def add(self, rows: list[PromptRow]) -> None:
        known = self._prompts.look_up(rows)
        for number, row in enumerate(rows, start=self._n_rows):
            identity = self._prompts.identity(row)
            self._hashes.append(hash(text_hash(row)))
            self.statements.add(identity, text_hash(row), number)
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

    def finish(self) -> None:
        pass

    def named(self, row: PromptRow) -> tuple[str, str]:
        return "the prompt's id", row.key

    def counts(self) -> dict[str, int]:
        return {
            "prompts": self.statements.n_different(),
            "with_reference": self._n_referenced,
            "with_verifier": self._n_verified,
        }

    def notes(self) -> list[str]:
        n_repeated = self.statements.n_repeated()
        n_same_text = self.statements.n_different() - n_different(self._hashes)
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
