"""Finds stored games whose request did not contain the texts to judge, and sets them aside."""

from argparse import ArgumentParser
from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.models import Arena
from arena.wording import counted
from judges.games.curation import set_aside_games
from judges.games.request_checks import GAMES_AT_ONCE, Checked, checked
from judges.models import Game

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Find games whose request did not contain the prompt and the answers, as older versions could, and set them aside "
        "with that reason: boards follow, their judge's next plan asks them again, and the admin can restore them under "
        "Games. Exit status: 0 if none is left to set aside, 1 if --check found some, 2 if an option is wrong."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--arena", metavar="SLUG", help="only games of this arena; default: all")
        parser.add_argument("--check", action="store_true", help="only show what would be set aside; change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        games = Game.objects.all()
        if slug := options["arena"]:
            if not Arena.objects.filter(slug=slug).exists():
                known = ", ".join(Arena.objects.in_use().order_by("slug").values_list("slug", flat=True)[:SHOWN]) or "none yet"
                raise CommandError(f"--arena {slug}: no such arena. Available: {known}", returncode=2)
            games = games.filter(battle__arena__slug=slug)
        result = checked(games)
        self._tell(result)
        if not result.n_amiss:
            return
        if options["check"]:
            raise CommandError(
                f"{counted(result.n_amiss, 'game', 'games')} to set aside; run without --check to do so", returncode=1
            )
        n_games = sum(
            set_aside_games(Game.objects.filter(pk__in=some), reason, None, to_ask_again=True)
            for reason, pks in result.amiss.items()
            for some in batched(pks, GAMES_AT_ONCE)
        )
        self.stdout.write(f"{n_games:,} set aside. The next plan of these judges asks them again; the admin can restore them.")

    def _tell(self, result: Checked) -> None:
        self.stdout.write(f"{counted(result.n_games, 'game', 'games')} checked: all that a model decided and that count.")
        for reason, pks in result.amiss.items():
            numbers = ", ".join(map(str, pks[:SHOWN])) + (" ..." if len(pks) > SHOWN else "")
            self.stdout.write(f"{len(pks):>8,} {reason}: games {numbers}")
        for judge, n_games in result.judges.most_common(SHOWN):
            self.stdout.write(f"{n_games:>8,} of these by {judge}")
        if result.n_changed:
            self.stdout.write(f"{result.n_changed:>8,} were asked when their texts were stored differently: not changed")
        if result.n_unknown:
            self.stdout.write(f"{result.n_unknown:>8,} cannot be checked: their request or their answers are not stored")
