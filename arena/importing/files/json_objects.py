"""JSON objects that say one thing: Python's reader takes the last of two values of one key."""

from typing import Any

from arena.wording import gettext as _


class KeyTwiceError(ValueError):
    """An object names a key twice."""


def with_keys_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """For `object_pairs_hook` of the module json; raises KeyTwiceError."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise KeyTwiceError(_("the key %(key)s is there twice") % {"key": ascii(twice)[:60]})
    return found
