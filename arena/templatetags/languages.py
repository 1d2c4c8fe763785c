"""Languages, for people."""

from collections.abc import Sequence
from typing import Any

from django import template
from django.conf import settings
from django.urls import reverse

from arena.texts import languages

register = template.Library()
register.filter(languages.language_shown)


@register.simple_tag(takes_context=True)
def to_come_back(context: dict[str, Any]) -> str:
    """Where a reader goes on in another language or signed in: here, unless a form was sent here; no link repeats that."""
    request, arena = context.get("request"), context.get("arena")
    if request is not None and request.method in ("GET", "HEAD"):
        return str(request.get_full_path())
    return str(arena.get_absolute_url()) if arena else reverse("arenas")


@register.simple_tag
def site_languages() -> Sequence[tuple[str, str]]:
    """Codes and names of the languages that the site has, each named as its speakers name it."""
    names: Sequence[tuple[str, str]] = settings.LANGUAGES
    return names
