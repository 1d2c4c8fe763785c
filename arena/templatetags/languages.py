"""Languages, for people."""

from django import template

from arena.texts.languages import language_name as in_english

register = template.Library()


@register.filter
def language_name(code: str) -> str:
    """The English name of a language, or its code where it has none here."""
    return in_english(code)
