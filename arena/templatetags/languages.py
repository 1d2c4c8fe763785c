"""Languages, for people."""

from django import template

from arena.texts import languages

register = template.Library()
register.filter(languages.language_shown)
