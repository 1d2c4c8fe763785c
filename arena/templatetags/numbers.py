"""Numbers of pages: a minus is a minus sign, not a hyphen. These filters take the place of Django's own on every page."""

from typing import Any

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma
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


@register.filter
def approximate(value: float) -> int:
    """
    To two digits, for what is known no better.

    Examples
    --------
    >>> approximate(88_394.2), approximate(1_049), approximate(49.6)
    (88000, 1000, 50)
    """
    whole = round(value)
    return round(whole, min(0, 2 - len(str(whole))))


@register.filter
def signed(value: float, digits: int = 0) -> str:
    """
    A change in whole numbers, or with so many decimals, and its sign; what rounds to 0 has none.

    Examples
    --------
    >>> signed(12.4), signed(-3), signed(-0.2), signed(1234)
    ('+12', '−3', '0', '+1,234')
    >>> signed(12.34, 1), signed(-0.04, 1)
    ('+12.3', '0.0')
    """
    rounded = round(value, digits)
    shown = plain(abs(rounded), f"{digits}g") if digits else intcomma(abs(round(value)))
    return f"{'+' if rounded > 0 else MINUS if rounded < 0 else ''}{shown}"
