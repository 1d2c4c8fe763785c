"""Money and time for people."""

from django import template
from django.utils.translation import gettext as _

from arena.runs.budget import dollars as in_dollars
from arena.runs.planning import roughly

register = template.Library()
register.filter("roughly", roughly)


@register.filter
def dollars(micro: int | None) -> str:
    """Micro-dollars as dollars; "no cap" for None."""
    return _("no cap") if micro is None else in_dollars(micro)


@register.filter
def amount(micro: int) -> str:
    """The same without a sign, below a heading that has it."""
    return in_dollars(micro).removeprefix("$")


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as a time that people say."""
    if seconds is None:
        return _("unknown")
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours and not minutes:
        return _("%(hours)d h") % {"hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    if minutes and not rest:
        return _("%(minutes)d min") % {"minutes": minutes}
    if minutes:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": rest}
    return _("%(seconds)d s") % {"seconds": rest}
