"""One-time links: whoever can run commands on the machine can sign in, or let somebody else sign in, once without a
password.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.clock import to_come
from arena.models import AdminLink

ADMIN = "admin"
LINK_MINUTES = 15
LINK_HOURS = 24  # for an account that is not a superuser's: such a link is sent to somebody
NOT_OPEN = gettext_lazy(
    "The link has been used or has expired. Where Agon runs, the command 'manage.py enter_link' prints a new one."
)


class NoEntry(Exception):
    """The link does not open; the message says what to do instead."""


def make_link(user: User | None = None, *, now: datetime | None = None) -> str:
    """The path of a new link, for this account or for the administrator. Only the hash of its secret is stored."""
    token = secrets.token_urlsafe(32)
    until = (now or timezone.now()) + lasts(user)
    AdminLink.objects.create(token_hash=_hash(token), expires_at=until, user=user)
    return reverse("enter", args=[token])


def lasts(user: User | None) -> timedelta:
    """How long a link for this account is valid; superusers sign in where the command was run and need no longer."""
    return timedelta(minutes=LINK_MINUTES) if user is None or user.is_superuser else timedelta(hours=LINK_HOURS)


def name_on(token: str, *, now: datetime | None = None) -> str | None:
    """The account that the link would sign in; None if it is not valid."""
    link = _open_links(token, now or timezone.now()).select_related("user").first()
    return None if link is None else link.user.get_username() if link.user else ADMIN


def spend(token: str, *, now: datetime | None = None) -> User:
    """The account of the link, for the first request only. Call inside a transaction."""
    now = now or timezone.now()
    if not _open_links(token, now).update(spent_at=now):  # of two requests at once, only one finds the row unspent
        raise NoEntry(NOT_OPEN)
    user = AdminLink.objects.select_related("user").get(token_hash=_hash(token)).user
    if user is None:
        return _admin()
    if not user.is_active:
        raise NoEntry(_("The account '%(name)s' is closed: whoever runs this site can open it again.") % {"name": user})
    return user


def needs_link() -> bool:
    """No account can sign in with a password yet."""
    admins = User.objects.filter(is_superuser=True, is_active=True)
    return not any(admin.has_usable_password() for admin in admins)


def _open_links(token: str, now: datetime) -> QuerySet[AdminLink]:
    of_admin = Q(user=None) & to_come("expires_at", now, at_most=timedelta(minutes=LINK_MINUTES))
    of_others = Q(user__isnull=False) & to_come("expires_at", now, at_most=timedelta(hours=LINK_HOURS))
    return AdminLink.objects.filter(of_admin | of_others, token_hash=_hash(token), spent_at=None)


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
