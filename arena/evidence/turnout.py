"""Who voted on what: counts of counted votes by prompt and voter."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths.data.packing import merged, summed

Ints = NDArray[np.int64]
MASK = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Turnout:
    """How many counted votes each voter gave on each prompt: sorted keys `prompt * 2^31 + voter + 1`, and their counts.

    Most counts are 1, so they are held in as few bits as the largest needs.
    """

    keys: Ints
    counts: NDArray[np.unsignedinteger[Any]]

    @classmethod
    def empty(cls) -> "Turnout":
        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint8))

    @property
    def prompt(self) -> Ints:
        """Of each key; -1 none."""
        return (self.keys >> 31) - 1

    @property
    def voter(self) -> Ints:
        """Of each key; -1 none."""
        return (self.keys & MASK) - 1

    def updated(self, prompt: Ints, voter: Ints, weight: Ints) -> "Turnout":
        """With more votes (weight 1) and some taken back (-1)."""
        more = summed((prompt + 1) << 31 | (voter + 1), weight)
        keys, counts = merged(self.keys, self.counts.astype(np.int64), *more)
        if (counts <= 0).any():
            keys, counts = keys[counts > 0], counts[counts > 0]
        return Turnout(keys, narrow(counts))

    def n_voters(self, prompts: Ints | None = None) -> int:
        """Voters with a counted vote, in all or on these prompts; votes whose voter is unknown are nobody's."""
        keys = self.keys if prompts is None else self.keys[np.isin(self.prompt, prompts)]
        voters = keys & MASK
        if voters.max(initial=0) <= 8 * len(voters):  # counting needs no search
            return int(np.count_nonzero(np.bincount(voters)[1:]))
        return int(np.count_nonzero(np.unique(voters)))


def narrow(counts: Ints) -> NDArray[np.unsignedinteger[Any]]:
    """In as few bits as the largest needs."""
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
