"""The arena of a command: the one that is here, or one that it makes."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug

from arena.archiving.refusals import archived_message
from arena.commands.import_command import refuse
from arena.models import Arena
from judges.importing.taking_in import Home


def add_arena(parser: ArgumentParser) -> None:
    parser.add_argument("--arena", required=True, metavar="SLUG", help="the arena's short name; it is made where it is new")
    parser.add_argument("--arena-name", default="", metavar="NAME", help="name of the arena where it is new")


def home_of(options: dict[str, Any]) -> Home:
    try:
        validate_slug(options["arena"])
    except ValidationError:
        refuse(f"--arena {options['arena']}: letters, digits, - and _ are allowed")
    arena = Arena.objects.filter(slug=options["arena"]).first()
    if arena is not None and arena.is_archived:
        refuse(f"--arena {arena.slug}: {archived_message(arena)}")
    return Home(options["arena"], options["arena_name"])
