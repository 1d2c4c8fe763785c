"""AlpacaEval: instructions, the outputs of a model, and annotations of two outputs."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow, VoteRow, without_thinking
from arena.importing.formats.battles.sides import must_differ
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import category_path
from arena.outcomes import Outcome

LINK = "https://github.com/tatsu-lab/alpaca_eval"
MOST = 3


class AlpacaInstructions(Format[PromptRow]):
    name = "alpaca-eval"
    title = gettext_lazy("AlpacaEval: instruction; its output is the reference")
    link = LINK
    shapes = ANY_SHAPE
    needed = ("instruction",)
    signature = ("instruction", "output", "generator")
    read = frozenset({*needed, "input", "output", "dataset"})

    def row(self, line: int, row: Row) -> PromptRow:
        dataset = fields.text(row, "dataset", default="").replace("/", "-")
        reference = fields.text(row, "output", default="")
        return instruction(line, row)._replace(reference=reference, category=category_path(dataset))


class AlpacaOutputs(Format[ResponseRow]):
    name = "alpaca-eval"
    title = gettext_lazy("AlpacaEval's outputs: instruction, output, generator")
    link = LINK
    shapes = ANY_SHAPE
    needed = ("instruction", "output", "generator")
    read = frozenset({*needed, "input"})

    def row(self, line: int, row: Row) -> ResponseRow:
        answer, model = fields.text(row, "output"), fields.name(row, "generator")
        return without_thinking(
            ResponseRow(line, "", model, answer, asked=instruction(line, row), brings_prompt=True)
        )  # fmt: skip


class AlpacaAnnotations(Format[BattleRow]):
    name = "alpaca-annotations"
    title = gettext_lazy("AlpacaEval's annotations: instruction, output_1, generator_1, output_2, generator_2, preference")
    link = LINK
    shapes = ANY_SHAPE
    needed = ("instruction", "output_1", "generator_1", "output_2", "generator_2", "preference")
    read = frozenset({*needed, "input", "annotator"})

    def row(self, line: int, row: Row) -> BattleRow:
        first, second = fields.name(row, "generator_1"), fields.name(row, "generator_2")
        must_differ(first, second, ("generator_1", "generator_2"))
        vote = VoteRow(fields.optional_identifier(row, "annotator"), _preferred(row))
        answers = fields.text(row, "output_1"), fields.text(row, "output_2")
        return BattleRow(line, "", first, second, instruction(line, row), (vote,), answers)

    def notes(self) -> list[FileNote]:
        return [note(_PREFERENCE)]


_PREFERENCE = gettext_lazy("preference: below 1.5 the first output is better, above it the second; 1.5 and 0 are ties.")


def instruction(line: int, row: Row) -> PromptRow:
    """The instruction and, below it, the input."""
    parts = fields.text(row, "instruction").strip(), fields.text(row, "input", default="").strip()
    text = "\n\n".join(part for part in parts if part)
    if not text:
        raise RowProblem("instruction", row.get("instruction"), _("a non-empty text is needed"))
    return PromptRow(line, "", (text,))


def _preferred(row: Row) -> Outcome:
    """From 1 (the first) to 2 (the second), as a number or in CSV as a text."""
    value: Any = row.get("preference")
    try:
        number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except (ValueError, OverflowError):
        number = -1.0
    if number == 0 or number == 1.5:
        return Outcome.TIE
    if not 1 <= number <= 2:
        allowed = _("a number from 1 (the first is better) to 2 is needed, or 0 for a tie")
        raise RowProblem("preference", MISSING if "preference" not in row else value, allowed)
    return Outcome.A if number < 1.5 else Outcome.B
