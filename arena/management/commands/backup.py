"""Writes the whole site into one file, while it runs."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.operations.backups import BackupError, WrongPlace, make_backup


class Command(BaseCommand):
    help = "Write database, uploads and secret key into one tar.gz, while the site runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="such as agon-backup.tar.gz")
        parser.add_argument(
            "--overwrite", action="store_true", help="replace an older file of this name, once the new one is whole"
        )

    def handle(self, *args: Any, file: Path, overwrite: bool, **options: Any) -> None:
        try:
            manifest = make_backup(file.absolute(), overwrite=overwrite)
        except WrongPlace as error:
            raise CommandError(str(error), returncode=2) from error
        except BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file}: {file.stat().st_size / 1e6:,.1f} MB, {len(manifest.sha256)} files, from {manifest.engine}.")
        self.stdout.write("It holds the secret key and all votes: keep it as safe as the site itself.")
