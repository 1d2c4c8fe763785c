"""A board as CSV: a line a competitor."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

from arena.texts.csv_cells import to_csv
from ranking.api.serializers import EntrySerializer

COLUMNS: list[str] = EntrySerializer.Meta.fields


class BoardCSVRenderer(BaseRenderer):
    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Mapping[str, Any],
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        return to_csv(COLUMNS, data["entries"]).encode()
