"""What changed between two snapshots of a board."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from arena import access
from arena.views.context import arena_or_404, page_context
from arena.views.private_boards import board_is_private
from arena.views.private_pages import private
from ranking.boards.asked.board_access import snapshots_for
from ranking.boards.snapshots.changes import BoardChanges, changes_between
from ranking.boards.snapshots.snapshot_keys import AmbiguousKey, snapshot_called
from ranking.boards.snapshots.snapshot_retention import keep
from ranking.models import Leaderboard, Snapshot
from ranking.views.counted_words import counted_on, words_for
from ranking.views.reports.cause_bars import cause_table


@require_safe
def changes(request: HttpRequest, key: str, other: str) -> HttpResponse:
    """From the older to the newer of the two, whichever is named first. They are kept, as those that are linked to are."""
    snapshots = {each.key: each for each in Snapshot.objects.filter(key__in=[key, other]).select_related("leaderboard__arena")}
    if key not in snapshots or other not in snapshots:
        return _by_beginnings(request, key, other)
    if key == other:
        raise Http404
    older, newer = sorted(snapshots.values(), key=lambda each: each.pk)
    arena = newer.leaderboard.arena
    if older.leaderboard_id != newer.leaderboard_id:
        raise Http404
    if not access.sees_board(request.user, arena):
        return board_is_private(request, arena_or_404(request, arena.slug))
    if not snapshots_for(request.user).filter(pk=newer.pk).exists():
        raise Http404
    if key != older.key:
        return redirect("changes", older.key, newer.key)
    for each in (older, newer) if request.method == "GET" else ():
        keep(each, request, reason="linked")
    between = changes_between(older, newer)
    context = {"board": newer.leaderboard, "changes": between, "evidence": words_for(counted_on(newer))}
    context |= _causes(between)
    return private(render(request, "ranking/reports/changes.html", page_context(request, "leaderboard", arena, **context)))


def _by_beginnings(request: HttpRequest, key: str, other: str) -> HttpResponse:
    """To the snapshots that begin so, among those that this visitor may see."""
    among = snapshots_for(request.user)
    try:
        first, second = snapshot_called(key, among), snapshot_called(other, among)
    except AmbiguousKey as reason:
        return render(request, "404.html", {"told": str(reason)}, status=404)
    if first is None or second is None:
        raise Http404
    return redirect("changes", first.key, second.key)


def _causes(between: BoardChanges) -> dict[str, Any]:
    """The change of each model by cause, where a reader can wait for the fits."""
    if not between.is_quick:
        return {"causes": None, "too_large": True}
    from ranking.boards.snapshots.causes import causes_between  # scipy: a second that other pages need not wait for

    counted = str(between.newer.parameters.get("sources", Leaderboard.Sources.PEOPLE))
    return {"causes": cause_table(between, causes_between(between), counted), "too_large": False}
