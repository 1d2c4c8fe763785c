"""What waits for a curator about judges: verdicts that do not count, and figures that are out of date."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.models import ArenaQuerySet, Event
from arena.views.waiting_work import WaitingWork, find
from judges.models import JudgeAudit, JudgeChoice

OVERDUE = timedelta(hours=1)
"""Audits follow the evidence within minutes; one that is so far behind has no worker."""


def waiting_about_judges(arenas: ArenaQuerySet, *, now: datetime) -> Iterator[WaitingWork]:
    yield from filter(None, (_unusable(arenas), _outdated(arenas, now)))


def _unusable(arenas: ArenaQuerySet) -> WaitingWork | None:
    """Judges whose verdicts do not count by the rule, where no curator has decided otherwise."""
    newest = JudgeChoice.objects.filter(arena=OuterRef("arena"), judge=OuterRef("judge")).order_by("-pk")
    audits = JudgeAudit.objects.made().filter(arena__in=arenas, is_usable=False, judge__archived_at=None)
    undecided = audits.annotate(says=Subquery(newest.values("says")[:1])).filter(Q(says=None) | Q(says=JudgeChoice.Says.RULE))
    rows = find(undecided, "made_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="unusable-judges",
        n=rows.n,
        title=ngettext("%(n)s judge is unusable", "%(n)s judges are unusable", rows.n) % {"n": rows.counted},
        why=_("The verdicts of an unusable judge count only where a curator includes it. Read why, then decide."),
        oldest=str(rows.first),
        oldest_address=reverse("judge", args=[rows.first.arena.slug, rows.first.judge_id]),
        since=rows.first.made_at,
        list_address=reverse("admin:judges_judgechoice_add"),
        action=_("Decide"),
    )


def _outdated(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    """Audits that failed, or that have not read evidence which has been there for a while."""
    events = Event.objects.filter(arena=OuterRef("arena"), position__isnull=False).order_by("-position")
    audits = JudgeAudit.objects.filter(arena__in=arenas, judge__archived_at=None).annotate(
        head=Subquery(events.values("position")[:1]), moved_at=Subquery(events.values("created_at")[:1])
    )
    is_late = Q(read_to__lt=F("head"), moved_at__lt=now - OVERDUE)
    rows = find(audits.filter(is_late | ~Q(error="")).select_related("judge", "arena"), "made_at", "pk")
    if rows is None:
        return None
    audit = rows.first
    return WaitingWork(
        key="outdated-audits",
        n=rows.n,
        title=ngettext(
            "%(n)s judge's evaluation is out of date", "%(n)s judges' evaluations are out of date", rows.n
        ) % {"n": rows.counted},
        why=_("New votes and verdicts are not in the figures, because the evaluation failed or no worker is running."),
        oldest=f"{audit}: {audit.error}" if audit.error else str(audit),
        oldest_address=reverse("judge", args=[audit.arena.slug, audit.judge_id]),
        since=audit.made_at,
        list_address="",
        action=_("See figures"),
    )  # fmt: skip
