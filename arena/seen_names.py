"""Names that people can see, read and tell apart: what no name of a model, person, arena or category may hold."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from arena.wording import gettext as _

JOINERS = "\u200c\u200d\ufe0f"  # of letters in Persian, of pictures in emoji; between Latin letters nobody sees them
MOST_MARKS = 4  # on one letter: Vietnamese and Hebrew need three
DEEPEST = 100

# Unicode's Default_Ignorable_Code_Point, and letters that are drawn as nothing.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_JOINED = re.compile(f"(?<=[^\x00-\x7f])[{JOINERS}]+(?=[^\x00-\x7f]|$)")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def name_fault(name: str) -> str:
    r"""
    What is wrong with a name; empty where nothing is.

    Examples
    --------
    >>> name_fault("GPT-4 (new)"), name_fault("GPT\u200d-4")
    ('', 'a name may have no control, direction or invisible characters')
    >>> name_fault("e" + 9 * "\u0301")
    'a name may have at most 4 marks on one letter'
    """
    if name.isascii() and name.isprintable() and not name.isspace():
        return ""  # nearly all, and a file may hold millions
    seen = _JOINED.sub("", name)
    if _UNSEEN.search(seen) or any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in seen):
        return _("a name may have no control, direction or invisible characters")
    if name and not seen.strip():
        return _("a name is needed")
    n_marks = 0
    for sign in unicodedata.normalize("NFD", seen):
        n_marks = n_marks + 1 if unicodedata.category(sign) in {"Mn", "Me"} else 0
        if n_marks > MOST_MARKS:
            return _("a name may have at most %(most)d marks on one letter") % {"most": MOST_MARKS}
    return ""


def is_storable(value: object, depth: int = 0) -> bool:
    r"""
    Whether a database can store a value as JSON reads it: no NUL and no half of a surrogate pair in any text or key.

    Examples
    --------
    >>> is_storable({"a": ["b", 1, None]}), is_storable({"a": ["\ud800"]}), is_storable({"\0": 1})
    (True, False, False)
    """
    if isinstance(value, str):
        return _UNSTORABLE.search(value) is None
    if depth > DEEPEST:
        return False
    if isinstance(value, Mapping):
        return all(is_storable(part, depth + 1) for pair in value.items() for part in pair)
    if isinstance(value, Sequence):
        return all(is_storable(each, depth + 1) for each in value)
    return True


def made_storable(value: Any, depth: int = 0) -> Any:
    r"""
    The same with U+FFFD for what no database stores, in every text and key.

    Examples
    --------
    >>> made_storable({"a\0": ["\ud800", 1]}) == {"a\ufffd": ["\ufffd", 1]}
    True
    """
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if depth > DEEPEST:
        return None
    if isinstance(value, Mapping):
        return {made_storable(key, depth + 1): made_storable(part, depth + 1) for key, part in value.items()}
    if isinstance(value, list):
        return [made_storable(each, depth + 1) for each in value]
    return value
