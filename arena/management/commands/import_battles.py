"""Import a file of battles and votes."""

from argparse import ArgumentParser
from typing import Any

from django.urls import reverse

from arena.commands.import_command import ImportCommand
from arena.importing.voters_that_judge import JUDGES, PEOPLE
from arena.models import Import


class Command(ImportCommand):
    help = "Import battles and votes; run again after an interruption, it continues."
    kind = Import.Kind.BATTLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--models",
            nargs=2,
            metavar=("A", "B"),
            help="whose answers answer_a and answer_b are, where the file names no models",
        )
        parser.add_argument(
            "--voters", default="", choices=[JUDGES, PEOPLE],
            help="whether those whom the file names as voters are judges, whose games they become; asked where names look so",
        )  # fmt: skip

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        models = {"models": self.two_names(options["models"])} if options["models"] else {}
        return models | ({"voters": options["voters"]} if options["voters"] else {})

    def where_next(self, source: Import) -> list[str]:
        return [
            f"The board follows within seconds at {reverse('leaderboard', args=[source.arena.slug])} where a worker runs, or "
            f"at once by: manage.py publish_leaderboard {source.arena.slug}",
            *super().where_next(source),
        ]
