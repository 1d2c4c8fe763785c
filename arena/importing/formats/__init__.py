"""The formats that can be imported, by kind and name."""

from pathlib import Path
from typing import Any

from django.utils.functional import lazy
from django.utils.translation import gettext_lazy

from arena.importing.files.notes import FileNote, note
from arena.importing.files.reading import Shape, is_empty, shape_of
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow
from arena.importing.formats.arena_hard import ArenaHardAnswers, ArenaHardQuestions
from arena.importing.formats.chatbot_arena import ChatbotArena
from arena.importing.formats.format import Format
from arena.importing.formats.llmfao import Llmfao
from arena.importing.formats.pandalm import PandaLm
from arena.importing.formats.prompt_files import CsvPrompts, JsonPrompts
from arena.importing.formats.response_files import CsvResponses, JsonResponses
from arena.models import Import

OWN = ("jsonl", "csv")  # one thing in two shapes
lazy_told: Any = lazy(lambda shape: Shape(shape).told, str)

__all__ = ["BATTLE_FORMATS", "PROMPT_FORMATS", "RESPONSE_FORMATS", "AnyFormat", "Format", "fitting", "formats_of"]


type AnyFormat = Format[BattleRow] | Format[PromptRow] | Format[ResponseRow]

BATTLE_FORMATS: dict[str, type[Format[BattleRow]]] = {
    ChatbotArena.name: ChatbotArena,
    Llmfao.name: Llmfao,
    PandaLm.name: PandaLm,
}
PROMPT_FORMATS: dict[str, type[Format[PromptRow]]] = {
    JsonPrompts.name: JsonPrompts,
    CsvPrompts.name: CsvPrompts,
    ArenaHardQuestions.name: ArenaHardQuestions,
}
RESPONSE_FORMATS: dict[str, type[Format[ResponseRow]]] = {
    JsonResponses.name: JsonResponses,
    CsvResponses.name: CsvResponses,
    ArenaHardAnswers.name: ArenaHardAnswers,
}


def formats_of(kind: str) -> dict[str, type[AnyFormat]]:
    by_kind: dict[str, dict[str, type[AnyFormat]]] = {
        Import.Kind.BATTLES: {**BATTLE_FORMATS},
        Import.Kind.PROMPTS: {**PROMPT_FORMATS},
        Import.Kind.RESPONSES: {**RESPONSE_FORMATS},
    }
    return by_kind[kind]


def fitting(kind: str, name: str, path: Path) -> tuple[str, list[FileNote]]:
    """The format to read a file by, and what is to be said of it: of Agon's own two the one that the file's shape tells."""
    known = formats_of(kind)
    if name not in OWN or is_empty(path) or (shape := shape_of(path)) in known[name].shapes:
        return name, []
    other = next(own for own in OWN if own != name)
    told = gettext_lazy("The file is %(shape)s: read by the format %(name)s.")
    return other, [note(told, shape=lazy_told(shape), name=other)]
