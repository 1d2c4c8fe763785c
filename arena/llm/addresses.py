"""Where an endpoint may be: public addresses over TLS, and whatever the operator allows by host and port.

A name is resolved once, every address that it has is checked, and the connection goes to one of those: a name that
changes its mind afterwards leads nowhere.
"""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from arena.llm.errors import Cause, Kind, LLMError, never_sent

Resolve = Callable[[str, int], Sequence[str]]

# What Python calls global although it leads back inside, or could: translators, tunnels, relays, and Azure's own host.
_INWARD = tuple(
    ipaddress.ip_network(network)
    for network in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96",
                    "192.88.99.0/24", "168.63.129.16/32")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A host and port, and the addresses that it has been pinned to."""

    host: str
    port: int
    addresses: tuple[str, ...]


def place_of(base_url: str, *, allowed: frozenset[str], resolve: Resolve) -> Place:
    """Check a base URL and pin its host; raises LLMError where the endpoint may not be there."""
    parts = _checked(base_url)
    host, port = parts.hostname or "", parts.port or {"https": 443, "http": 80}[parts.scheme]
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    is_allowed = name in {entry.strip().lower() for entry in allowed}
    if parts.scheme == "http" and not is_allowed:
        raise _refused(f"{name} would be called without TLS: use https, or allow {name} in the settings")
    addresses = _resolved(host, port, resolve)
    inward = [address for address in addresses if not is_public(address)]
    if inward and not is_allowed:
        raise _refused(
            f"{name} leads to {inward[0]}, which is no public address: allow {name} in the settings if that is meant"
        )
    return Place(host=host, port=port, addresses=addresses)


def is_public(address: str) -> bool:
    """
    Whether an address is one of the public internet.

    Examples
    --------
    >>> [is_public(a) for a in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::ffff:8.8.8.8", "64:ff9b::808:808")]
    [True, False, False, False, False, False]
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    is_inward = any(ip in network for network in _INWARD if network.version == ip.version)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or is_inward or getattr(ip, "is_site_local", False))


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """Every address of a host, the system's preferred one first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def _checked(base_url: str) -> SplitResult:
    try:
        parts = urlsplit(base_url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and base_url.isascii() and parts.port != 0
    except ValueError:
        fits = False
    if (
        not fits
        or parts.username is not None
        or parts.query
        or parts.fragment
        or any(sign in base_url for sign in " \\%\t\n\r")
    ):
        raise _refused("base URL: write https://host[:port]/path, no user, no query; international names in their xn-- form")
    return parts


def _resolved(host: str, port: int, resolve: Resolve) -> tuple[str, ...]:
    try:
        addresses = tuple(resolve(host, port))
    except OSError as error:
        reason = f"{host} has no address just now ({error.strerror or error}): check the endpoint's base URL"
    else:
        if addresses:
            return addresses
        reason = f"{host} has no address: check the endpoint's base URL"
    raise LLMError(reason, kind=Kind.TEMPORARY, cause=Cause.UNREACHABLE, was_sent=False)


def _refused(reason: str) -> LLMError:
    return never_sent(reason, cause=Cause.ADDRESS)
