"""Who may read an export: readers, and the rule of most tables. A table with another rule has its own `refusal`."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.translation import gettext as _

from arena import access
from arena.access import Visitor
from arena.models import Arena, Voter
from arena.visitors.voter_identity import voter_of


class RefusedExport(PermissionError):
    """This reader may not have this table; the message says why."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who exports. Open ballots are looked up again for every part, because one may be opened while a long table is sent."""

    visitor: Visitor
    voter_in: Callable[[Arena], Voter | None]

    @property
    def is_curator(self) -> bool:
        return access.is_curator(self.visitor)

    def now(self) -> "Reader":
        """The same one, as the database has them at this moment."""
        if self.visitor.pk is None:  # a guest, or an operator
            return self
        stored = User.objects.filter(pk=self.visitor.pk, is_active=True).values("is_staff", "is_superuser").first()
        visitor: Visitor = copy(self.visitor) if stored else AnonymousUser()
        for name, value in (stored or {}).items():
            setattr(visitor, name, value)
        return replace(self, visitor=visitor)

    @classmethod
    def of(cls, request: HttpRequest, visitor: Visitor | None = None) -> "Reader":
        """`visitor` where a program signed in: it may be kept within some arenas."""
        return cls(visitor or request.user, lambda arena: voter_of(request, arena, create=False))

    @classmethod
    def operator(cls) -> "Reader":
        """Someone who runs commands on the machine: reads what curators read, and does not vote."""
        return cls(User(is_staff=True), lambda arena: None)


def content_refusal(reader: Reader, arena: Arena) -> str:
    """Why this reader may not have an arena's prompts and answers; empty if allowed."""
    if access.sees_content(reader.visitor, arena):
        return ""
    message = _("this arena’s prompts and answers are not open to you. Who may read them: %(who)s")
    return message % {"who": arena.get_content_visibility_display()}
