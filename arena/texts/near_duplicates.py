"""Prompts that are nearly the same, which a hash of the text does not find."""

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from arena.models import Prompt

LEAST_LIKENESS = 85
COMPARED_CHARACTERS = 500  # prompts that differ only after these are still alike


@dataclass(frozen=True, slots=True)
class Pair:
    likeness: int  # 0 to 100
    prompt: Prompt
    other: Prompt


def near_duplicates(prompts: Sequence[Prompt], among: Sequence[Prompt]) -> list[Pair]:
    """Pairs of one of `prompts` and one of `among`, the most alike first, each once."""
    table = process.cdist(
        _texts(prompts), _texts(among), scorer=fuzz.ratio, processor=None, score_cutoff=LEAST_LIKENESS, dtype="uint8"
    )
    pairs: dict[frozenset[int], Pair] = {}
    for i, j in zip(*table.nonzero(), strict=True):
        prompt, other = prompts[i], among[j]
        if prompt.pk != other.pk:
            pairs.setdefault(frozenset({prompt.pk, other.pk}), Pair(int(table[i, j]), prompt, other))
    return sorted(pairs.values(), key=lambda pair: (-pair.likeness, pair.prompt.pk, pair.other.pk))


def _texts(prompts: Sequence[Prompt]) -> list[str]:
    return [utils.default_process(prompt.text[:COMPARED_CHARACTERS]) for prompt in prompts]
