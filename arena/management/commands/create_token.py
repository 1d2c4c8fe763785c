"""Makes a token for a program and prints its secret, once."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from arena.commands.arguments import whole_number
from arena.exit_codes import Exit
from arena.models import Arena, TokenScope
from arena.tokens import make_token


class Command(BaseCommand):
    help = "Make a token with which a program uses the REST interface as a user. Its secret is printed once and not stored."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        scopes = ", ".join(TokenScope.values)
        parser.add_argument("user", help="name of the account; the token never has more rights than the account")
        parser.add_argument("--name", required=True, help="what the token is for")
        parser.add_argument(
            "--scope", action="append", required=True, metavar="SCOPE", help=f"may be given several times; one of: {scopes}"
        )
        parser.add_argument(
            "--arena", action="append", metavar="SLUG", help="only this arena; may be given several times (default: all)"
        )
        days = whole_number("a number of days", 1, 36_500)
        parser.add_argument("--days", type=days, default=90, metavar="N", help="days until it expires (default 90)")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no account {options['user']!r}", returncode=Exit.REFUSED)
        arenas = None if options["arena"] is None else [self._arena(slug) for slug in options["arena"]]
        expires_at = timezone.now() + timedelta(days=options["days"])
        try:
            token, secret = make_token(
                user, name=options["name"], scopes=options["scope"], arenas=arenas, expires_at=expires_at
            )
        except ValueError as reason:
            raise CommandError(str(reason), returncode=Exit.REFUSED) from None
        self.stdout.write(secret)
        self.stderr.write(f"{token.name}: {' '.join(token.scopes)}, until {expires_at:%Y-%m-%d}. It is shown this once.")

    def _arena(self, slug: str) -> Arena:
        arena = Arena.objects.filter(slug=slug).first()
        if arena is None:
            raise CommandError(f"--arena {slug}: there is no such arena", returncode=Exit.REFUSED)
        return arena
