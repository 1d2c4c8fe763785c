"""Work is a row: who may do it, until when.

A worker claims a row by a conditional UPDATE and gets a token; a heartbeat renews the lease; the result is committed only
where the token still stands. A worker that was thought dead and comes back late therefore writes nothing.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event, Thread

from django.db import DatabaseError, connection, models
from django.db.models import F
from django.utils import timezone

from arena.clock import to_come

LONGEST = timedelta(minutes=2)  # no lease is given for longer; one further ahead is of a clock that was wrong
LONGEST_REST = timedelta(minutes=15)  # what is made again and again rests that long at most
ASKED_EVERY_SECONDS = 2.0
FREE = ""  # the token of a row that nobody holds


class LeaseLost(Exception):
    """The row was claimed by somebody else in the meantime: nothing of this attempt may be written."""


class LeasedQuerySet[M: "Leased"](models.QuerySet[M]):
    def claimable(self, *, now: datetime | None = None) -> "LeasedQuerySet[M]":
        """Rows that nobody holds. A holder whose clock was set right is overtaken: its token no longer stands."""
        return self.exclude(to_come("lease_until", now or timezone.now(), at_most=LONGEST))

    def claim(self, pk: int, *, seconds: float, now: datetime | None = None) -> str | None:
        """The token of the claim, or None where somebody else holds the row."""
        now = now or timezone.now()
        token = secrets.token_hex(16)
        claimed = (
            self.filter(pk=pk)
            .claimable(now=now)
            .update(lease_token=token, lease_until=now + timedelta(seconds=seconds), n_attempts=F("n_attempts") + 1)
        )
        return token if claimed else None

    def renew(self, pk: int, token: str, *, seconds: float, now: datetime | None = None) -> bool:
        until = (now or timezone.now()) + timedelta(seconds=seconds)
        return bool(self.held(pk, token).update(lease_until=until))

    def finish(self, pk: int, token: str, **changes: object) -> None:
        """Write the result and give the row back, in one UPDATE; raise LeaseLost where the token no longer stands."""
        if not self.held(pk, token).update(lease_token=FREE, lease_until=None, **changes):
            raise LeaseLost(f"{self.model.__name__} {pk} was taken over by another worker")

    def held(self, pk: int, token: str) -> "LeasedQuerySet[M]":
        """An empty token never matches, so a free row cannot be finished."""
        return self.filter(pk=pk, lease_token=token).exclude(lease_token=FREE)


class Leased(models.Model):
    lease_token = models.CharField(max_length=32, blank=True, default="", editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    n_attempts = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        abstract = True


@contextmanager
def heartbeat[M: Leased](rows: LeasedQuerySet[M], pk: int, token: str, *, seconds: float) -> Iterator[None]:
    """Renew the lease from a thread every third of its length, while the body works."""
    stopped = Event()

    def beat() -> None:
        try:
            while not stopped.wait(seconds / 3):
                # One beat may fail, as when the database is away for a moment; the next one may be in time.
                with suppress(DatabaseError):
                    if not rows.all().renew(pk, token, seconds=seconds):
                        return
        finally:
            connection.close()

    thread = Thread(target=beat, name=f"heartbeat-{pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


class StillHeld:
    """Asked before long work on a row and in the course of it: raises LeaseLost where the row is gone, or another's."""

    def __init__[M: Leased](self, rows: LeasedQuerySet[M], pk: int, token: str) -> None:
        self.row, self.pk, self.asked_at = rows.held(pk, token), pk, time.monotonic()
        self._look()

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self.asked_at + ASKED_EVERY_SECONDS:
            self.asked_at = now
            with suppress(DatabaseError):  # away for a moment: that is no answer
                self._look()

    def _look(self) -> None:
        if not self.row.all().exists():
            raise LeaseLost(f"{self.row.model.__name__} {self.pk} is gone, or another worker has it")
