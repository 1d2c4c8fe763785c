"""A column that may name prompts by their ids or give their texts: an id where a prompt of the arena has it, else a text."""

from collections.abc import Mapping, Sequence
from typing import Any

from arena.importing.files.fields import LONGEST_NAME
from arena.importing.files.rows import BattleRow, PromptRow
from arena.importing.formats.format import Format
from arena.importing.loading.prompts import PromptLookup


def named_prompts(lookup: PromptLookup, prompts: Sequence[PromptRow | None]) -> list[PromptRow | None]:
    """The same prompts; a text that is the id of a prompt of the arena is that id."""
    ids = {prompt.turns[0].strip() for prompt in prompts if prompt is not None and _may_be_id(prompt)}
    if not ids:
        return list(prompts)
    known = lookup.look_up(PromptRow(0, key) for key in ids)
    return [
        PromptRow(prompt.line, prompt.turns[0].strip())
        if prompt is not None and _may_be_id(prompt) and prompt.turns[0].strip() in known
        else prompt
        for prompt in prompts
    ]


def may_name_prompts(format_class: type[Format[BattleRow]], options: Mapping[str, Any] | None) -> bool:
    """Whether prompts of such a file may be ids, unless its ids are ignored."""
    return format_class.prompts_by_id_or_text and not (options or {}).get("ignore_ids")


def with_named_prompts(lookup: PromptLookup, rows: Sequence[BattleRow]) -> list[BattleRow]:
    """A row keeps the key that it has as it was read."""
    prompts = named_prompts(lookup, [row.prompt for row in rows])
    return [
        row if prompt is row.prompt else row._replace(prompt=prompt, known_as=row.known_as or row)
        for row, prompt in zip(rows, prompts, strict=True)
    ]


def _may_be_id(prompt: PromptRow) -> bool:
    if prompt.key or prompt.system_prompt or len(prompt.turns) != 1:
        return False
    text = prompt.turns[0].strip()
    return 0 < len(text) <= LONGEST_NAME and "\n" not in text
