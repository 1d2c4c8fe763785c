"""What Python's JSON reader would change: it takes the last of two values of a key, and reads 1e400 as infinity."""

import json
import math
import re
from collections import Counter
from typing import Any

from arena.wording import gettext as _

_SURROGATE = re.compile("[\ud800-\udfff]")


class NotJSONError(ValueError):
    """What Python would take for JSON and is not; the message says what."""


class KeyTwiceError(NotJSONError):
    """An object names a key twice."""


def with_keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `object_pairs_hook` of the module json; half a surrogate pair in a key becomes U+FFFD. Raises KeyTwiceError."""
    by_key = {key if key.isascii() else _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", key): value for key, value in pairs}
    return _as_many(by_key, pairs)


def _as_many(by_key: dict[str, Any], pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(by_key) != len(pairs):
        counts = Counter(name for name, _value in pairs)
        twice = next((name for name, n in counts.items() if n > 1), pairs[-1][0])
        raise KeyTwiceError(_("the key %(key)s occurs twice") % {"key": ascii(twice)[:60]})
    return by_key


class KeysOnce(json.JSONDecoder):
    """For `cls` of the module json, where keys are kept as they are. Raises KeyTwiceError."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"object_pairs_hook": lambda pairs: _as_many(dict(pairs), pairs), **options})


class BeyondFloat(float):
    """Infinity that stands for a number too large for a float; it is shown as it was written."""

    written: str

    def __repr__(self) -> str:
        return self.written


def float_as_written(written: str) -> float:
    """For `parse_float` of the module json."""
    value = float(written)
    if math.isinf(value):
        value = BeyondFloat(value)
        value.written = written
    return value
