"""Whether a site seems to be running on a database, from any folder or machine."""

from django.db import connections
from django.db.utils import DEFAULT_DB_ALIAS

from arena.models import WorkerSeen
from arena.operations.metrics import seconds_since_worker
from arena.operations.readiness import WORKER_SILENT_SECONDS
from arena.wording import counted


def why_running(alias: str = DEFAULT_DB_ALIAS) -> str:
    """Why it seems so; empty if no site is seen."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        return ""  # a file is held by the lock of its folder
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND application_name = 'agon'"
        )
        n_sessions = cursor.fetchone()[0]
    if n_sessions:
        return f"a site runs on this database ({counted(n_sessions, 'open session', 'open sessions')})"
    if alias != DEFAULT_DB_ALIAS or WorkerSeen._meta.db_table not in connection.introspection.table_names():
        return ""
    seconds = seconds_since_worker()
    is_seen = seconds is not None and seconds < WORKER_SILENT_SECONDS
    return f"a worker was seen on this database {seconds:.0f} s ago" if is_seen else ""
