"""Battles as Chatbot Arena published them: each row is a battle of its own, with one vote."""

from collections import Counter
from pathlib import Path

from arena.importing import fields
from arena.importing.formats.format import Format
from arena.importing.problems import RowProblem
from arena.importing.reading import Row, Shape
from arena.importing.rows import BattleRow, PromptRow, VoteRow
from arena.outcomes import Outcome

WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
}
NAMES_VISIBLE = "names were visible"
MOST_REMEMBERED = 100_000


class ChatbotArena(Format[BattleRow]):
    name = "chatbot-arena"
    title = "Chatbot Arena: model_a, model_b, winner"
    shapes = frozenset(Shape)
    needed = ("model_a", "model_b", "winner")
    read = frozenset({*needed, "question_id", "prompt", "judge", "anony", "language", "tstamp"})

    def __init__(self, path: Path) -> None:
        self._n_languages_without_prompt = 0
        self._unknown_languages: Counter[str] = Counter()
        self._names: dict[str, str] = {}

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = self._name(row, "model_a"), self._name(row, "model_b")
        if first == second:
            raise RowProblem("model_b", second, "a battle needs two different models, and model_a is the same")
        outcome = fields.choice(row, "winner", WINNERS)
        voter = fields.optional_identifier(row, "judge")
        seen = "" if "anony" not in row or fields.truth(row, "anony", default=True) else NAMES_VISIBLE
        return BattleRow(
            line, "", first, second, self._prompt(line, row), (VoteRow(voter, outcome, seen),),
            happened=fields.moment(row, "tstamp"),
        )  # fmt: skip

    def notes(self) -> list[str]:
        """What was odd, and how it was read."""
        notes = ["model_a is taken as the answer that was shown first."]
        if self._n_languages_without_prompt:
            notes.append(
                f"{self._n_languages_without_prompt:,} rows name a language but no prompt: a language is kept with its "
                "prompt, so these are left out."
            )
        if self._unknown_languages:
            examples = ", ".join(name for name, _ in self._unknown_languages.most_common(5))
            n_rows = sum(self._unknown_languages.values())
            notes.append(f"{n_rows:,} rows name a language without a known code ({examples}): read as unknown.")
        return notes

    def _name(self, row: Row, column: str) -> str:
        """Checked once a name, not once a row."""
        value = row.get(column)
        known = self._names.get(value) if isinstance(value, str) else None
        if known is None:
            known = fields.name(row, column)
            if len(self._names) < MOST_REMEMBERED:
                self._names[row[column]] = known
        return known

    def _prompt(self, line: int, row: Row) -> PromptRow | None:
        key, text = fields.optional_identifier(row, "question_id"), fields.text(row, "prompt", default="")
        language = self._language(row)
        if key or text.strip():
            return PromptRow(line, key, (text,) if text.strip() else (), language=language)
        self._n_languages_without_prompt += bool(language)
        return None

    def _language(self, row: Row) -> str:
        written = row.get("language")
        if not written:
            return ""
        code = fields.language(fields.text(row, "language"))
        if code is None and len(self._unknown_languages) < MOST_REMEMBERED:
            self._unknown_languages[written[:40]] += 1
        return code or ""
