"""Rate limits, counted in the database, so that all processes count together."""

from datetime import UTC, datetime, timedelta

from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from arena.models import RateWindow
from arena.statements.vote_statements import counted_in_window

KEPT_FOR = timedelta(days=2)


class TooOften(Exception):
    """Refused for now. `retry_after` says after how many seconds it may be tried again."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


def allow(key: str, *, at_most: int, seconds: int, now: datetime) -> bool:
    """Count one more in the present window of `seconds`, unless `at_most` were counted already.

    The condition stands inside the UPDATE: two processes that ask at once are counted one after the other.
    """
    hashed, starts_at = _hashed(key), _window(seconds, now)
    if counted_in_window(key=hashed, starts_at=starts_at, at_most=at_most):
        return True
    RateWindow.objects.bulk_create([RateWindow(key=hashed, starts_at=starts_at)], ignore_conflicts=True)
    # Older ones, and those of a clock that was ahead: they would count again when it gets there.
    ahead = Q(starts_at__gt=starts_at + timedelta(seconds=seconds))
    RateWindow.objects.filter(Q(starts_at__lt=starts_at) | ahead, key=hashed).delete()
    return bool(counted_in_window(key=hashed, starts_at=starts_at, at_most=at_most))


def counted(key: str, *, seconds: int, now: datetime) -> int:
    """How many were counted in the present window."""
    window = RateWindow.objects.filter(key=_hashed(key), starts_at=_window(seconds, now))
    return window.values_list("count", flat=True).first() or 0


def take_back(key: str, *, seconds: int, now: datetime) -> None:
    """Give back what was counted at `now`."""
    window = RateWindow.objects.filter(key=_hashed(key), starts_at=_window(seconds, now), count__gt=0)
    window.update(count=F("count") - 1)


def retry_after(seconds: int, now: datetime) -> int:
    """Seconds until the next window begins, at least 1."""
    return seconds - int(now.timestamp()) % seconds


def forget_old(now: datetime) -> int:
    """Remove expired windows; returns how many."""
    return RateWindow.objects.filter(starts_at__lt=now - KEPT_FOR).delete()[0]


def _window(seconds: int, now: datetime) -> datetime:
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=UTC)


def _hashed(key: str) -> str:
    """Keys may hold an address: only a keyed hash is stored."""
    return salted_hmac("arena.limits", key, algorithm="sha256").hexdigest()
