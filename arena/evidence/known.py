"""What was known at an earlier position of the ledger, as a part of what counts at a later one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

type Ints = NDArray[np.int64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class KnownEvidence:
    """Votes and games of an earlier position, counting or set aside; what has come since is left out.

    Attributes
    ----------
    votes : (n,) int64
        Sorted ids.
    games, states : (m,) int64
        Sorted ids, and how each had ended: one that failed and was played again since is new.
    among : (k,) int64, optional
        Competitors between which that counts, too, which has come since.
    """

    votes: Ints
    games: Ints
    states: Ints
    among: Ints | None = None

    def has_votes(self, vote: Ints, a: Ints, b: Ints) -> Bools:
        """Which of these votes, between a and b, are in the part."""
        return np.asarray(np.isin(vote, self.votes) | self._among(a, b), dtype=np.bool_)

    def has_games(self, game: NDArray[np.int32], state: NDArray[np.int8], a: NDArray[np.int32], b: NDArray[np.int32]) -> Bools:
        """Which of these games, between a and b, are in the part."""
        if not len(self.games):
            return self._among(a, b)
        place = np.minimum(np.searchsorted(self.games, game), len(self.games) - 1)
        was_so = (self.games[place] == game) & (self.states[place] == state)
        return np.asarray(was_so | self._among(a, b), dtype=np.bool_)

    def _among(self, a: NDArray[np.integer], b: NDArray[np.integer]) -> Bools:
        if self.among is None:
            return np.zeros(len(a), dtype=np.bool_)
        return np.asarray(np.isin(a, self.among) & np.isin(b, self.among), dtype=np.bool_)
