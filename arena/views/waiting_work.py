"""What waits for a curator in the arenas: how many of each kind, the oldest, and the page where it is dealt with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import OrderBy
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.evidence import flags
from arena.models import ArenaQuerySet, Ballot, Battle, Delivery, Endpoint, Import, Prompt, Response, Run, Voting, Webhook
from arena.wording import number

RECENT = timedelta(days=14)
"""What failed for good and cannot be mended in its row, such as a file, is listed for so long."""

PATIENCE = timedelta(minutes=5)
"""A file that has waited for longer has no worker that reads it."""

MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class WaitingWork:
    """`title` names what waits, with its number; `why` says what that means. One of it, the oldest if `since`, is named."""

    key: str
    n: int
    title: str
    why: str
    oldest: str
    oldest_address: str
    since: datetime | None
    list_address: str
    action: str

    @property
    def address(self) -> str:
        """Where it is dealt with: all of it on one page where there is one."""
        return self.list_address or self.oldest_address


@dataclass(frozen=True, slots=True)
class WaitingRows:
    """The number of rows that wait, and the first of them."""

    n: int
    first: Any

    @property
    def counted(self) -> str:
        return _("more than %(n)s") % {"n": number(MOST_COUNTED)} if self.n > MOST_COUNTED else number(self.n)


def find(rows: QuerySet[Any], *order: str | OrderBy) -> WaitingRows | None:
    """None where there are no rows. They are not counted beyond a limit, and all of them are of one query."""
    n = rows.order_by()[: MOST_COUNTED + 1].count()
    return WaitingRows(n, rows.order_by(*order)[0]) if n else None


def waiting_in_arenas(arenas: ArenaQuerySet, *, now: datetime, makes_endpoints: bool) -> Iterator[WaitingWork]:
    """`arenas`: those that the reader curates; `makes_endpoints`: the reader may open the pages of endpoints."""
    kinds: list[Callable[[ArenaQuerySet, datetime], WaitingWork | None]] = [
        _flags, _failed_runs, _paused_runs, _failed_imports, _waiting_imports, _unanswered, _webhooks,
    ]  # fmt: skip
    yield from filter(None, (kind(arenas, now) for kind in kinds))
    yield from filter(None, [_paused_endpoints(makes_endpoints=makes_endpoints)])


def _flags(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    ballots = Ballot.objects.filter(battle__arena__in=arenas)
    rows = find(flags.waiting(ballots).select_related("battle__arena"), "served_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="flags",
        n=rows.n,
        title=ngettext("%(n)s flagged pair", "%(n)s flagged pairs", rows.n) % {"n": rows.counted},
        why=_("Voters said that something is wrong. Read the pair, retire what is at fault, and mark the pair as handled."),
        oldest=_("battle %(number)s in %(arena)s") % {"number": rows.first.battle_id, "arena": rows.first.battle.arena},
        oldest_address=reverse("admin:arena_ballot_change", args=[rows.first.pk]),
        since=rows.first.served_at,
        list_address=f"{reverse('admin:arena_ballot_changelist')}?flagged=open",
        action=_("Review"),
    )


def _failed_runs(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    runs = Run.objects.filter(arena__in=arenas, state=Run.State.FAILED, finished_at__gt=now - RECENT)
    rows = find(runs.select_related("arena"), "finished_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="failed-runs",
        n=rows.n,
        title=ngettext("%(n)s run failed", "%(n)s runs failed", rows.n) % {"n": rows.counted},
        why=_("Every call that was sent failed. The page of a run says why, and retries its calls."),
        oldest=_in(rows.first.name, rows.first.arena),
        oldest_address=reverse("run", args=[rows.first.pk]),
        since=rows.first.finished_at,
        list_address=_admin_list("run", state__exact=Run.State.FAILED) if rows.n > 1 else "",
        action=_("See why"),
    )


def _paused_runs(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    rows = find(Run.objects.filter(arena__in=arenas, state=Run.State.PAUSED).select_related("arena"), "created_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="paused-runs",
        n=rows.n,
        title=ngettext("%(n)s run is paused", "%(n)s runs are paused", rows.n) % {"n": rows.counted},
        why=_("A paused run sends nothing more until somebody resumes or cancels it."),
        oldest=_in(rows.first.name, rows.first.arena),
        oldest_address=reverse("run", args=[rows.first.pk]),
        since=rows.first.created_at,
        list_address=_admin_list("run", state__exact=Run.State.PAUSED) if rows.n > 1 else "",
        action=_("Resume or cancel"),
    )


def _paused_endpoints(*, makes_endpoints: bool) -> WaitingWork | None:
    """Endpoints belong to no arena: the judges and models of all that use one are not asked."""
    rows = find(Endpoint.objects.in_use().exclude(paused_because=""), "created_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="paused-endpoints",
        n=rows.n,
        title=ngettext("%(n)s endpoint is paused", "%(n)s endpoints are paused", rows.n) % {"n": rows.counted},
        why=_("The judges and models behind a paused endpoint are not asked. A superuser can resume it."),
        oldest=f"{rows.first.name}: {rows.first.paused_because}",
        oldest_address=reverse("admin:arena_endpoint_change", args=[rows.first.pk]) if makes_endpoints else "",
        since=None,
        list_address=_admin_list("endpoint") if rows.n > 1 and makes_endpoints else "",
        action=_("See why"),
    )


def _failed_imports(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    later = Import.objects.filter(
        arena=OuterRef("arena"), kind=OuterRef("kind"), filename=OuterRef("filename"), pk__gt=OuterRef("pk"),
        state=Import.State.PUBLISHED,
    )  # fmt: skip
    failed = Import.objects.filter(arena__in=arenas, state=Import.State.FAILED, created_at__gt=now - RECENT)
    rows = find(failed.exclude(Exists(later)).select_related("arena"), "created_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="failed-imports",
        n=rows.n,
        title=ngettext("%(n)s import failed", "%(n)s imports failed", rows.n) % {"n": rows.counted},
        why=_("A failed import brought nothing in. Its page says what is wrong: correct that, and import the file again."),
        oldest=_in(rows.first.filename, rows.first.arena),
        oldest_address=reverse("import", args=[rows.first.pk]),
        since=rows.first.created_at,
        list_address=_admin_list("import", state__exact=Import.State.FAILED) if rows.n > 1 else "",
        action=_("See what is wrong"),
    )


def _waiting_imports(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    waiting = Import.objects.filter(arena__in=arenas, state=Import.State.WAITING, created_at__lt=now - PATIENCE)
    rows = find(waiting.select_related("arena"), "created_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="waiting-imports",
        n=rows.n,
        title=ngettext("%(n)s import is waiting", "%(n)s imports are waiting", rows.n) % {"n": rows.counted},
        why=_("No worker has begun to read. Whoever runs the site has to check that a worker is running."),
        oldest=_in(rows.first.filename, rows.first.arena),
        oldest_address=reverse("import", args=[rows.first.pk]),
        since=rows.first.created_at,
        list_address=_admin_list("import", state__exact=Import.State.WAITING) if rows.n > 1 else "",
        action=_("See imports"),
    )


def _unanswered(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    """Prompts that voters should see and cannot, because no model has answered. Those of imported votes need no answers."""
    answers = Response.objects.in_use().filter(prompt=OuterRef("pk")).delivered()
    prompts = Prompt.objects.servable().filter(arena__in=arenas.exclude(voting=Voting.CLOSED))
    waiting = prompts.exclude(Exists(answers)).exclude(Exists(Battle.objects.filter(prompt=OuterRef("pk"))))
    rows = find(waiting.select_related("arena"), "created_at", "pk")
    if rows is None:
        return None
    arena = rows.first.arena
    return WaitingWork(
        key="unanswered",
        n=rows.n,
        title=ngettext("%(n)s prompt has no answers", "%(n)s prompts have no answers", rows.n) % {"n": rows.counted},
        why=_("Voters are shown a prompt only once two models have answered it. Import answers, or have them generated."),
        oldest=_in(rows.first.key, arena),
        oldest_address=reverse("admin:arena_prompt_change", args=[rows.first.pk]),
        since=rows.first.created_at,
        list_address=f"{reverse('new-answers')}?arena={arena.slug}",
        action=_("Get answers"),
    )


def _webhooks(arenas: ArenaQuerySet, now: datetime) -> WaitingWork | None:
    sent = Delivery.objects.filter(webhook=OuterRef("pk"), n_sent__gt=0).order_by("-pk")
    hooks = Webhook.objects.filter(arena__in=arenas).annotate(fault=Subquery(sent.values("error")[:1]))
    failing = hooks.filter(is_active=True).exclude(Q(fault=None) | Q(fault=""))
    rows = find(failing.select_related("arena"), "created_at", "pk")
    if rows is None:
        return None
    return WaitingWork(
        key="webhooks",
        n=rows.n,
        title=ngettext("%(n)s webhook fails", "%(n)s webhooks fail", rows.n) % {"n": rows.counted},
        why=_("The last message was not taken. A message is sent again for about two days, then given up."),
        oldest=f"{rows.first.address}: {rows.first.fault}",
        oldest_address=reverse("webhook", args=[rows.first.pk]),
        since=None,
        list_address=reverse("webhooks") if rows.n > 1 else "",
        action=_("See messages"),
    )


def _in(name: str, arena: object) -> str:
    return _("%(name)s in %(arena)s") % {"name": name, "arena": arena}


def _admin_list(model: str, **filters: str) -> str:
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    return reverse(f"admin:arena_{model}_changelist") + (f"?{query}" if query else "")
