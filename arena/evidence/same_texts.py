"""Prompts of one text under several ids: votes on them are votes on one prompt, not independent ones."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from django.db.models import Count, Q, QuerySet
from numpy.typing import NDArray

from arena.models import Event, Prompt

type Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class SameTexts:
    """Sorted ids of prompts whose text an older prompt has, and the ids of those older prompts, both (n,)."""

    prompts: Ints
    firsts: Ints

    def of(self, prompts: NDArray[Any]) -> NDArray[Any]:
        """The first prompt of each one's text; -1 stays -1."""
        if not len(self.prompts):
            return prompts
        place = np.minimum(np.searchsorted(self.prompts, prompts), len(self.prompts) - 1)
        return np.where(self.prompts[place] == prompts, self.firsts[place], prompts).astype(prompts.dtype)

    def n_texts(self, prompts: NDArray[Any]) -> int:
        """How many texts these prompts have; -1 is none."""
        return len(np.unique(self.of(prompts[prompts >= 0])))

    def fixed(self, prompts: NDArray[Any]) -> dict[str, object]:
        """What a snapshot of a board with these prompts remembers: how many more ids than texts there are."""
        n_more = len(np.unique(prompts[prompts >= 0])) - self.n_texts(prompts)
        return {"one_text": n_more} if n_more else {}


NO_SAME_TEXTS = SameTexts(np.zeros(0, np.int64), np.zeros(0, np.int64))


def same_texts(arena_id: int, position: int) -> SameTexts:
    """As of a ledger position: two prompts are not one before the position at which their text came."""
    pairs = sorted(
        (prompt, first) for prompts in _groups(arena_id, position) for first in prompts[:1] for prompt in prompts[1:]
    )
    columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return SameTexts(columns[0], columns[1])


def prompts_of_one_text(prompts: "QuerySet[Prompt]") -> dict[int, int]:
    """Of these prompts those whose text an older one of them has, and that one, as things stand now."""
    here = prompts.exclude(text_digest="").order_by("text_digest")
    several = here.values("text_digest").annotate(n=Count("pk")).filter(n__gt=1)
    rows = here.filter(text_digest__in=several.values("text_digest")).order_by("text_digest", "pk")
    groups = ([pk for _, pk in alike] for _, alike in groupby(rows.values_list("text_digest", "pk"), key=lambda row: row[0]))
    return {prompt: first for first, *others in groups for prompt in others}


def _groups(arena_id: int, position: int) -> Iterator[list[int]]:
    """Ids of the prompts of each text that several have, in order."""
    here = Prompt.objects.filter(arena_id=arena_id).exclude(text_digest="").order_by("text_digest")
    several = here.values("text_digest").annotate(n=Count("pk")).filter(n__gt=1)
    rows = here.filter(text_digest__in=several.values("text_digest")).order_by("text_digest", "pk")
    later = Event.objects.filter(arena_id=arena_id, kind=Event.Kind.PROMPT_TEXTED)
    bare = set(later.filter(Q(position__gt=position) | Q(position=None)).values_list("prompt_id", flat=True))
    for _, alike in groupby(rows.values_list("text_digest", "pk"), key=lambda row: row[0]):
        yield [pk for _, pk in alike if pk not in bare]
