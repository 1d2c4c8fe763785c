"""Battles as Chatbot Arena published them: each row is a battle of its own, with one vote."""

from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row, Shape
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.format import Format
from arena.outcomes import Outcome
from arena.texts.languages import code_of

WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,  # as newer files of the arena write it
}
NAMES_VISIBLE = "names were visible"
NO_CODE = "?"


_NO_PROMPT = ngettext_lazy(
    "%(n)s row with a language but no prompt: a language is kept with its prompt, so these are left out.",
    "%(n)s rows with a language but no prompt: a language is kept with its prompt, so these are left out.",
    "n",
)
_NO_CODE = ngettext_lazy(
    "%(n)s row with a language that has no known code (%(examples)s): read as unknown.",
    "%(n)s rows with a language that has no known code (%(examples)s): read as unknown.",
    "n",
)


class ChatbotArena(Format[BattleRow]):
    name = "chatbot-arena"
    title = gettext_lazy("Chatbot Arena: model_a, model_b, winner")
    has_own_ids = False
    shapes = frozenset(Shape)
    needed = ("model_a", "model_b", "winner")
    read = frozenset({*needed, "question_id", "prompt", "judge", "anony", "language", "tstamp"})

    def __init__(self, path: Path) -> None:
        self._name = fields.Remembered(fields.name)
        self._identifier = fields.Remembered(fields.optional_identifier)
        self._language = fields.Remembered(self._read_language)
        self._bare_prompts: dict[tuple[str, str], PromptRow] = {}
        self._n_languages_without_prompt = 0
        self._unknown_languages: dict[str, int] = {}

    def row(self, line: int, row: Row) -> BattleRow:
        try:
            # Nearly every row names what was checked before.
            first, second = self._name.known[row["model_a"]], self._name.known[row["model_b"]]
            outcome = WINNERS[row["winner"]]
        except (KeyError, TypeError):
            first, second = self._name(row, "model_a"), self._name(row, "model_b")
            outcome = fields.choice(row, "winner", WINNERS)
        if first == second:
            raise RowProblem("model_b", second, _("a battle needs two different models, and model_a is the same"))
        voter = self._identifier(row, "judge") if "judge" in row else ""
        set_aside = NAMES_VISIBLE if "anony" in row and not fields.truth(row, "anony", default=True) else ""
        happened = fields.moment(row, "tstamp") if "tstamp" in row else None
        return BattleRow(
            line, "", first, second, self._prompt(line, row), (VoteRow(voter, outcome, set_aside),), None, happened
        )

    def notes(self) -> list[FileNote]:
        """What was odd, and how it was read."""
        notes = [note(gettext_lazy("model_a is taken as the answer that was shown first."))]
        if self._n_languages_without_prompt:
            notes.append(note(_NO_PROMPT, n=self._n_languages_without_prompt))
        if self._unknown_languages:
            examples = ", ".join(list(self._unknown_languages)[:5])
            n_rows = sum(self._unknown_languages.values())
            notes.append(note(_NO_CODE, n=n_rows, examples=examples))
        return notes

    def _prompt(self, line: int, row: Row) -> PromptRow | None:
        key = self._identifier(row, "question_id") if "question_id" in row else ""
        text = fields.text(row, "prompt", default="") if "prompt" in row else ""
        language = self._language_of(row) if "language" in row else ""
        if text and not text.isspace():
            return PromptRow(line, key, (text,), language=language)
        if key:
            return self._bare_prompts.get((key, language)) or self._bare_prompt(line, key, language)
        self._n_languages_without_prompt += bool(language)
        return None

    def _bare_prompt(self, line: int, key: str, language: str) -> PromptRow:
        """Remembered: many rows name it."""
        new = PromptRow(line, key, language=language)
        if len(self._bare_prompts) < fields.MOST_REMEMBERED:
            self._bare_prompts[key, language] = new
        return new

    def _language_of(self, row: Row) -> str:
        code = self._language(row, "language")
        if code == NO_CODE:
            written = str(row["language"])[:40]
            if len(self._unknown_languages) < fields.MOST_REMEMBERED or written in self._unknown_languages:
                self._unknown_languages[written] = self._unknown_languages.get(written, 0) + 1
            return ""
        return code

    @staticmethod
    def _read_language(row: fields.Row, column: str) -> str:
        code = code_of(fields.text(row, column, default=""))
        return NO_CODE if code is None else code
