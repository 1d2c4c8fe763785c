"""How far a board is behind its arena's votes: what its page says, read without the library that fits."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet

from arena.clock import is_older
from arena.models import Event
from ranking.models import Leaderboard

LAGS_AFTER = timedelta(minutes=1)
OF_JUDGES = [
    Event.Kind.GAMES_DECIDED, Event.Kind.GAMES_SET_ASIDE, Event.Kind.GAMES_RESTORED, Event.Kind.GOLD_LABELLED,
    Event.Kind.JUDGE_CHOSEN,
]  # fmt: skip


def unread(board: Leaderboard | None = None) -> QuerySet[Event]:
    """Events of votes that a board has not read; without one, those of the board of a query around it."""
    arena, read_to = (OuterRef("arena"), OuterRef("read_to")) if board is None else (board.arena_id, board.read_to)
    events = Event.objects.filter(Q(position__gt=read_to) | Q(position=None), arena=arena)
    return events.exclude(kind__in=OF_JUDGES).order_by("pk")


def votes_behind(board: Leaderboard, *, now: datetime, unread_since: datetime | None) -> int:
    """Votes that the board's newest fit has not read, where the first of them has waited for longer than a board rests."""
    waits = LAGS_AFTER + board.rest_after(board.last_fit_seconds)
    if not board.is_live or unread_since is None or not is_older(unread_since, now, waits):
        return 0
    events = unread(board)
    n_here = events.filter(source=None).count()
    return n_here + sum(events.filter(kind=Event.Kind.IMPORT_PUBLISHED).values_list("source__n_added", flat=True))
