"""Can this site do its work: each part answers for itself."""

from collections.abc import Callable

from celery import current_app
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from structlog import get_logger

from arena.gauges import seconds_since_worker

WORKER_SILENT_SECONDS = 60

log = get_logger(__name__)


class NotReady(Exception):
    """Why, in words that may be shown to anybody."""


def failures() -> dict[str, str]:
    """Part -> why it is not ready; empty where all are. Details that name hosts go to the log only."""
    found = {}
    for part, check in PARTS.items():
        try:
            check()
        except NotReady as reason:
            found[part] = str(reason)
        except Exception as error:
            log.warning("not ready", part=part, error=f"{type(error).__name__}: {error}")
            found[part] = f"failed with {type(error).__name__}; the log says more"
    return found


def check_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


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
    "migrations": check_migrations,
    "broker": check_broker,
    "worker": check_worker,
}
