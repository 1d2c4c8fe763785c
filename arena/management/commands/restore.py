"""Replaces the present site with a backup."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from arena.config.serving.supervisor import CannotServe, folder_held
from arena.models import Arena
from arena.operations.backups import SECRET, BackupError, Manifest, restore_backup
from arena.operations.running import why_running


class Command(BaseCommand):
    help = (
        "Replace the present database and uploads with a backup, and the secret key too if the backup has one. "
        "Exit status: 2 if nothing was attempted, 1 if it failed and everything is as before."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--yes", action="store_true", help="overwrite the data of this site")

    def handle(self, *args: Any, file: Path, yes: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"there is no file {file}", returncode=2)
        if not yes and _is_used():
            raise CommandError("this site has data: pass --yes to overwrite it", returncode=2)
        if reason := why_running():
            raise CommandError(f"{reason}: stop it first, then restore", returncode=2)
        try:
            with folder_held(settings.DATA_DIR, "restoring"):
                manifest = restore_backup(file, say=self.stdout.write)
                call_command("migrate", verbosity=0, interactive=False)  # brings a backup of an older Agon up to date
        except CannotServe as obstacle:
            raise CommandError(str(obstacle), returncode=2) from obstacle
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(_on_the_key(manifest))
        self.stdout.write(self.style.SUCCESS("Restored. Start the site with: manage.py serve"))


def _on_the_key(manifest: Manifest) -> str:
    """Tell what happens to sessions and voters, which depends on the secret key that the site has now."""
    if manifest.has_key:
        return "The backup holds the secret key: sessions from its time are valid again."
    if manifest.is_of_this_key:
        return "This site has the same secret key: sessions stay valid, and voters without an account are recognised."
    return (
        "The backup has no secret key, and this site has a different one: people must sign in again, open forms are "
        "refused once, and voters without an account count as new ones. To avoid this, put the earlier key into "
        f"{Path(settings.DATA_DIR) / SECRET} or AGON_SECRET_KEY before you start. Passwords, tokens and endpoints do not "
        "need it."
    )


def _is_used() -> bool:
    """Whether a backup would replace anything; a database that cannot be read counts, as it may hold data."""
    try:
        if Arena._meta.db_table not in connection.introspection.table_names():
            return False
        return Arena.objects.exists() or User.objects.exists()
    except DatabaseError:
        return True
