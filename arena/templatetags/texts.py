"""Texts of strangers, for people."""

import re

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe

from arena.runs.kinds import OUTCOME_NAMES
from arena.texts.rendering import visible_controls

register = template.Library()
# From the first letter that runs from right to left to the last one of its kind before another letter comes.
_LEFTWARDS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(f"[{_LEFTWARDS}](?:[^A-Za-z0-9;:]*[{_LEFTWARDS}])?")


@register.filter(is_safe=True)
@stringfilter
def visible(text: str) -> str:
    """Characters that turn or hide a text, shown as what they are: what a model said must not look like something else."""
    return visible_controls(text)


@register.filter
def outcome_name(outcome: str) -> str:
    """The end state of a call, in the reader's language."""
    return str(OUTCOME_NAMES.get(outcome, outcome))


@register.filter(needs_autoescape=True)
def isolated(sentence: object, *, autoescape: bool = True) -> SafeString:
    """A sentence with names in it: those that run from right to left do not turn around what stands beside them."""
    text = str(sentence)
    if isinstance(text, SafeData):
        return SafeString(text)  # a sentence with markup isolates its own names  # nosec B703
    escaped = conditional_escape(text) if autoescape else text
    return mark_safe(_RUN.sub(lambda run: f"<bdi>{run[0]}</bdi>", escaped))  # noqa: S308  # escaped above unless the template says not to  # nosec B308, B703
