"""Takes in a file of battles and votes."""

from argparse import ArgumentParser

from django.urls import reverse

from arena.commands.import_command import ImportCommand
from arena.models import Import


class Command(ImportCommand):
    help = "Import battles and votes; run again after an interruption, it continues."
    kind = Import.Kind.BATTLES

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--name", help="name of the arena where it is new")

    def where_next(self, source: Import) -> list[str]:
        return [
            f"The board follows within seconds at {reverse('leaderboard', args=[source.arena.slug])} where a worker runs, or "
            f"at once by: manage.py publish_leaderboard {source.arena.slug}",
            *super().where_next(source),
        ]
