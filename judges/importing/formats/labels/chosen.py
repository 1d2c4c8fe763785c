"""An answer that was chosen and one that was rejected: texts, or messages that go on from the prompt or begin with it."""

import re
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.importing.files import fields
from arena.importing.files.looks import ANY_SHAPE
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.conversations import from_json, messages_of
from arena.importing.formats.prompt_files import language_of
from judges.importing.formats import cells
from judges.importing.formats.format import LabelFormat
from judges.importing.rows import LabelledAnswer, LabelRow

SIDES = ("chosen", "rejected")
PROMPT_WORDS = ("question", "instruction", "input", "query")
_SPEAKER = re.compile(r"\n\n(Human|Assistant):[ ]?")

type Talk = list[tuple[str, str]]  # roles and texts


class RewardBench(LabelFormat):
    """RewardBench and M-RewardBench: the chosen answer is right. So are pairs for DPO written, as texts or messages."""

    name = "reward-bench"
    title = gettext_lazy("RewardBench and M-RewardBench: prompt, chosen, rejected; models, subset, language if there")
    link = "https://huggingface.co/datasets/allenai/reward-bench"
    shapes = ANY_SHAPE
    needed = ("prompt", *SIDES)
    read = frozenset({*needed, "id", "subset", "chosen_model", "rejected_model", "language", "system_prompt"})
    other_words = MappingProxyType(
        {"prompt": PROMPT_WORDS, "id": ("prompt_id",), "subset": ("category", "source"), "system_prompt": ("system",)}
    )

    def row(self, line: int, row: Row) -> LabelRow:
        origin = cells.some_name(row, "subset")
        asked = cells.question(line, row, "prompt", origin=origin)._replace(language=language_of(row))
        asked, answers = _with_later_turns(cells.with_system_prompt(asked, row), row, SIDES)
        sides = tuple(
            LabelledAnswer(cells.some_name(row, f"{which}_model"), answer) for which, answer in zip(SIDES, answers, strict=True)
        )
        return LabelRow(line, _key(row), asked, sides, "a", is_pair=True, origin=origin)

    def notes(self) -> list[FileNote]:
        return [note(_FIRST)]


_FIRST = gettext_lazy("The chosen answer stands first in every pair: judge both orders.")


def _key(row: Row) -> str:
    """M-RewardBench uses each of its numbers once per language."""
    key = fields.optional_identifier(row, "id")
    language = row.get("language")
    return f"{key} {language}" if key and isinstance(language, str) and language else key


def answer_to(asked: PromptRow, row: Row, column: str) -> tuple[PromptRow, str]:
    """An answer: a text or messages, and the prompt with the user's turns among those."""
    asked, (answer,) = _with_later_turns(asked, row, (column,))
    return asked, answer


def _with_later_turns(asked: PromptRow, row: Row, columns: Sequence[str]) -> tuple[PromptRow, list[str]]:
    """Where the messages in all columns have the same further turns of the user, these belong to the prompt."""
    last = [_last_answer(row, column) for column in columns]
    talks = [messages_of(row, column) for column in columns if are_messages(row.get(column))]
    later = [_later_turns(asked, talk) for talk in talks]
    if len(talks) < len(columns) or not later[0] or any(turns != later[0] for turns in later):
        return asked, last
    return asked._replace(turns=(*asked.turns, *later[0])), [_said(talk, "assistant") for talk in talks]


def _later_turns(asked: PromptRow, talk: Talk) -> tuple[str, ...]:
    """Those of the user after the prompt, which the messages repeat or go on from."""
    turns = tuple(text for role, text in talk if role == "user")
    if talk[0][0] == "assistant":
        return turns
    n = len(asked.turns)
    return turns[n:] if [each.strip() for each in turns[:n]] == [each.strip() for each in asked.turns] else ()


def _said(talk: Talk, role: str) -> str:
    return "\n\n".join(text for each, text in talk if each == role)


def _last_answer(row: Row, column: str) -> str:
    """A text, or the last message of a conversation, which in CSV is written as JSON."""
    if not are_messages(row.get(column)):
        return cells.text(row, column)
    last = from_json(row[column])[-1]
    return cells.text({column: last.get("content", last.get("value"))}, column)


def are_messages(value: Any) -> bool:
    """Whether a cell holds messages; an answer may be JSON that is something else."""
    messages = from_json(value)
    if not isinstance(messages, list) or not messages:
        return False
    return all(isinstance(each, dict) and not each.keys().isdisjoint({"role", "from"}) for each in messages)


class ChosenTalks(LabelFormat):
    """Both sides are whole conversations; what they have in common is the prompt."""

    name = "chosen-rejected"
    title = gettext_lazy("pairs for DPO without a prompt: chosen, rejected, as messages or as HH-RLHF's Human: and Assistant:")
    link = "https://huggingface.co/datasets/Anthropic/hh-rlhf"
    shapes = ANY_SHAPE
    needed = SIDES
    read = frozenset({*needed, "id", "chosen_model", "rejected_model"})
    read_together = frozenset(SIDES)

    @classmethod
    def recognised_by(cls, names: Any, rows: Any) -> tuple[str, ...]:
        are_talks = rows and all(_is_talk(row.get(side)) for row in rows for side in SIDES)
        return super().recognised_by(names, rows) if are_talks and "prompt" not in names else ()

    def __init__(self, path: Path) -> None:
        """The whole file need not be read first."""

    def row(self, line: int, row: Row) -> LabelRow:
        first, second = (_talk(row, side) for side in SIDES)
        if first[:-1] == second[:-1]:
            before = [{"role": role, "content": text} for role, text in first[:-1]]
            asked, answers = cells.question(line, {"chosen": before}, "chosen"), (first[-1][1], second[-1][1])
        else:
            turns = [tuple(text for role, text in talk if role == "user") for talk in (first, second)]
            if turns[0] != turns[1] or _said(first, "system") != _said(second, "system"):
                raise RowProblem("rejected", row["rejected"], _("the same questions as in chosen are needed"))
            asked = PromptRow(line, "", turns[0], _said(first, "system"))
            answers = _said(first, "assistant"), _said(second, "assistant")
        names = [cells.some_name(row, f"{side}_model") for side in SIDES]
        sides = tuple(map(LabelledAnswer, names, answers))
        return LabelRow(line, fields.optional_identifier(row, "id"), asked, sides, "a", is_pair=True)

    def notes(self) -> list[FileNote]:
        return [note(_FIRST)]


def _is_talk(value: Any) -> bool:
    return are_messages(value) or (isinstance(value, str) and _SPEAKER.match(value) is not None)


def _talk(row: Row, column: str) -> Talk:
    """One that ends with an answer to a question. Raises RowProblem."""
    value = row.get(column)
    if isinstance(value, str) and not are_messages(value):
        parts = _SPEAKER.split(cells.text(row, column))
        roles = {"Human": "user", "Assistant": "assistant"}
        talk = [(roles[who], text.strip()) for who, text in zip(parts[1::2], parts[2::2], strict=True)]
    else:
        talk = messages_of(row, column)
    if len(talk) < 2 or talk[-1][0] != "assistant" or all(role != "user" for role, _text in talk):
        allowed = _("messages that begin with a question and end with an answer are needed")
        raise RowProblem(column, MISSING if column not in row else value, allowed)
    return talk
