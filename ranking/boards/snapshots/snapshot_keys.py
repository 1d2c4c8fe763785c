"""Snapshots by their key or its beginning, of which boards show eight characters."""

import re

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from ranking.models import Snapshot

LEAST_CHARACTERS = 8
_BEGINNING = re.compile(rf"[0-9a-f]{{{LEAST_CHARACTERS},}}\Z")
_AFTER_F = "g"  # sorts behind every key that begins alike; a range uses the index, a pattern may not


class AmbiguousKey(Exception):
    """More than one snapshot begins with these characters; the message says so."""


def snapshot_called(key: str, among: QuerySet[Snapshot]) -> Snapshot | None:
    """The snapshot of this key, or the only one whose key begins with it.

    Raises
    ------
    AmbiguousKey
        Where several begin with it.
    """
    if (whole := among.filter(key=key).first()) is not None:
        return whole
    if not _BEGINNING.match(key):
        return None
    snapshots = list(among.filter(key__gte=key, key__lt=key + _AFTER_F).order_by("key")[:2])
    if len(snapshots) > 1:
        raise AmbiguousKey(_("Several snapshots have keys that begin with %(key)s: give more of the key.") % {"key": key})
    return snapshots[0] if snapshots else None
