"""Imports a file of judgements."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.commands.import_command import AsWritten, add_reading, with_cure
from arena.importing.checks.newcomers import TooManyCompetitors, add_allowance
from arena.importing.files.problems import ImportProblems
from arena.models import Import
from arena.wording import agreeing, counted
from judges.importing import notes
from judges.importing.formats import EARLIER_NAMES, JUDGEMENT_FORMATS, described
from judges.importing.loading.judgements import JudgementChoices, Taken
from judges.importing.taking_in import take_judgements
from judges.management.arenas import add_arena, home_of
from judges.management.reading import in_utf8, reading_options
from judges.models import Game

ASKED = ("baseline", "order", "scale")


class Command(BaseCommand):
    help = "Import judgements as games of an imported judge. A judgement that cannot be read gets a state, never a score."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.formatter_class = AsWritten
        parser.epilog = described(JUDGEMENT_FORMATS)
        parser.add_argument(
            "--format", default="", metavar="FORMAT", choices=[*JUDGEMENT_FORMATS, *EARLIER_NAMES],
            help=f"one of: {', '.join(JUDGEMENT_FORMATS)}. Default: recognised from the columns",
        )  # fmt: skip
        add_arena(parser)
        parser.add_argument(
            "--judge", default="", metavar="NAME",
            help="name of the judge; further files may add to it. Default: the name in the rows, else the file's name",
        )  # fmt: skip
        parser.add_argument("--gold", default="", metavar="NAME", help="gold set of the labels that come with the judgements")
        parser.add_argument(
            "--baseline",
            default="",
            metavar="NAME",
            help="arena-hard: the competitor that all others met, if the rows do not name it",
        )
        parser.add_argument("--order", default="", choices=["ab", "ba"], help="which answer came first, if the rows do not say")
        parser.add_argument(
            "--scale", default="", choices=["1-5", "1-10"], help="grades: the scale of the scores; default 1-10"
        )
        add_reading(parser)
        add_allowance(parser)
        parser.add_argument("--check", action="store_true", help="only say what the file holds; write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = {name: options[name] for name in ASKED if options[name]}
        beside = JudgementChoices(options["judge"], options["gold"], options["allow_competitors"])
        home = home_of(options)
        try:
            with in_utf8(options) as read_as:
                more = {name: options[name] for name in ("judge", "gold") if options[name]}
                read_by, left_out = reading_options(read_as, Import.Kind.JUDGEMENTS, asked | more)
                _arena, taken = take_judgements(
                    read_as["file"], home, filename=read_as["filename"], chosen=options["format"], options=read_by,
                    choices=beside, is_check=options["check"], is_listed=True,
                )  # fmt: skip
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror or error}", returncode=2) from None
        except (ImportProblems, TooManyCompetitors) as reason:
            raise CommandError(with_cure(reason, reason), returncode=2) from None
        for line in [*left_out, *lines_about(taken)]:
            self.stdout.write(line)
        for warning in taken.warnings:
            self.stdout.write(self.style.WARNING(f"Warning: {warning}"))
        if options["check"]:
            self.stdout.write("Nothing was written: this was the check only.")


def lines_about(taken: Taken) -> list[str]:
    """The result of an import, as lines for a terminal."""
    judges, were = ", ".join(map(str, taken.judges)), agreeing(taken.n_added, "was", "were")
    lines = [f"{judges}: {taken.n_added:,} of {counted(taken.n_games, 'game', 'games')} {were} new."]
    if taken.n_repeated:
        lines.append(str(notes.of_repeated_games(taken.n_repeated)))
    states = [f"{n:>8,} {Game.State(state).label}" for state, n in sorted(taken.states.items())]
    return [*lines, *map(str, taken.notes), *states]
