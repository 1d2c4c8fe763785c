"""Rate limits of REST per token, account or else address, counted across all processes.

A process takes some requests of a window at once out of the database and gives them out by itself: so a reader costs a write
every sixty requests, not at each.
"""

import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from arena.models import ApiToken
from arena.visitors import rate_windows
from arena.visitors.addresses import address_of, warn_of_proxy

SECONDS = 60
PARTS = 20  # of a window, each taken at once
MOST_HELD = 10_000


@dataclass
class Quota:
    """What is left of a window for one caller, as far as this process knows."""

    policy: str
    limit: int
    remaining: int
    resets_in: int

    def headers(self) -> dict[str, str]:
        """The headers of the IETF draft "RateLimit header fields"."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit};w={SECONDS}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.resets_in}',
        }


@dataclass
class _HeldRequests:
    """Requests that this process may allow without asking the database, and those left for all when it last asked."""

    window: int
    n_here: int
    n_left: int


_held: dict[str, _HeldRequests] = {}
_one_at_a_time = threading.Lock()


def quota_for(caller: str, policy: str, limit: int, now: datetime) -> tuple[bool, Quota]:
    """Count one more request of this caller, and return whether it is allowed and what is left."""
    window, key = int(now.timestamp()) // SECONDS, f"api {policy}:{caller}"
    with _one_at_a_time:
        held = _held.get(key)
        if held is None or held.window != window:
            held = _HeldRequests(window, 0, limit)
            if len(_held) >= MOST_HELD:
                _held.clear()
            _held[key] = held
        if not held.n_here:
            _take_more(held, key, limit, now)
        is_allowed = held.n_here > 0
        held.n_here -= is_allowed
        quota = Quota(policy, limit, held.n_here + held.n_left, rate_windows.retry_after(SECONDS, now))
    return is_allowed, quota


def _take_more(held: _HeldRequests, key: str, limit: int, now: datetime) -> None:
    size = max(1, limit // PARTS)
    n_parts = max(1, limit // size)
    try:
        is_taken = rate_windows.allow(key, at_most=n_parts, seconds=SECONDS, now=now)
    except OperationalError:
        is_taken = True  # a busy database is no reason to refuse a request
    held.n_left = (n_parts - rate_windows.counted(key, seconds=SECONDS, now=now)) * size
    held.n_here = size if is_taken else 0


class CallerThrottle(BaseThrottle):
    """Requests that write are counted separately, with a lower limit."""

    def allow_request(self, request: Request, view: Any) -> bool:
        policy = "read" if request.method in {"GET", "HEAD"} else "write"
        limit = settings.API_LIMITS.get(policy)
        if limit is None:
            return True
        now = timezone.now()
        is_allowed, self.quota = quota_for(_caller(request), policy, limit, now)
        if not is_allowed and not request.user.is_authenticated:
            warn_of_proxy(request._request, f"REST requests that {policy}", now=now)
        setattr(request, "quota", self.quota)  # noqa: B010 - Request declares no such attribute
        return is_allowed

    def wait(self) -> float:
        return self.quota.resets_in


def _caller(request: Request) -> str:
    if isinstance(request.auth, ApiToken):
        return f"token {request.auth.pk}"
    if request.user.is_authenticated:
        return f"account {request.user.pk}"
    return f"address {address_of(request._request)}"
