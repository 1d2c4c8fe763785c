"""Exports of Label Studio with the tag Pairwise or a choice: tasks with their annotations, and a row for each annotation."""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE, OF_OBJECTS
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, VoteRow
from arena.importing.formats.battles.labelled import WORDS_OF_SIDES, LabelledPairs, most_telling, outcome_of
from arena.importing.formats.battles.sides import ANSWERS, MODELS
from arena.importing.formats.conversations import from_json
from arena.importing.formats.recognition import start_of

LINK = "https://labelstud.io/tags/pairwise"


class LabelStudio(LabelledPairs):
    name = "label-studio"
    title = gettext_lazy("Label Studio, pairwise: id, data, annotations")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("id", "data", "annotations")
    read = frozenset(needed)

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        is_task = all(isinstance(row.get("data"), dict) for row in rows)
        return super().recognised_by(names, rows) if is_task else ()

    def row(self, line: int, row: Row) -> BattleRow:
        annotations = row.get("annotations")
        if not isinstance(annotations, list) or not all(isinstance(each, dict) for each in annotations):
            raise RowProblem("annotations", annotations, _("a list of objects is needed"))
        votes = [vote for each in annotations if not each.get("was_cancelled") for vote in _votes(each)]
        return self.battle(line, fields.identifier(row, "id"), row.get("data"), None, votes, "data")


def _votes(annotation: dict[str, Any]) -> list[VoteRow]:
    voter = _voter(annotation.get("completed_by"))
    results = annotation.get("result")
    if not isinstance(results, list):
        raise RowProblem("result", results, _("a list is needed"))
    values = [each.get("value") for each in results if isinstance(each, dict) and str(each.get("type", "pairwise")) in _TYPES]
    return [VoteRow(voter, outcome_of(_selected(value), "result")) for value in values[:1]]


_TYPES = {"pairwise", "choices"}


def _voter(by: Any) -> str:
    who = by.get("email") or by.get("id") if isinstance(by, dict) else by
    return fields.optional_identifier({"completed_by": who}, "completed_by")


def _selected(value: Any) -> Any:
    """What was chosen: a word, or an object or a list of one that holds it."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        return value
    chosen = value.get("selected", value.get("choices"))
    return chosen[0] if isinstance(chosen, list) and len(chosen) == 1 else chosen


class LabelStudioRows(LabelledPairs):
    """A row for each annotation, as JSON-MIN and CSV have it: the fields of the task, and a column for each tag."""

    name = "label-studio-rows"
    title = gettext_lazy("Label Studio's JSON-MIN and CSV, pairwise: id, annotator, annotation_id, two answers, and the choice")
    link = "https://labelstud.io/guide/export"
    shapes = ANY_SHAPE
    needed = ("id", *ANSWERS)
    signature = (*needed, "annotator", "annotation_id")
    read = frozenset({*needed, *MODELS, "prompt", "annotator", "created_at"})
    other_words = WORDS_OF_SIDES

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        columns = super().recognised_by(names, rows)
        chosen = _choice(sorted(names - cls.read), rows) if columns else ""
        return (*columns, chosen) if chosen else ()

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        start = start_of(path)
        renamed = self._columns.renamed(start.names)
        self._choice = _choice([name for name in start.names if name not in renamed], start.rows)
        self.read |= {self._choice}

    def row(self, line: int, row: Row) -> BattleRow:
        value = _selected(from_json(row.get(self._choice)))
        votes = [] if value in (None, "") else [VoteRow(_voter(row.get("annotator")), outcome_of(value, self._choice))]
        record = {name: row[name] for name in row}
        battle = self.battle(line, fields.identifier(row, "id"), record, None, votes, "data")
        return battle._replace(happened=fields.moment(row, "created_at"))


_OF_THE_TOOL = {"id", "annotator", "annotation_id", "created_at", "updated_at", "lead_time"}


def _choice(names: Any, rows: Sequence[Row]) -> str:
    """The column whose cells name a side most often; empty where none does in half of them."""
    cells = {name: [row[name] for row in rows if row.get(name) not in (None, "")] for name in names if name not in _OF_THE_TOOL}
    return most_telling({name: [_selected(from_json(cell)) for cell in given] for name, given in cells.items()})
