"""An arena that `export --all` wrote comes in."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.archives.loading import Arrived, import_archive
from arena.archives.manifest import ArchiveRefused
from arena.archives.progress import ProgressLine
from arena.archives.writing import in_words
from arena.wording import counted
from ranking.boards.standing import newest_boards, stands


class Command(BaseCommand):
    help = (
        "Bring in an arena that `export --all` wrote: all of it, or nothing. The file is checked as a whole first. "
        "On SQLite voters wait while it is loaded."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--slug", default="", help="what the arena is called here, in its address; empty: as in the file")

    def handle(self, *args: Any, file: Path, slug: str, **options: Any) -> None:
        if not file.is_file():
            raise CommandError(f"there is no file {file}", returncode=2)
        progress = ProgressLine(self.stderr)
        try:
            arrived = import_archive(file, slug=slug, say=lambda step, *parts: progress.say(f"{step} {parts[0]}", *parts[1:]))
        except ArchiveRefused as reason:
            raise CommandError(f"nothing came in: {reason}") from reason
        finally:
            progress.end()
        self.stdout.write(f"{arrived.arena.name} came in as {arrived.arena.slug}: {in_words(arrived.manifest)}.")
        self._tell_of_shared(arrived)
        self._compare(arrived)

    def _tell_of_shared(self, arrived: Arrived) -> None:
        words = {"judges": ("judge", "judges"), "endpoints": ("endpoint", "endpoints")}
        for member, (one, many) in words.items():
            reused, added = arrived.reused.get(member, []), arrived.added.get(member, [])
            if reused:
                self.stdout.write(f"Already here, and used: {counted(len(reused), one, many)} ({', '.join(reused)}).")
            if added:
                self.stdout.write(f"New here: {counted(len(added), one, many)} ({', '.join(added)}).")
        if arrived.added.get("endpoints"):
            self.stdout.write("New endpoints have no key and are paused: look at their addresses in the admin, and name keys.")

    def _compare(self, arrived: Arrived) -> None:
        """Each board's newest snapshot is what it was: by names and texts of its evidence."""
        snapshots = [each for each in newest_boards(arrived.arena) if each.content_hash]  # older ones hold in their own site
        differ = [snapshot.leaderboard.slug for snapshot in snapshots if not stands(snapshot)]
        n_same = counted(len(snapshots) - len(differ), "board", "boards")
        self.stdout.write(f"{n_same} with the evidence of the newest snapshot.")
        if differ:
            raise CommandError(
                f"the arena is here, but the evidence of {', '.join(differ)} is read differently: it was exported by another "
                f"version of Agon ({arrived.manifest.agon}). Publish these boards again: manage.py publish_leaderboard SLUG"
            )
        self.stdout.write(f"Fit its boards to it: manage.py publish_leaderboard {arrived.arena.slug}")
