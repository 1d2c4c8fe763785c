"""How far a board is behind its arena's votes, for its page, without loading the fitting library."""

from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from arena.clock import is_older
from arena.models import Event
from ranking.models import Leaderboard

LAGS_AFTER = timedelta(minutes=1)
OF_JUDGES = [
    Event.Kind.GAMES_DECIDED, Event.Kind.GAMES_SET_ASIDE, Event.Kind.GAMES_RESTORED, Event.Kind.GOLD_LABELLED,
    Event.Kind.JUDGE_CHOSEN,
]  # fmt: skip


def unread_since() -> Coalesce:
    """When the first event of votes came that a board has not read, for the board of a query around it.

    Those with a position come first, and the ledger's index gives the first of them: a board that nobody fits may have a
    million unread.
    """
    events = _of_votes(OuterRef("arena")).values("created_at")
    placed, waiting = events.filter(position__gt=OuterRef("read_to")), events.filter(position=None)
    return Coalesce(Subquery(placed.order_by("position")[:1]), Subquery(waiting.order_by("pk")[:1]))


def _of_votes(arena: int | OuterRef) -> QuerySet[Event]:
    return Event.objects.filter(arena=arena).exclude(kind__in=OF_JUDGES)


def votes_behind(board: Leaderboard, *, now: datetime, unread_since: datetime | None) -> int:
    """Votes that the board's newest fit has not read, where the first of them has waited for longer than a board rests."""
    waits = LAGS_AFTER + board.rest_after(board.last_fit_seconds)
    if not board.is_live or unread_since is None or not is_older(unread_since, now, waits):
        return 0
    events = _of_votes(board.arena_id).filter(Q(position__gt=board.read_to) | Q(position=None))
    n_here = events.filter(source=None).count()
    return n_here + sum(events.filter(kind=Event.Kind.IMPORT_PUBLISHED).values_list("source__n_added", flat=True))
