"""Flagged pairs: a voter reported that something is wrong, and a curator has yet to deal with it."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from arena.models import Ballot


def waiting(ballots: QuerySet[Ballot]) -> QuerySet[Ballot]:
    return ballots.filter(state=Ballot.State.FLAGGED, handled_at=None)


def handled(ballots: QuerySet[Ballot]) -> QuerySet[Ballot]:
    return ballots.filter(state=Ballot.State.FLAGGED, handled_at__isnull=False)


def handle(ballots: QuerySet[Ballot], actor: User) -> int:
    """Mark waiting flags as handled; returns how many. Of two curators at once the first wins."""
    return waiting(ballots.order_by()).update(handled_at=timezone.now(), handled_by=actor)


def reopen(ballots: QuerySet[Ballot]) -> int:
    """Reopen handled flags; returns how many."""
    return handled(ballots.order_by()).update(handled_at=None, handled_by=None)
