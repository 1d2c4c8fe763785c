"""Packing: a prompt, a pair and an outcome as one integer, so that cells sort and search as fast as numbers do."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths.data.arrays import Ints, SmallCodes, chunks
from ranking.maths.data.comparisons import OUTCOMES

SWAPPED = np.array([1, 0, 2, 3])
"""Outcome codes seen from the other side."""


@dataclass(frozen=True, slots=True, eq=False)
class Packing:
    """Sorted ids, (G,) and (M,) int64; a key is ``((prompt * M + a) * M + b) * 4 + outcome`` over places in them.

    Examples
    --------
    >>> packing = Packing(np.array([7, 8]), np.array([10, 20]))
    >>> key = packing.keys(np.array([8]), np.array([20]), np.array([10]), np.array([0]))
    >>> key.tolist(), [column.tolist() for column in packing.unpacked(key)]
    ([21], [[8], [10], [20], [1]])
    """

    prompts: Ints
    competitors: Ints

    def widened(self, prompts: Ints, competitors: Ints) -> "Packing":
        """The packing of these ids and some more; ValueError if their keys would not fit 63 bits."""
        wide = Packing(_union(self.prompts, prompts), _union(self.competitors, competitors))
        if len(wide.prompts) * len(wide.competitors) ** 2 * len(OUTCOMES) >= 2**63:
            raise ValueError(
                f"{len(wide.prompts)} prompts and {len(wide.competitors)} competitors are more than one tally can hold"
            )
        return wide

    @property
    def keys_a_prompt(self) -> int:
        """How many keys there are for each prompt: those of the first begin at 0, of the second at so many, and so on."""
        return len(self.competitors) ** 2 * len(OUTCOMES)

    def covers(self, other: "Packing") -> bool:
        """Whether `other`, which is part of this one, is all of it."""
        return len(self.prompts) == len(other.prompts) and len(self.competitors) == len(other.competitors)

    def keys(self, prompt: Ints, a: Ints, b: Ints, outcome: NDArray[np.signedinteger[Any]]) -> Ints:
        """Keys of comparisons given by id, each turned so that a < b: (n,) int64."""
        swap = a > b
        m = np.int64(len(self.competitors))
        keys = np.searchsorted(self.prompts, prompt) * m
        keys += np.searchsorted(self.competitors, np.where(swap, b, a))
        keys *= m
        keys += np.searchsorted(self.competitors, np.where(swap, a, b))
        keys *= len(OUTCOMES)
        keys += np.where(swap, SWAPPED[outcome], outcome)
        return np.asarray(keys, dtype=np.int64)

    def unpacked(self, keys: Ints) -> tuple[Ints, Ints, Ints, SmallCodes]:
        """Prompt, a, b (ids) and outcome of keys, (n,) each."""
        prompt, a, b, outcome = self.places(keys)
        return self.prompts[prompt], self.competitors[a], self.competitors[b], outcome

    def places(self, keys: Ints) -> tuple[Ints, Ints, Ints, SmallCodes]:
        """The same, with places in `prompts` and `competitors` instead of ids."""
        m = max(len(self.competitors), 1)
        keys, outcome = split(keys, len(OUTCOMES))
        keys, b = split(keys, m)
        prompt, a = split(keys, m)
        return prompt, a, b, outcome.astype(np.int8)

    def pair_counts(self, keys: Ints, counts: Ints) -> Ints:
        """Counts summed over prompts, (M * M * 4,) int64 at ``(a * M + b) * 4 + outcome``."""
        n_pairs = self.keys_a_prompt
        total = np.zeros(n_pairs, dtype=np.int64)
        for part in chunks(len(keys), at_least=n_pairs):
            total += np.bincount(keys[part] % n_pairs, weights=counts[part], minlength=n_pairs).astype(np.int64)
        return total


def summed(keys: Ints, counts: Ints) -> tuple[Ints, Ints]:
    """Sorted distinct keys, and the sum of the counts of each.

    Examples
    --------
    >>> [column.tolist() for column in summed(np.array([5, 3, 5]), np.array([1, 1, -1]))]
    [[3, 5], [1, 0]]
    """
    order = np.argsort(keys)
    distinct, starts = np.unique(keys[order], return_index=True)
    return distinct, np.add.reduceat(counts[order], starts)


def merged(keys: Ints, counts: Ints, more: Ints, added: Ints) -> tuple[Ints, Ints]:
    """Two sorted sets of counted keys as one; a count may fall to zero or below.

    Examples
    --------
    >>> columns = merged(np.array([3, 5]), np.array([1, 1]), np.array([4, 5]), np.array([1, -1]))
    >>> [column.tolist() for column in columns]
    [[3, 4, 5], [1, 1, 0]]
    """
    place = np.searchsorted(keys, more)
    new = place == len(keys)
    new[~new] = keys[place[~new]] != more[~new]
    if new.any():
        keys, counts = _inserted(keys, place[new], more[new]), _inserted(counts, place[new], added[new])
        place += np.cumsum(new) - new  # behind the new ones before it
    else:
        counts = counts.copy()
    counts[place[~new]] += added[~new]
    return keys, counts


FEW = 10_000
"""Up to so many new numbers an array is copied run by run, which takes as long as one copy of it."""


def _inserted(values: Ints, place: Ints, more: Ints) -> Ints:
    """As `np.insert` at sorted places."""
    if len(more) > FEW:
        return np.insert(values, place, more)
    runs = np.split(values, place)
    return np.concatenate([runs[0], *(run for pair in zip(more[:, None], runs[1:], strict=True) for run in pair)])


def split(keys: Ints, by: int) -> tuple[Ints, Ints]:
    """As `np.divmod` by a whole number, in half the time."""
    whole = keys // by
    return whole, keys - whole * by


def _union(known: Ints, ids: Ints) -> Ints:
    for part in chunks(len(ids)):
        known = np.union1d(known, ids[part])
    return known
