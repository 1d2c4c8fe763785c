"""Rows of a likelihood summed by the clusters that are left out: scores, leverage, information, degrees.

What `ranking.maths.clusters.leave_one_out` needs of the rows; nothing here knows what becomes of a cluster that is gone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths.clusters.sandwich import Entries, ScoreRows, meat_of
from ranking.maths.data.arrays import Bools, Codes, Floats, Ints, chunks
from ranking.maths.data.coding import CACHED_ROWS
from ranking.maths.data.comparisons import Column, Comparisons

EXACT_WORK = 2e9
"""So many multiplications may be spent on clusters solved exactly; of p parameters each takes about p**3."""

FEWEST_EXACT, MOST_EXACT = 16, 64
"""Bounds of the number of clusters solved exactly where not all can be."""

HEAVY = 0.1
"""A cluster whose leverage is above this share of one parameter is solved exactly, as far as there is room."""

SMALL = 40
"""Up to so many parameters a cluster is taken apart by its eigenvalues; above, only where the rest may be singular."""

DENSE = 400
"""Above so many parameters, fewer clusters are solved exactly."""

PART_NUMBERS = 8_000_000
"""Numbers held at once for the information matrices of clusters."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """A part ``weight z z'`` of the information of r rows; z is `at_a` at a, `at_b` at b, and `further` elsewhere.

    Parameters
    ----------
    weight : (r,) float64
        May be negative: terms only make sense as a sum.
    at_a, at_b : float
    further : (r, k) or (1, k) float64
    """

    weight: Floats
    at_a: float
    at_b: float
    further: Floats


type TermRows = Callable[[slice | Ints], list[Term]]
"""Rows to the terms of their information, unweighted."""


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Rows with the same competitors and the same terms, where these are few: what rests on no more is worked out once.

    Parameters
    ----------
    kind : (n,) int
        0 to K - 1.
    row : (K,) int64
        A row of each kind; any row for a kind that no row is of.
    """

    kind: NDArray[np.integer[Any]]
    row: Ints


@dataclass(frozen=True, slots=True, eq=False)
class RowsLeft:
    """The parts of a likelihood at its maximum that are needed here.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors.
    hessian : (p, p) float64
        The grounded Hessian, positive definite.
    score : callable
        Rows to their `Entries`, unweighted.
    terms : callable
        Rows to the terms of their information, unweighted.
    alike : Alike, optional
        Which rows have the same terms.
    """

    comparisons: Comparisons
    hessian: Floats
    score: ScoreRows
    terms: TermRows
    alike: Alike | None = None


def kish(total: Floats, squares: Floats) -> Floats:
    """``(sum n)**2 / sum n**2``; 0 where there is nothing."""
    return np.divide(total**2, squares, out=np.zeros_like(total), where=squares > 0)


def room_for(p: int) -> int:
    """How many clusters can be solved exactly."""
    fewest = MOST_EXACT if p <= DENSE else FEWEST_EXACT
    return max(int(EXACT_WORK / (20_000 + (50 if p <= SMALL else 5) * p**3)), fewest)


@dataclass(frozen=True, slots=True, eq=False)
class ClustersLeftOut:
    """Which rows are left out together.

    Parameters
    ----------
    slot : (n,) int32
        0 to S - 1; -1 for rows of weight zero and loose ones.
    weight : (n,) float64, or None
        Of each row in its cluster; None = one each.
    times : (S,) float64
        How many equal clusters a slot stands for: the weight of a single comparison of unknown cluster, else 1.
    loose : (r,) int64
        Rows of unknown cluster with so little leverage that they need no slot.
    n_clusters : float
        G.
    """

    slot: Codes
    weight: Floats | None
    times: Floats
    loose: Ints
    n_clusters: float

    @classmethod
    def of(cls, rows: RowsLeft, column: Column, inverse: Floats) -> "ClustersLeftOut":
        """Known clusters have the first slots, single comparisons of large leverage (or all, if few) the others."""
        c = rows.comparisons
        codes = c.clusters(column)
        counted = np.ones(len(c), dtype=np.bool_) if c.weight is None else c.weight > 0
        n_codes = int(codes.max(initial=-1)) + 1
        present = np.zeros(n_codes + 1, dtype=np.bool_)
        present[codes[counted]] = True  # the last is for -1
        present = present[:n_codes]
        known = counted & (codes >= 0)
        if known.all() and present.all():
            slot = codes
        else:
            place = np.append(np.cumsum(present, dtype=np.int32) - 1, np.int32(-1))
            slot = np.where(known, place[codes], np.int32(-1))
        alone = np.flatnonzero(counted & (codes < 0))
        n_known, n_alone = int(present.sum()), float(c.multiples(alone).sum())
        if n_known + n_alone < 2:
            raise ValueError(f"{n_known + n_alone:g} {column}s: a covariance by {column} needs at least 2")
        own = alone if n_known + len(alone) <= room_for(len(inverse)) else _heaviest(rows, alone, inverse)
        if len(own):
            slot = slot.copy()
            slot[own] = n_known + np.arange(len(own))
        weight = c.weight
        if weight is not None and len(own):
            weight = weight.copy()
            weight[own] = c.unit_weights(own)
        times = np.append(np.ones(n_known), c.multiples(own))
        return cls(slot, weight, times, np.setdiff1d(alone, own), n_known + n_alone)

    def among(self, wanted: Bools) -> "ClustersLeftOut":
        """Without the rows of the slots that are not wanted."""
        return self if wanted.all() else replace(self, slot=np.where(np.append(wanted, False)[self.slot], self.slot, -1))

    def weighted(self, part: slice | Ints, values: Floats) -> Floats:
        """Values of rows times what these weigh in their clusters."""
        return values if self.weight is None else values * self.weight[part]


def _heaviest(rows: RowsLeft, alone: Ints, inverse: Floats) -> Ints:
    """Single comparisons whose leverage is large, at most as many as there is room for."""
    leverage = rows.comparisons.unit_weights(alone)
    for part in chunks(len(alone)):
        leverage[part] *= leverages(rows, alone[part], inverse)
    heavy = np.flatnonzero(leverage > HEAVY)
    return np.sort(alone[heavy[np.argsort(-leverage[heavy], kind="stable")[: room_for(len(inverse))]]])


def leverages(rows: RowsLeft, part: slice | Ints, inverse: Floats) -> Floats:
    """``trace(I_r H^-1)`` of some rows, unweighted: (r,). All rows together have as much as there are parameters."""
    if rows.alike is not None:
        return leverages(replace(rows, alike=None), rows.alike.row, inverse).take(rows.alike.kind[part])
    c, m = rows.comparisons, len(rows.comparisons.names)
    a, b = c.a[part].astype(np.int64), c.b[part]
    pair, ratings, diagonal = a * m + b, inverse[:m, :m], np.diagonal(inverse)[:m]
    leverage = np.zeros(len(a))
    for term in rows.terms(part):
        table = term.at_a**2 * diagonal[:, None] + term.at_b**2 * diagonal + 2 * term.at_a * term.at_b * ratings
        squares = table.ravel()[pair]
        if term.further.shape[1]:
            side = term.at_a * inverse[m:, :m].T[a] + term.at_b * inverse[m:, :m].T[b]
            squares = squares + ((2 * side + term.further @ inverse[m:, m:]) * term.further).sum(axis=1)
        leverage += term.weight * squares
    return leverage


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Sums by slot: scores (S, p), and leverage (S,)."""

    scores: Floats
    leverage: Floats

    @classmethod
    def of(cls, rows: RowsLeft, clusters: ClustersLeftOut, inverse: Floats) -> "Tables":
        n_slots = len(clusters.times)
        leverage = np.zeros(n_slots)

        for part, slot in _slotted(rows, clusters):
            weighted = clusters.weighted(part, leverages(rows, part, inverse))
            leverage += np.bincount(slot, weights=weighted, minlength=n_slots)
        return cls(_summed(rows, clusters, rows.score, len(inverse)), leverage)


def _slotted(rows: RowsLeft, clusters: ClustersLeftOut) -> Iterator[tuple[slice | Ints, Ints]]:
    """Rows that have a slot, with it, in parts as long as a table of all slots."""
    m, n_slots = len(rows.comparisons.names), len(clusters.times)
    for part in chunks(len(rows.comparisons), at_least=n_slots * m):
        slot = clusters.slot[part].astype(np.int64)  # a place in a table may need more than 32 bits
        if (slot >= 0).all():
            yield part, slot
        else:
            kept = np.flatnonzero(slot >= 0)
            yield part.start + kept, slot[kept]


def _summed(rows: RowsLeft, clusters: ClustersLeftOut, entries: Callable[[slice | Ints], Entries], p: int) -> Floats:
    """Weighted entries of rows summed by slot: (S, p)."""
    c, m, n_slots = rows.comparisons, len(rows.comparisons.names), len(clusters.times)
    further, ratings = np.zeros((n_slots, p - m)), np.zeros(n_slots * m)
    for part, slot in _slotted(rows, clusters):
        each, base = entries(part), slot * m
        ratings += np.bincount(base + c.a[part], weights=clusters.weighted(part, each.a), minlength=len(ratings))
        ratings += np.bincount(base + c.b[part], weights=clusters.weighted(part, each.b), minlength=len(ratings))
        for column in range(p - m):
            values = clusters.weighted(part, each.further[:, column])
            further[:, column] += np.bincount(slot, weights=values, minlength=n_slots)
    sums = ratings.reshape(n_slots, m)
    return np.hstack([sums, further]) if p > m else sums


def moved_by(rows: RowsLeft, clusters: ClustersLeftOut, tables: Tables, inverse: Floats, exact: Ints) -> Floats:
    """``(H - I_g)^-1 s_g`` by its series, (S, p): right for small clusters, and replaced for the exact ones."""
    straight = tables.scores @ inverse
    small = np.ones(len(straight), dtype=np.bool_)
    small[exact] = False
    if not small.any():
        return straight
    some = clusters.among(small)
    moved: Floats = _summed(rows, some, partial(_bent, rows, some, straight), len(inverse)) @ inverse
    moved += straight
    heavy = small & (tables.leverage > HEAVY)
    if heavy.any():  # another term
        some = clusters.among(heavy)
        bent = _summed(rows, some, partial(_bent, rows, some, moved), len(inverse))[heavy]
        moved[heavy] = straight[heavy] + bent @ inverse
    return moved


def _bent(rows: RowsLeft, clusters: ClustersLeftOut, moved: Floats, part: slice | Ints) -> Entries:
    """The information of rows times the vectors of their slots, unweighted."""
    m, p, n = len(rows.comparisons.names), moved.shape[1], len(clusters.slot[part])
    bent = Entries(np.zeros(n), np.zeros(n), np.zeros((n, p - m)))
    for start in range(0, n, CACHED_ROWS):
        here = slice(start, min(start + CACHED_ROWS, n))
        some = slice(part.start + here.start, part.start + here.stop) if isinstance(part, slice) else part[here]
        _bend(rows, clusters, moved, some, Entries(bent.a[here], bent.b[here], bent.further[here]))
    return bent


def _bend(rows: RowsLeft, clusters: ClustersLeftOut, moved: Floats, part: slice | Ints, bent: Entries) -> None:
    """The same of some rows, written to `bent`."""
    c, m, p = rows.comparisons, len(rows.comparisons.names), moved.shape[1]
    slot, flat = clusters.slot[part].astype(np.int64), moved.ravel()
    at_a, at_b = flat[slot * p + c.a[part]], flat[slot * p + c.b[part]]
    for term in rows.terms(part):
        along = term.at_a * at_a + term.at_b * at_b
        if p > m:
            along = along + (term.further * moved[slot, m:]).sum(axis=1)
            bent.further[:] += (term.weight * along)[:, None] * term.further
        along = along * term.weight
        bent.a[:] += term.at_a * along
        bent.b[:] += term.at_b * along


def informations(rows: RowsLeft, clusters: ClustersLeftOut, chosen: Ints) -> Iterator[tuple[Ints, Floats]]:
    """Slots, some at a time, with their information matrices (g, p, p)."""
    p = len(rows.hessian)
    size = max(1, PART_NUMBERS // p**2)
    for start in range(0, len(chosen), size):
        part = chosen[start : start + size]
        yield part, _information(rows, clusters, part)


def _information(rows: RowsLeft, clusters: ClustersLeftOut, part: Ints) -> Floats:
    c, m, p, n = rows.comparisons, len(rows.comparisons.names), len(rows.hessian), len(part)
    place = np.full(len(clusters.times) + 1, -1)
    place[part] = np.arange(n)
    information = np.zeros((n, p, p))
    kept = np.flatnonzero(place[clusters.slot] >= 0)
    for some in chunks(len(kept), at_least=n * p * p):
        at = kept[some]
        g = place[clusters.slot[at]]
        a, b = g * p + c.a[at].astype(np.int64), g * p + c.b[at].astype(np.int64)
        for term in rows.terms(at):
            weight = clusters.weighted(at, term.weight)
            _add_pairs(information, a * p + c.b[at].astype(np.int64), weight * (term.at_a * term.at_b))
            _add_own(information, a, weight * term.at_a**2 / 2)
            _add_own(information, b, weight * term.at_b**2 / 2)
            for column in range(p - m):
                values = weight * term.further[:, column]
                _add_column(information[:, :, m + column], a, values * term.at_a)
                _add_column(information[:, :, m + column], b, values * term.at_b)
                for other in range(column + 1):
                    half = 0.5 if other == column else 1.0
                    each = np.bincount(g, weights=values * (half * term.further[:, other]), minlength=n)
                    information[:, m + other, m + column] += each
    return information + np.swapaxes(information, 1, 2)


def _add_pairs(information: Floats, key: Ints, values: Floats) -> None:
    information += np.bincount(key, weights=values, minlength=information.size).reshape(information.shape)


def _add_own(information: Floats, key: Ints, values: Floats) -> None:
    n, p = information.shape[:2]
    information[:, np.arange(p), np.arange(p)] += np.bincount(key, weights=values, minlength=n * p).reshape(n, p)


def _add_column(column: Floats, key: Ints, values: Floats) -> None:
    column += np.bincount(key, weights=values, minlength=column.size).reshape(column.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Degrees:
    """The information of clusters on each competitor.

    Parameters
    ----------
    table : (S, m) float64
        Information of each slot on each competitor.
    times : (S,) float64
        As in `ClustersLeftOut`.
    parameters : (S, k) float64
        To first order L_g of each further parameter.
    loose : (m,), (m, m), (k,), (k,) float64
        Over single comparisons without a slot: sums of information, of its products on two competitors, of L of each
        further parameter, and of its square.
    """

    table: Floats
    times: Floats
    parameters: Floats
    loose: tuple[Floats, Floats, Floats, Floats]

    def without(self, exact: Ints) -> "Degrees":
        """Those of the clusters that are not solved exactly."""
        times = self.times.copy()
        times[exact] = 0
        return replace(self, times=times)

    def sums(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Over clusters, as in `loose`."""
        table, times, further = self.table, self.times, self.parameters
        products = (table * times[:, None]).T @ table
        totals = times @ table, products, times @ further, times @ further**2
        return tuple(one + other for one, other in zip(totals, self.loose, strict=True))  # type: ignore[return-value]

    def kish(self) -> Floats:
        """``(sum n)**2 / sum n**2`` of the information on each competitor, (m,): on how many clusters it was met."""
        total = self.times @ self.table + self.loose[0]
        squares = self.times @ self.table**2 + np.diagonal(self.loose[1])
        return kish(total, squares)


def degrees_of(rows: RowsLeft, clusters: ClustersLeftOut, inverse: Floats) -> Degrees:
    """The information of the clusters of these rows on each competitor."""
    c, m, n_slots = rows.comparisons, len(rows.comparisons.names), len(clusters.times)
    table, further = np.zeros(n_slots * m), np.zeros((n_slots, len(inverse) - m))
    for part, slot in _slotted(rows, clusters):
        at_a, at_b, own = _felt(rows, part, inverse)
        base = slot * m
        table += np.bincount(base + c.a[part], weights=clusters.weighted(part, at_a), minlength=len(table))
        table += np.bincount(base + c.b[part], weights=clusters.weighted(part, at_b), minlength=len(table))
        for column in range(further.shape[1]):
            further[:, column] += np.bincount(slot, weights=clusters.weighted(part, own[:, column]), minlength=n_slots)
    return Degrees(table.reshape(n_slots, m), clusters.times, further, _loose_degrees(rows, clusters, inverse))


def _loose_degrees(rows: RowsLeft, clusters: ClustersLeftOut, inverse: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    c, m, k = rows.comparisons, len(rows.comparisons.names), len(inverse) - len(rows.comparisons.names)
    total, products, parameters, squared = np.zeros(m), np.zeros((m, m)), np.zeros(k), np.zeros(k)
    for some in chunks(len(clusters.loose)):
        at = clusters.loose[some]
        at_a, at_b, own = _felt(rows, at, inverse)
        unit, count = c.unit_weights(at), c.multiples(at)
        total += np.bincount(c.a[at], weights=count * unit * at_a, minlength=m)
        total += np.bincount(c.b[at], weights=count * unit * at_b, minlength=m)
        met = meat_of(c.a[at], c.b[at], Entries(unit * at_a, unit * at_b, unit[:, None] * own), count, m)
        products += met[:m, :m]
        parameters += (count * unit) @ own
        squared += np.diagonal(met)[m:]
    return total, products, parameters, squared


def _felt(rows: RowsLeft, part: slice | Ints, inverse: Floats) -> tuple[Floats, Floats, Floats]:
    """Information of rows on a and b, (r,) each, and to first order L of each further parameter, (r, k)."""
    if rows.alike is not None:
        kind, of_kinds = rows.alike.kind[part], _felt(replace(rows, alike=None), rows.alike.row, inverse)
        return of_kinds[0][kind], of_kinds[1][kind], of_kinds[2].T[:, kind].T
    c, m = rows.comparisons, len(rows.comparisons.names)
    a, b = c.a[part], c.b[part]
    at_a, at_b, own = np.zeros(len(a)), np.zeros(len(a)), np.zeros((len(a), len(inverse) - m))
    for term in rows.terms(part):
        at_a += term.at_a**2 * term.weight
        at_b += term.at_b**2 * term.weight
        if own.shape[1]:
            along = term.at_a * inverse[a, m:] + term.at_b * inverse[b, m:] + term.further @ inverse[m:, m:]
            own += term.weight[:, None] * along**2
    return at_a, at_b, own


def of_loose(rows: RowsLeft, clusters: ClustersLeftOut, inverse: Floats, weights: Floats) -> Floats:
    """``sum of d d'`` over single comparisons without a slot, (p, p): ``d = H^-1 s / (1 - leverage)``."""
    c, m = rows.comparisons, len(rows.comparisons.names)
    total = np.zeros_like(inverse)
    for some in chunks(len(clusters.loose)):
        at = clusters.loose[some]
        unit = c.unit_weights(at)
        left = 1 - np.minimum(unit * leverages(rows, at, inverse), 0.5)
        total += meat_of(c.a[at], c.b[at], rows.score(at), c.multiples(at) * (unit / left) ** 2, m)
    centred = inverse.copy()
    centred[:m] -= weights @ inverse[:m]
    return np.asarray(centred @ total @ centred.T, dtype=np.float64)
