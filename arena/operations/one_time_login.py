"""The one-time admin link: whoever may run commands on the machine gets in without a password, once, within minutes."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.clock import to_come
from arena.models import AdminLink

ADMIN = "admin"
LINK_MINUTES = 15
NOT_OPEN = gettext_lazy(
    "It has been used, or its 15 minutes are over. Where Agon runs, the command 'manage.py enter_link' prints a new one."
)


class NoEntry(Exception):
    """The link does not open; the message says what to do instead."""


def make_link(*, now: datetime | None = None) -> str:
    """A new link's path. Its secret is nowhere kept, only the hash."""
    token = secrets.token_urlsafe(32)
    until = (now or timezone.now()) + timedelta(minutes=LINK_MINUTES)
    AdminLink.objects.create(token_hash=_hash(token), expires_at=until)
    return reverse("enter", args=[token])


def is_open(token: str, *, now: datetime | None = None) -> bool:
    return _open_links(token, now or timezone.now()).exists()


def spend(token: str, *, now: datetime | None = None) -> User:
    """The admin account, for the first who asks. Call inside a transaction."""
    now = now or timezone.now()
    if not _open_links(token, now).update(spent_at=now):  # of two at once, one finds the row still unspent
        raise NoEntry(NOT_OPEN)
    return _admin()


def needs_link() -> bool:
    """Nobody could sign in by password yet."""
    admins = User.objects.filter(is_superuser=True, is_active=True)
    return not any(admin.has_usable_password() for admin in admins)


def _open_links(token: str, now: datetime) -> QuerySet[AdminLink]:
    still_open = to_come("expires_at", now, at_most=timedelta(minutes=LINK_MINUTES))
    return AdminLink.objects.filter(still_open, token_hash=_hash(token), spent_at=None)


def _admin() -> User:
    user = User.objects.filter(username=ADMIN).first() or User.objects.create_superuser(ADMIN)
    if not (user.is_active and user.is_superuser):
        raise NoEntry(
            _("The account '%(name)s' is no longer an active superuser. Make one with the command '%(command)s'.")
            % {"name": ADMIN, "command": "manage.py createsuperuser"}
        )
    return user


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
