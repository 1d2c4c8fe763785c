"""What can be exported from an arena: what each file holds, its size, and how a program gets it."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena import access
from arena.bundles import downloads
from arena.exporting.access import Reader
from arena.exporting.forms import FORMS, FORMULA_SAFE_COLUMN
from arena.exporting.registry import tables
from arena.exporting.tables import MOST_COUNTED, ExportTable, FileColumn
from arena.models import Arena
from arena.views.context import arena_or_404, page_context


@dataclass(frozen=True, slots=True)
class ShownTable:
    """One file that can be exported, or the reason why it cannot."""

    table: ExportTable
    columns: tuple[FileColumn, ...]
    refusal: str
    n_rows: int | None  # None: known only when the file is made
    address: str
    command: str

    @property
    def has_more(self) -> bool:
        return bool(self.n_rows and self.n_rows > MOST_COUNTED)


@never_cache
@require_safe
def exports(request: HttpRequest, slug: str) -> HttpResponse:
    arena = arena_or_404(request, slug)
    reader = Reader.of(request)
    shown = [_shown(table, reader, arena) for table in tables().values()]
    bundle_refusal = downloads.refusal(reader, arena) or downloads.obstacle(arena)
    context: dict[str, Any] = {
        "bundle_refusal": bundle_refusal, "whole": {} if bundle_refusal else downloads.n_of_each(arena),
        "shown": shown, "forms": FORMS.values(), "most": MOST_COUNTED, "root": request.build_absolute_uri("/").rstrip("/"),
        "n_withheld": access.battles_in_play(reader.visitor, arena, reader.voter_in(arena)).count(),
        "is_empty": not any(each.n_rows for each in shown), "missing": [form for form in FORMS.values() if not form.is_there],
    }  # fmt: skip
    return render(request, "arena/exports.html", page_context(request, "exports", arena, **context))


def _shown(table: ExportTable, reader: Reader, arena: Arena) -> ShownTable:
    refusal = table.refusal(reader, arena)
    return ShownTable(
        table=table,
        columns=(*table.columns_for(reader), FORMULA_SAFE_COLUMN),
        refusal=refusal,
        n_rows=0 if refusal else table.count(reader, arena),
        address=reverse(f"api-export-{table.key}"),
        command=f"manage.py export {table.key} --arena {arena.slug} --format csv --to {arena.slug}-{table.key}.csv",
    )
