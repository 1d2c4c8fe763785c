"""The LLMFAO crowd votes: several people vote on one battle, which has an id."""

from pathlib import Path

from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.pairs import side_of
from arena.importing.formats.battles.sides import must_differ
from arena.importing.formats.format import Format
from arena.outcomes import Outcome

WINNERS = {"left": Outcome.A, "right": Outcome.B, "tie": Outcome.TIE}


class Llmfao(Format[BattleRow]):
    name = "llmfao"
    title = gettext_lazy("LLMFAO: id, prompt, worker, winner, left, right")
    link = "https://github.com/dustalov/llmfao"
    has_own_ids = True
    shapes = ANY_SHAPE
    needed = ("id", "prompt", "worker", "winner", "left", "right")
    read = frozenset(needed)

    def __init__(self, path: Path) -> None:
        self._name, self._identifier = fields.Remembered(fields.name), fields.Remembered(fields.identifier)

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = self._name(row, "left"), self._name(row, "right")
        must_differ(first, second, ("left", "right"))
        vote = VoteRow(self._identifier(row, "worker"), _winner(row, first, second))
        prompt = PromptRow(line, self._identifier(row, "prompt"))
        return BattleRow(line, fields.identifier(row, "id"), first, second, prompt, (vote,))

    def notes(self) -> list[FileNote]:
        return [
            note(gettext_lazy("Rows with one id are votes on one battle; left is taken as the answer that was shown first.")),
            note(gettext_lazy("The file gives numbers for prompts, no texts: the battles count but cannot be shown.")),
        ]


def _winner(row: Row, first: str, second: str) -> Outcome:
    """A side, or the name of one of the two models."""
    value = row.get("winner")
    named = side_of(value, first, second) if isinstance(value, str) else None
    return named or fields.folded_choice(row, "winner", WINNERS, {})
