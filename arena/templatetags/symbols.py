"""Formulas that are stored as plain text for programs, set for readers: θ for theta, − for a minus, subscripts."""

import re

from django import template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

GREEK = {"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "theta": "θ", "tau": "τ"}
_LETTER = re.compile(rf"\b({'|'.join(GREEK)})(?=_|\b)")
_SUBSCRIPT = re.compile(r"(?<=\w)_(\+|\w+)")
_MINUS = re.compile(r"(?<![\w)])-(?=[\w(])|(?<= )-(?= )")


@register.filter
def formula(text: str) -> SafeString:
    """
    A formula with its signs. What is between them stays as it is.

    Examples
    --------
    >>> formula("theta_first - theta_second + gamma"), formula("(p - y)^2")
    ('θ<sub>first</sub> − θ<sub>second</sub> + γ', '(p − y)²')
    >>> formula("two-way; +1 right, -1 wrong; share * |a - b|; chi-square < 3")
    'two-way; +1 right, −1 wrong; share × |a − b|; chi-square &lt; 3'
    """
    text = _LETTER.sub(lambda match: GREEK[match[1]], str(text))
    text = _MINUS.sub("−", text).replace("^2", "²").replace(" * ", " × ")
    return subscripts(text)


@register.filter
def subscripts(text: str) -> SafeString:
    """
    A name with its index below the line.

    Examples
    --------
    >>> subscripts("leniency P_c"), subscripts("leniency P_+"), subscripts("slot intercept gamma")
    ('leniency P<sub>c</sub>', 'leniency P<sub>+</sub>', 'slot intercept gamma')
    """
    return mark_safe(_SUBSCRIPT.sub(r"<sub>\1</sub>", conditional_escape(text)))  # noqa: S308  # escaped  # nosec B308, B703
