"""Import a file of answers to prompts of the arena."""

from argparse import ArgumentParser
from typing import Any

from django.urls import reverse

from arena.commands.import_command import ImportCommand
from arena.models import Import
from arena.pairing.pair_candidates import offers_vote


class Command(ImportCommand):
    help = "Import answers to an arena's prompts."
    kind = Import.Kind.RESPONSES

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--competitor", metavar="NAME", help="whose answers they are, where the file does not name a model")
        parser.add_argument(
            "--replace", action="store_true",
            help="the file says what is right: an answer that is here with another text is corrected, and its battles keep the "
            "text that was judged",
        )  # fmt: skip

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        named = {"competitor": options["competitor"]} if options["competitor"] else {}
        return named | ({"replace": True} if options["replace"] else {})

    def where_next(self, source: Import) -> list[str]:
        votable = f"Prompts with answers of two competitors can be voted on: {reverse('vote', args=[source.arena.slug])}"
        return [*([votable] if offers_vote(source.arena) else []), *super().where_next(source)]
