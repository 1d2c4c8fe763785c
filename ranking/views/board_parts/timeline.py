"""The slider over a board's snapshots: what each shows, and what happened since the one before it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.wording import number
from ranking.boards.snapshots.moments import Moment, timeline
from ranking.models import Snapshot

MOST_MODELS = 300
"""On boards with more than these, nobody counts how many each moment had."""


@dataclass(frozen=True, slots=True)
class TimelinePoint:
    """One moment of the slider; `facts` are phrases."""

    moment: Moment
    facts: list[str]
    is_shown: bool
    is_newest: bool


def timeline_of(shown: Snapshot, *, n_models: int = 0) -> list[TimelinePoint]:
    """Of a board with so many models, the oldest first."""
    moments = timeline(shown, counts_models=n_models <= MOST_MODELS)
    return [
        TimelinePoint(moment, facts_of(moment), moment.pk == shown.pk, moment is moments[-1]) for moment in moments
    ]  # fmt: skip


def facts_of(moment: Moment) -> list[str]:
    """What happened since the moment before, apart from new results."""
    models, aside = moment.n_more_models, moment.n_more_set_aside
    facts = {
        ngettext("%(n)s more model", "%(n)s more models", models) % {"n": number(models)}: models > 0,
        ngettext("%(n)s model fewer", "%(n)s models fewer", -models) % {"n": number(-models)}: models < 0,
        ngettext("%(n)s more set aside", "%(n)s more set aside", aside) % {"n": number(aside)}: aside > 0,
        ngettext("%(n)s brought back", "%(n)s brought back", -aside) % {"n": number(-aside)}: aside < 0,
        _("another method"): moment.is_other_method,
        _("another version of Agon"): moment.is_other_code,
    }
    return [fact for fact, is_so in facts.items() if is_so]
