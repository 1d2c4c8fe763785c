"""Flagged pairs: a voter said that something is wrong with one, and it waits until a curator has dealt with it."""

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from arena.models import Ballot


def waiting(ballots: QuerySet[Ballot]) -> QuerySet[Ballot]:
    return ballots.filter(state=Ballot.State.FLAGGED, handled_at=None)


def handled(ballots: QuerySet[Ballot]) -> QuerySet[Ballot]:
    return ballots.filter(state=Ballot.State.FLAGGED, handled_at__isnull=False)


def handle(ballots: QuerySet[Ballot], actor: User) -> int:
    """Mark as handled those that wait; how many. Of two curators at once the first one stands."""
    return waiting(ballots.order_by()).update(handled_at=timezone.now(), handled_by=actor)


def reopen(ballots: QuerySet[Ballot]) -> int:
    """Let those that were handled wait again; how many."""
    return handled(ballots.order_by()).update(handled_at=None, handled_by=None)
