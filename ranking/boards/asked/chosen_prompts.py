"""Prompts that a board's filters choose."""

from collections.abc import Iterator
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from arena.evidence.vote_tally import categories_at, prompts_filed_under
from arena.models import Prompt
from ranking.filters import SEVERAL, Filters

type Ints = NDArray[np.int64]


def prompts_that_fit(arena_id: int, position: int, filters: Filters) -> Ints | None:
    """Sorted ids; None where all prompts, and votes on none, fit. Categories and languages are those of the position.

    Where a category borrows from the others, the prompts of all categories fit.
    """
    if not filters.chooses_prompts:
        return None
    parts: list[Ints] = []
    if filters.borrow:
        parts.append(np.array(sorted(pk for pk, filed in categories_at(arena_id, position).items() if filed), dtype=np.int64))
    elif filters.categories or filters.over:
        chosen = (*filters.categories, *filters.weights)
        filed = [prompts_filed_under(arena_id, position, category=category) for category in chosen]
        parts.append(reduce(np.union1d, filed))
    if filters.languages:
        spoken = [prompts_filed_under(arena_id, position, language=language) for language in filters.languages]
        parts.append(reduce(np.union1d, spoken))
    if filters.reads_prompts:
        parts.append(np.array(sorted(_read(arena_id, filters)), dtype=np.int64))
    return reduce(np.intersect1d, parts)


def _read(arena_id: int, filters: Filters) -> Iterator[int]:
    """By tags, pools, turns and length, as they are now."""
    prompts = Prompt.objects.filter(arena_id=arena_id).order_by("pk")
    if filters.pools:
        prompts = prompts.filter(pool__slug__in=filters.pools)
    for pk, tags, turns in prompts.values_list("pk", "tags", "turns").iterator():
        if filters.tags and not set(filters.tags).intersection(map(str, tags)):
            continue
        if _has_turns(len(turns), filters.turns) and _has_length(sum(len(str(turn)) for turn in turns), filters):
            yield pk


def _has_turns(n: int, wanted: str) -> bool:
    return not wanted or (n >= 2 if wanted == SEVERAL else n == int(wanted))


def _has_length(n: int, filters: Filters) -> bool:
    least, most = filters.min_chars, filters.max_chars
    return (least is None or n >= least) and (most is None or n <= most)
