"""Votes that a program brings of voters whom it alone knows. They count like others, and their voters are marked external."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.utils.crypto import salted_hmac

from arena.evidence.ledger import record_votes_cast
from arena.models import Arena, Vote, Voter
from arena.outcomes import Outcome


@dataclass(frozen=True)
class ExternalVote:
    """One vote, as the battle has its sides. `voter` is the number of a voter of `external_voters`."""

    battle: int
    voter: int
    outcome: Outcome
    first_shown: str
    strength: int | None
    voted_at: datetime


def external_voters(arena: Arena, user: User, names: Sequence[str]) -> dict[str, int]:
    """The number of each voter, made where there is none. A name means nothing but to the programs of one user in one arena."""
    keys = {name: _key(arena, user, name) for name in names}
    rows = [Voter(arena=arena, kind=Voter.Kind.EXTERNAL, key=key) for key in keys.values()]
    Voter.objects.bulk_create(rows, ignore_conflicts=True)
    known = Voter.objects.filter(arena=arena, kind=Voter.Kind.EXTERNAL, key__in=keys.values())
    numbers = dict(known.values_list("key", "pk"))
    return {name: numbers[key] for name, key in keys.items()}


def _key(arena: Arena, user: User, name: str) -> str:
    """A program may call its voters by their addresses: only a keyed hash is stored."""
    return salted_hmac("arena.external-voter", f"{arena.pk}:{user.pk}:{name}", algorithm="sha256").hexdigest()


def cast_external(arena: Arena, votes: Sequence[ExternalVote]) -> list[int]:
    """Write votes that are not here yet, each with its event; their numbers. In a transaction."""
    made = Vote.objects.bulk_create(
        Vote(
            battle_id=vote.battle, voter_id=vote.voter, outcome=vote.outcome, first_shown=vote.first_shown,
            strength=vote.strength if vote.outcome in {Outcome.A, Outcome.B} else None, voted_at=vote.voted_at,
        )
        for vote in votes
    )  # fmt: skip
    record_votes_cast(made, arena_id=arena.pk)
    return [vote.pk for vote in made]
