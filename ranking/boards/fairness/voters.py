"""How many voted, how much of it the busiest did, and in which languages, without telling of anybody in particular."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Min

from arena.models import Arena, Vote

FEWEST_TOLD = 3
"""Of fewer voters nothing is told: who knows that somebody voted would know what."""


@dataclass(frozen=True, slots=True)
class VotersOfKind:
    kind: str
    n: int


@dataclass(frozen=True, slots=True)
class VotedLanguage:
    """Counted votes on prompts in one language, "" where it is not known."""

    language: str
    n_votes: int
    n_prompts: int
    n_voters: int


@dataclass(frozen=True, slots=True)
class VoterCounts:
    """Of counted votes. `busiest`: the share of the busiest tenth of the voters, None where that is too few people.

    `n_unknown` votes came without a word of whose they are, and are in no other number.
    """

    n: int
    n_votes: int
    n_unknown: int
    n_busiest: int
    busiest: float | None
    kinds: list[VotersOfKind]
    first: datetime | None
    last: datetime | None


def voters_of(arena: Arena) -> VoterCounts:
    votes = Vote.objects.counted().filter(battle__arena=arena).order_by()
    days = votes.aggregate(first=Min("voted_at"), last=Max("voted_at"))
    rows = list(votes.values_list("voter", "voter__kind").annotate(n=Count("pk")))
    known = sorted((n for voter, _, n in rows if voter is not None), reverse=True)
    kinds = Counter(kind for voter, kind, _ in rows if voter is not None)
    n_busiest = math.ceil(len(known) / 10)
    return VoterCounts(
        n=len(known), n_votes=sum(known), n_unknown=sum(n for voter, _, n in rows if voter is None), n_busiest=n_busiest,
        busiest=busiest_share(known, n_busiest), kinds=[VotersOfKind(kind, n) for kind, n in kinds.most_common()],
        first=days["first"], last=days["last"],
    )  # fmt: skip


def busiest_share(counts: Sequence[int], n: int) -> float | None:
    """
    Share of the first `n` of these counts, which fall; None where it would tell of fewer than `FEWEST_TOLD` people.

    Examples
    --------
    >>> busiest_share([10, 6, 4, *[1] * 20], 3), busiest_share([10, 1, 1], 1)
    (0.5, None)
    """
    return sum(counts[:n]) / sum(counts) if n >= FEWEST_TOLD else None


def languages_of(arena: Arena) -> list[VotedLanguage]:
    votes = Vote.objects.counted().filter(battle__arena=arena).order_by()
    rows = votes.values_list("battle__prompt__language").annotate(
        n_votes=Count("pk"), n_prompts=Count("battle__prompt", distinct=True), n_voters=Count("voter", distinct=True)
    )
    by_language: dict[str, VotedLanguage] = {}
    for language, *counts in rows:  # of no prompt, and of one without a language
        before = by_language.get(language or "", VotedLanguage("", 0, 0, 0))
        summed = (n + more for n, more in zip((before.n_votes, before.n_prompts, before.n_voters), counts, strict=True))
        by_language[language or ""] = VotedLanguage(language or "", *summed)
    return list(by_language.values())
