"""Whether this site can do its work, part by part."""

import os
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime

from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string
from structlog import get_logger

from arena.models import RateWindow
from arena.operations.disk import full_folder
from arena.operations.metrics import free_bytes, seconds_since_worker

WORKER_SILENT_SECONDS = 60
LEAST_FREE = 20 * 2**20
SECONDS_BETWEEN_WRITES = 5.0
_EVER = datetime(2000, 1, 1, tzinfo=UTC)
_wrote_at = -1e9

log = get_logger(__name__)


class NotReady(Exception):
    """Why, in words that may be shown to anybody."""


def failures() -> dict[str, str]:
    """Part -> why it is not ready; empty if all are ready. Details that name hosts go only to the log."""
    reasons = {}
    for part, check in PARTS.items():
        try:
            check()
        except NotReady as reason:
            reasons[part] = str(reason)
        except Exception as error:
            log.warning("not ready", part=part, error=f"{type(error).__name__}: {error}")
            reasons[part] = f"failed with {type(error).__name__}; the log says more"
    return reasons


def remarks() -> dict[str, str]:
    """What a person should know but a load balancer need not act on."""
    texts = {}
    for path in settings.REMARKS:
        part, remark = import_string(path)()
        if remark:
            texts[part] = remark
    return texts


def check_database() -> None:
    """Checked by a write, because a full disk still answers reads; at most one write every few seconds."""
    global _wrote_at
    if time.monotonic() - _wrote_at < SECONDS_BETWEEN_WRITES:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return
    try:
        RateWindow.objects.update_or_create(key="readyz", starts_at=_EVER, defaults={"count": int(time.time())})
    except DatabaseError as error:
        log.warning("not ready", part="database", error=f"{type(error).__name__}: {error}")
        if full_folder():
            raise NotReady("it cannot be written: its disk is full; make room") from error
        why = "its disk is full, it is locked, read-only or gone, or it takes no more connections; the log says more"
        raise NotReady(f"it cannot be written: {why}") from error
    _wrote_at = time.monotonic()


def check_disk() -> None:
    """Whether the data folder has room and a file can be written there."""
    free = free_bytes()
    if free < LEAST_FREE:
        raise NotReady(f"only {free / 2**20:,.0f} MB are free in the data folder: make room, or nothing can be stored soon")
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(bytes(65_536))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NotReady(f"the data folder cannot be written ({error.strerror}): nothing can be stored") from error


def check_migrations() -> None:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        raise NotReady(f"{len(missing)} are not applied: run manage.py migrate")


def check_broker() -> None:
    with current_app.connection_for_write() as broker:
        broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=3)


def check_worker() -> None:
    seconds = seconds_since_worker()
    if seconds is None or seconds > WORKER_SILENT_SECONDS:
        since = "ever" if seconds is None else f"for {seconds:.0f} s"
        raise NotReady(f"no worker was seen {since}: start one, or look into its log")


PARTS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "disk": check_disk,
    "migrations": check_migrations,
    "broker": check_broker,
    "worker": check_worker,
}
