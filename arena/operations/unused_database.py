"""A SQLite file with data that this site does not use: somebody may have expected it to be moved automatically."""

import contextlib
import sqlite3
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from arena.wording import counted

COUNTS = "SELECT (SELECT count(*) FROM arena_arena), (SELECT count(*) FROM arena_vote)"


def unused_database() -> str | None:
    """A sentence that names the file and its contents, or None."""
    path: Path = settings.DATABASE_FILE
    if not path.is_file() or _is_in_use(path):
        return None
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=1)) as file:
            n_arenas, n_votes = file.execute(COUNTS).fetchone()
    except sqlite3.Error:
        return None  # not a database of ours, or damaged; `serve` without DATABASE_URL would say so
    if not n_arenas:
        return None
    held = f"{counted(n_arenas, 'arena', 'arenas')} and {counted(n_votes, 'vote', 'votes')}"
    return (
        f"Not in use: {path}, with {held}. DATABASE_URL names another database, and nothing of this file was moved to it. "
        "Leave DATABASE_URL out to serve this file, or to move it into an empty database (manage.py move_site --to URL); "
        "remove the file when you no longer need it."
    )


def _is_in_use(path: Path) -> bool:
    return connection.vendor == "sqlite" and Path(connection.settings_dict["NAME"]).resolve() == path.resolve()
