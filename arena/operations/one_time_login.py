"""One-time links: whoever can run commands on the machine can sign in, or let somebody else sign in, once without a
password.
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from arena.clock import to_come
from arena.models import AdminLink, ApiToken, Arena
from arena.tokens import level_of

ADMIN = "admin"
Level = ApiToken.Level
LINK_MINUTES = 15
LINK_HOURS = 24  # for an account that is not a superuser's: such a link is sent to somebody
NOT_OPEN = gettext_lazy(
    "The link has been used, has expired or was revoked. Ask whoever sent it for a new one; where Agon runs, the command "
    "'manage.py enter_link' prints one."
)


class NoEntry(Exception):
    """The link does not open; the message says what to do instead."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Who has entered by a link, and the arena whose page for votes opens first."""

    user: User
    arena: Arena | None


def make_account(name: str) -> User:
    """A new account without a password, a voter's. Raises ValidationError if it cannot have this name."""
    user = User(username=name)
    user.set_unusable_password()
    user.clean_fields()
    if name.lower() == ADMIN or User.objects.filter(username__iexact=name).exists():
        raise ValidationError(_("There is an account of this name already; capitals make no difference."))
    user.save()
    return user


def make_link(user: User | None = None, *, now: datetime | None = None, **invitation: Any) -> str:
    """The path of a new link, for this account or for the administrator. Only the hash of its secret is stored."""
    token = secrets.token_urlsafe(32)
    until = (now or timezone.now()) + lasts(user)
    AdminLink.objects.create(token_hash=_hash(token), expires_at=until, user=user, **invitation)
    return reverse("enter", args=[token])


def lasts(user: User | None) -> timedelta:
    """How long a link for this account is valid; superusers sign in where the command was run and need no longer."""
    return timedelta(minutes=LINK_MINUTES) if user is None or user.is_superuser else timedelta(hours=LINK_HOURS)


def open_link(token: str, *, now: datetime | None = None) -> AdminLink | None:
    """The link, if it can be used. One whose inviter has lost the right to invite is revoked for good."""
    now = now or timezone.now()
    link = _open_links(now).filter(token_hash=_hash(token)).select_related("user", "invited_by").first()
    if link is not None and link.invited_by is not None and link.role not in roles_to_give(link.invited_by):
        AdminLink.objects.filter(pk=link.pk).update(revoked_at=now)
        return None
    return link


def roles_to_give(inviter: User) -> list[AdminLink.Role]:
    """The roles that this account may invite others to, as it is now."""
    roles = {Level.CURATOR: [AdminLink.Role.VOTER], Level.SUPERUSER: [AdminLink.Role.VOTER, AdminLink.Role.CURATOR]}
    return roles.get(level_of(inviter), []) if inviter.is_active else []


def name_of(link: AdminLink) -> str:
    """The account that the link signs in."""
    return ADMIN if link.user is None else link.user.get_username()


def spend(token: str, *, now: datetime | None = None) -> Entered:
    """Enter, for the first request only. Raises NoEntry."""
    now = now or timezone.now()
    link = open_link(token, now=now)
    if link is None:
        raise NoEntry(NOT_OPEN)
    with transaction.atomic():
        if link.invited_by is not None:  # whoever demotes the inviter at this moment comes before or after
            inviter = User.objects.select_for_update(no_key=True).filter(pk=link.invited_by.pk).first()
            if inviter is None or link.role not in roles_to_give(inviter):
                raise NoEntry(NOT_OPEN)
        if not _open_links(now).filter(pk=link.pk).update(spent_at=now):  # of two requests at once, one finds it unspent
            raise NoEntry(NOT_OPEN)
        return Entered(_admin() if link.user is None else _invited(link, link.user), link.arena)


def _invited(link: AdminLink, user: User) -> User:
    if not user.is_active:
        raise NoEntry(_("The account '%(name)s' is closed: whoever runs this site can open it again.") % {"name": user})
    if link.role == AdminLink.Role.CURATOR and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
        if link.invited_by is not None:
            log_account(user, link.invited_by, CHANGE, "a curator, by invitation")
    return user


def log_account(user: User, actor: User, flag: int, message: str) -> None:
    """For the account's history in the admin."""
    with translation.override(settings.LANGUAGE_CODE):  # names of rows are kept there
        LogEntry.objects.log_actions(actor.pk, [user], flag, message)


def needs_link() -> bool:
    """No account can sign in with a password yet."""
    admins = User.objects.filter(is_superuser=True, is_active=True)
    return not any(admin.has_usable_password() for admin in admins)


def _open_links(now: datetime) -> QuerySet[AdminLink]:
    of_admin = Q(user=None) & to_come("expires_at", now, at_most=timedelta(minutes=LINK_MINUTES))
    of_others = Q(user__isnull=False) & to_come("expires_at", now, at_most=timedelta(hours=LINK_HOURS))
    return AdminLink.objects.filter(of_admin | of_others, spent_at=None, revoked_at=None)


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
