from math import isfinite
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from arena.wording import counted
from ranking.boards.publishing import rebuild
from ranking.boards.snapshots.snapshot_keys import AmbiguousKey, snapshot_called
from ranking.boards.snapshots.standing import newest_boards, stands
from ranking.models import Snapshot


class Command(BaseCommand):
    help = "Rebuild a stored snapshot from the ledger, and compare its evidence and every number."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", nargs="?", help="a snapshot's key, as in its permanent link; its first 8 characters suffice")
        parser.add_argument(
            "--newest", action="store_true", help="instead: compare the evidence of the newest snapshot of every board"
        )

    def handle(self, *args: Any, key: str | None, newest: bool, **options: Any) -> None:
        if newest == (key is not None):
            raise CommandError("name one snapshot by its key, or all boards by --newest", returncode=2)
        if key is None:
            self._verify_newest()
        else:
            self._verify(key)

    def _verify_newest(self) -> None:
        snapshots = list(newest_boards())
        changed = [f"{each.leaderboard.slug} ({each.key})" for each in snapshots if not stands(each)]
        if changed:
            raise CommandError(f"the present evidence differs from that of the newest snapshot of {', '.join(changed)}")
        self.stdout.write(f"{counted(len(snapshots), 'board', 'boards')}: each has the evidence of its newest snapshot.")

    def _verify(self, key: str) -> None:
        try:
            snapshot = snapshot_called(key, Snapshot.objects.all())
        except AmbiguousKey as reason:
            raise CommandError(str(reason), returncode=2) from reason
        if snapshot is None:
            raise CommandError(f"there is no snapshot {key!r}: the key, or 8 characters of it, is on the board", returncode=2)
        rebuilt = rebuild(snapshot)
        if not rebuilt.same_evidence:
            other = "" if rebuilt.same_code else f", or other code ({snapshot.code_version}) read them differently"
            raise CommandError(
                f"the evidence at ledger position {snapshot.watermark} is no longer that of this snapshot{other}"
            )
        if not rebuilt.same_code:
            self.stdout.write(
                f"It was made by other code ({snapshot.code_version}): its numbers may differ by more than rounding."
            )
        came_or_went = "but a rating or an interval was added or is missing."
        most = f"ratings and limits differ by at most {rebuilt.largest_difference:.3g} points."
        self.stdout.write(f"Same evidence; {most if isfinite(rebuilt.largest_difference) else came_or_went}")
        if rebuilt.same_code and rebuilt.largest_difference > 1e-6:
            raise CommandError("the same code gives other numbers from the same votes: please report this")
