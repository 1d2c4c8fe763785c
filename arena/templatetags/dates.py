"""Days and times for people, as their language writes them."""

from datetime import date, datetime
from typing import Any

from django import template
from django.template.defaultfilters import date as formatted
from django.utils.translation import get_language

register = template.Library()
# Where English has more ways than a language's own formats, the nearest stands for it; times of day alone are alike everywhere.
_ELSEWHERE = {
    "j F Y": "DATE_FORMAT",
    "j M Y": "SHORT_DATE_FORMAT",
    "j M": "MONTH_DAY_FORMAT",
    "j F Y, H:i": "DATETIME_FORMAT",
    "j F Y, H:i:s": "DATETIME_FORMAT",
    "j M Y H:i": "SHORT_DATETIME_FORMAT",
    "j M Y, H:i": "SHORT_DATETIME_FORMAT",
    "j M Y, H:i:s": "SHORT_DATETIME_FORMAT",
    "j M, H:i": "SHORT_DATETIME_FORMAT",
    "j M, H:i:s": "SHORT_DATETIME_FORMAT",
}


@register.filter(expects_localtime=True, is_safe=False)
def when(moment: datetime | date | None, english: str) -> Any:
    """`english` in English; elsewhere the language's own format for as much. A format not listed above is an error."""
    elsewhere = _ELSEWHERE[english]
    return formatted(moment, english if (get_language() or "en").startswith("en") else elsewhere)
