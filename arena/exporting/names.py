"""Names in files: battles have an id that is unique to this site, voters a pseudonym that is unique to this arena."""

import hashlib
from collections.abc import Callable

from django.utils.crypto import salted_hmac

from arena.models import Arena, Competitor


def battle_namer(arena: Arena) -> Callable[[int], str]:
    """Eight digits that stand for this arena of this site, then the battle's number: two sites' files never mix."""
    origin = salted_hmac("arena.exported-battles", str(arena.pk), algorithm="sha256").hexdigest()[:8]
    return lambda battle: f"{origin}-{battle}"


def pseudonyms(arena: Arena) -> Callable[[int | None], str | None]:
    """A voter has the same pseudonym in all files of this arena, another in any other arena, and it cannot be traced back."""
    secret = salted_hmac("arena.exported-voters", str(arena.pk), algorithm="sha256").digest()

    def pseudonym(voter: int | None) -> str | None:
        if voter is None:
            return None
        return f"v-{hashlib.blake2b(str(voter).encode(), key=secret, digest_size=8).hexdigest()}"

    return pseudonym


def competitor_names(arena: Arena) -> dict[int, str]:
    return dict(Competitor.objects.filter(arena=arena).values_list("pk", "name"))
