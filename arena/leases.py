"""Work is a row: who may do it, until when.

A worker claims a row by a conditional UPDATE and gets a token; a heartbeat renews the lease; the result is committed only
where the token still stands. A worker that was thought dead and comes back late therefore writes nothing.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Event, Thread

from django.db import DatabaseError, connection, models
from django.db.models import F, Q
from django.utils import timezone

FREE = ""  # the token of a row that nobody holds


class LeaseLost(Exception):
    """The row was claimed by somebody else in the meantime: nothing of this attempt may be written."""


class LeasedQuerySet[M: "Leased"](models.QuerySet[M]):
    def claimable(self, *, now: datetime | None = None) -> "LeasedQuerySet[M]":
        return self.filter(Q(lease_until=None) | Q(lease_until__lt=now or timezone.now()))

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
        return bool(self._held(pk, token).update(lease_until=until))

    def finish(self, pk: int, token: str, **changes: object) -> None:
        """Write the result and give the row back, in one UPDATE; raise LeaseLost where the token no longer stands."""
        if not self._held(pk, token).update(lease_token=FREE, lease_until=None, **changes):
            raise LeaseLost(f"{self.model.__name__} {pk} was taken over by another worker")

    def _held(self, pk: int, token: str) -> "LeasedQuerySet[M]":
        """Free rows carry an empty token: it fits nothing."""
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
