"""Numbers of pages: a minus is a minus sign, not a hyphen. These filters take the place of Django's own on every page."""

from typing import Any

from django import template
from django.template.defaultfilters import floatformat as plain
from django.utils.safestring import SafeString, mark_safe

from arena.wording import MINUS

register = template.Library()


@register.filter(is_safe=True)
def floatformat(value: Any, digits: Any = -1) -> SafeString:
    """
    As Django's, with a minus sign before what is below zero.

    Examples
    --------
    >>> floatformat(-0.256, 2), floatformat(3), floatformat("")
    ('−0.26', '3', '')
    """
    shown = plain(value, digits)
    return mark_safe(f"{MINUS}{shown[1:]}" if shown.startswith("-") else shown)  # noqa: S308  # digits  # nosec B308, B703
