"""Pass 1: the whole file is read and judged; nothing is written."""

from dataclasses import replace
from pathlib import Path

from arena.importing.checks.battles import check_battles
from arena.importing.checks.prompts import check_prompts
from arena.importing.checks.responses import check_responses
from arena.importing.files.reports import ImportReport
from arena.importing.formats import fitting
from arena.models import Arena, Import


def check(path: Path, *, kind: str, format_name: str, filename: str, arena: Arena | None) -> ImportReport:
    """The report names the format that the file has.

    Raises ImportProblems, which name the file, the line, the value and what is allowed.
    """
    checks = {
        Import.Kind.BATTLES.value: check_battles,
        Import.Kind.PROMPTS.value: check_prompts,
        Import.Kind.RESPONSES.value: check_responses,
    }
    read_by, notes = fitting(kind, format_name, path)
    report = checks[kind](path, read_by, filename, arena)
    return replace(report, format=read_by, notes=[*notes, *report.notes])
