"""Takes in a file of answers to prompts that are in the arena."""

from django.urls import reverse

from arena.commands.import_command import ImportCommand
from arena.models import Import
from arena.pair_candidates import offers_vote


class Command(ImportCommand):
    help = "Import answers to an arena's prompts."
    kind = Import.Kind.RESPONSES
    default_format = "jsonl"
    makes_arena = False

    def where_next(self, source: Import) -> list[str]:
        votable = f"Prompts with answers of two competitors can be voted on: {reverse('vote', args=[source.arena.slug])}"
        return [*([votable] if offers_vote(source.arena) else []), *super().where_next(source)]
