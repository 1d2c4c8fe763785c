"""Stored times and a clock that may have been wrong: nothing is put off for longer than it ever is put off.

A time that lies further ahead than the longest wait of its kind was stored while the clock was ahead; once the clock is right
again it counts as over. What was stored as past, and lies ahead, counts as over as well.
"""

from datetime import datetime, timedelta

from django.db.models import Q

SLACK = timedelta(seconds=5)  # clocks of several machines differ


def is_to_come(moment: datetime | None, now: datetime, *, at_most: timedelta) -> bool:
    return moment is not None and now < moment <= now + at_most + SLACK


def to_come(field: str, now: datetime, *, at_most: timedelta) -> Q:
    """The same for rows; `~to_come(...)` are those whose time is over, or that have none."""
    return Q(**{f"{field}__isnull": False, f"{field}__gt": now, f"{field}__lte": now + at_most + SLACK})


def is_older(moment: datetime, now: datetime, than: timedelta) -> bool:
    """Whether something that happened at `moment` is so long ago; what happened in the future was long ago, we cannot know."""
    return moment < now - than or moment > now + SLACK
