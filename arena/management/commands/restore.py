"""Puts a backup in the place of the present site."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from arena.config.serving.supervisor import CannotServe, folder_held
from arena.models import Arena, WorkerSeen
from arena.operations.backups import BackupError, restore_backup
from arena.operations.metrics import seconds_since_worker
from arena.operations.readiness import WORKER_SILENT_SECONDS
from arena.wording import counted


class Command(BaseCommand):
    help = (
        "Put a backup in the place of the present database, uploads and secret key. "
        "Ends with 2 where nothing was tried, with 1 where it failed and all is as before."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="overwrite what is here")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"there is no file {file}", returncode=2)
        if not yes and _is_used():
            raise CommandError("this site has data: pass --yes to overwrite it", returncode=2)
        if reason := _is_running():
            raise CommandError(f"{reason}: stop it first, then restore", returncode=2)
        try:
            with folder_held(settings.DATA_DIR, "restoring"):
                restore_backup(file, say=self.stdout.write)
                call_command("migrate", verbosity=0, interactive=False)  # a backup of an older Agon becomes one of this
        except CannotServe as obstacle:
            raise CommandError(str(obstacle), returncode=2) from obstacle
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS("Restored. Start the site with: manage.py serve"))


def _is_running() -> str:
    """Why a site seems to run on this database, from whatever folder and machine; empty where none is seen."""
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
    if WorkerSeen._meta.db_table not in connection.introspection.table_names():
        return ""
    seconds = seconds_since_worker()
    is_seen = seconds is not None and seconds < WORKER_SILENT_SECONDS
    return f"a worker was seen on this database {seconds:.0f} s ago" if is_seen else ""


def _is_used() -> bool:
    """Whether there is anything that a backup would replace; a database that cannot be read may have been somebody's."""
    try:
        if Arena._meta.db_table not in connection.introspection.table_names():
            return False
        return Arena.objects.exists() or User.objects.exists()
    except DatabaseError:
        return True
