"""Exports of Argilla: records with their fields and responses, and the flat tables that it writes for the Hub."""

from collections.abc import Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import BattleRow, VoteRow
from arena.importing.formats.battles.labelled import WORDS_OF_SIDES, LabelledPairs, most_telling, names_side, outcome_of
from arena.importing.formats.battles.sides import ANSWERS, MODELS
from arena.importing.formats.conversations import from_json
from arena.importing.formats.recognition import start_of

LINK = "https://docs.argilla.io/latest/how_to_guides/import_export/"
NOT_GIVEN = {"discarded", "draft"}  # states of a response


class Argilla(LabelledPairs):
    """Records of version 1 have an external id or none."""

    name = "argilla"
    title = gettext_lazy("Argilla's records: fields, responses; id or external_id if there")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("fields", "responses")
    read = frozenset({*needed, "id", "metadata"})
    other_words = MappingProxyType({"id": ("external_id",)})

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        are_records = all(isinstance(row.get("fields"), dict) for row in rows)
        return super().recognised_by(names, rows) if are_records else ()

    def row(self, line: int, row: Row) -> BattleRow:
        votes = [VoteRow(voter, outcome_of(value, "responses")) for voter, value in _answers_of(row.get("responses"))]
        own_id = self._ids.of(row)
        return self.battle(line, own_id, row.get("fields"), from_json(row.get("metadata")), votes, "fields")


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
        return [(_voter(each), _only_value(each.get("values"))) for each in responses if _is_given(each)]
    raise RowProblem("responses", responses, _("the answers to one question are needed, each with value and user_id"))


def _is_given(answer: Any) -> bool:
    return isinstance(answer, dict) and str(answer.get("status") or "").lower() not in NOT_GIVEN


def _answers_to(answers: Any) -> list[tuple[str, Any]]:
    given = answers if isinstance(answers, list) else [answers]
    return [(_voter(each), each.get("value")) for each in given if _is_given(each)]


def _name_sides(answers: list[tuple[str, Any]]) -> bool:
    return bool(answers) and all(names_side(value) for _who, value in answers)


def _voter(answer: dict[str, Any]) -> str:
    return fields.optional_identifier(answer, "user_id")


def _only_value(values: Any) -> Any:
    """Of one question, or of the one whose answer names a side."""
    by_question = values if isinstance(values, dict) else {}
    given = [each.get("value") if isinstance(each, dict) else each for each in by_question.values()]
    named = given if len(given) == 1 else [value for value in given if names_side(value)]
    if len(named) != 1:
        raise RowProblem("responses", values, _("the answers to one question are needed, each with value and user_id"))
    return named[0]


class ArgillaTable(LabelledPairs):
    """A column a field. Answers to a question stand in QUESTION.responses, beside the users; in version 1 in QUESTION."""

    name = "argilla-table"
    title = gettext_lazy("Argilla's tables on the Hub: the fields as columns, and QUESTION.responses or QUESTION-suggestion")
    link = LINK
    shapes = OF_OBJECTS
    needed = ANSWERS
    read = frozenset({*ANSWERS, *MODELS, "prompt", "id", "metadata"})
    other_words = MappingProxyType({**WORDS_OF_SIDES, "id": ("external_id",)})

    @classmethod
    def recognised_by(cls, names: Set[str], rows: Sequence[Row]) -> tuple[str, ...]:
        columns = super().recognised_by(names, rows)
        question = _question(names, rows) if columns else ""
        return (*columns, question) if question else ()

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        start = start_of(path)
        self._question = _question(start.names, start.rows)
        self.read |= {self._question, f"{self._question}.users", f"{self._question}.status"}

    def row(self, line: int, row: Row) -> BattleRow:
        votes = [VoteRow(voter, outcome_of(value, self._question)) for voter, value in _listed(row, self._question)]
        record = {name: row[name] for name in row}
        return self.battle(line, self._ids.of(row), record, from_json(row.get("metadata")), votes, "fields")


def _question(names: Any, rows: Sequence[Row]) -> str:
    """The column whose answers name a side most often; empty where none does in half of them."""
    asked = [name for name in names if name.endswith(".responses") or f"{name}-suggestion" in names]
    return most_telling({name: [value for row in rows for value in _values_of(row, name)] for name in asked})


def _values_of(row: Row, question: str) -> list[Any]:
    try:
        return [value for _who, value in _listed(row, question)]
    except RowProblem:
        return [None]


def _listed(row: Row, question: str) -> list[tuple[str, Any]]:
    """Voters with what they answered; none where nobody did."""
    values = row.get(question)
    if values is None:
        return []
    if isinstance(values, dict) and isinstance(values.get("value"), list):  # a list of objects, as tables turn it
        users, states = values.get("user_id"), values.get("status")
        values = values["value"]
    else:
        users, states = row.get(f"{question}.users"), row.get(f"{question}.status")
    if not isinstance(values, list):
        raise RowProblem(question, values, _("a list of answers is needed"))
    if any(isinstance(each, dict) and "user_id" in each for each in values):
        return _answers_to(values)
    people = users if isinstance(users, list) and len(users) == len(values) else [None] * len(values)
    given = states if isinstance(states, list) and len(states) == len(values) else [None] * len(values)
    answers = [
        {"user_id": who, "value": value, "status": state} for who, value, state in zip(people, values, given, strict=True)
    ]
    return _answers_to(answers)
