"""What is archived is not planned, not served and not added to; its name stays taken. Every refusal says how to go on."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from arena.models import Archivable


class ArchivedThing(ValueError):
    """What was asked for needs something that is archived; the message says what, and how to bring it back."""


def archived_message(row: Archivable) -> str:
    """Half a sentence on an archived row: what it is, its reason, and what to do."""
    message = _("the %(kind)s %(name)s is archived (%(reason)s): bring it back first, under Admin or on its page")
    return message % {"kind": row._meta.verbose_name, "name": row, "reason": row.archived_because}


def must_be_in_use(*rows: Archivable) -> None:
    """Raises ArchivedThing for the first of them that is archived."""
    for row in rows:
        if row.is_archived:
            raise ArchivedThing(archived_message(row))


def must_stay_in_use(rows: Iterable[Archivable]) -> None:
    """The same, of the rows as they are now; in a transaction that rests on them: nobody archives them before it ends."""
    with transaction.atomic():
        for row in sorted(rows, key=lambda each: (each._meta.label, each.pk)):
            must_be_in_use(type(row)._default_manager.select_for_update(no_key=True, of=("self",)).get(pk=row.pk))
