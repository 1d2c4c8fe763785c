"""The layout of arena-hard-auto: question.jsonl, and a file of answers for each model."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import RowProblem
from arena.importing.files.reading import Row, Shape
from arena.importing.files.rows import PromptRow, ResponseRow, without_thinking
from arena.importing.formats.format import Format
from arena.importing.formats.prompt_files import category_path


class ArenaHardQuestions(Format[PromptRow]):
    name = "arena-hard"
    title = gettext_lazy("arena-hard question.jsonl: uid, prompt, cluster")
    shapes = frozenset({Shape.JSON_LINES, Shape.JSON_ARRAY})
    needed = ("uid", "prompt")
    read = frozenset({*needed, "cluster"})

    def row(self, line: int, row: Row) -> PromptRow:
        question = fields.text(row, "prompt")
        if not question.strip():
            raise RowProblem("prompt", question, _("a text is needed, not empty"))
        # A / inside a cluster's name is no path.
        cluster = fields.text(row, "cluster", default="").replace("/", "-")
        return PromptRow(line, fields.identifier(row, "uid"), (question,), category=category_path(cluster))

    def notes(self) -> list[FileNote]:
        return [note(gettext_lazy("The cluster of a question is its category."))]


class ArenaHardAnswers(Format[ResponseRow]):
    name = "arena-hard"
    title = gettext_lazy("arena-hard answers: uid, model, messages")
    shapes = frozenset({Shape.JSON_LINES, Shape.JSON_ARRAY})
    needed = ("uid", "model", "messages")
    read = frozenset(needed)

    def row(self, line: int, row: Row) -> ResponseRow:
        turns = [_answer(message) for message in _messages(row) if message.get("role") == "assistant"]
        if not turns:
            raise RowProblem("messages", row.get("messages"), _("at least one message of the role assistant is needed"))
        # One turn is the answer; of several, the text is all of them.
        return without_thinking(
            ResponseRow(
                line, fields.identifier(row, "uid"), fields.name(row, "model"), "\n\n".join(turns),
                tuple(turns) if len(turns) > 1 else (),
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
