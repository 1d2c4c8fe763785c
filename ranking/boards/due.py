"""Which boards are due: live ones with unread events whose cool-down is over and that no worker holds.

`ranking.models.Leaderboard.rests` gives how long a board rests after a fit. The check takes the same few queries however many
arenas there are, and runs every second.
"""

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from arena.models import Arena, Event
from ranking.boards.default_boards import ensure_boards
from ranking.boards.lag import OF_JUDGES
from ranking.models import Leaderboard, LeaderboardQuerySet


def refresh_boards() -> list[int]:
    """The boards to fit now, after creating the default boards of their arenas."""
    pass_over_judges()
    due = due_boards()
    moved = {board.arena_id for board in due} | set(_without_boards().values_list("pk", flat=True))
    if not moved:
        return []
    for arena in Arena.objects.filter(pk__in=moved):
        ensure_boards(arena)
    return [board.pk for board in due_boards()]


def due_boards() -> list[Leaderboard]:
    """Each arena's own first."""
    return _ready(_behind(Leaderboard.objects.live()))


def is_due(board: Leaderboard) -> bool:
    """Whether a fit would find anything new; a worker may be woken twice for one event."""
    return bool(_ready(_behind(Leaderboard.objects.filter(pk=board.pk))))


def pass_over_judges() -> None:
    """Boards of people's votes skip judges' events without a fit, because these do not count there."""
    people = Leaderboard.objects.live().filter(sources=Leaderboard.Sources.PEOPLE)
    of_people = Event.objects.filter(arena=OuterRef("arena"), position__gt=OuterRef("read_to")).exclude(kind__in=OF_JUDGES)
    for board in _behind(people).exclude(Exists(of_people)):
        Leaderboard.objects.filter(pk=board.pk, read_to=board.read_to).update(read_to=board.head)  # type: ignore[attr-defined]


def _behind(boards: LeaderboardQuerySet) -> LeaderboardQuerySet:
    """Boards whose arena's ledger, ending at `head`, has events that they have not read."""
    return boards.annotate(head=Subquery(_head("arena"))).filter(head__gt=F("read_to"))


def _head(arena: str) -> QuerySet[Event, int | None]:
    events = Event.objects.filter(arena=OuterRef(arena), position__isnull=False)
    return events.order_by("-position").values_list("position", flat=True)[:1]


def _without_boards() -> QuerySet[Arena]:
    """Arenas with events but no live board yet."""
    live = Leaderboard.objects.live().filter(arena=OuterRef("pk"))
    return Arena.objects.filter(~Exists(live), Exists(Event.objects.filter(arena=OuterRef("pk"), position__isnull=False)))


def _ready(boards: LeaderboardQuerySet) -> list[Leaderboard]:
    now = timezone.now()
    return [board for board in boards.claimable(now=now) if not board.rests(now)]
