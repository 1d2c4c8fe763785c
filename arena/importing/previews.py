"""The first rows of a file as they will be stored, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from arena.importing.chunks import TypedFile
from arena.importing.files.rows import BattleRow, PromptRow, ResponseRow
from arena.importing.formats import format_of
from arena.importing.formats.column_map import OUTCOMES
from arena.importing.kinds import is_of_room, kind_of
from arena.models import Import

ROWS_SHOWN = 5
LONGEST_CELL = 160


@dataclass(frozen=True, slots=True)
class RowPreview:
    """Columns that say something, and the rows."""

    head: list[str]
    rows: list[list[tuple[str, str]]]  # each cell with the name of its column


def preview(path: Path, *, kind: str, format_name: str, options: Mapping[str, Any]) -> RowPreview:
    """Of a file that was checked."""
    file: TypedFile[Any] = TypedFile(path, format_of(kind, format_name), filename=path.name, options=options)
    cells = [_cells(kind, row) for row in islice(file, ROWS_SHOWN)]
    head = [name for name in dict.fromkeys(name for row in cells for name in row) if any(row.get(name) for row in cells)]
    return RowPreview(head, [[(name, _short(row.get(name, ""))) for name in head] for row in cells])


def _cells(kind: str, row: Any) -> dict[str, str]:
    if is_of_room(kind):
        return kind_of(kind).cells(row)
    makers: dict[str, Any] = {
        Import.Kind.PROMPTS: _of_prompt, Import.Kind.RESPONSES: _of_answer, Import.Kind.BATTLES: _of_battle
    }  # fmt: skip
    cells: dict[str, str] = makers[kind](row)
    return cells


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _asked(prompt: PromptRow | None) -> str:
    return "" if prompt is None else "\n\n".join(prompt.turns) or prompt.key


def _of_prompt(row: PromptRow) -> dict[str, str]:
    return {
        _("Id"): row.key, _("Prompt"): "\n\n".join(row.turns), _("System text"): row.system_prompt,
        _("Reference"): str(row.reference or ""), _("Category"): row.category, _("Language"): row.language,
    }  # fmt: skip


def _of_answer(row: ResponseRow) -> dict[str, str]:
    number = "" if row.prompt_row is None else _("row %(number)s") % {"number": row.prompt_row}
    return {_("Prompt"): _asked(row.asked) or row.prompt or number, _("Model"): row.competitor, _("Answer"): row.text}


def _of_battle(row: BattleRow) -> dict[str, str]:
    first, second = row.answers or ("", "")
    votes = row.votes
    return {
        _("Prompt"): _asked(row.prompt), _("First model"): row.first, _("Second model"): row.second,
        _("First answer"): first, _("Second answer"): second,
        pgettext("noun", "Vote"): "; ".join(str(OUTCOMES[vote.outcome.value]) for vote in votes),
        _("Voter"): "; ".join(vote.voter for vote in votes if vote.voter),
    }  # fmt: skip
