"""The arena's file of 55k battles as Kaggle published it: the winner in three columns, turns as JSON lists in the cells."""

import json
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.chatbot_arena import both_answers
from arena.importing.formats.battles.sides import OwnIds, must_differ
from arena.importing.formats.format import Format
from arena.outcomes import Outcome

WINNERS = {"winner_model_a": Outcome.A, "winner_model_b": Outcome.B, "winner_tie": Outcome.TIE}


class KagglePairs(Format[BattleRow]):
    name = "kaggle-pairs"
    title = gettext_lazy("Kaggle's 55k preferences: prompt, response_a, response_b, winner_model_a, winner_model_b, winner_tie")
    link = "https://www.kaggle.com/competitions/lmsys-chatbot-arena/data"
    has_own_ids = True
    shapes = ANY_SHAPE
    needed = ("model_a", "model_b", "prompt", "response_a", "response_b", *WINNERS)
    read = frozenset({*needed, "id"})

    def __init__(self, path: Path) -> None:
        self._ids = OwnIds()

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = fields.name(row, "model_a"), fields.name(row, "model_b")
        must_differ(first, second)
        asked = turns_of(row, "prompt")
        if not any(turn.strip() for turn in asked):
            raise RowProblem("prompt", row.get("prompt"), _("a non-empty text is needed"))
        return BattleRow(
            line, self._ids.of(row), first, second, PromptRow(line, "", asked), (VoteRow("", _winner(row)),),
            **both_answers(turns_of(row, "response_a"), turns_of(row, "response_b")),
        )  # fmt: skip

    def notes(self) -> list[FileNote]:
        return [note(gettext_lazy("model_a is taken as the answer that was shown first."))]


def turns_of(row: Row, column: str) -> tuple[str, ...]:
    """A JSON list of texts, in which null is an empty one; any other text is one turn."""
    value = row.get(column)
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return (fields.text(row, column),)
    if not isinstance(value, list):
        return (fields.text(row, column),)
    turns = ["" if turn is None else turn for turn in value]
    return tuple(fields.text({column: fields.whole_text(turn) if isinstance(turn, str) else turn}, column) for turn in turns)


def _winner(row: Row) -> Outcome:
    """The column that holds the only 1."""
    outcomes = [outcome for column, outcome in WINNERS.items() if fields.truth(row, column, default=False)]
    if len(outcomes) != 1:
        values = ", ".join(str(row.get(column)) for column in WINNERS)
        raise RowProblem(", ".join(WINNERS), values, _("one of these columns is 1, the others are 0"))
    return outcomes[0]
