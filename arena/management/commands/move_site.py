"""Moves a whole site from SQLite to PostgreSQL, or back."""

import os
import subprocess  # starts manage.py  # nosec B404
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from pydantic import ValidationError

from arena.bundles.progress import ProgressLine
from arena.config.environment import BASE_DIR, Environment
from arena.config.serving.supervisor import CannotServe, folder_held
from arena.operations.running import why_running
from arena.operations.site_moves import TARGET, CannotMove, check_places, move_rows, target_at
from arena.wording import counted


class Command(BaseCommand):
    help = (
        "Copy this site, with its accounts and all ids, into an empty SQLite or PostgreSQL database, compare row counts and "
        "boards, and show how to switch to it. The present database is not changed. Stop the site first."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", required=True, metavar="URL", help="as DATABASE_URL: postgres://user:password@host/name or sqlite:///path"
        )

    def handle(self, *args: Any, to: str, **options: Any) -> None:
        try:
            Environment(database_url=to)
        except ValidationError as error:
            reason = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise CommandError(f"--to: {reason}", returncode=2) from error
        try:
            with folder_held(settings.DATA_DIR, "moving"), target_at(to):
                check_places()
                self._check_stopped()
                self._manage(to, "migrate", "--verbosity", "0", "--no-input")
                counts = self._move()
        except CannotServe as obstacle:
            raise CommandError(str(obstacle), returncode=2) from obstacle
        except CannotMove as reason:
            raise CommandError(f"nothing was moved: {reason}") from reason
        n_rows = counted(sum(counts.values()), "row", "rows")
        self.stdout.write(f"{n_rows} of {counted(len(counts), 'table', 'tables')} moved; the counts are equal.")
        self.stdout.write(self._manage(to, "verify_snapshot", "--newest").strip())
        self._tell_what_is_next(to)

    def _check_stopped(self) -> None:
        for alias, where in (("default", "this site's database"), (TARGET, "the target")):
            if reason := why_running(alias):
                raise CannotMove(f"{where}: {reason}. Stop manage.py serve and every worker, wait a minute, then move")

    def _move(self) -> dict[str, int]:
        progress = ProgressLine(self.stderr)
        try:
            return move_rows(say=progress.say)
        finally:
            progress.end()

    def _manage(self, url: str, *arguments: str) -> str:
        """Run a command on the target in a separate process, because this one has the settings of the present site."""
        done = subprocess.run(  # noqa: S603  # our own manage.py  # nosec B603
            [sys.executable, str(BASE_DIR / "manage.py"), *arguments],
            env=os.environ | {"DATABASE_URL": url},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            output = (done.stderr.strip() or done.stdout.strip())[-2000:]
            if arguments[0] == "migrate":
                raise CannotMove(f"the target's tables could not be made: {output}")
            raise CommandError(
                f"the rows were copied, but the boards differ from before: {output}\nKeep using the present site."
            )
        return done.stdout

    def _tell_what_is_next(self, to: str) -> None:
        is_file = to.startswith("sqlite")
        address = to if is_file else "the address that you gave --to"
        self.stdout.write(
            self.style.SUCCESS(f"Moved. Set DATABASE_URL to {address}, in .env or the environment of every process,")
        )
        here = "its file" if connection.vendor == "sqlite" else "its database"
        self.stdout.write(
            "and start the site with: manage.py serve. Uploads and the secret key stay in the data folder "
            f"({settings.DATA_DIR}). The present site was left as it is: remove {here} when you no longer need it."
        )
