"""Where an endpoint may be: public addresses over TLS, and whatever the operator allows by host and port.

A name is resolved once, all its addresses are checked, and the connection goes to one of those: a name that resolves
differently afterwards changes nothing.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.utils.translation import gettext as _

from arena.llm.deadlines import in_time, seconds_left
from arena.llm.failures.errors import Cause, Kind, LLMError, never_sent

Resolve = Callable[[str, int], Sequence[str]]

# Addresses that Python calls global although no public server can have them: blocks of IANA's special-purpose registries
# (protocol
# assignments, relays, black holes, documentation, translators, tunnels), what is reserved, and Azure's own host.
_INWARD = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.175.48.0/24",
                    "168.63.129.16/32", "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3000::/4")
)  # fmt: skip
_ROUTED = ipaddress.ip_network("2000::/3")  # in IPv6 nothing else is assigned to public servers


_ENDINGS = ("/chat/completions", "/completions", "/responses", "/messages/count_tokens", "/messages", "/models", "/embeddings")
_ANTHROPIC_ALONE = ("/messages/count_tokens", "/messages")
_OPENAI_ALONE = ("/chat/completions", "/completions", "/responses", "/embeddings")
PORTS = {"https": 443, "http": 80}
FIRST_FREE_PORT = 1024  # below it are mail, remote shells and the like
SETTING = "AGON_ENDPOINTS_ALLOWED"


@dataclass(frozen=True, slots=True)
class Place:
    """A host and port, and the addresses that it has been pinned to."""

    host: str
    port: int
    addresses: tuple[str, ...]


_HEAD = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@]*(?=[/?#]|$)", re.I)


def base_address(written: str) -> str:
    """
    The base address in what was pasted: without the path of one kind of call, which the clients add, and without a last slash.
    Scheme and host are in lower case, so that one address is written in one way.

    Examples
    --------
    >>> base_address(" http://vllm:8000/v1/chat/completions/ "), base_address("https://api.anthropic.com/v1/messages")
    ('http://vllm:8000/v1', 'https://api.anthropic.com/v1')
    """
    address = written.strip().rstrip("/")
    if head := _HEAD.match(address):
        address = head[0].lower() + address[head.end() :]
    for ending in _ENDINGS:
        if address.lower().endswith(ending):
            return address[: -len(ending)].rstrip("/")
    return address


def other_wire(written: str, wire: str) -> str:
    """
    The path at the end of the pasted address if it belongs to the other wire; empty if it fits.

    Examples
    --------
    >>> other_wire("https://api.anthropic.com/v1/messages", "openai"), other_wire("http://vllm:8000/v1", "openai")
    ('/messages', '')
    """
    address = written.strip().rstrip("/").lower()
    foreign = _OPENAI_ALONE if wire == "anthropic" else _ANTHROPIC_ALONE
    return next((ending for ending in foreign if address.endswith(ending)), "")


def place_of(base_url: str, *, allowed: frozenset[str], resolve: Resolve) -> Place:
    """Check a base URL and pin its host; raises LLMError if the endpoint may not be at that address."""
    parts = checked_address(base_url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    is_allowed = name in {entry.strip().lower() for entry in allowed}
    if parts.scheme == "http" and not is_allowed:
        message = _("a call to %(name)s would go without TLS: use https, or %(allow)s")
        raise _refused(message % {"name": name, "allow": _allow(name)})
    if port < FIRST_FREE_PORT and port not in PORTS.values() and not is_allowed:
        message = _("the port of %(name)s is one of other services: use 443, or one from %(first)d on, or %(allow)s")
        raise _refused(message % {"name": name, "first": FIRST_FREE_PORT, "allow": _allow(name)})
    addresses = _resolved(host, port, resolve)
    inward = [address for address in addresses if not is_public(address)]
    if inward and not is_allowed:
        message = _("the host %(name)s leads to %(address)s, which is no public address: if that is meant, %(allow)s")
        raise _refused(message % {"name": name, "address": inward[0], "allow": _allow(name)})
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
    is_inward = is_inward or (ip.version == 6 and ip not in _ROUTED)
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or is_inward or getattr(ip, "is_site_local", False))


def resolve_host(host: str, port: int) -> tuple[str, ...]:
    """Every address of a host, the system's preferred one first."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))


def _allow(name: str) -> str:
    advice = _("put %(name)s into %(setting)s (names are divided by commas) and start Agon again")
    return advice % {"name": name, "setting": SETTING}


def checked_address(base_url: str) -> SplitResult:
    """Its parts; raises LLMError where it is no address. Nothing is looked up."""
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
        raise _refused(_("base URL: write https://host[:port]/path, no user, no query; international names in their xn-- form"))
    return parts


def _resolved(host: str, port: int, resolve: Resolve) -> tuple[str, ...]:
    try:
        addresses = tuple(in_time(lambda: resolve(host, port), seconds=seconds_left()))
    except TimeoutError:
        reason = _("the address of %(host)s was not found in time: check the base URL, or this machine's name server") % {
            "host": host
        }
        raise LLMError(reason, kind=Kind.TEMPORARY, cause=Cause.TIMEOUT, was_sent=False) from None
    except OSError as error:
        message = _("the host %(host)s has no address just now (%(error)s): check the endpoint's base URL")
        reason = message % {"host": host, "error": error.strerror or error}
    else:
        if addresses:
            return addresses
        reason = _("the host %(host)s has no address: check the endpoint's base URL") % {"host": host}
    raise LLMError(reason, kind=Kind.TEMPORARY, cause=Cause.UNREACHABLE, was_sent=False)


def _refused(reason: str) -> LLMError:
    return never_sent(reason, cause=Cause.ADDRESS)
