"""Agon's own export of gold labels of single answers: a row a label.

Prompts and answers are named, not included: import those first.
"""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.own_cells import FORMULA_SAFE, as_exported
from arena.importing.formats.response_files import MOST_REPEATS
from judges.importing.formats import cells
from judges.importing.formats.exports import LONGEST_NOTE
from judges.importing.formats.format import LabelFormat
from judges.importing.formats.labels.answers import whether_right
from judges.importing.rows import ExportedAnswer, LabelledAnswer, LabelRow


class ExportedAnswers(LabelFormat):
    name = "gold-answers"
    title = gettext_lazy("Agon's own export of labels of answers: gold_set, prompt_id, competitor, repeat, is_right, grade")
    shapes = ANY_SHAPE
    needed = ("gold_set", "prompt_id", "competitor", "repeat")
    one_of = ("is_right", "grade")
    read = frozenset({*needed, *one_of, "note", "is_counted", "origin", FORMULA_SAFE})

    def row(self, line: int, row: Row) -> LabelRow:
        row = as_exported(row)
        is_right, grade = whether_right(row), cells.number_or_none(row, "grade")
        if is_right is None and grade is None:
            raise RowProblem("is_right", EMPTY if "is_right" in row else MISSING, _("is_right or a grade is needed"))
        exported = ExportedAnswer(
            fields.name(row, "gold_set"), cells.text(row, "origin", default=""),
            fields.whole_number(row, "repeat", most=MOST_REPEATS) or 0, fields.truth(row, "is_counted", default=True),
        )  # fmt: skip
        answer = LabelledAnswer(fields.name(row, "competitor"), "", is_right, grade)
        asked = PromptRow(line, fields.identifier(row, "prompt_id"))
        note = cells.text(row, "note", default="")[:LONGEST_NOTE]
        return LabelRow(line, note, asked, (answer,), exported=exported)
