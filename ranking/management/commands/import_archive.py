"""Imports an arena that `export --all` wrote."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError

from arena.bundles.arrivals import FOR_CURATORS, about_contents, not_compared
from arena.bundles.loading import Arrived, import_bundle
from arena.bundles.manifest import BundleRefused
from arena.bundles.progress import ProgressLine
from arena.wording import counted
from ranking.boards.snapshots.standing import about_differing, differing

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = (
        "Import an arena that `export --all` wrote: all of it, or nothing. The whole file is checked first. "
        "On SQLite, voters have to wait while it is loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", default="", help="the arena's short name on this site; default: as in the file")
        parser.add_argument(
            "--curators-only", action="store_true",
            help="only curators can see it, and voting is closed, whatever the file's settings are",
        )  # fmt: skip

    def handle(self, *args: Any, file: Path, slug: str, curators_only: bool, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"there is no file {file}", returncode=2)
        progress = ProgressLine(self.stderr)
        try:
            arrived = import_bundle(
                file, slug=slug, say=lambda step, *parts: progress.say(f"{step} {parts[0]}", *parts[1:]),
                for_curators_alone=curators_only,
            )  # fmt: skip
        except BundleRefused as reason:
            raise CommandError(f"nothing was imported: {reason}", returncode=2) from reason
        finally:
            progress.end()
        for sentence in [*about_contents(arrived), *([FOR_CURATORS] if curators_only else [])]:
            self.stdout.write(sentence)
        self._compare(arrived)

    def _compare(self, arrived: Arrived) -> None:
        """Compare each board's evidence, by names and texts, with that of its newest snapshot."""
        try:
            n_boards, slugs = differing(arrived.arena)
        except Exception as error:
            log.exception("boards of an arena that came in are not compared", arena=arrived.arena.slug)
            raise CommandError(f"The arena is here. {not_compared(arrived.arena)}") from error
        self.stdout.write(f"{counted(n_boards - len(slugs), 'board', 'boards')} with the same evidence as the newest snapshot.")
        if slugs:
            raise CommandError(about_differing(slugs, arrived.manifest.agon))
        self.stdout.write(f"Fit the boards with: manage.py publish_leaderboard {arrived.arena.slug}")
