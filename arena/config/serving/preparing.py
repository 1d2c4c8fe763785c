"""What must be in place before a site is served: the tables and the static files."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from arena.config.serving.supervisor import CannotServe


def bring_database_up() -> int:
    """Apply missing migrations where the database is this machine's own file; else name them. Returns how many were applied."""
    executor = MigrationExecutor(connection)
    newer = set(executor.loader.applied_migrations) - set(executor.loader.disk_migrations)
    if newer:
        app, name = min(newer)
        raise CannotServe(f"the database was written by a newer Agon (it has {app}.{name}): update the program")
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing and connection.vendor != "sqlite":
        raise CannotServe(f"{len(missing)} migrations are not applied: run `manage.py migrate`, then start again")
    if missing:
        call_command("migrate", verbosity=0, interactive=False)
    return len(missing)


def keep_private(folder: Path) -> None:
    """Files of the data folder are for their owner, also those that an older Agon or another program left open to all."""
    database = Path(connection.settings_dict["NAME"]) if connection.vendor == "sqlite" else None
    beside = [] if database is None else [database.with_name(database.name + suffix) for suffix in ("", "-wal", "-shm")]
    for path in [*_ours(folder), *beside]:
        with contextlib.suppress(OSError):  # gone in this moment, or another's
            if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o077:
                path.chmod(path.stat().st_mode & 0o700)


def _ours(folder: Path) -> Iterator[Path]:
    """All but the static files, which everybody may read."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from () if path.name == "static" else path.rglob("*")
        else:
            yield path


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
        for path, storage in sorted(finder.list([]), key=lambda path_and_storage: path_and_storage[0]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return digest.hexdigest()
