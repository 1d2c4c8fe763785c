"""Intervals in words: every page prints them by this one filter, so that an end that is missing is never an empty "to"."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from arena.templatetags.numbers import floatformat

register = template.Library()


@register.filter
def interval(value: Any, digits: int = 3) -> str:
    """
    Both ends, with so many digits, or what is known where one is missing. `value` has `low` and `high`, or is the pair of them.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> interval(SimpleNamespace(low=1, high=2.25), 2)
    '1.00 to 2.25'
    """
    low, high = value if isinstance(value, list | tuple) else (_end(value, name) for name in ("low", "high"))
    shown = {"low": floatformat(low, digits), "high": floatformat(high, digits)}
    if low is not None and high is not None:
        return _("%(low)s to %(high)s") % shown
    if low is not None:
        return _("at least %(low)s") % shown
    return _("no interval") if high is None else _("at most %(high)s") % shown


@register.filter
def shown_interval(figure: dict[str, Any], digits: int) -> str:
    """
    Both ends of a figure as its table prints them: of a share, in per cent.

    Examples
    --------
    >>> shown_interval({"shown_low": 12.5, "shown_high": None, "is_share": True}, 1)
    'at least 12.5 %'
    """
    words = interval([figure["shown_low"], figure["shown_high"]], digits)
    has_end = figure["shown_low"] is not None or figure["shown_high"] is not None
    return _("%(number)s %%") % {"number": words} if figure["is_share"] and has_end else words


def _end(value: Any, name: str) -> float | None:
    return value.get(name) if isinstance(value, dict) else getattr(value, name, None)
