"""Votes that a program sends for voters whom only it knows. They count like others; their voters are marked external."""

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
    """The id of each voter, created if missing. A name has a meaning only for the programs of one user in one arena."""
    keys = {name: _key(arena, user, name) for name in names}
    rows = [Voter(arena=arena, kind=Voter.Kind.EXTERNAL, key=key) for key in keys.values()]
    Voter.objects.bulk_create(rows, ignore_conflicts=True)
    known = Voter.objects.filter(arena=arena, kind=Voter.Kind.EXTERNAL, key__in=keys.values())
    numbers = dict(known.values_list("key", "pk"))
    return {name: numbers[key] for name, key in keys.items()}


def _key(arena: Arena, user: User, name: str) -> str:
    """A program may name its voters by e-mail address: only a keyed hash is stored."""
    return salted_hmac("arena.external-voter", f"{arena.pk}:{user.pk}:{name}", algorithm="sha256").hexdigest()


def cast_external(arena: Arena, votes: Sequence[ExternalVote]) -> list[int]:
    """Write votes that are not stored yet, each with its event; returns their ids. Call inside a transaction."""
    made = Vote.objects.bulk_create(
        Vote(
            battle_id=vote.battle, voter_id=vote.voter, outcome=vote.outcome, first_shown=vote.first_shown,
            strength=vote.strength if vote.outcome in {Outcome.A, Outcome.B} else None, voted_at=vote.voted_at,
        )
        for vote in votes
    )  # fmt: skip
    record_votes_cast(made, arena_id=arena.pk)
    return [vote.pk for vote in made]
