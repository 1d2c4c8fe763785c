"""Writes the whole site into one file while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from arena.operations.backups import SECRET, BackupError, WrongPlace, make_backup


class Command(BaseCommand):
    help = "Write the database and uploads into one tar.gz file while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="such as agon-backup.tar.gz")
        parser.add_argument(
            "--overwrite", action="store_true", help="replace an older file of this name, once the new one is whole"
        )

        parser.add_argument(
            "--with-secret-key",
            action="store_true",
            help="include the secret key, unencrypted: anyone with the file can then sign in as anyone on this site",
        )

    def handle(self, *args: Any, file: Path, overwrite: bool, with_secret_key: bool, **options: Any) -> None:
        try:
            manifest = make_backup(file.absolute(), overwrite=overwrite, with_secret_key=with_secret_key)
        except WrongPlace as error:
            raise CommandError(str(error), returncode=2) from error
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file}: {file.stat().st_size / 1e6:,.1f} MB, {len(manifest.sha256)} files, from {manifest.engine}.")
        if manifest.has_key:
            self.stdout.write("It holds the secret key and all votes: keep it as safe as the site itself.")
            return
        key = Path(settings.DATA_DIR) / SECRET
        where = str(key) if key.exists() else "the value of AGON_SECRET_KEY"
        self.stdout.write(
            f"It holds all votes, and accounts with hashed passwords, but not the secret key. Keep a copy of {where} "
            "elsewhere, such as in a password manager: if the site is restored without it, people must sign in "
            "again and voters without an account count as new."
        )
