"""Influence with slot intercepts: results are alike if the same judge gave them with the same competitor shown first."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from ranking.maths.data.arrays import Codes, Floats, Ints, SmallCodes, chunks
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.failures import UnfittedError
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.likelihood import RowLikelihood
from ranking.maths.models.contextual import fit_contextual
from ranking.maths.uncertainty.flips.search import RemovalOrder, RowsByCell, Taken, in_order

TIE = 2
MOST_FLAGS_A_ROW, MOST_SHORT = 8, 2**31


@dataclass(frozen=True, slots=True, eq=False)
class SlotInfluence:
    """Cells (winner, loser, judge, order) and (i, j, tie, judge, order), C in all, for p parameters.

    Parameters
    ----------
    fit : Fit
        n rows between m competitors.
    cells : Comparisons
        One row a cell, the winner as a; its weight is the cell's count.
    cell : (n,) int32
        Of each row of the fit.
    score : (C,) float64
        y - P(a beats b).
    slot : (C,) int64
        The place among the parameters of the intercept that a cell has; p = none.
    sign : (C,) float64
        1 if a was shown first, -1 if b was.
    inverse : (p, p) float64
        Of the Hessian.
    slot_sd : float or None
        The prior of the intercepts.
    """

    fit: Fit
    cells: Comparisons
    cell: Codes
    score: Floats
    slot: Ints
    sign: Floats
    inverse: Floats
    slot_sd: float | None

    @classmethod
    def of(cls, fit: Fit) -> "SlotInfluence":
        m, n_slots = len(fit.names), len(fit.parameters)
        cells, cell = _counted(fit.comparisons)
        first = _order(cells)
        sign = np.array([1.0, -1.0, 0.0])[first]
        slot = _slots(cells, first, n_slots)
        intercepts = np.array([*(each.estimate for each in fit.parameters), 0.0])
        gap = fit.ratings[cells.a] - fit.ratings[cells.b] + sign * intercepts[slot - m]
        points = np.where(cells.outcome == TIE, 0.5, 1.0)
        inverse = np.linalg.inv(fit.likelihood.hessian()) if m else np.zeros((0, 0))
        return cls(fit, cells, cell, points - expit(gap), slot, sign, inverse, _slot_sd(fit))

    def order(self, a: int, b: int, *, wanted: float) -> RemovalOrder:
        direction = np.append(self.inverse[a] - self.inverse[b], 0.0)
        influence = (direction[self.cells.a] - direction[self.cells.b] + self.sign * direction[self.slot]) * self.score
        return in_order(influence, self.cells.weights(), wanted=wanted)

    def ratings_without(self, sets: Sequence[Taken]) -> Floats:
        return np.array([self._refitted(*each) for each in sets]).reshape(len(sets), len(self.fit.names))

    def _refitted(self, cells: Ints, taken: Floats) -> Floats:
        left = self.cells.weights().copy()
        left[cells] -= taken
        ratings = np.full(len(self.fit.names), np.nan)
        try:
            fit = fit_contextual(self.cells.reweighted(left), slot_sd=self.slot_sd, start=self.fit)
        except UnfittedError:
            return ratings
        place = {name: i for i, name in enumerate(self.fit.names)}
        ratings[[place[name] for name in fit.names]] = fit.ratings
        return ratings

    def rows_holding(self, sets: Sequence[Taken]) -> list[Ints]:
        weight, wanted = self.fit.comparisons.weights(), np.zeros(len(self.cells), dtype=np.bool_)
        for cells, _ in sets:
            wanted[cells] = True
        rows = np.flatnonzero(wanted[self.cell] & (weight > 0))
        by_cell = RowsByCell.of(self.cell[rows].astype(np.int64), rows, weight[rows], len(self.cells))
        return [by_cell.holding(*each) for each in sets]


def _counted(comparisons: Comparisons) -> tuple[Comparisons, Codes]:
    """Cells as rows, the winner as a (of a tie the competitor of the lower code); and the cell of each row, (n,)."""
    n, m = len(comparisons), len(comparisons.names)
    shape = (m, m, 2, 3, int(comparisons.clusters("judge").max(initial=-1)) + 2)
    size = int(np.prod(shape, dtype=np.int64))
    key: Ints | Codes = np.empty(n, dtype=np.int64) if size >= MOST_SHORT else np.empty(n, dtype=np.int32)
    for part in chunks(n):  # there may be millions of rows
        key[part] = _keys(comparisons, part, shape)
    keys, cell = _distinct(key, size)
    count = np.zeros(len(keys))
    for part in chunks(n):
        count += np.bincount(cell[part], weights=comparisons.weights(part), minlength=len(keys))
    a, b, tied, order, judged = (each.astype(np.int32) for each in np.unravel_index(keys, shape))
    cells = Comparisons(
        names=comparisons.names, a=a, b=b, outcome=(TIE * tied).astype(np.int8), first=(order - 1).astype(np.int8),
        judge=judged - 1, weight=count,
    )  # fmt: skip
    return cells, cell


def _keys(c: Comparisons, rows: slice, shape: tuple[int, ...]) -> Ints:
    a, b, first = c.a[rows], c.b[rows], _order(c, rows)
    judge = np.full(len(a), -1, dtype=np.int32) if c.judge is None else c.judge[rows]
    is_tie = c.outcome[rows] >= TIE
    is_turned = np.where(is_tie, a > b, c.outcome[rows] == 1)
    first = np.where(is_turned & (first >= 0), 1 - first, first)
    kinds = (np.where(is_turned, b, a), np.where(is_turned, a, b), is_tie.astype(np.int8), first + 1, judge + 1)
    return np.asarray(np.ravel_multi_index(kinds, shape), dtype=np.int64)


def _order(comparisons: Comparisons, rows: slice = slice(None)) -> SmallCodes:
    """Who was shown first: 0 = a, 1 = b, -1 = not known."""
    first = comparisons.first
    return np.full(len(comparisons.a[rows]), -1, dtype=np.int8) if first is None else first[rows]


def _distinct(key: Ints | Codes, size: int) -> tuple[Ints, Codes]:
    """The keys that occur, in order, and the place of each among them; in the keys' own room if they are dense."""
    if size > MOST_FLAGS_A_ROW * len(key):
        keys, place = np.unique(key, return_inverse=True)
        return keys.astype(np.int64), place.astype(np.int32)
    met = np.zeros(size, dtype=np.bool_)
    met[key] = True
    places = np.cumsum(met, dtype=np.int32) - 1
    for part in chunks(len(key)):
        key[part] = places[key[part]]
    return np.flatnonzero(met), key.astype(np.int32, copy=False)


def _slots(cells: Comparisons, first: SmallCodes, n_slots: int) -> Ints:
    """The intercepts stand behind the ratings, by judges' codes; cells of unknown order have none."""
    m, judge = len(cells.names), cells.clusters("judge")
    known = np.unique(judge[(first >= 0) & (cells.weights() > 0)])
    if len(known) != n_slots:
        raise ValueError(f"the fit has {n_slots} slot intercepts, and its rows {len(known)} judges in a known order")
    return np.where(first >= 0, m + np.searchsorted(known, judge), m + n_slots).astype(np.int64)


def _slot_sd(fit: Fit) -> float | None:
    """The prior that the fit was made with, read off its likelihood."""
    likelihood, m = fit.likelihood, len(fit.names)
    if not isinstance(likelihood, RowLikelihood) or likelihood.prior is None or not likelihood.prior[m:].any():
        return None
    return float(likelihood.prior[m] ** -0.5)
