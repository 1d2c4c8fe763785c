"""Counts, numbers and reasons in sentences, in the language of whoever reads them.

Every text for people goes through gettext, so that a language is added by a catalogue alone. `_` is `gettext` of
`django.utils.translation` inside functions; constants of modules, labels of enums, and fields of models and forms take
`gettext_lazy`. A message is a whole sentence with named placeholders, `_("%(name)s is over.") % {"name": name}`, never an
f-string: `makemessages` reads the literal. Plurals go by `ngettext`, or by `counted` where a number and its noun stand alone;
both forms are literals at the call. What is stored or computed with (keys, notes of a snapshot, events of the ledger) stays
English. Rules that know no Django take `gettext` and `ngettext` from here, and load none of it.

`manage.py makemessages --locale de` writes `arena/locale/de/LC_MESSAGES/django.po`, and `manage.py compilemessages` the `.mo`
beside it: from the next start on, readers whose browser asks for that language get it.
"""

import re
import sys
from collections.abc import Mapping
from typing import Any

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*(?=[ ,:]|$)")


def _has_readers() -> bool:
    """Whether a site is up: rules that know no Django are used without one too, and are then in English."""
    registry = sys.modules.get("django.apps")
    return registry is not None and registry.apps.ready


def gettext(message: str) -> str:
    if not _has_readers():
        return message
    from django.utils import translation  # loaded already

    return translation.gettext(message)


def ngettext(one: str, many: str, n: int) -> str:
    if not _has_readers():
        return agreeing(n, one, many)
    from django.utils import translation

    return translation.ngettext(one, many, n)


def number(n: int) -> str:
    """An integer, grouped as in the reader's language: `1,000` in English."""
    if not _has_readers():
        return f"{n:,}"
    from django.utils.formats import number_format

    return number_format(n, force_grouping=True)


def figure(text: str) -> str:
    """A number that was written as in English, such as `$1,234.50`, with the signs of the reader's language: `$1.234,50`."""
    if not _has_readers():
        return text
    from django.utils.formats import get_format

    signs = {",": get_format("THOUSAND_SEPARATOR"), ".": get_format("DECIMAL_SEPARATOR")}
    return "".join(signs.get(letter, letter) for letter in text)


def counted(n: int, one: str, many: str) -> str:
    """`1 vote`, `2 votes`, `1,000 replies`: the number and its noun."""
    return f"{number(n)} {ngettext(one, many, n)}"


def agreeing(n: int, one: str, many: str) -> str:
    """The verb that goes with so many: `was` or `were`."""
    return one if n == 1 else many


_FORMATTED = re.compile(r"%\((\w+)\)([-+ #0]*\d*(?:\.\d+)?[defgEG])")
MINUS = "−"


def with_signs(template: str, values: Mapping[str, Any]) -> str:
    """
    A text whose numbers are filled in, with a minus sign and the reader's decimal sign; what is left is filled in by `%`.

    Examples
    --------
    >>> with_signs("%(name)s: %(sum)+.1f, %(n)d %%", {"name": "x-1", "sum": -0.25, "n": 3}) % {"name": "x-1"}
    'x-1: −0.2, 3 %'
    """
    return _FORMATTED.sub(lambda match: figure(f"%{match[2]}".__mod__(values[match[1]])).replace("-", MINUS), template)


def sentence(reason: object) -> str:
    """
    A reason with a capital at its start and a full stop at its end. It begins with a word of ours: a name keeps its letters.

    Examples
    --------
    >>> sentence("the run is over already"), sentence("localhost:8000 would be called"), sentence("It is over.")
    ('The run is over already.', 'localhost:8000 would be called.', 'It is over.')
    >>> sentence("für immer"), sentence("l'arène est close"), sentence("élevé"), sentence("gpt-oss fehlt")
    ('Für immer.', "L'arène est close.", 'Élevé.', 'gpt-oss fehlt.')
    >>> sentence("iPhone fehlt"), sentence("max_tokens ist 0"), sentence("qwen3 fehlt"), sentence("تم")
    ('iPhone fehlt.', 'max_tokens ist 0.', 'qwen3 fehlt.', 'تم.')
    """
    text = str(reason)
    word = _WORD.match(text)
    if word and word[0].islower() and not re.match(r"\w+:\d", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
