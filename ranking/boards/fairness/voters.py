"""How many voted, how much of it the busiest did, and in which languages, without telling of anybody in particular."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from zlib import crc32

import numpy as np
from django.core.cache import cache
from django.db.models import Max, Min
from numpy.typing import NDArray

from arena.models import Arena, Event, Import, Prompt, Vote, Voter

if TYPE_CHECKING:
    from arena.evidence.turnout import Turnout  # with scipy, which no page waits for until it is asked for

Ints = NDArray[np.int64]
SECONDS_A_DAY = 86_400

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


def voters_of(arena: Arena, turnout: "Turnout") -> VoterCounts:
    voters, n_votes = _votes_by_voter(turnout)
    n_unknown = int(n_votes[voters < 0].sum())
    known = np.sort(n_votes[voters >= 0])[::-1].tolist()
    kind_of = dict(Voter.objects.filter(arena=arena).order_by().values_list("pk", "kind"))
    kinds = Counter(kind_of[voter] for voter in voters.tolist() if voter >= 0)
    n_busiest = math.ceil(len(known) / 10)
    first, last = days_of(arena)
    return VoterCounts(
        n=len(known), n_votes=sum(known), n_unknown=n_unknown, n_busiest=n_busiest,
        busiest=busiest_share(known, n_busiest), kinds=[VotersOfKind(kind, n) for kind, n in kinds.most_common()],
        first=first, last=last,
    )  # fmt: skip


def _votes_by_voter(turnout: "Turnout") -> tuple[Ints, Ints]:
    """Voters (-1: nobody knows whose they are) and the counted votes of each."""
    voters, places = np.unique(turnout.voter, return_inverse=True)
    return voters, np.bincount(places, weights=turnout.counts, minlength=len(voters)).astype(np.int64)


def days_of(arena: Arena) -> tuple[datetime | None, datetime | None]:
    """When the first and the newest of the counted votes were given.

    All votes are read for it once a day, or where imports changed; votes that were cast since then are known by their events.
    """
    imports = Import.objects.filter(arena=arena).order_by("pk").values_list("pk", "state")
    key = f"vote-days-{arena.pk}-{crc32(repr(list(imports)).encode())}"
    kept: tuple[datetime, datetime] | None = cache.get(key)
    if kept is None:
        votes = Vote.objects.counted().filter(battle__arena=arena).order_by()
        days = votes.aggregate(first=Min("voted_at"), last=Max("voted_at"))
        if days["first"] is None:
            return None, None
        kept = days["first"], days["last"]
        cache.set(key, kept, SECONDS_A_DAY)
    cast = Event.objects.filter(arena=arena, kind=Event.Kind.VOTE_CAST).order_by("-position")
    newest = cast.values_list("vote__voted_at", flat=True).first()
    return kept[0], max(kept[1], newest or kept[1])


def busiest_share(counts: Sequence[int], n: int) -> float | None:
    """
    Share of the first `n` of these counts, which fall; None where it would tell of fewer than `FEWEST_TOLD` people.

    Examples
    --------
    >>> busiest_share([10, 6, 4, *[1] * 20], 3), busiest_share([10, 1, 1], 1)
    (0.5, None)
    """
    return sum(counts[:n]) / sum(counts) if n >= FEWEST_TOLD else None


def languages_of(arena: Arena, turnout: "Turnout") -> list[VotedLanguage]:
    language_of = dict(Prompt.objects.filter(arena=arena).order_by().values_list("pk", "language"))
    prompts, places = np.unique(turnout.prompt, return_inverse=True)
    languages = sorted({language_of.get(prompt) or "" for prompt in prompts.tolist()})
    code_of = {language: code for code, language in enumerate(languages)}
    codes = np.array([code_of[language_of.get(prompt) or ""] for prompt in prompts.tolist()], dtype=np.int64)
    of_row, voter = codes[places], turnout.voter
    return [
        VotedLanguage(
            language, int(turnout.counts[of_row == code].sum()), int((prompts[codes == code] >= 0).sum()),
            len(np.unique(voter[(of_row == code) & (voter >= 0)])),
        )
        for language, code in code_of.items()
    ]  # fmt: skip
