"""Takes in a file of stored judgements."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count

from arena.importing.checks.newcomers import TooManyCompetitors, add_allowance
from arena.models import Arena
from arena.wording import agreeing, counted
from judges.importing.gold_sets import GoldSetError
from judges.importing.judgement_loading import LAYOUTS, Taken, import_judgements
from judges.importing.stored_games import UnreadableFile
from judges.models import Game


class Command(BaseCommand):
    help = "Import stored outputs of judges as games of an imported judge; what cannot be read has a state, never a score."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        layouts = "; ".join(f"{layout.key} ({layout.title})" for layout in LAYOUTS.values())
        parser.add_argument("file", type=Path)
        parser.add_argument("--format", required=True, metavar="LAYOUT", help=layouts)
        parser.add_argument("--arena", required=True, metavar="SLUG")
        parser.add_argument("--judge", default="", metavar="NAME", help="what to call the judge; default: the file's name")
        parser.add_argument("--baseline", default="", metavar="NAME", help="arena-hard: the competitor that all others met")
        add_allowance(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        arena = Arena.objects.filter(slug=options["arena"]).first()
        if arena is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"--arena {options['arena']}: no such arena; known are: {known}", returncode=2)
        try:
            taken = import_judgements(
                options["file"], options["format"], arena, name=options["judge"], baseline=options["baseline"],
                most_new=options["allow_competitors"],
            )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or error}", returncode=2) from None
        except (UnreadableFile, GoldSetError, TooManyCompetitors) as error:
            raise CommandError(str(error), returncode=2) from None
        self._report(arena, taken)

    def _report(self, arena: Arena, taken: Taken) -> None:
        self.stdout.write(
            f"{taken.judge}: {taken.n_added:,} of {counted(taken.n_games, 'game', 'games')} "
            f"{agreeing(taken.n_added, 'was', 'were')} new."
        )
        if taken.n_repeated:
            self.stdout.write(
                f"{taken.n_repeated:,} of {taken.n_games:,} {agreeing(taken.n_repeated, 'stands', 'stand')} in "
                "the file a second time, word for word: one game each."
            )
        for note in taken.notes:
            self.stdout.write(note)
        if taken.n_without_battle:
            self.stdout.write(
                f"{taken.n_without_battle:,} of {counted(taken.n_rows, 'row', 'rows')} "
                f"{agreeing(taken.n_without_battle, 'names', 'name')} no battle of {arena.slug}: left out."
            )
        games = Game.objects.filter(judge=taken.judge, battle__arena=arena).order_by("state")
        for state, n_games in games.values_list("state").annotate(n=Count("pk")):
            self.stdout.write(f"{n_games:>8,} {Game.State(state).label}")
