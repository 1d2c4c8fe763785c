from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arena.fit_memory import FitTooLarge
from arena.models import Arena
from arena.wording import counted
from ranking.boards.default_boards import ensure_boards
from ranking.boards.publishing import BoardBusy, publish_snapshot
from ranking.models import Leaderboard


class Command(BaseCommand):
    help = "Fit and publish a leaderboard now instead of at its next scheduled time, and print a summary."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="short name of a leaderboard, or of an arena for its own board")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        for arena in Arena.objects.filter(slug=slug):
            ensure_boards(arena)
        board = Leaderboard.objects.filter(slug=slug).first()
        if board is None:
            known = (
                ", ".join(Leaderboard.objects.named().values_list("slug", flat=True)[:20]) or "none yet: import battles first"
            )
            raise CommandError(f"no leaderboard {slug!r}. Available: {known}", returncode=2)
        before = board.newest_snapshot()
        try:
            snapshot = publish_snapshot(board)
        except (BoardBusy, FitTooLarge) as reason:
            raise CommandError(str(reason)) from reason
        if before is not None and snapshot.pk == before.pk:
            self.stdout.write(
                f"{board.name}: nothing new since snapshot {snapshot.key} of {snapshot.created_at:%Y-%m-%d %H:%M} UTC, "
                f"at ledger position {snapshot.watermark}."
            )
            return
        n_rated = snapshot.entries.exclude(rating=None).count()
        self.stdout.write(
            f"{board.name}: {n_rated} rated from {counted(snapshot.n_votes, 'vote', 'votes')} in {snapshot.fit_seconds:.2f} s, "
            f"snapshot {snapshot.key} at ledger position {snapshot.watermark}"
        )
        for note in snapshot.notes:
            self.stdout.write(f"  note: {note}")
