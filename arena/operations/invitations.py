"""Invitations: sign-in links for new accounts, made by curators for voters and by superusers for curators, too."""

from datetime import datetime

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from arena.models import AdminLink, Arena
from arena.operations.one_time_login import log_account, make_account, make_link, roles_to_give
from arena.wording import number

MOST_OPEN = 50


def invite(name: str, role: str, *, by: User, arena: Arena | None = None, now: datetime) -> str:
    """The path of a link that signs the new account in once. Nobody is a curator before they enter.

    An account that was invited and has never signed in can be invited again: only the newest link is open then. Raises
    ValidationError if the account cannot have this name, and PermissionDenied if the inviter cannot give this role.
    """
    if role not in roles_to_give(by):
        raise PermissionDenied(_("only superusers invite curators, and only curators invite voters"))
    if open_invitations(by, now).filter(invited_by=by).count() >= MOST_OPEN:
        raise ValidationError(_("You have %(n)s open invitations. Revoke some first.") % {"n": number(MOST_OPEN)})
    with transaction.atomic():
        user = _invited_before(name, by) or _new_account(name, by)
        AdminLink.objects.filter(user=user, spent_at=None, revoked_at=None).update(revoked_at=now)
        return make_link(user, now=now, role=role, invited_by=by, arena=arena)


def _invited_before(name: str, by: User) -> User | None:
    """An account that this inviter made (for a superuser: anybody), that nobody has entered and that has no rights."""
    accounts = User.objects.select_for_update().filter(is_active=True, is_staff=False, is_superuser=False, last_login=None)
    user = accounts.filter(username=name).first()
    if user is None or user.has_usable_password():
        return None
    made = LogEntry.objects.filter(content_type__app_label="auth", content_type__model="user", object_id=str(user.pk))
    is_own = made.filter(user=by, action_flag=ADDITION).exists()
    return user if is_own or AdminLink.Role.CURATOR in roles_to_give(by) else None


def _new_account(name: str, by: User) -> User:
    try:
        with transaction.atomic():
            user = make_account(name)
    except IntegrityError:
        raise ValidationError(_("Somebody has just taken this name: choose another one.")) from None
    log_account(user, by, ADDITION, "invited")
    return user


def open_invitations(reader: User, now: datetime) -> QuerySet[AdminLink]:
    """Those of this account, of a superuser all, the newest first; without those whose inviter can no longer give the role."""
    may_give = Q(role=AdminLink.Role.VOTER) | Q(invited_by__is_superuser=True)
    links = AdminLink.objects.filter(may_give, invited_by__is_active=True, invited_by__is_staff=True)
    links = links.filter(spent_at=None, revoked_at=None, expires_at__gt=now)
    if AdminLink.Role.CURATOR not in roles_to_give(reader):
        links = links.filter(invited_by=reader)
    return links.select_related("user", "invited_by", "arena").order_by("-pk")
