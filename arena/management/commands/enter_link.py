"""Prints a new one-time link for signing in."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from arena.config.proxies import public_url
from arena.config.serving.supervisor import running_url
from arena.operations.one_time_login import LINK_HOURS, LINK_MINUTES, make_account, make_link


class Command(BaseCommand):
    help = (
        f"Print a link that signs in once and allows setting a password: valid {LINK_MINUTES} minutes for the administrator, "
        f"{LINK_HOURS} hours for another account. Voters and curators can also be invited in the browser, under Account."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", help="name of an account; default: the administrator")
        parser.add_argument(
            "--create", action="store_true", help="make the account if there is none: a voter's, who curates nothing"
        )
        parser.add_argument("--site", help="address of the site; default: that of the site on this machine")

    @transaction.atomic
    def handle(self, *args: Any, name: str | None, create: bool, **options: Any) -> None:
        if create and not name:
            raise CommandError("--create needs the name of the new account: enter_link NAME --create", returncode=2)
        user = _account(name, create=create) if name else None
        site = options["site"] or public_url(running_url(settings.DATA_DIR) or "http://127.0.0.1:8000/")
        self.stdout.write(site.rstrip("/") + make_link(user))
        is_brief = user is None or user.is_superuser
        self.stderr.write(f"It works once, for {f'{LINK_MINUTES} minutes' if is_brief else f'{LINK_HOURS} hours'}.")


def _account(name: str, *, create: bool) -> User:
    user = User.objects.filter(username=name).first()
    if user is None and create:
        try:
            user = make_account(name)
        except ValidationError as error:
            raise CommandError(f"no account can be called {name!r}: {' '.join(error.messages)}", returncode=2) from None
    if user is None:
        advice = "make it in the admin, under Users, or add --create for a voter's"
        raise CommandError(f"there is no account {name!r}: {advice}", returncode=2)
    if not user.is_active:
        raise CommandError(f"the account {name!r} is closed: open it in the admin, under Users (active)", returncode=2)
    return user
