"""All tables, by key. Each app has its own, named in `settings.EXPORTED_TABLES`; this app knows no other."""

from collections.abc import Mapping
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from arena.exporting.tables import ExportTable


@cache
def tables() -> Mapping[str, ExportTable]:
    """In the order of the page."""
    exported: list[ExportTable] = [import_string(path)() for path in settings.EXPORTED_TABLES]
    return {table.key: table for table in exported}
