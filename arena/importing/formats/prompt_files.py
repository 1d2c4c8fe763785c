"""Agon's own prompt files, as JSON lines (or a JSON array) and as CSV."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from arena.importing.files import fields
from arena.importing.files.json_objects import KeysOnce, KeyTwiceError, float_as_written
from arena.importing.files.looks import OF_OBJECTS, Shape
from arena.importing.files.notes import FileNote, note
from arena.importing.files.problems import MISSING, PlainWords, RowProblem
from arena.importing.files.reading import Row
from arena.importing.files.rows import PromptRow
from arena.importing.formats.format import Format
from arena.importing.formats.own_cells import ARCHIVED_AT, FORMULA_SAFE, about_archived, as_exported, is_archived, with_lists
from arena.models import PromptStatus
from arena.texts.languages import code_of
from arena.texts.verifiers import check_verifier
from arena.wording import number

STATUSES = {status.value: status.value for status in PromptStatus}
IDS = ("question_id", "prompt_id", "uid", "key")  # other words for a prompt's id
LONGEST_VERIFIER = 64_000
MOST_LEVELS = 20
MOST_TURNS = 200


class JsonPrompts(Format[PromptRow]):
    name = "jsonl"
    title: str | Promise = gettext_lazy("Agon's own, JSON lines: id, turns or prompt")
    shapes = OF_OBJECTS
    needed: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ("turns", "prompt")
    has_rows_of_several = True  # or of none: what is archived is left out
    read = frozenset(
        {
            "id", "turns", "prompt", "system_prompt", "reference", "category", "language", "tags", "verifier", "status",
            FORMULA_SAFE, ARCHIVED_AT,
        }
    )  # fmt: skip

    other_words = MappingProxyType({"id": IDS, "prompt": ("question", "instruction", "query")})

    def __init__(self, path: Path) -> None:
        self._n_without_id = self._n_archived = 0

    def rows(self, line: int, row: Row) -> Iterator[PromptRow]:
        if is_archived(row):
            self._n_archived += 1
        else:
            yield self.row(line, row)

    def row(self, line: int, row: Row) -> PromptRow:
        row = as_exported(row)
        key = fields.optional_identifier(row, "id")
        self._n_without_id += not key
        return PromptRow(
            line, key, self._turns(row), fields.text(row, "system_prompt", default=""),
            "\n\n".join(fields.texts(row, "reference")), category_path(fields.text(row, "category", default="")),
            language_of(row), self._tags(row), self._verifier(row),
            fields.choice(row, "status", STATUSES) if row.get("status") else "",
        )  # fmt: skip

    def notes(self) -> list[FileNote]:
        left_out = about_archived(self._n_archived)
        if not self._n_without_id:
            return left_out
        words = ngettext_lazy(
            "%(n)s prompt has no id and is identified by its text.",
            "%(n)s prompts have no id and are identified by their texts.",
            "n",
        )
        return [note(words, n=self._n_without_id), *left_out]

    def _turns(self, row: Row) -> tuple[str, ...]:
        return _turns(row)

    def _tags(self, row: Row) -> tuple[str, ...]:
        return tuple(fields.as_name("tags", tag) for tag in fields.texts(row, "tags"))

    def _verifier(self, row: Row) -> dict[str, Any] | None:
        """An object, or in Parquet the JSON of one."""
        verifier = row.get("verifier")
        if isinstance(verifier, str):
            return _written_verifier(row)
        return None if verifier is None else checked_verifier(verifier)


class CsvPrompts(JsonPrompts):
    """Tags are separated by commas or a JSON list, a verifier is written as JSON, and so are several turns."""

    name = "csv"
    title = gettext_lazy("Agon's own, CSV: id, prompt")
    shapes = frozenset({Shape.CSV})

    def _turns(self, row: Row) -> tuple[str, ...]:
        return _turns(with_lists(row, "turns"))

    def _tags(self, row: Row) -> tuple[str, ...]:
        if isinstance(with_lists(row, "tags").get("tags"), list):
            return super()._tags(with_lists(row, "tags"))
        tags = fields.text(row, "tags", default="").split(",")
        return tuple(fields.as_name("tags", tag) for tag in tags if tag.strip())

    def _verifier(self, row: Row) -> dict[str, Any] | None:
        return _written_verifier(row)


def _written_verifier(row: Row) -> dict[str, Any] | None:
    written = fields.text(row, "verifier", default="").strip()
    if not written:
        return None
    try:
        verifier = json.loads(written, parse_float=float_as_written, cls=KeysOnce)
    except KeyTwiceError as twice:
        raise RowProblem("verifier", written, str(twice)) from None
    except (ValueError, RecursionError):
        raise RowProblem("verifier", written, _("a JSON object is needed")) from None
    return checked_verifier(verifier)


def category_path(written: str) -> str:
    """A path such as coding/python, without empty parts."""
    path = "/".join(part.strip() for part in written.split("/") if part.strip())
    if len(path) > fields.LONGEST_CATEGORY:
        allowed = _("at most %(most)d characters are allowed") % {"most": fields.LONGEST_CATEGORY}
        raise RowProblem("category", path, allowed)
    return path


def checked_verifier(verifier: object) -> dict[str, Any]:
    """A verifier that can be stored and that `texts.verifiers` understands; otherwise it would fail only when answers are
    checked.
    """
    if not isinstance(verifier, dict):
        raise RowProblem("verifier", verifier, _('a JSON object is needed, such as {"kind": ...}'))
    if _depth(verifier) > MOST_LEVELS:
        allowed = _("at most %(most)d levels are allowed") % {"most": MOST_LEVELS}
        raise RowProblem("verifier", PlainWords(_("nested too deep")), allowed)
    try:
        written = json.dumps(verifier, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise RowProblem("verifier", verifier, _("finite numbers are needed")) from None
    if len(written) > LONGEST_VERIFIER or "\\u0000" in written:
        allowed = _("at most %(most)s characters and no NUL are allowed") % {"most": number(LONGEST_VERIFIER)}
        raise RowProblem("verifier", written, allowed)
    fields.text({"verifier": written}, "verifier")
    try:
        check_verifier(verifier)
    except ValueError as error:
        raise RowProblem("verifier", written, str(error)) from None
    return verifier


def _depth(value: object) -> int:
    """Level by level: a bomb of brackets would exhaust recursion."""
    depth, level = 0, [value]
    while level and depth <= MOST_LEVELS:
        containers = [each for each in level if isinstance(each, dict | list)]
        level = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
        depth += 1
    return depth


def _turns(row: Row) -> tuple[str, ...]:
    turns = fields.texts(row, "turns") or ((fields.text(row, "prompt"),) if row.get("prompt") is not None else ())
    if not turns or len(turns) > MOST_TURNS or not all(turn.strip() for turn in turns):
        allowed = _("turns (1 to %(most)d texts) or prompt (a text) are needed, not empty") % {"most": MOST_TURNS}
        raise RowProblem("turns", turns or MISSING, allowed)
    return turns


def language_of(row: Row) -> str:
    written = fields.text(row, "language", default="")
    code = code_of(written)
    if code is None:
        raise RowProblem("language", written, _("a code such as en or de, or an English name of a language is needed"))
    return code
