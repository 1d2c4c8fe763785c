"""Whether the disk under a SQLite database is full: SQLite then often reports only "disk I/O error"."""

import shutil
from pathlib import Path

from django.conf import settings

LEAST = 256 * 1024  # bytes; SQLite's journal needs about that much to store anything


def full_folder() -> Path | None:
    """The folder of the database where its disk has no room left; None elsewhere, and for a database on a server."""
    if not settings.configured:
        return None
    database = settings.DATABASES["default"]
    name = str(database.get("NAME", ""))
    if "sqlite" not in database["ENGINE"] or not name or ":memory:" in name or "mode=memory" in name:
        return None
    folder = Path(name.removeprefix("file:").partition("?")[0]).parent
    try:
        return folder if shutil.disk_usage(folder).free < LEAST else None
    except OSError:
        return None
