"""Checks of an endpoint without calling it: its address, and its key as this process has it."""

from django.conf import settings

from arena.llm.addresses import Resolve, checked_address, place_of, resolve_host
from arena.llm.failures.errors import Cause, LLMError
from arena.llm.keys import key_for, written
from arena.models import Endpoint


def trouble_with_address(base_url: str, *, resolve: Resolve = resolve_host) -> str:
    """Why it may not be called, for people; empty if it may. A name that does not resolve at the moment is not a fault."""
    try:
        place_of(base_url, allowed=frozenset(settings.ENDPOINTS_ALLOWED), resolve=resolve)
    except LLMError as reason:
        return "" if reason.cause == Cause.UNREACHABLE else str(reason)
    return ""


def trouble_with_key(base_url: str, key_name: str) -> str:
    """Why its key cannot be used; empty where it can, or where none is needed."""
    if not key_name:
        return ""
    try:
        host, port = _host_and_port(base_url)
        key_for(key_name, host=host, port=port)
    except LLMError as reason:
        return str(reason)
    return ""


def trouble_with(endpoint: Endpoint) -> str:
    return trouble_with_address(endpoint.base_url) or trouble_with_key(endpoint.base_url, endpoint.key_name)


def held_up_by(endpoint: Endpoint) -> str:
    """Why calls to it would wait, as far as is known without resolving its name: a pause, or its key; empty otherwise."""
    return endpoint.paused_because or trouble_with_key(endpoint.base_url, endpoint.key_name)


def key_line(base_url: str, key_name: str) -> str:
    """The variable as it is to be written for this endpoint."""
    return written(key_name or "AGON_KEY_NAME", *_host_and_port(base_url))


def _host_and_port(base_url: str) -> tuple[str, int]:
    parts = checked_address(base_url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
