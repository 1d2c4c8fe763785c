"""The first page: the arenas, their leaders and the evidence behind them, and for curators what an arena still needs."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from arena import access
from arena.models import Arena
from arena.pairing.pair_candidates import arenas_with_pairs
from arena.views.context import page_context
from ranking.boards.asked.board_choice import board_with_evidence
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_table import Axis, axis_over, by_place
from ranking.views.counted_words import counted_on, words_for
from ranking.views.first_steps import HIDDEN, SITE, Step, first_steps, steps_of
from ranking.views.whiskers import Whisker, whisker

MOST_LEADERS = 5
MOST_HIDDEN = 500  # a session is no place for more
LONGEST_SLUG = 50
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Leader:
    entry: Entry
    whisker: Whisker | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A summary of an arena's board; `evidence`: what counts there, in words, and whose opinion it is."""

    snapshot: Snapshot
    leaders: list[Leader]
    axis: Axis | None
    evidence: dict[str, str]
    n_models: int
    n_rated: int
    n_new: int  # votes or verdicts of the last seven days


@dataclass(frozen=True, slots=True)
class Card:
    arena: Arena
    standing: Standing | None
    sees_board: bool
    may_vote: bool
    steps: list[Step]  # of a curator whose arena is not finished

    @property
    def n_done(self) -> int:
        return sum(step.is_done for step in self.steps)


@require_safe
def arenas(request: HttpRequest) -> HttpResponse:
    known = access.arenas_for(request.user)
    is_archived, n_archived = "archived" in request.GET, known.archived().count()
    listed = list(known.archived() if is_archived else known.in_use())
    hidden = _hidden_lists(request)
    cards = _cards(request, listed, is_archived=is_archived, hidden=hidden)
    is_new = not is_archived and all(arena.is_sample for arena in listed)
    steps = first_steps() if access.is_curator(request.user) and is_new and SITE not in hidden else []
    context: dict[str, Any] = {"cards": cards, "is_archived": is_archived, "n_archived": n_archived, "steps": steps}
    context["has_hidden_steps"] = bool(hidden)
    return render(request, "ranking/arenas.html", page_context(request, "arenas", **context))


@login_required
@require_POST
def hide_steps(request: HttpRequest) -> HttpResponse:
    """Hide one list of first steps from this curator until the session ends, or show all of them again."""
    if not access.is_curator(request.user):
        raise PermissionDenied
    if "show" in request.POST:
        request.session.pop(HIDDEN, None)
    else:
        arena = request.POST.get("arena") or SITE
        request.session[HIDDEN] = sorted({*request.session.get(HIDDEN, []), arena[:LONGEST_SLUG]})[:MOST_HIDDEN]
    return redirect("arenas")


def _hidden_lists(request: HttpRequest) -> set[str]:
    return set(request.session.get(HIDDEN, [])) if access.is_curator(request.user) else set()


def _cards(request: HttpRequest, listed: Sequence[Arena], *, is_archived: bool, hidden: Container[str]) -> list[Card]:
    """The cards of all arenas, in the same few queries."""
    seen = {arena.pk for arena in listed if access.sees_board(request.user, arena)}
    standings = _standings(seen, now=timezone.now())
    votable = [arena for arena in listed if access.may_vote(request.user, arena)]
    offering = arenas_with_pairs(votable) if votable else set()
    steps: dict[int, list[Step]] = {}
    if access.is_curator(request.user) and not is_archived:
        rated = {pk for pk, standing in standings.items() if standing.n_rated}
        unfinished = [arena for arena in listed if not arena.is_sample and arena.slug not in hidden]
        steps = steps_of(unfinished, rated=rated)
    return [
        Card(arena, standings.get(arena.pk), arena.pk in seen, arena.pk in offering, steps.get(arena.pk, []))
        for arena in listed
    ]


def _standings(arenas: Iterable[int], *, now: datetime) -> dict[int, Standing]:
    """The standing of each arena, from the newest snapshot of the board that its page opens on."""
    boards = _boards(arenas, now)
    snapshots = {snapshot.pk: snapshot for snapshot in Snapshot.objects.filter(pk__in=[board.newest for board in boards])}  # type: ignore[attr-defined]
    leaders: dict[int, list[Entry]] = defaultdict(list)
    in_use = Entry.objects.filter(snapshot__in=snapshots, competitor__archived_at=None)
    order = Window(RowNumber(), partition_by="snapshot", order_by=["rank", F("rating").desc(), "pk"])
    placed = in_use.exclude(rank=None).exclude(low=None).annotate(order=order).filter(order__lte=MOST_LEADERS)
    for entry in placed.select_related("competitor"):
        leaders[entry.snapshot_id].append(entry)
    counts = {
        pk: (n, n_rated) for pk, n, n_rated in in_use.order_by().values_list("snapshot").annotate(Count("pk"), Count("rating"))
    }
    return {
        board.arena_id: _standing(snapshots[board.newest], leaders[board.newest], counts.get(board.newest, (0, 0)), board)  # type: ignore[attr-defined]
        for board in boards
    }


def _boards(arenas: Iterable[int], now: datetime) -> list[Leaderboard]:
    """One an arena, with the number of its newest snapshot, and with how much counted a week ago."""
    snapshots = Snapshot.objects.filter(leaderboard=OuterRef("pk"))
    newest, older = snapshots.order_by("-pk"), snapshots.filter(created_at__lte=now - WEEK).order_by("-created_at", "-pk")
    own = Leaderboard.objects.named().filter(Q(is_default=True) | Q(sources=Leaderboard.Sources.JUDGES), arena__in=arenas)
    annotated = own.exclude(is_by_itself=True, is_live=False).annotate(
        newest=Subquery(newest.values("pk")[:1]),
        counted=Subquery(newest.values("n_votes")[:1]),
        before=Subquery(older.values("n_votes")[:1]),
    )
    by_arena: dict[int, list[Leaderboard]] = defaultdict(list)
    for board in annotated.order_by("-is_default", "pk"):
        by_arena[board.arena_id].append(board)
    chosen = [board_with_evidence(boards) for boards in by_arena.values()]
    return [board for board in chosen if board is not None and board.newest]  # type: ignore[attr-defined]


def _standing(snapshot: Snapshot, placed: Sequence[Entry], counts: tuple[int, int], board: Leaderboard) -> Standing:
    first = sorted(placed, key=by_place)[:MOST_LEADERS]
    limits = [value for entry in first for value in (entry.rating, entry.low, entry.high) if value is not None]
    axis = axis_over(limits) if limits else None
    counted = counted_on(snapshot)
    return Standing(
        snapshot=snapshot,
        leaders=[Leader(entry, whisker(axis, entry) if axis else None) for entry in first],
        axis=axis,
        evidence=words_for(counted) | {"sources": snapshot.parameters.get("sources", Leaderboard.Sources.PEOPLE)},
        n_models=counts[0],
        n_rated=counts[1],
        n_new=max(snapshot.n_votes - (board.before or 0), 0),  # type: ignore[attr-defined]
    )
