"""Texts of strangers, for people."""

from django import template
from django.template.defaultfilters import stringfilter

from arena.rendering import visible_controls

register = template.Library()


@register.filter(is_safe=True)
@stringfilter
def visible(text: str) -> str:
    """Characters that turn or hide a text, shown as what they are: what a model said must not look like something else."""
    return visible_controls(text)
