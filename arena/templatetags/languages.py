"""Languages, for people."""

from collections.abc import Sequence

from django import template
from django.conf import settings

from arena.texts import languages

register = template.Library()
register.filter(languages.language_shown)


@register.simple_tag
def site_languages() -> Sequence[tuple[str, str]]:
    """Codes and names of the languages that the site has, each named as its speakers name it."""
    names: Sequence[tuple[str, str]] = settings.LANGUAGES
    return names
