"""What must be in place before a site is served: the tables and the static files."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from arena.config.serving import CannotServe


def bring_database_up() -> int:
    """Apply what is missing where the database is this machine's own file; else say so. How many were applied."""
    executor = MigrationExecutor(connection)
    newer = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if newer:
        app, name = min(newer)
        raise CannotServe(f"the database was written by a newer Agon (it has {app}.{name}): update the program")
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing and connection.vendor != "sqlite":
        raise CannotServe(f"{len(missing)} migrations wait: run `manage.py migrate`, then start again")
    if missing:
        call_command("migrate", verbosity=0, interactive=False)
    return len(missing)


def collect_statics() -> bool:
    """Gather, name and compress static files, unless the sources are those of the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".sources"
    sources = _fingerprint()
    if stamp.exists() and stamp.read_text() == sources:
        return False
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(sources)
    return True


def _fingerprint() -> str:
    """Of names, sizes and times of the sources."""
    digest = hashlib.sha256(f"{settings.STORAGES['staticfiles']['BACKEND']}".encode())
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
