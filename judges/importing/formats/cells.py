"""Cells of the rows of judgements and labels."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from arena.importing.files import fields
from arena.importing.files.problems import EMPTY, MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.conversations import as_json, from_json, whole_question
from arena.importing.formats.prompt_files import category_path
from arena.seen_names import made_storable


def text(row: Row, column: str, *, default: str | None = None) -> str:
    """A text with what no database stores replaced: replies of models hold anything. Raises RowProblem."""
    value = row.get(column)
    return fields.text({column: made_storable(value)} if column in row else row, column, default=default)


def answer(row: Row, column: str) -> str:
    """As `text`; JSON's words true and false stand for themselves, as in PandaLM's test set."""
    value = row.get(column)
    return ("true" if value else "false") if isinstance(value, bool) else text(row, column)


def some_name(row: Row, column: str) -> str:
    """A name, or empty where the file says nothing."""
    return fields.name(row, column) if row.get(column) else ""


def whose_answer(row: Row, column: str, competitor: str) -> tuple[str, str | None]:
    """Its competitor and its text; None for the text where the name stands alone. Raises RowProblem."""
    name = some_name(row, competitor)
    return name, None if name and row.get(column) is None else answer(row, column)


def without_empty_answers(row: Row, answers: Sequence[str], competitors: Sequence[str]) -> Row:
    """A table has a cell for each answer: where both are empty beside two names, the names stand alone."""
    if all(row.get(column) == "" for column in answers) and all(row.get(column) for column in competitors):
        return {column: value for column, value in row.items() if column not in answers}
    return row


def number_or_none(row: Row, column: str) -> float | None:
    """None where the file says nothing; CSV writes numbers as texts."""
    value = row.get(column)
    if value is None or value == "":
        return None
    return number(row, column)


def number(row: Row, column: str, allowed: str = "") -> float:
    """Finite. Raises RowProblem."""
    value = row.get(column)
    try:
        figure = float(value) if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        figure = math.nan
    if not math.isfinite(figure):
        what = MISSING if column not in row else EMPTY if value == "" else value
        raise RowProblem(column, what, allowed or _("a number is needed"))
    return figure


def question(line: int, row: Row, column: str, *, more: str = "", key: str = "", origin: str = "") -> PromptRow:
    """What was asked: a text, with the text of the column `more` below it, or a list of messages that ends with a question."""
    category = category_path(origin.replace("/", "-"))[: fields.LONGEST_CATEGORY]
    if isinstance(from_json(row.get(column)), list):
        conversation = whole_question({column: made_storable(from_json(row[column]))}, column)
        return PromptRow(line, key, conversation.asked, conversation.system_prompt, category=category)
    parts = text(row, column).strip("\r\n"), text(row, more, default="").strip("\r\n") if more else ""
    asked = "\n\n".join(part for part in parts if part.strip())
    if not asked.strip():
        raise RowProblem(column, EMPTY, _("a non-empty text is needed"))
    return PromptRow(line, key, (asked,), category=category)


def with_system_prompt(asked: PromptRow, row: Row) -> PromptRow:
    """The prompt with the text of the column system_prompt, unless its messages have one."""
    return asked._replace(system_prompt=asked.system_prompt or text(row, "system_prompt", default=""))


def a_list(row: Row, column: str) -> list[Any]:
    value = from_json(row.get(column))
    if not isinstance(value, list) or not value:
        allowed = as_json(value, _("a list is needed, not empty"))
        raise RowProblem(column, MISSING if column not in row else value, allowed)
    return value


def an_object(value: Any, what: str) -> Row:
    if not isinstance(value, dict):
        raise RowProblem(what, value, _("an object is needed, such as {...}"))
    return value
