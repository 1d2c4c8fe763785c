"""The formats that can be imported, by kind and name. A format is a class: a file's path in, `row(line, raw)` for each row."""

from pathlib import Path
from typing import Protocol

from arena.importing.formats.chatbot_arena import ChatbotArena
from arena.importing.formats.llmfao import Llmfao
from arena.importing.reading import Row, Shape
from arena.importing.rows import BattleRow, PromptRow, ResponseRow
from arena.models import Import


class Format[T: (BattleRow, PromptRow, ResponseRow)](Protocol):
    name: str
    title: str
    shapes: frozenset[Shape]
    needed: tuple[str, ...]
    read: frozenset[str]

    def __init__(self, path: Path) -> None: ...

    def row(self, line: int, row: Row) -> T:
        """Raises RowProblem."""
        ...

    def notes(self) -> list[str]:
        """After the last row: what was odd, and how it was read."""
        ...


type AnyFormat = Format[BattleRow] | Format[PromptRow] | Format[ResponseRow]

BATTLE_FORMATS: dict[str, type[Format[BattleRow]]] = {each.name: each for each in (ChatbotArena, Llmfao)}
PROMPT_FORMATS: dict[str, type[Format[PromptRow]]] = {}
RESPONSE_FORMATS: dict[str, type[Format[ResponseRow]]] = {}


def formats_of(kind: str) -> dict[str, type[AnyFormat]]:
    by_kind: dict[str, dict[str, type[AnyFormat]]] = {
        Import.Kind.BATTLES: {**BATTLE_FORMATS},
        Import.Kind.PROMPTS: {**PROMPT_FORMATS},
        Import.Kind.RESPONSES: {**RESPONSE_FORMATS},
    }
    return by_kind[kind]
