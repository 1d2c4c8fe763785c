"""API keys: named by a variable AGON_KEY_..., each bound to one host, and taken out of every text that goes further.

`AGON_KEY_OPENAI="api.openai.com sk-..."`: the host it may be sent to, then the key. `host:port` binds it to a port too.
"""

import html
import os
import re
from collections.abc import Mapping
from functools import lru_cache

from arena.llm.errors import Cause, LLMError, never_sent

PREFIX = "AGON_KEY_"
SHORTEST = 8  # a shorter one could not be taken out of texts without tearing words apart
REDACTED = "[key]"
_NAME = re.compile(PREFIX + r"[A-Z0-9_]+")


def key_for(name: str, *, host: str, port: int, environ: Mapping[str, str] = os.environ) -> str:
    """The key of that name, if it is bound to this host."""
    if not _NAME.fullmatch(name):
        raise _refused(f"key name {name!r}: allowed are {PREFIX} and then capital letters, digits and _")
    if not environ.get(name):
        raise _refused(f'{name} is not set: start Agon with {name}="{host} KEY" in its environment')
    parts = environ[name].split()
    if len(parts) != 2 or len(parts[1]) < SHORTEST or not parts[1].isascii():
        raise _refused(f"{name} is malformed: write the host it is for, a space, and a key of at least {SHORTEST} characters")
    bound = parts[0].lower()
    if bound not in {host.lower(), f"{host}:{port}".lower()}:
        raise _refused(
            f"{name} is bound to another host than {host}:{port}: change the endpoint's key, or the binding of {name}"
        )
    return parts[1]


def redacted(text: str, environ: Mapping[str, str] = os.environ) -> str:
    """The text without any of the keys, also where JSON, HTML or a URL spells one in its own way."""
    for key in _keys(environ):
        text = _spelled(key).sub(REDACTED, text)
    return text


@lru_cache(maxsize=64)
def _spelled(key: str) -> re.Pattern[str]:
    r"""Every way to write it: a slash is \/ to PHP, an ampersand \u0026 to Go, &amp; in a page and %26 in an address."""
    return re.compile("".join(re.escape(each) if each.isalnum() else _any_spelling(each) for each in key))


def _any_spelling(character: str) -> str:
    plain, code = re.escape(character), ord(character)
    written = rf"\\u{code:04x}|%{code:02x}|&#0*{code};|&#x0*{code:x};|{re.escape(html.escape(character))}"
    return rf"(?:\\?{plain}|(?i:{written}))"


def _keys(environ: Mapping[str, str]) -> list[str]:
    """Longest first, so that a key that begins like another leaves no rest."""
    words = [environ[name].split() for name in environ if name.startswith(PREFIX)]
    return sorted({parts[-1] for parts in words if parts and len(parts[-1]) >= SHORTEST}, key=len, reverse=True)


def _refused(reason: str) -> LLMError:
    return never_sent(reason, cause=Cause.KEY)
