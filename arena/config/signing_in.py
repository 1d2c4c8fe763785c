"""What somebody sees who failed to sign in too often."""

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from arena.identity import address_of


def client_address(request: HttpRequest) -> str | None:
    """For the count of failures, which takes plain addresses only: of an IPv6 net its first one."""
    address = address_of(request).partition("/")[0]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None  # a unix socket has none


def locked_out(
    request: HttpRequest, response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """429 with the time from which on the next attempt is heard."""
    opens_at = _last_failure(request, credentials or {}) + (get_cool_off(request) or timedelta())
    seconds = max(1, round((opens_at - timezone.now()).total_seconds()))
    page = render(request, "429.html", {"opens_at": opens_at, "signing_in": True}, status=429)
    page["Retry-After"] = str(seconds)
    page["Cache-Control"] = "no-store"
    return page


def _last_failure(request: HttpRequest, credentials: dict[str, Any]) -> datetime:
    """Of this name from this address; what is tried while locked out is not written down."""
    failures = AccessAttempt.objects.filter(
        username=credentials.get("username", ""), ip_address=getattr(request, "axes_ip_address", None)
    )
    last: datetime | None = failures.order_by("-attempt_time").values_list("attempt_time", flat=True).first()
    return last or timezone.now()
