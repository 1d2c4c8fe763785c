"""Who sees what, and who may vote. Pages, REST and exports all ask here."""

from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from arena.models import (
    Arena,
    ArenaQuerySet,
    Ballot,
    Battle,
    FinishState,
    Prompt,
    PromptStatus,
    Response,
    Visibility,
    Voter,
    Voting,
)

IN_PLAY_FOR = timedelta(hours=1)  # how long a ballot that nobody answers hides its prompt from others

Visitor = AbstractBaseUser | AnonymousUser
_WITHIN = "arenas_of_the_token"


def keep_within(visitor: Visitor, arenas: Iterable[int]) -> None:
    """From now on this visitor, in this request, knows of no arena but these: a token was made for them alone."""
    setattr(visitor, _WITHIN, frozenset(arenas))


def is_kept_within(visitor: Visitor) -> bool:
    """Whether there are arenas that this visitor could see, and does not for now."""
    return getattr(visitor, _WITHIN, None) is not None


def _within(visitor: Visitor, arenas: ArenaQuerySet) -> ArenaQuerySet:
    allowed: frozenset[int] | None = getattr(visitor, _WITHIN, None)
    return arenas if allowed is None else arenas.filter(pk__in=allowed)


def _is_within(visitor: Visitor, arena: Arena) -> bool:
    allowed: frozenset[int] | None = getattr(visitor, _WITHIN, None)
    return allowed is None or arena.pk in allowed


def is_curator(visitor: Visitor) -> bool:
    return bool(visitor.is_active and getattr(visitor, "is_staff", False))


def _levels(visitor: Visitor) -> list[str]:
    """The visibilities that this visitor is let through."""
    if is_curator(visitor):
        return list(Visibility.values)
    return [Visibility.PUBLIC, Visibility.ACCOUNTS] if visitor.is_authenticated else [Visibility.PUBLIC]


def arenas_for(visitor: Visitor) -> ArenaQuerySet:
    """Arenas whose board this visitor may read, or where the visitor may vote."""
    readable = Q(board_visibility__in=_levels(visitor))
    votable = Q(voting=Voting.ANYONE) | (Q(voting=Voting.ACCOUNTS) if visitor.is_authenticated else Q(pk=None))
    return _within(visitor, Arena.objects.filter(readable | votable))


def listed_arenas_for(visitor: Visitor) -> ArenaQuerySet:
    """Those of `arenas_for` that are in use: what menus and forms offer. An archived one still opens by its link."""
    return arenas_for(visitor).in_use()


def boards_for(visitor: Visitor) -> ArenaQuerySet:
    """Arenas whose leaderboards this visitor may read."""
    return _within(visitor, Arena.objects.filter(board_visibility__in=_levels(visitor)))


def contents_for(visitor: Visitor) -> ArenaQuerySet:
    """Arenas whose prompts, answers and battles this visitor may read."""
    return _within(visitor, Arena.objects.filter(content_visibility__in=_levels(visitor)))


def sees_board(visitor: Visitor, arena: Arena) -> bool:
    return _is_within(visitor, arena) and arena.board_visibility in _levels(visitor)


def sees_content(visitor: Visitor, arena: Arena) -> bool:
    """Prompts, answers and battles."""
    return _is_within(visitor, arena) and arena.content_visibility in _levels(visitor)


def may_vote(visitor: Visitor, arena: Arena) -> bool:
    return _takes_votes_of(visitor, arena) and not arena.is_archived


def _takes_votes_of(visitor: Visitor, arena: Arena) -> bool:
    takes_votes = arena.voting == Voting.ANYONE or (arena.voting == Voting.ACCOUNTS and visitor.is_authenticated)
    return _is_within(visitor, arena) and takes_votes


def may_know(visitor: Visitor, arena: Arena) -> bool:
    """Whether it is one of `arenas_for` this visitor."""
    return sees_board(visitor, arena) or _takes_votes_of(visitor, arena)


def pending_prompts(voter: Voter | None) -> QuerySet[Ballot, int | None]:
    """Prompts on which this voter has an open ballot: their answers and names stay hidden from the voter until the vote."""
    return Ballot.objects.filter(voter=voter, state=Ballot.State.OPEN).values_list("battle__prompt_id", flat=True)


def hidden_prompts(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Prompt]:
    """Prompts whose answers this visitor may not read by name now: whoever can, knows the sides of every ballot on them.

    For everybody those on which the visitor has an open ballot. For all but curators also those on which anybody was served
    one within the hour: a request without the cookie must not tell what the one with it hides. Prompts of the same text go
    with them, because a model may answer them in the same words. Drafts are for curators. (A ballot's arena is its voter's:
    by the battles it would take reading them all.)
    """
    unfinished = Q(pk=None) if is_curator(visitor) else Q(status=PromptStatus.DRAFT)
    return Prompt.objects.filter(_in_play(visitor, arena, voter) | unfinished, arena=arena)


def _in_play(visitor: Visitor, arena: Arena, voter: Voter | None) -> Q:
    """Prompts on which a ballot is open that this visitor must not look up."""
    hidden_by = Q(voter=voter) if voter is not None else Q(pk=None)
    if not is_curator(visitor):
        hidden_by |= Q(served_at__gt=timezone.now() - IN_PLAY_FOR)
    open_ballots = Ballot.objects.filter(hidden_by, state=Ballot.State.OPEN, voter__arena=arena, battle__prompt__isnull=False)
    return Q(content_hash__in=open_ballots.values("battle__prompt__content_hash"))


def battles_in_play(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Battle]:
    """Battles that this visitor may read once no ballot is open on their prompts. How many they are may be told, for the
    arena as a whole: under a filter the number would tell who stands on an open ballot."""
    if not sees_content(visitor, arena):
        return Battle.objects.none()
    return Battle.objects.filter(arena=arena, prompt__in=_prompts_in_play(visitor, arena, voter)).whole()


def responses_in_play(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
    """Answers that this visitor may read once no ballot is open on their prompts; to be counted as `battles_in_play` are."""
    return ended_responses_in_play(visitor, arena, voter).delivered()  # type: ignore[attr-defined,no-any-return]


def ended_responses_in_play(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
    """The same with those that failed."""
    if not sees_content(visitor, arena):
        return Response.objects.none()
    answers = Response.objects.exclude(finish=FinishState.PENDING)
    return answers.filter(prompt__in=_prompts_in_play(visitor, arena, voter))


def _prompts_in_play(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Prompt]:
    """Prompts that are hidden from this visitor for now, and not for being drafts."""
    hidden = Prompt.objects.filter(_in_play(visitor, arena, voter), arena=arena)
    return hidden if is_curator(visitor) else hidden.exclude(status=PromptStatus.DRAFT)


def battles_for(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Battle]:
    """Battles that this visitor may read with names and votes: none on hidden prompts."""
    if not sees_content(visitor, arena):
        return Battle.objects.none()
    battles = Battle.objects.filter(arena=arena).whole()
    return battles.exclude(prompt__in=hidden_prompts(visitor, arena, voter))


def has_battles_on_drafts(visitor: Visitor, arena: Arena) -> bool:
    """Whether this visitor reads the arena's battles, except those on drafts, such as prompts without a text."""
    drafts = Battle.objects.filter(arena=arena, prompt__status=PromptStatus.DRAFT).published()
    return sees_content(visitor, arena) and not is_curator(visitor) and drafts.exists()


def responses_for(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
    """Answers that this visitor may read with the names of those who gave them: none to hidden prompts."""
    return ended_responses_for(visitor, arena, voter).delivered()  # type: ignore[attr-defined,no-any-return]


def ended_responses_for(visitor: Visitor, arena: Arena, voter: Voter | None) -> QuerySet[Response]:
    """The same with those that failed, whose texts are no answers."""
    if not sees_content(visitor, arena):
        return Response.objects.none()
    answers = Response.objects.exclude(finish=FinishState.PENDING).filter(prompt__arena=arena)
    return answers.exclude(prompt__in=hidden_prompts(visitor, arena, voter))


def curator_of(request: HttpRequest) -> User:
    """The account that is signed in, for pages that let only curators in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user
