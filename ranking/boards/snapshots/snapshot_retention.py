"""Which snapshots stay.

Live boards make many: kept are the newest, those that somebody linked to or exported, and of the others one an hour for 30
days, then one a day. Whoever links to a snapshot or exports it keeps it for good; a crawler that opens them all does not.
Boards that readers ask for are without number, and so would their snapshots be: without an account they are kept up to a
number of all, and go with their board beyond it.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError
from django.http import Http404, HttpRequest
from django.utils import timezone

from arena.visitors import rate_windows
from arena.visitors.addresses import address_of
from ranking.models import KeptSnapshot, Leaderboard, Snapshot

HOURLY_FOR = timedelta(days=30)
ALL_FOR = timedelta(hours=1)
KEPT_AN_HOUR = 20  # by one address without an account
MOST_KEPT_OF_ASKED = 1_000  # more are kept by people with an account alone


def keep(snapshot: Snapshot, request: HttpRequest, *, reason: str) -> None:
    if KeptSnapshot.objects.filter(snapshot=snapshot).exists():
        return
    if request.user.is_authenticated or (_has_room(snapshot.leaderboard) and _may_keep(request)):
        try:
            KeptSnapshot.objects.get_or_create(snapshot=snapshot, defaults={"reason": reason})
        except IntegrityError as gone:
            raise Http404("thinned out since it was looked up") from gone


def _may_keep(request: HttpRequest) -> bool:
    return rate_windows.allow(f"keep:{address_of(request)}", at_most=KEPT_AN_HOUR, seconds=3600, now=timezone.now())


def _has_room(board: Leaderboard) -> bool:
    of_asked = KeptSnapshot.objects.filter(snapshot__leaderboard__is_asked=True)
    return not board.is_asked or of_asked.count() < MOST_KEPT_OF_ASKED


def thin_snapshots(*, now: datetime) -> int:
    """Delete snapshots that need not be kept; returns how many."""
    n_deleted = 0
    for board in Leaderboard.objects.all():
        doomed = _superfluous(board, now)
        for start in range(0, len(doomed), 200):
            n_deleted += len(doomed[start : start + 200])
            # Checked once more: a link to it may have been made in the meantime.
            Snapshot.objects.filter(pk__in=doomed[start : start + 200], kept=None).delete()
    return n_deleted


def _superfluous(board: Leaderboard, now: datetime) -> list[int]:
    snapshots = board.snapshots.order_by("pk").values_list("pk", "created_at", "kept")
    newest = board.newest_snapshot()
    seen: set[tuple[str, datetime]] = set()
    doomed: list[int] = []
    for pk, created_at, kept in snapshots:
        period = _period(created_at, now)
        if period is None or kept is not None or (newest and pk == newest.pk):
            continue
        if period in seen:
            doomed.append(pk)
        seen.add(period)
    return doomed


def _period(created_at: datetime, now: datetime) -> tuple[str, datetime] | None:
    """The hour or day represented by its first snapshot; None for the last hour, which is kept completely."""
    if now - created_at < ALL_FOR:
        return None
    hour = created_at.replace(minute=0, second=0, microsecond=0)
    return ("hour", hour) if now - created_at < HOURLY_FOR else ("day", hour.replace(hour=0))
