"""A load that is tried and then undone, without keeping other writers out.

SQLite has one writer at a time. A load of thousands of rows that is written to be undone would keep voters waiting for nothing,
so it is tried on a copy of the database. PostgreSQL needs none.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import structlog
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections, transaction
from django.db.utils import load_backend

from arena.importing.files.receiving import upload_folder

ROWS_IN_PLACE = 200  # fewer are tried in less time than a copy takes
ROOM_TO_SPARE = 3  # times the size of the database must be free
SECONDS_FOR_A_COPY = 60

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
    # Within a transaction a copy would lack what that has written, and SQLite would wait for its end, for ever.
    if n_rows < ROWS_IN_PLACE or connection.vendor != "sqlite" or connection.in_atomic_block or not _has_room():
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


def _stop_after(seconds: float) -> Callable[[int, int, int], None]:
    """SQLite tries again without end where the database is locked."""
    until = time.monotonic() + seconds

    def stop(_status: int, _n_remaining: int, _n_pages: int) -> None:
        if time.monotonic() > until:
            raise OperationalError("database is locked")

    return stop


@contextmanager
def _copied(path: Path) -> Iterator[None]:
    own = connections[DEFAULT_DB_ALIAS]
    settings = {**own.settings_dict, "NAME": str(path)}
    trial = load_backend(settings["ENGINE"]).DatabaseWrapper(settings, DEFAULT_DB_ALIAS)
    with closing(trial):
        trial.ensure_connection()
        own.ensure_connection()
        own.connection.backup(trial.connection, progress=_stop_after(SECONDS_FOR_A_COPY))
        connections[DEFAULT_DB_ALIAS] = trial
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = own
