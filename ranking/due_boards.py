"""Which boards wait for a fit: those that have not read all that concerns them, have rested, and nobody is fitting."""

from django.db.models import QuerySet
from django.utils import timezone

from arena import ledger
from arena.leases import LeasedQuerySet
from arena.models import Arena, Event
from ranking.boards import ensure_boards
from ranking.models import Leaderboard, LeaderboardQuerySet

OF_JUDGES = [Event.Kind.GAMES_DECIDED, Event.Kind.GAMES_SET_ASIDE, Event.Kind.GAMES_RESTORED, Event.Kind.GOLD_LABELLED]


def due_boards() -> list[int]:
    """Live boards to fit now, each arena's own first; makes those that an arena has by itself."""
    due: list[int] = []
    for arena in Arena.objects.all():
        head = ledger.head(arena.pk)
        boards = Leaderboard.objects.live().filter(arena=arena)
        if head and (not boards.exists() or boards.filter(read_to__lt=head).exists()):
            ensure_boards(arena)
            _pass_over_judges(arena, head)
            due += _ready(boards, head).values_list("pk", flat=True)
    return due


def is_due(board: Leaderboard) -> bool:
    """Whether a fit would find anything new: a bell may ring twice for one event."""
    return _ready(Leaderboard.objects.filter(pk=board.pk), ledger.head(board.arena_id)).exists()


def _ready(boards: LeaderboardQuerySet, head: int) -> LeasedQuerySet[Leaderboard]:
    """Of an arena whose ledger ends at `head`."""
    now = timezone.now()
    return boards.filter(read_to__lt=head).exclude(not_before__gt=now).claimable(now=now)


def _pass_over_judges(arena: Arena, head: int) -> None:
    """Boards of people's votes read on past what judges did, without a fit: none of it counts there."""
    people = Leaderboard.objects.live().filter(arena=arena, sources=Leaderboard.Sources.PEOPLE, read_to__lt=head)
    for read_to in people.order_by("read_to").values_list("read_to", flat=True).distinct():
        if not _of_people(arena, read_to).exists():
            people.filter(read_to=read_to).update(read_to=head)


def _of_people(arena: Arena, read_to: int) -> QuerySet[Event]:
    return Event.objects.filter(arena=arena, position__gt=read_to).exclude(kind__in=OF_JUDGES)
