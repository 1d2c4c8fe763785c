"""Takes in a file of prompts."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from arena.commands.import_command import ImportCommand, refuse
from arena.models import Import


class Command(ImportCommand):
    help = "Import prompts into a pool of an arena."
    kind = Import.Kind.PROMPTS

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--pool", default="main", metavar="SLUG", help="the pool they belong to")

    def options_of(self, options: dict[str, Any]) -> dict[str, Any]:
        try:
            validate_slug(options["pool"])
        except ValidationError:
            refuse(f"--pool {options['pool']}: letters, digits, - and _ are allowed")
        return {"pool": options["pool"][:50]}

    def where_next(self, source: Import) -> list[str]:
        return [
            f"Then the answers: manage.py import_responses FILE --arena {source.arena.slug}",
            *super().where_next(source),
        ]
