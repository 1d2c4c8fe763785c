"""Exports of labelling tools that show two answers side by side: Argilla and Label Studio (doccano's is read by `pairs`)."""

from collections.abc import Sequence, Set
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.columns import Columns
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, PromptRow, VoteRow
from arena.importing.formats.battles.pairs import ANSWERS, MODELS, WORDS, OwnPairs
from arena.importing.formats.format import Format
from arena.outcomes import Outcome

_WORDS_OF_SIDES = {
    "answer_a": (*OwnPairs.other_words["answer_a"], "response-1", "left", "answer-1", "generation-1", "text1", "left_response"),
    "answer_b": (
        *OwnPairs.other_words["answer_b"],
        "response-2",
        "right",
        "answer-2",
        "generation-2",
        "text2",
        "right_response",
    ),
    "prompt": OwnPairs.other_words["prompt"],
    "model_a": OwnPairs.other_words["model_a"],
    "model_b": OwnPairs.other_words["model_b"],
}


class _Labelled(Format[BattleRow]):
    """A task with several people's labels."""

    shapes = OF_OBJECTS
    has_own_ids = True

    def __init__(self, path: Path) -> None:
        self._columns = Columns(("prompt", *ANSWERS), ("prompt", *ANSWERS, *MODELS), _WORDS_OF_SIDES)
        self._n_unlabelled = 0

    def _battle(self, line: int, own_id: str, record: Any, models: Any, votes: Sequence[VoteRow], where: str) -> BattleRow:
        """`told` holds the prompt and the answers, `models` perhaps the names."""
        if not isinstance(record, dict):
            raise RowProblem(where, record, _("an object with the prompt and two answers is needed"))
        cells = self._named({**(models if isinstance(models, dict) else {}), **record})
        prompt = fields.text(cells, "prompt")
        if not prompt.strip():
            raise RowProblem("prompt", prompt, _("a non-empty text is needed"))
        first, second = ANSWERS
        if cells.get("model_a"):
            first, second = fields.name(cells, "model_a"), fields.name(cells, "model_b")
        if first == second:
            raise RowProblem("model_b", second, _("a battle needs two different models, and model_a is the same"))
        self._n_unlabelled += not votes
        answers = fields.text(cells, "answer_a"), fields.text(cells, "answer_b")
        return BattleRow(line, own_id, first, second, PromptRow(line, "", (prompt,)), tuple(votes), answers)

    def _named(self, cells: dict[str, Any]) -> dict[str, Any]:
        renamed = self._columns.renamed(cells)
        return {renamed.get(name, name): value for name, value in cells.items()}

    def notes(self) -> list[FileNote]:
        return [note(_UNLABELLED, n=self._n_unlabelled)] if self._n_unlabelled else []


_UNLABELLED = ngettext_lazy(
    "%(n)s pair that nobody labelled: a battle without a vote.",
    "%(n)s pairs that nobody labelled: battles without a vote.",
    "n",
)


class Argilla(_Labelled):
    name = "argilla"
    title = gettext_lazy("Argilla's records: id, fields, responses")
    link = "https://docs.argilla.io/latest/how_to_guides/import_export/"
    needed = ("id", "fields", "responses")
    read = frozenset({*needed, "metadata"})

    def row(self, line: int, row: Row) -> BattleRow:
        votes = [VoteRow(voter, _outcome(value, "responses")) for voter, value in _answers_of(row.get("responses"))]
        key = fields.identifier(row, "id")
        return self._battle(line, key, row.get("fields"), row.get("metadata"), votes, "fields")


class LabelStudio(_Labelled):
    name = "label-studio"
    title = gettext_lazy("Label Studio, pairwise: id, data, annotations")
    link = "https://labelstud.io/tags/pairwise"
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
        votes = [vote for each in annotations if not each.get("was_cancelled") for vote in _studio_votes(each)]
        return self._battle(line, fields.identifier(row, "id"), row.get("data"), None, votes, "data")


def _studio_votes(annotation: dict[str, Any]) -> list[VoteRow]:
    by = annotation.get("completed_by")
    who = by.get("email") or by.get("id") if isinstance(by, dict) else by
    voter = fields.optional_identifier({"completed_by": who}, "completed_by")
    results = annotation.get("result")
    if not isinstance(results, list):
        raise RowProblem("result", results, _("a list is needed"))
    values = [each.get("value") for each in results if isinstance(each, dict) and str(each.get("type", "pairwise")) in _TYPES]
    return [VoteRow(voter, _outcome(_selected(value), "result")) for value in values[:1]]


_TYPES = {"pairwise", "choices"}


def _selected(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    chosen = value.get("selected", value.get("choices"))
    return chosen[0] if isinstance(chosen, list) and len(chosen) == 1 else chosen


def _answers_of(responses: Any) -> list[tuple[str, Any]]:
    """Each annotator's value: lists by question, as the tool writes them now, or a list of people with values, as before.

    A record that nobody answered has no questions; of several questions, the one whose answers name a side counts.
    """
    if isinstance(responses, dict):
        by_question = {name: _answers_to(answers) for name, answers in responses.items()}
        named = [name for name, answers in by_question.items() if len(by_question) == 1 or _name_sides(answers)]
        if len(named) <= 1 and bool(named) == bool(by_question):
            return by_question[named[0]] if named else []
    if isinstance(responses, list):
        return [(_voter(each), _only_value(each.get("values"))) for each in responses if isinstance(each, dict)]
    raise RowProblem("responses", responses, _("the answers to one question are needed, each with value and user_id"))


def _answers_to(answers: Any) -> list[tuple[str, Any]]:
    given = answers if isinstance(answers, list) else [answers]
    return [(_voter(each), each.get("value")) for each in given if isinstance(each, dict)]


def _name_sides(answers: list[tuple[str, Any]]) -> bool:
    return bool(answers) and all(_names_side(value) for _who, value in answers)


def _names_side(value: Any) -> bool:
    return isinstance(value, str) and value.strip().casefold() in KNOWN | _WITH_BLANKS


def _voter(answer: dict[str, Any]) -> str:
    return fields.optional_identifier(answer, "user_id")


def _only_value(values: Any) -> Any:
    """Of one question, or of the one whose answer names a side."""
    by_annotator = values if isinstance(values, dict) else {}
    given = [each.get("value") if isinstance(each, dict) else each for each in by_annotator.values()]
    named = given if len(given) == 1 else [value for value in given if _names_side(value)]
    if len(named) != 1:
        raise RowProblem("responses", values, _("the answers to one question are needed, each with value and user_id"))
    return named[0]


_MORE_WORDS = {"response-1": Outcome.A, "response-2": Outcome.B, "answer-1": Outcome.A, "answer-2": Outcome.B}
KNOWN = {**WORDS, **_MORE_WORDS}
_WITH_BLANKS = {word.replace("-", " "): outcome for word, outcome in _MORE_WORDS.items()}  # as labels of a form are written


def _outcome(value: Any, column: str) -> Outcome:
    return fields.folded_choice({column: str(value) if type(value) is int else value}, column, KNOWN, _WITH_BLANKS)
