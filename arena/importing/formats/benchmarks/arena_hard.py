"""The layout of arena-hard-auto: question.jsonl, and a file of answers for each model."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import OF_OBJECTS
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.formats.benchmarks.mt_bench import choice_rows, question_row
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import category_path, language_of

LINK = "https://github.com/lmarena/arena-hard-auto"


BASELINES = {
    "hard_prompt": "o3-mini-2025-01-31", "coding": "o3-mini-2025-01-31", "math": "o3-mini-2025-01-31",
    "creative_writing": "gemini-2.0-flash-001",
}  # fmt: skip
"""The model that version 2 compares the others with, by category, as its own settings say."""


class ArenaHardQuestions(Format[PromptRow]):
    name = "arena-hard"
    title = gettext_lazy("arena-hard question.jsonl: uid, prompt, cluster or category and subcategory")
    link = LINK
    shapes = OF_OBJECTS
    needed = ("uid", "prompt")
    read = frozenset({*needed, "cluster", "category", "subcategory", "language", "turns", "baseline"})
    other_words = MappingProxyType({"uid": ("question_id",)})

    def row(self, line: int, row: Row) -> PromptRow:
        if "prompt" not in row and "turns" in row:  # the first layout of all
            return question_row(line, {**row, "question_id": row.get("uid")})
        question = fields.text(row, "prompt")
        if not question.strip():
            raise RowProblem("prompt", question, _("a non-empty text is needed"))
        category = _category(row)
        return PromptRow(
            line,
            fields.identifier(row, "uid"),
            (question,),
            category=category_path(category),
            language=language_of(row),
            tags=_baseline(row),
        )

    def notes(self) -> list[FileNote]:
        return [
            note(gettext_lazy("The cluster of a question is its category, else category and subcategory are.")),
            note(
                gettext_lazy("The model that a category is compared with in version 2 is a tag of its prompts: baseline:NAME.")
            ),
        ]


def _baseline(row: Row) -> tuple[str, ...]:
    """The row's baseline, else that of version 2 for its category; version 1 has one for all, given as an option."""
    name = fields.text(row, "baseline", default="") or BASELINES.get(fields.text(row, "category", default=""), "")
    return (fields.as_name("baseline", f"baseline:{name}"),) if name else ()


def _category(row: Row) -> str:
    """The cluster, which the first version has; else category and subcategory. A / inside a name is no path."""
    names = ("cluster",) if row.get("cluster") else ("category", "subcategory")
    return "/".join(fields.text(row, name, default="").replace("/", "-") for name in names)


class ArenaHardAnswers(Format[ResponseRow]):
    name = "arena-hard"
    title = gettext_lazy("arena-hard answers: uid, model, messages")
    shapes = OF_OBJECTS
    link = LINK
    needed = ("uid", "model", "messages")
    read = frozenset({*needed, "choices"})
    other_words = MappingProxyType({"uid": ("question_id",), "model": ("model_id",)})
    has_rows_of_several = True

    def rows(self, line: int, row: Row) -> Iterator[ResponseRow]:
        if "messages" not in row and "choices" in row:  # the first layout of all
            yield from choice_rows(line, {**row, "question_id": row.get("uid"), "model_id": row.get("model")})
        else:
            yield self.row(line, row)

    def row(self, line: int, row: Row) -> ResponseRow:
        asked = tuple(_answer(message) for message in _messages(row) if message.get("role") == "user")
        turns = [_answer(message) for message in _messages(row) if message.get("role") == "assistant"]
        if not turns:
            raise RowProblem("messages", row.get("messages"), _("at least one message of the role assistant is needed"))
        # One turn is the answer; of several, the text is all of them.
        return without_thinking(
            ResponseRow(
                line, fields.identifier(row, "uid"), fields.name(row, "model"), "\n\n".join(turns),
                tuple(turns) if len(turns) > 1 else (), asked=PromptRow(line, "", asked) if asked else None,
            )
        )  # fmt: skip


def _messages(row: Row) -> list[dict[str, Any]]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        raise RowProblem("messages", messages, _("a list of objects with role and content is needed"))
    return messages


def _answer(message: dict[str, Any]) -> str:
    """`content` is a text, or an object that holds it as `answer`."""
    content = message.get("content")
    return fields.text(content if isinstance(content, dict) else {"answer": content}, "answer")
