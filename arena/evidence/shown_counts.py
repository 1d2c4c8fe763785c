"""How often each model was put before a voter and on which side, and how often the left answer was chosen: counts of votes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arena.outcomes import Outcome

Ints = NDArray[np.int64]
SET_ASIDE = len(Outcome)  # the code of a vote that counts as nothing
UNKNOWN, A_FIRST, B_FIRST = range(3)
"""Which competitor stood on the left: the codes of `Vote.first_shown`."""
LEFT, RIGHT = 1, 2
"""Where a model stood; 0 where that is not known."""
PLACES = 3


@dataclass(frozen=True, slots=True)
class ShownCounts:
    """
    Votes by model: sorted keys ``(competitor * 3 + place) * 2 + is_set_aside``, and their counts.

    `sides` is of counted votes for one of two answers whose sides are known: how many chose the left one, and how many there
    are.
    """

    keys: Ints
    counts: Ints
    sides: Ints

    @classmethod
    def empty(cls) -> "ShownCounts":
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(2, np.int64))

    def updated(self, a: Ints, b: Ints, outcome: Ints, side: Ints, weight: Ints) -> "ShownCounts":
        """With more votes (weight 1) and some taken back (-1)."""
        from ranking.maths.data.packing import merged, summed  # scipy: a second that pages need not wait for

        aside = outcome == SET_ASIDE
        of_a = (a * PLACES + np.array([0, LEFT, RIGHT])[side]) * 2 + aside
        of_b = (b * PLACES + np.array([0, RIGHT, LEFT])[side]) * 2 + aside
        more = summed(np.concatenate([of_a, of_b]), np.concatenate([weight, weight]))
        keys, counts = merged(self.keys, self.counts, *more)
        chosen = (side != UNKNOWN) & (outcome < 2)
        is_left = chosen & ((outcome == 0) == (side == A_FIRST))
        sides = self.sides + np.array([weight[is_left].sum(), weight[chosen].sum()])
        return ShownCounts(keys[counts > 0], counts[counts > 0], sides)
