"""A whole arena leaves as one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.archives.progress import ProgressLine
from arena.archives.writing import CannotExport, export_archive, in_words
from arena.models import Arena


class Command(BaseCommand):
    help = (
        "Write an arena with all that is in it (prompts with references, answers, battles, votes, games, gold labels, boards "
        "and their history) into one zip, from which import_archive makes the same arena on any site. It holds no accounts, "
        "tokens or keys; voters are numbers."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("arena", help="the arena's name in its address")
        parser.add_argument("file", type=Path, help="such as my-arena.zip")

    def handle(self, *args: Any, arena: str, file: Path, **options: Any) -> None:
        found = Arena.objects.filter(slug=arena).first()
        if found is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"no arena {arena!r}. Available: {known}", returncode=2)
        progress = ProgressLine(self.stderr)
        try:
            manifest = export_archive(found, file.absolute(), say=progress.say)
        except CannotExport as reason:
            raise CommandError(str(reason)) from reason
        finally:
            progress.end()
        self.stdout.write(f"{file}: {file.stat().st_size / 1e6:,.1f} MB; {in_words(manifest)}.")
        self.stdout.write(
            "It holds references, comments of voters and replies of models: what only curators may read. "
            "It comes in elsewhere with: manage.py import_archive FILE"
        )
