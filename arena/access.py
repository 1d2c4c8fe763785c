"""Who sees what, and who may vote. Pages, REST and exports all ask here."""

from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone

from arena.models import Arena, Ballot, Battle, Response, Visibility, Voter, Voting

Visitor = AbstractBaseUser | AnonymousUser


def is_curator(visitor: Visitor) -> bool:
    return bool(visitor.is_active and getattr(visitor, "is_staff", False))


def _levels(visitor: Visitor) -> list[str]:
    """The visibilities that this visitor is let through."""
    if is_curator(visitor):
        return list(Visibility.values)
    return [Visibility.PUBLIC, Visibility.ACCOUNTS] if visitor.is_authenticated else [Visibility.PUBLIC]


def arenas_for(visitor: Visitor) -> QuerySet[Arena]:
    """Arenas whose board this visitor may read, or where the visitor may vote."""
    readable = Q(board_visibility__in=_levels(visitor))
    votable = Q(voting=Voting.ANYONE) | (Q(voting=Voting.ACCOUNTS) if visitor.is_authenticated else Q(pk=None))
    return Arena.objects.filter(readable | votable)


def boards_for(visitor: Visitor) -> QuerySet[Arena]:
    """Arenas whose leaderboards this visitor may read."""
    return Arena.objects.filter(board_visibility__in=_levels(visitor))


def contents_for(visitor: Visitor) -> QuerySet[Arena]:
    """Arenas whose prompts, answers and battles this visitor may read."""
    return Arena.objects.filter(content_visibility__in=_levels(visitor))


def sees_board(visitor: Visitor, arena: Arena) -> bool:
    return arena.board_visibility in _levels(visitor)


def sees_content(visitor: Visitor, arena: Arena) -> bool:
    """Prompts, answers and battles."""
    return arena.content_visibility in _levels(visitor)


def may_vote(visitor: Visitor, arena: Arena) -> bool:
    return arena.voting == Voting.ANYONE or (arena.voting == Voting.ACCOUNTS and visitor.is_authenticated)


def pending_prompts(voter: Voter | None) -> QuerySet[Ballot, int | None]:
    """Prompts on which this voter has an open ballot: their answers and names stay hidden from the voter until the vote."""
    return Ballot.objects.filter(voter=voter, state=Ballot.State.OPEN).values_list("battle__prompt_id", flat=True)


def battles_for(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Battle]:
    """Battles that this visitor may read with names and votes.

    Left out for all but curators: battles that are open to any voter. Left out for everybody: battles on a prompt on which
    the visitor has an open ballot, because the same answers could stand in them.
    """
    battles = Battle.objects.filter(arena=arena).published()
    if not sees_content(visitor, arena):
        return battles.none()
    if not is_curator(visitor):
        # A ballot's arena is its voter's: by the battles it would take reading them all.
        battles = battles.exclude(pk__in=Ballot.objects.filter(state=Ballot.State.OPEN, voter__arena=arena).values("battle_id"))
    if voter is not None:
        battles = battles.exclude(prompt_id__in=pending_prompts(voter))
    return battles


def responses_for(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
    """Answers that this visitor may read with the names of those who gave them.

    Whoever finds the answers of a prompt by name knows the sides of every ballot on it. Left out for everybody: prompts on
    which the visitor has an open ballot. For all but curators also those on which anybody was served one within a day: a
    request without the cookie must not tell what the one with it hides. Prompts of the same text go with them, because a
    model may answer them in the same words.
    """
    if not sees_content(visitor, arena):
        return Response.objects.none()
    hidden_by = Q(voter=voter) if voter is not None else Q(pk=None)
    if not is_curator(visitor):
        hidden_by |= Q(served_at__gt=timezone.now() - timedelta(days=1))
    in_play = Ballot.objects.filter(hidden_by, state=Ballot.State.OPEN, voter__arena=arena, battle__prompt__isnull=False)
    answers = Response.objects.delivered().filter(prompt__arena=arena)
    return answers.exclude(prompt__content_hash__in=in_play.values("battle__prompt__content_hash"))
