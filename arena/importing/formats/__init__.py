"""The formats that can be imported, by kind and name."""

from arena.importing.formats.arena_hard import ArenaHardAnswers, ArenaHardQuestions
from arena.importing.formats.chatbot_arena import ChatbotArena
from arena.importing.formats.format import Format
from arena.importing.formats.llmfao import Llmfao
from arena.importing.formats.pandalm import PandaLm
from arena.importing.formats.prompt_files import CsvPrompts, JsonPrompts
from arena.importing.formats.response_files import CsvResponses, JsonResponses
from arena.importing.rows import BattleRow, PromptRow, ResponseRow
from arena.models import Import

__all__ = ["BATTLE_FORMATS", "PROMPT_FORMATS", "RESPONSE_FORMATS", "AnyFormat", "Format", "formats_of"]


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
