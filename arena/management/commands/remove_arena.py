from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count, Q, Sum

from arena.evidence.curation import delete_arena
from arena.models import Arena, Battle, Call, Run, Vote
from arena.runs.budget import dollars
from arena.runs.control import end_runs
from arena.wording import agreeing, counted


class Command(BaseCommand):
    help = "Delete an arena with its prompts, answers, battles, votes and boards. Only a backup can bring it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the arena's name in its address")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, slug: str, yes: bool, **options: Any) -> None:
        arena = Arena.objects.filter(slug=slug).first()
        if arena is None:
            known = ", ".join(Arena.objects.order_by("slug").values_list("slug", flat=True)) or "none"
            raise CommandError(f"no arena {slug!r}. Available: {known}", returncode=2)
        if not yes and not self._confirmed(arena):
            raise CommandError(f"nothing was deleted: type {slug} to confirm, or use --yes", returncode=2)
        n_ended = end_runs(arena, "its arena was removed")
        if n_ended:
            were = "run was" if n_ended == 1 else "runs were"
            self.stdout.write(f"{n_ended:,} {were} under way and cancelled: nothing more is sent.")
        counts = delete_arena(arena)
        names = {model: (str(model._meta.verbose_name), str(model._meta.verbose_name_plural)) for model in counts}
        self.stdout.write(f"Deleted {arena.name}: " + ", ".join(counted(n, *names[model]) for model, n in counts.items() if n))

    def _confirmed(self, arena: Arena) -> bool:
        n_battles = Battle.objects.filter(arena=arena).count()
        n_votes = Vote.objects.filter(battle__arena=arena).count()
        calls = Call.objects.filter(run__arena=arena)
        paid = calls.aggregate(n=Count("pk", filter=Q(state=Call.State.DONE)))["n"]
        spent = Run.objects.filter(arena=arena).aggregate(spent=Sum("spent"))["spent"] or 0
        runs = Run.objects.filter(arena=arena, state__in=[Run.State.RUNNING, Run.State.PAUSED]).count()
        games = (
            f", {counted(paid, 'answered call', 'answered calls')} that {dollars(spent)} were paid for" if paid or spent else ""
        )
        going = f", and {runs:,} of its runs {agreeing(runs, 'is', 'are')} not over: cancelled with it" if runs else ""
        question = (
            f"{arena.name} has {counted(n_battles, 'battle', 'battles')} and {counted(n_votes, 'vote', 'votes')}{games}{going}"
            f". Type {arena.slug} to delete it for good: "
        )
        try:
            return input(question).strip() == arena.slug
        except EOFError:
            raise CommandError("nothing was deleted: there is no terminal to ask; use --yes", returncode=2) from None
