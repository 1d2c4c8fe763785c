"""The search for the fewest comparisons without which two competitors change places, whatever the model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ranking.maths.data.arrays import Floats, Ints

# The most influential cells are looked at first; mostly these are enough.
CELLS_AT_FIRST = 256
# A refit rarely needs more than so many times what the approximation says.
AHEAD = 1.5
# Two ratings, each right to a millionth, are level if they differ by less.
LEVEL = 2e-6

type Taken = tuple[Ints, Floats]
"""Cells, and how many comparisons of each."""


@dataclass(frozen=True, slots=True, eq=False)
class RemovalOrder:
    """Cells in the order of their influence on a pair, with running sums.

    `cells` (k,) are places in an `Influence`; `votes` and `effect` (k + 1,) the comparisons, and the difference
    of ratings, in the first 0, 1 ... k of them. `complete`: no other cell holds the pair in its order.
    """

    cells: Ints
    votes: Floats
    effect: Floats
    complete: bool

    def votes_for(self, effect: float) -> float:
        """How many comparisons have more than this effect; infinite where all together have not."""
        if effect <= 0:
            return 0.0
        cell = int(np.searchsorted(self.effect, effect, side="right")) - 1
        if cell == len(self.cells):
            return float("inf")
        each = (self.effect[cell + 1] - self.effect[cell]) / (self.votes[cell + 1] - self.votes[cell])
        more = np.floor((effect - self.effect[cell]) / each) + 1
        return float(min(self.votes[cell] + more, self.votes[cell + 1]))

    def effect_of(self, votes: float) -> float:
        """The summed effect of the first comparisons."""
        return float(np.interp(votes, self.votes, self.effect))

    def taken(self, votes: float) -> tuple[Ints, Floats]:
        """Which cells the first comparisons are in, and how many of each."""
        n_cells = int(np.searchsorted(self.votes, votes, side="left"))
        taken = np.diff(self.votes[: n_cells + 1])
        taken[-1:] -= self.votes[n_cells] - min(votes, self.votes[-1])
        return self.cells[:n_cells], taken


class Influence(Protocol):
    """What a model says of its cells: comparisons that are alike for it, and so have the same influence."""

    def order(self, a: int, b: int, *, wanted: float) -> RemovalOrder:
        """The most influential cells, at least as many as have the wanted effect together (if that many are)."""

    def ratings_without(self, sets: Sequence[Taken]) -> Floats:
        """Ratings of refits, (B, m); a row is NaN where a set leaves no finite ratings."""

    def rows_holding(self, sets: Sequence[Taken]) -> list[Ints]:
        """Rows of the fitted comparisons that hold each set."""


def in_order(influence: Floats, count: Floats, *, wanted: float) -> RemovalOrder:
    """Cells with these influences and counts, (C,) each."""
    n_cells = CELLS_AT_FIRST
    while True:
        cells = largest(influence, n_cells)
        effect = np.concatenate([[0.0], np.cumsum(influence[cells] * count[cells])])
        if len(cells) < n_cells or effect[-1] > wanted:
            votes = np.concatenate([[0.0], np.cumsum(count[cells])])
            return RemovalOrder(cells=cells, votes=votes, effect=effect, complete=len(cells) < n_cells)
        n_cells *= 4


def largest(influence: Floats, n_cells: int) -> Ints:
    """Places of the largest positive numbers, the largest first; fewer than asked for if there are no more."""
    if n_cells < len(influence):
        cells = np.argpartition(influence, len(influence) - n_cells)[-n_cells:]
    else:
        cells = np.arange(len(influence))
    cells = cells[influence[cells] > 0]
    return np.asarray(cells[np.lexsort((cells, -influence[cells]))], dtype=np.int64)


@dataclass(slots=True, eq=False)
class Search:
    """For the smallest number of comparisons, along the order, without which a no longer stands above b.

    `held` comparisons are known to be too few, with the difference `held_gap` left; `flipped` are known to be
    enough (infinite: none known yet), with `flipped_gap`. `trial` is the next number to refit without.
    """

    influence: Influence
    a: int
    b: int
    gap: float
    order: RemovalOrder
    held: float
    held_gap: float
    flipped: float
    flipped_gap: float
    trial: float | None
    n_trials: int

    @classmethod
    def of(cls, influence: Influence, a: int, b: int, gap: float) -> "Search":
        search = cls(
            influence, a, b, gap, influence.order(a, b, wanted=AHEAD * gap), 0.0, gap, float("inf"), float("nan"), None, 0
        )
        if gap > 0:
            search.trial = search._next()
        else:
            search.flipped = 0.0
        return search

    @property
    def reversed(self) -> bool:
        """Whether a refit without the set puts b above a."""
        return self.flipped_gap < 0

    def learn(self, gap: float) -> None:
        """What a refit without `trial` comparisons left of the difference; NaN = no finite ratings."""
        assert self.trial is not None  # noqa: S101  # a refit is of a trial  # nosec B101
        if gap >= -LEVEL:
            self.held, self.held_gap = self.trial, gap
        else:
            self.flipped, self.flipped_gap = self.trial, gap
        self.n_trials += 1
        self.trial = self._next()

    def _next(self) -> float | None:
        if self.flipped - self.held <= 1:
            return None
        return self._beyond() if np.isinf(self.flipped) else self._between()

    def _beyond(self) -> float | None:
        """As many as should close the difference that is left; None where no more can be removed."""
        guess = self.order.votes_for(self.order.effect_of(self.held) + self.held_gap)
        if np.isinf(guess) and not self.order.complete:
            self.order = self.influence.order(self.a, self.b, wanted=float("inf"))
            return self._beyond()
        last = float(self.order.votes[-1])
        return None if self.held >= last else min(max(guess, self.held + 1), last)

    def _between(self) -> float:
        """Where a straight line through both differences crosses zero; halfway where lines were slow, or there is none."""
        low, high = self.order.effect_of(self.held), self.order.effect_of(self.flipped)
        guess = self.order.votes_for(low + (high - low) * self.held_gap / (self.held_gap - self.flipped_gap))
        if np.isnan(self.flipped_gap) or self.n_trials > 5:
            guess = (self.held + self.flipped) // 2
        return float(min(max(guess, self.held + 1), np.ceil(self.flipped) - 1))


@dataclass(frozen=True, slots=True, eq=False)
class RowsByCell:
    """Rows of some cells, (k,), together by cell, in their order; ``ends[c]`` ends those of cell c."""

    rows: Ints
    weight: Floats
    ends: Ints

    @classmethod
    def of(cls, cell: Ints, rows: Ints, weight: Floats, n_cells: int) -> "RowsByCell":
        """Of rows with their cells and weights, (k,) each."""
        order = np.argsort(cell, kind="stable")
        ends = np.cumsum(np.bincount(cell, minlength=n_cells))
        return cls(rows=rows[order], weight=weight[order], ends=ends)

    def holding(self, cells: Ints, counts: Floats) -> Ints:
        """Rows that hold so many comparisons of each cell."""
        parts = [np.zeros(0, dtype=np.int64)]
        for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
            rows = slice(int(self.ends[cell - 1]) if cell else 0, int(self.ends[cell]))
            n_rows = int(np.searchsorted(np.cumsum(self.weight[rows]), count * (1 - 1e-12))) + 1
            parts.append(self.rows[rows][:n_rows])
        return np.concatenate(parts)
