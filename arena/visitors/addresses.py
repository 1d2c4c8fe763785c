"""The address of a visitor, and a warning where one address stands for all of them."""

import ipaddress
from contextlib import suppress
from datetime import datetime

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest

from arena.visitors import rate_windows

log = structlog.get_logger(__name__)

WARNED_EVERY = 3600  # seconds


def address_of(request: HttpRequest) -> str:
    """The client's address, a whole /64 net for IPv6: one household may draw as many addresses there as it likes."""
    written: str = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        # Only the last entry was written by our own proxy; the ones before it are the client's claim.
        written = request.META.get("HTTP_X_FORWARDED_FOR", written).rsplit(",", 1)[-1].strip()
    try:
        address = ipaddress.ip_address(written)
    except ValueError:
        return written
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return str(address) if address.version == 4 else str(ipaddress.ip_network((address, 64), strict=False))


def warn_of_proxy(request: HttpRequest, limit: str, *, now: datetime) -> None:
    """Call it where an address has used up a limit, named in words. A private one may be a proxy that is not in the settings.

    Each limit is logged once an hour.
    """
    address = address_of(request)
    if settings.BEHIND_PROXY or not _is_private(address):
        return
    with suppress(OperationalError):  # a busy database is no reason to fail
        if rate_windows.allow(f"warned of:{limit}:{address}", at_most=1, seconds=WARNED_EVERY, now=now):
            log.warning(
                "a private address used up a limit: if it is a proxy, all visitors share that limit until "
                "AGON_BEHIND_PROXY=true is set", limit=limit, address=address,
            )  # fmt: skip


def _is_private(address: str) -> bool:
    try:
        return ipaddress.ip_network(address).is_private
    except ValueError:
        return False
