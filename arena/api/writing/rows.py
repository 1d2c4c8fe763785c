"""Competitors, prompts and answers by POST: up to 10,000 rows a request, read and written as a file of them is."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.filters import SLUG_SCHEMA
from arena.api.writing.base import RowsOfArena, takes_rows
from arena.importing import rows_by_program
from arena.importing.files.rows import PromptRow, ResponseRow
from arena.importing.rows_by_program import CompetitorRow, TakenRows
from arena.importing.sent_fields import COMPETITOR_FIELDS, PROMPT_FIELDS, RESPONSE_FIELDS
from arena.models import Arena
from arena.tasks import render_waiting

STRICT = {
    "type": "boolean",
    "nullable": True,
    "description": "Write nothing where something looks wrong; without it the notes say so.",
}


class CompetitorRows(RowsOfArena[CompetitorRow]):
    may_say = ("strict",)

    def rows_of(self, raw: Sequence[Any]) -> list[CompetitorRow]:
        return rows_by_program.read_competitors(raw)

    def take(self, arena: Arena, rows: list[CompetitorRow], body: dict[str, Any]) -> TakenRows:
        return rows_by_program.take_competitors(arena, rows, strict=bool(body.get("strict")))

    @takes_rows(
        COMPETITOR_FIELDS,
        "Bring competitors into an arena. A stored competitor stays as it is, and the values given must be its own. Scope "
        "`evidence:write`, for curators.",
        strict=STRICT,
    )
    def post(self, request: Request) -> Response:
        return self.taken(request)


class PromptRows(RowsOfArena[PromptRow]):
    may_name = ("pool",)
    may_say = ("strict",)

    def rows_of(self, raw: Sequence[Any]) -> list[PromptRow]:
        return rows_by_program.read_prompts(raw)

    def take(self, arena: Arena, rows: list[PromptRow], body: dict[str, Any]) -> TakenRows:
        return rows_by_program.take_prompts(arena, rows, pool=body.get("pool") or "main", strict=bool(body.get("strict")))

    @takes_rows(
        PROMPT_FIELDS,
        "Bring prompts into an arena, each with `turns` or `prompt`. An id stands for one text; what is here already stays as "
        "it is. Scope `evidence:write`, for curators.",
        pool=SLUG_SCHEMA | {"description": "The set they belong to; main where it is left out.", "nullable": True},
        strict=STRICT,
    )
    def post(self, request: Request) -> Response:
        return self.taken(request)


class ResponseRows(RowsOfArena[ResponseRow]):
    may_say = ("replace", "strict")

    def rows_of(self, raw: Sequence[Any]) -> list[ResponseRow]:
        return rows_by_program.read_responses(raw)

    def take(self, arena: Arena, rows: list[ResponseRow], body: dict[str, Any]) -> TakenRows:
        taken = rows_by_program.take_responses(arena, rows, replace=bool(body.get("replace")), strict=bool(body.get("strict")))
        transaction.on_commit(render_waiting.delay)
        return taken

    @takes_rows(
        RESPONSE_FIELDS,
        "Bring answers into an arena, each with `text` or `turns`. The same text of the same competitor is the same answer; "
        "another one is its next repeat, or with `replace` its correction. Scope `evidence:write`, for curators.",
        strict=STRICT,
        replace={
            "type": "boolean",
            "nullable": True,
            "description": "The rows correct answers that are stored with another text; without repeat, the first one.",
        },
    )
    def post(self, request: Request) -> Response:
        return self.taken(request)
