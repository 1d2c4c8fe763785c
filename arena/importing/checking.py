"""Pass 1: the whole file is read and judged; nothing is written."""

from pathlib import Path

from arena.importing.battle_checks import check_battles
from arena.importing.prompt_checks import check_prompts
from arena.importing.reports import Report
from arena.importing.response_checks import check_responses
from arena.models import Arena, Import


def check(path: Path, *, kind: str, format_name: str, filename: str, arena: Arena | None) -> Report:
    """Raises ImportProblems, which name the file, the line, the value and what is allowed."""
    checks = {
        Import.Kind.BATTLES.value: check_battles,
        Import.Kind.PROMPTS.value: check_prompts,
        Import.Kind.RESPONSES.value: check_responses,
    }
    return checks[kind](path, format_name, filename, arena)
