"""Lists of messages in the usual chat layouts: a role and its text, in turn."""

import hashlib
import json
import re
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from arena.importing.files import fields
from arena.importing.files.json_objects import KeysOnce, KeyTwiceError, float_as_written
from arena.importing.files.problems import MISSING, PlainWords, RowProblem
from arena.importing.files.reading import Row

ROLES = {
    "user": "user", "human": "user", "prompter": "user", "assistant": "assistant", "gpt": "assistant", "chatgpt": "assistant",
    "bot": "assistant", "model": "assistant", "system": "system", "developer": "system",
}  # fmt: skip
MOST_MESSAGES = 1_000


class Conversation(NamedTuple):
    """What was asked and answered, turn by turn. A picture is a mark in the text that holds the beginning of its SHA-256."""

    system_prompt: str
    asked: tuple[str, ...]
    answered: tuple[str, ...]
    n_pictures: int = 0

    def up_to_answers(self, n: int) -> "Conversation":
        """Without the questions at its end that nobody answered, where the longest of its answers has `n` turns."""
        return self._replace(asked=self.asked[: max(n, 1)])

    @property
    def is_blank(self) -> bool:
        """Whether nothing was asked."""
        return not any(turn.strip() for turn in self.asked)


def conversation(row: Row, column: str) -> Conversation:
    """The messages of a cell: a list, or in CSV the JSON of one. Several of one side in a row are one turn.

    What an assistant says before anything is asked answers nothing: it stands in the first question.
    """
    turns, n_pictures = _turns(row, column)
    turns = _with_opening(turns)
    turns_of = {role: tuple(text for each, text in turns if each == role) for role in ("system", "user", "assistant")}
    return Conversation("\n\n".join(turns_of["system"]), turns_of["user"], turns_of["assistant"], n_pictures)


def messages_of(row: Row, column: str) -> list[tuple[str, str]]:
    """Roles and texts in turn, as they stand there."""
    return _turns(row, column)[0]


def _with_opening(turns: list[tuple[str, str]]) -> list[tuple[str, str]]:
    roles = [role for role, _text in turns]
    if "user" not in roles or "assistant" not in roles[: roles.index("user")]:
        return turns
    at = roles.index("user")
    opening = [_headed(role, text) for role, text in turns[: at + 1] if role != "system"]
    before = [turn for turn in turns[:at] if turn[0] == "system"]
    return [*before, ("user", "\n\n".join(opening)), *turns[at + 1 :]]


def _headed(role: str, text: str) -> str:
    return f"{role.capitalize()}: {text}"


def whole_question(row: Row, column: str) -> Conversation:
    """A conversation that ends with a question, as one prompt: earlier replies of assistants are part of the prompt."""
    turns, n_pictures = _turns(row, column)
    system = "\n\n".join(text for role, text in turns if role == "system")
    asked = [(role, text) for role, text in turns if role != "system"]
    if all(role == "user" for role, _text in asked):
        return Conversation(system, tuple(text for _role, text in asked), (), n_pictures)
    return Conversation(system, ("\n\n".join(_headed(role, text) for role, text in asked),), (), n_pictures)


def _turns(row: Row, column: str) -> tuple[list[tuple[str, str]], int]:
    """Roles and texts in turn, and how many pictures there are."""
    turns: list[tuple[str, list[str]]] = []
    n_pictures = 0
    for message in _messages(row, column):
        role = _role(message, column)
        text, n_here = _content(message, column)
        n_pictures += n_here
        if turns and turns[-1][0] == role:
            turns[-1][1].append(text)
        else:
            turns.append((role, [text]))
    return [(role, "\n\n".join(part for part in parts if part)) for role, parts in turns], n_pictures


def _messages(row: Row, column: str) -> list[dict[str, Any]]:
    messages = from_json(row.get(column))
    allowed = _("a list of messages is needed, each with role and content")
    if not isinstance(messages, list) or not messages or not all(isinstance(message, dict) for message in messages):
        raise RowProblem(column, messages if column in row else MISSING, as_json(messages, allowed))
    if len(messages) > MOST_MESSAGES:
        raise RowProblem(column, len(messages), _("at most %(most)d messages are allowed") % {"most": MOST_MESSAGES})
    return messages


def _role(message: dict[str, Any], column: str) -> str:
    written = message.get("role", message.get("from"))
    role = ROLES.get(written.strip().lower()) if isinstance(written, str) else None
    if role is None:
        what = _("the role of a message in %(column)s") % {"column": column}
        allowed = _("allowed are %(values)s") % {"values": ", ".join(ROLES)}
        raise RowProblem(what, MISSING if written is None else written, allowed)
    return role


def _content(message: dict[str, Any], column: str) -> tuple[str, int]:
    """The text, and how many pictures are in it."""
    content = message.get("content", message.get("value"))
    if isinstance(content, dict) and "answer" in content:
        content = content["answer"]
    if isinstance(content, list):
        parts = [_part(part, column) for part in content]
        return "\n\n".join(text for text, _is_picture in parts if text), sum(is_picture for _text, is_picture in parts)
    return fields.text({column: content}, column, default=""), 0


def _part(part: Any, column: str) -> tuple[str, bool]:
    if isinstance(part, str):
        return fields.text({column: part}, column), False
    if not isinstance(part, dict):
        raise RowProblem(column, part, _("a part of a message is a text or an object with a type"))
    kind = fields.text(part, "type", default="text")
    if kind in {"text", "input_text", "output_text"}:
        return fields.text(part, "text", default=""), False
    try:
        written = json.dumps(part, sort_keys=True, default=str)
    except (RecursionError, ValueError):
        allowed = _("a part of a message is a text or an object with a type")
        raise RowProblem(column, PlainWords(_("nested too deep")), allowed) from None
    return f"[{kind[:20]} {hashlib.sha256(written.encode(errors='replace')).hexdigest()[:16]}]", True


def from_json(value: Any) -> Any:
    """Cells of a CSV file hold lists and objects as JSON; what is none stays as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value, parse_float=float_as_written, cls=KeysOnce)
        except (ValueError, RecursionError):
            return value
    return value


def _key_twice(value: Any) -> str:
    """What is wrong with the JSON of a cell that names a key twice; empty where it does not."""
    try:
        json.loads(value, cls=KeysOnce)
    except KeyTwiceError as twice:
        return str(twice)
    except (TypeError, ValueError, RecursionError):
        pass
    return ""


_PRINTED = re.compile(r"\s*(?:(?:\w+\.)?array\(\s*)?[\[{]\s*(?:[\[{]\s*)?'")


def as_json(value: Any, allowed: str) -> str:
    """What is allowed; of a cell that is no JSON, with what is wrong or how to write it instead."""
    if isinstance(value, str) and _PRINTED.match(value):
        cure = _("this one is written as Python prints it: write JSON (json.dumps), or save the file as JSON lines")
        return _("%(rule)s; %(cure)s") % {"rule": allowed, "cure": cure}
    if isinstance(value, str) and (twice := _key_twice(value)):
        return _("%(rule)s (%(why)s)") % {"rule": allowed, "why": twice}
    return allowed
