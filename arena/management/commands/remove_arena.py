from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arena.curation import delete_arena
from arena.models import Arena, Battle, Vote


class Command(BaseCommand):
    help = "Delete an arena with its prompts, answers, battles, votes and boards. There is no way back but a backup."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the arena's name in its address")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, slug: str, yes: bool, **options: Any) -> None:
        arena = Arena.objects.filter(slug=slug).first()
        if arena is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"no arena {slug!r}; there are: {known}")
        if not yes and not self._confirmed(arena):
            raise CommandError(f"nothing was deleted: type {slug} to confirm, or use --yes")
        counts = delete_arena(arena)
        self.stdout.write(f"Deleted {arena.name}: " + ", ".join(f"{n:,} {rows}" for rows, n in counts.items() if n))

    def _confirmed(self, arena: Arena) -> bool:
        n_battles = Battle.objects.filter(arena=arena).count()
        n_votes = Vote.objects.filter(battle__arena=arena).count()
        question = f"{arena.name} has {n_battles:,} battles and {n_votes:,} votes. Type {arena.slug} to delete it for good: "
        try:
            return input(question).strip() == arena.slug
        except EOFError:
            raise CommandError("nothing was deleted: there is no terminal to ask; use --yes", returncode=2) from None
