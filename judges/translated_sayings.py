"""Sayings in the language of whoever reads the page."""

from django.utils.translation import gettext, ngettext

from arena.wording import number, with_signs
from judges.sayings import Refused, Saying


def translated(saying: Saying) -> str:
    return saying.translated(gettext, ngettext, number=number, signed=with_signs)


def translated_error(error: Exception) -> str:
    """A refusal in the reader's language; what others raise, as they say it."""
    return translated(error.saying) if isinstance(error, Refused) else str(error)
