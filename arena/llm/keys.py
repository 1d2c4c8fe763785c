"""API keys: named by a variable AGON_KEY_..., each bound to one host, and taken out of every text that goes further.

`AGON_KEY_OPENAI="api.openai.com sk-..."`: the host it may be sent to, then the key. `host:port` binds it to a port too.
"""

import base64
import html
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from django.utils.translation import gettext as _

from arena.llm.failures.errors import Cause, LLMError, never_sent

PREFIX = "AGON_KEY_"
TLS = 443
SHORTEST = 8  # a shorter key could not be removed from texts without damaging words
REDACTED = "[key]"
_NAME = re.compile(PREFIX + r"[A-Z0-9_]+")


def key_for(name: str, *, host: str, port: int, environ: Mapping[str, str] = os.environ) -> str:
    """The key of that name, if it is bound to this host."""
    if not _NAME.fullmatch(name):
        message = _("key name %(name)r: allowed are %(prefix)s and then capital letters, digits and _")
        raise _refused(message % {"name": name, "prefix": PREFIX})
    line = written(name, host, port)
    if not environ.get(name):
        message = _("%(name)s is not set: start Agon with %(line)s in its environment or its .env file")
        raise _refused(message % {"name": name, "line": line})
    parts = environ[name].split()
    if fault := _fault(parts):
        message = _("%(fault)s: write %(line)s, that is the host, a space, and the key; then start Agon again")
        raise _refused(message % {"fault": fault % {"name": name, "shortest": SHORTEST}, "line": line})
    if parts[0].lower() not in {host.lower(), *_places(host, port)}:
        message = _("%(name)s is bound to another host than %(place)s: change the endpoint's key, or write %(line)s")
        raise _refused(message % {"name": name, "place": place(host, port), "line": line})
    return parts[1]


def _fault(parts: Sequence[str]) -> str:
    """What is wrong with the variable for any endpoint; empty if nothing is."""
    if len(parts) < 2:
        return _("%(name)s has only one word, a key without its host or a host without its key")
    if len(parts) > 2:
        return _("%(name)s holds more than two words, and a key has no spaces in it")
    if len(parts[1]) < SHORTEST:
        return _("%(name)s holds a key of fewer than %(shortest)d characters, too short to be kept out of texts")
    return "" if parts[1].isascii() else _("%(name)s holds a key with letters beyond ASCII, which no header carries")


def _places(host: str, port: int) -> set[str]:
    return {f"{host}:{port}".lower(), f"[{host}]:{port}".lower()}


def place(host: str, port: int) -> str:
    """
    Host and port, as a person writes them.

    Examples
    --------
    >>> place("127.0.0.1", 8000), place("::1", 8000)
    ('127.0.0.1:8000', '[::1]:8000')
    """
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def written(name: str, host: str, port: int = TLS) -> str:
    """
    How the variable is written for this host; the quotes keep a shell and a `.env` file from parting it.

    It includes a port that is not the default, because another server on the same host is a different place.

    Examples
    --------
    >>> written("AGON_KEY_OPENAI", "api.openai.com"), written("AGON_KEY_FAKE", "127.0.0.1", 8765)
    ('AGON_KEY_OPENAI="api.openai.com KEY"', 'AGON_KEY_FAKE="127.0.0.1:8765 KEY"')
    """
    return f'{name}="{host if port == TLS else place(host, port)} KEY"'


def redacted(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text without any of the keys, in whatever case, also where JSON, HTML, a URL or base64 spells one in its own way."""
    for key in _keys(environ):
        text = _spelled(key).sub(REDACTED, text)
    return text


@lru_cache(maxsize=64)
def _spelled(key: str) -> re.Pattern[str]:
    r"""Every way to write it: a slash is \/ to PHP, an ampersand \u0026 to Go, &amp; in a page and %26 in an address."""
    plainly = "".join(rf"(?:{re.escape(each)}|%{ord(each):02x})" if each.isalnum() else _any_spelling(each) for each in key)
    return re.compile("|".join((rf"(?i:{plainly})", *_in_base64(key))))


def _in_base64(key: str) -> Iterator[str]:
    """What base64 makes of the key, wherever it begins in the bytes that are encoded; for files and for addresses."""
    for n_before in range(3):
        written = base64.b64encode(bytes(n_before) + key.encode()).decode()
        of_key_alone = written[-(-8 * n_before // 6) : 8 * (n_before + len(key)) // 6]
        yield "".join({"+": "[+-]", "/": "[/_]"}.get(each, each) for each in of_key_alone)


def _any_spelling(character: str) -> str:
    plain, code = re.escape(character), ord(character)
    written = rf"\\u{code:04x}|%{code:02x}|&#0*{code};|&#x0*{code:x};|{re.escape(html.escape(character))}"
    return rf"(?:\\?{plain}|(?i:{written}))"


def _keys(environ: Mapping[str, str]) -> list[str]:
    """Longest first, so that no part of a key remains that begins like another."""
    words = [environ[name].split() for name in environ if name.startswith(PREFIX)]
    return sorted({parts[-1] for parts in words if parts and len(parts[-1]) >= SHORTEST}, key=len, reverse=True)


def _refused(reason: str) -> LLMError:
    return never_sent(reason, cause=Cause.KEY)
