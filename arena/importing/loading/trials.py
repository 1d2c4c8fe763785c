"""A load that is tried and then undone, without keeping other writers out.

SQLite has one writer at a time. A load of thousands of rows that is written to be undone would keep voters waiting for nothing,
so it is tried on a copy of the database. PostgreSQL needs none.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.db.utils import load_backend

from arena.importing.files.receiving import upload_folder

ROWS_IN_PLACE = 200  # fewer are tried in less time than a copy takes
ROOM_TO_SPARE = 3  # times the size of the database must be free

log = structlog.get_logger(__name__)


@contextmanager
def tried(n_rows: int) -> Iterator[None]:
    """In a transaction that is undone at the end. `n_rows`: how much there is to do."""
    with _aside(n_rows), transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def _aside(n_rows: int) -> Iterator[None]:
    """With another database in this thread, as the present one is now; or with the present one."""
    if n_rows < ROWS_IN_PLACE or connection.vendor != "sqlite" or not _has_room():
        yield
        return
    descriptor, name = tempfile.mkstemp(dir=upload_folder(), prefix=".trial-")
    os.close(descriptor)
    try:
        with _copied(Path(name)):
            yield
    finally:
        for rest in ("", "-wal", "-shm", "-journal"):
            Path(name + rest).unlink(missing_ok=True)


def _has_room() -> bool:
    path = Path(connection.settings_dict["NAME"])
    if path.is_file() and shutil.disk_usage(upload_folder()).free > ROOM_TO_SPARE * path.stat().st_size:
        return True
    log.info("an import is tried in place: too little room on the disk for a copy of the database")
    return False


@contextmanager
def _copied(path: Path) -> Iterator[None]:
    own = connections[DEFAULT_DB_ALIAS]
    settings = {**own.settings_dict, "NAME": str(path)}
    trial = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)
    with closing(trial):
        trial.ensure_connection()
        own.ensure_connection()
        own.connection.backup(trial.connection)
        connections[DEFAULT_DB_ALIAS] = trial
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = own
