"""Influence under Bradley-Terry: results of one winner over one loser are alike, and so are the ties of two."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths.data.arrays import Codes, Floats, Ints, chunks
from ranking.maths.data.cells import short_keys
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.half_wins import grounded_hessian, win_chances
from ranking.maths.resampling.refits import Refitter
from ranking.maths.uncertainty.flips.search import RemovalOrder, RowsByCell, Taken, in_order

SETS_A_BLOCK = 50


@dataclass(frozen=True, eq=False)
class CellInfluence:
    """Cells (winner, loser) and (i, j, tie): competitors, score y - P(i beats j), and count, (C,) each.

    `inverse` is that of the Hessian, (m, m); `n_wins` of the cells are wins.
    """

    fit: Fit
    i: Ints
    j: Ints
    score: Floats
    count: Floats
    inverse: Floats
    n_wins: int

    @classmethod
    def of(cls, fit: Fit) -> "CellInfluence":
        cells, chance = fit.cells, win_chances(fit.ratings)
        winner, loser = np.nonzero(cells.wins)
        first, second = np.nonzero(np.triu(cells.ties))
        i, j = np.concatenate([winner, first]), np.concatenate([loser, second])
        return cls(
            fit=fit,
            i=i,
            j=j,
            score=np.repeat([1.0, 0.5], [len(winner), len(first)]) - chance[i, j],
            count=np.concatenate([cells.wins[winner, loser], cells.ties[first, second]]),
            inverse=np.linalg.inv(grounded_hessian(cells.totals, chance)) if fit.names else np.zeros((0, 0)),
            n_wins=len(winner),
        )

    def order(self, a: int, b: int, *, wanted: float) -> RemovalOrder:
        direction = self.inverse[a] - self.inverse[b]
        return in_order((direction[self.i] - direction[self.j]) * self.score, self.count, wanted=wanted)

    @cached_property
    def _refitter(self) -> Refitter:
        return Refitter.of(self.fit.cells.half_wins, self.fit.ratings)

    def ratings_without(self, sets: Sequence[Taken]) -> Floats:
        blocks = [sets[start : start + SETS_A_BLOCK] for start in range(0, len(sets), SETS_A_BLOCK)]
        return np.concatenate([self._refitted(block) for block in blocks])

    def _refitted(self, sets: Sequence[Taken]) -> Floats:
        m = len(self.fit.names)
        i, j = np.triu_indices(m, 1)
        scores = np.repeat(self.fit.cells.half_wins[i, j][:, None], len(sets), axis=1)
        totals = np.repeat(self.fit.cells.totals[i, j][:, None], len(sets), axis=1)
        for column, (cells, taken) in enumerate(sets):
            first, second = self.i[cells], self.j[cells]
            low, high = np.minimum(first, second), np.maximum(first, second)
            pair = low * (2 * m - low - 1) // 2 + high - low - 1
            points = np.where(cells >= self.n_wins, 0.5, first < second)
            np.subtract.at(scores[:, column], pair, taken * points)
            np.subtract.at(totals[:, column], pair, taken)
        return self._refitter.refit(scores, totals)

    def rows_holding(self, sets: Sequence[Taken]) -> list[Ints]:
        comparisons = self.fit.comparisons
        wanted = np.zeros(len(self.i) + 1, dtype=np.bool_)
        for cells, _ in sets:
            wanted[cells] = True
        keys = self._keys(len(comparisons.names))
        # The last flag is where a cell of -1 looks.
        keys[~wanted[keys]] = -1
        parts: list[NDArray[Any]] = [np.zeros((2, 0), dtype=np.int64)]
        for part in chunks(len(comparisons)):
            cell_of_row = keys.take(short_keys(comparisons, part))
            here = np.flatnonzero(cell_of_row >= 0)
            here = here[comparisons.weights(part)[here] > 0]
            parts.append(np.stack([cell_of_row[here], here + part.start]))
        cell, rows = np.concatenate(parts, axis=1)
        by_cell = RowsByCell.of(cell, rows, comparisons.weights()[rows], len(self.i))
        return [by_cell.holding(*each) for each in sets]

    def _keys(self, m: int) -> Codes:
        """Which of these cells a key of `cell_keys` belongs to: (m * m * 4,) int32, -1 = none."""
        cell = np.full((m, m, 4), -1, dtype=np.int32)
        wins, ties = np.split(np.arange(len(self.i)), [self.n_wins])
        cell[self.i[wins], self.j[wins], 0] = cell[self.j[wins], self.i[wins], 1] = wins
        for outcome in (2, 3):
            cell[self.i[ties], self.j[ties], outcome] = cell[self.j[ties], self.i[ties], outcome] = ties
        return cell.ravel()
