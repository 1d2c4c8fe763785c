"""Leave one cluster out of a board of very many competitors: the figures of `leave_one_out`, by blocks of pairs.

The formulas are those of `leave_one_out`, and so are the clusters that are solved exactly. What differs is what is held:

- scores and information of a cluster touch the competitors that it holds, not all: they are kept sparse;
- heavy clusters are solved through their pairs (`many_exact`);
- nothing is kept of all pairs but the inverse Hessian and two Gram matrices (or their factors, where clusters are fewer
  than competitors); variances and effective clusters of differences are made for a block of rows at a time.

Ratings are in float64 throughout. Pairs are in float32 (a relative error of some 1e-6 of a variance), except where a
difference nearly cancels.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ranking.maths.cancellation import is_wanted
from ranking.maths.clusters.leave_one_out import centre_of, chosen_exactly
from ranking.maths.clusters.leave_one_out_gains import ratio
from ranking.maths.clusters.leave_one_out_rows import HEAVY, kish
from ranking.maths.clusters.many_exact import HeavyCluster, carried_ratings, held_by, solved
from ranking.maths.clusters.many_gram import SPARSE_SHARE, Gram, Singles, whole
from ranking.maths.clusters.many_pairs import Small, effective_clusters
from ranking.maths.data.arrays import Bools, Codes, Floats, Ints
from ranking.maths.data.triangle import Triangle

SLOTS_A_PART = 128
"""Clusters that are moved at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class ClusterRows:
    """Rows of comparisons in their clusters, in order of these.

    Parameters
    ----------
    m : int
        Competitors.
    a, b : (n,) int32
    score : (n,) float64
        ``weight * (y - p)``: what the row pulls at a, and with the other sign at b.
    information : (n,) float64
        ``weight * p (1 - p)``.
    slot : (n,) int64
        The cluster, from 0 to S - 1, rising.
    """

    m: int
    a: Codes
    b: Codes
    score: Floats
    information: Floats
    slot: Ints

    @classmethod
    def of(cls, m: int, a: Codes, b: Codes, score: Floats, information: Floats, cluster: Codes) -> "ClusterRows":
        """From rows in any order, each of a known cluster."""
        order = np.argsort(cluster, kind="stable")
        slot = np.unique(cluster[order], return_inverse=True)[1].astype(np.int64)
        return cls(m, a[order], b[order], score[order], information[order], slot)

    @property
    def n_slots(self) -> int:
        """S."""
        return int(self.slot[-1]) + 1 if len(self.slot) else 0

    def at(self, first: int, last: int) -> "ClusterRows":
        """Those of the clusters from `first` to before `last`; slots count from 0 again."""
        part = slice(*np.searchsorted(self.slot, [first, last]).tolist())
        return ClusterRows(
            self.m, self.a[part], self.b[part], self.score[part], self.information[part], self.slot[part] - first
        )

    def summed(self, at_a: Floats, at_b: Floats, n_slots: int) -> Floats:
        """Values of rows summed by cluster and competitor, (S, m)."""
        base, size = self.slot * self.m, n_slots * self.m
        sums = np.bincount(base + self.a, at_a, size)
        sums += np.bincount(base + self.b, at_b, size)
        return np.asarray(sums.reshape(n_slots, self.m), dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class ManyLeftOut:
    """Figures of the ratings, and what those of differences are made of.

    Parameters
    ----------
    n_clusters : float
    variance : (m,) float64
        Leave-one-cluster-out variances of ratings less their mean by `centre`.
    ratings : (m,) float64
        Effective clusters of each.
    carried_ratings : (m,) bool
    centre : (m,) float64
        All as in `LeaveOut`.
    covariance : Gram
        Of the ratings less that mean.
    clusters : Triangle
        Effective clusters behind each difference, before those that are carried.
    alone : tuple of (k, m) float64
        Directions that single clusters carry alone.
    """

    n_clusters: float
    variance: Floats
    ratings: Floats
    carried_ratings: Bools
    centre: Floats
    covariance: Gram
    clusters: Triangle
    alone: tuple[Floats, ...]


def leave_out_of_many(rows: ClusterRows, inverse: Floats, single: Singles) -> ManyLeftOut:
    """Leave every cluster out in turn.

    Parameters
    ----------
    rows : ClusterRows
        At the maximum.
    inverse : (m, m) float64
        Of the grounded Hessian.
    single : (m, m) float32
        The same.

    Raises
    ------
    ValueError
        If there are fewer than two clusters.

    References
    ----------
    `ranking.maths.clusters.leave_one_out.leave_out`, whose figures these are.

    Examples
    --------
    Two prompts of two comparisons each: one prompt is as good as the other.

    >>> pull, half = np.array([0.5, -0.5, 0.5, -0.5]), np.full(4, 0.25)
    >>> x, y = np.zeros(4, dtype=np.int32), np.ones(4, dtype=np.int32)
    >>> rows = ClusterRows.of(2, x, y, pull, half, np.array([1, 1, 2, 2]))
    >>> inverse = np.linalg.inv(np.array([[1.0, -1.0], [-1.0, 1.0]]) + 0.5)
    >>> left_out = leave_out_of_many(rows, inverse, inverse.astype(np.float32))
    >>> left_out.ratings.tolist(), left_out.clusters.at(np.array([0]), np.array([1])).tolist(), left_out.n_clusters
    ([2.0, 2.0], [2.0], 2.0)
    """
    n, m = rows.n_slots, rows.m
    if n < 2:
        raise ValueError(f"{n} clusters: a covariance by cluster needs at least 2")
    leverage = _leverages(rows, inverse)
    exact = chosen_exactly(leverage, m)
    heavy = {}
    for g in exact.tolist():
        own = rows.at(g, g + 1)
        heavy[g] = solved(own.a, own.b, own.information, inverse, float(leverage[g]))
    carried = carried_ratings(list(heavy.values()), inverse)
    small, clusters = _small(rows, heavy)
    centre = centre_of(carried, clusters)
    covariance = Gram(m, n_lines=n)
    for moved in _moved(rows, inverse, leverage, heavy):
        moved -= (moved @ centre)[:, None]
        covariance.add(moved * np.sqrt((n - 1) / n))
    effective = _effective_ratings(rows, inverse, heavy, small, centre)
    return ManyLeftOut(
        n_clusters=float(n),
        variance=covariance.diagonal,
        ratings=np.where(carried, 1.0, effective),
        carried_ratings=carried,
        centre=centre,
        covariance=covariance,
        clusters=effective_clusters(tuple(heavy.values()), small, float(n), single, np.diagonal(inverse)),
        alone=tuple(each.alone for each in heavy.values() if len(each.alone)),
    )


def _leverages(rows: ClusterRows, inverse: Floats) -> Floats:
    diagonal = np.diagonal(inverse)
    between = diagonal[rows.a] + diagonal[rows.b] - 2 * inverse[rows.a, rows.b]
    return np.bincount(rows.slot, rows.information * between, rows.n_slots)


def _parts(n_slots: int) -> Iterator[tuple[int, int]]:
    for start in range(0, n_slots, SLOTS_A_PART):
        is_wanted()
        yield start, min(start + SLOTS_A_PART, n_slots)


def _small(rows: ClusterRows, heavy: dict[int, HeavyCluster]) -> tuple[Small | None, Floats]:
    """Of the clusters that are not heavy; and on how many clusters each competitor was met, of all."""
    n, m = rows.n_slots, rows.m
    products = Gram(m, n_lines=n - len(heavy), single=True)
    degrees, total, squares = np.zeros(m), np.zeros(m), np.zeros(m)
    for first, last in _parts(n):
        own = rows.at(first, last)
        table = own.summed(own.information, own.information, last - first)
        total += table.sum(axis=0)
        squares += np.einsum("si,si->i", table, table)
        kept = table[[g not in heavy for g in range(first, last)]]
        degrees += kept.sum(axis=0)
        products.add(kept)
    return Small(degrees, products) if len(heavy) < n else None, kish(total, squares)


def _moved(rows: ClusterRows, inverse: Floats, leverage: Floats, heavy: dict[int, HeavyCluster]) -> Iterator[Floats]:
    """``(H - I_g)^-1 s_g`` of some clusters at a time, (s, m): by its series, but for the heavy ones."""
    for first, last in _parts(rows.n_slots):
        part = rows.at(first, last)
        n = last - first
        scores = part.summed(part.score, -part.score, n)
        is_small = np.array([g not in heavy for g in range(first, last)])
        moved = _times(scores + _bent(part, scores, inverse, is_small, leverage[first:last]), inverse)
        for g in range(first, last):
            if g in heavy:
                moved[g - first] += heavy[g].gain.T @ (heavy[g].gain @ scores[g - first])
        yield moved


def _bent(part: ClusterRows, scores: Floats, inverse: Floats, is_small: Bools, leverage: Floats) -> Floats:
    """What the series adds to the scores: ``I_g H^-1 s_g``, and where g weighs much ``I_g H^-1 I_g H^-1 s_g`` too."""
    again = is_small & (leverage > HEAVY)
    if 8 * len(part.slot) < scores.size:
        return _bent_within(part, scores, inverse, is_small, again)

    def felt(lines: Floats, by: Bools) -> Floats:
        whole = _times(lines, inverse)
        along = whole[part.slot, part.a] - whole[part.slot, part.b]
        along *= np.where(by[part.slot], part.information, 0.0)
        return part.summed(along, -along, len(by))

    once = felt(scores, is_small)
    return np.asarray(once + felt(once, again) if again.any() else once, dtype=np.float64)


def _bent_within(part: ClusterRows, scores: Floats, inverse: Floats, is_small: Bools, again: Bools) -> Floats:
    """The same where clusters hold few competitors each: only what these feel is needed."""
    n, m = scores.shape
    bent, is_met, place = np.zeros((n, m)), np.zeros(m, dtype=np.bool_), np.zeros(m, dtype=np.int64)
    starts, flat = np.searchsorted(part.slot, np.arange(n + 1)).tolist(), inverse.ravel()
    for g in np.flatnonzero(is_small).tolist():
        own = slice(starts[g], starts[g + 1])
        is_met[part.a[own]] = is_met[part.b[own]] = True
        met = np.flatnonzero(is_met)
        is_met[met] = False
        place[met] = np.arange(len(met))
        a, b, information = place[part.a[own]], place[part.b[own]], part.information[own]
        within = flat.take((m * met[:, None] + met).ravel()).reshape(len(met), len(met))
        moved = within @ scores[g, met]
        along = information * (moved[a] - moved[b])
        if again[g]:
            moved = within @ (np.bincount(a, along, len(met)) - np.bincount(b, along, len(met)))
            along += information * (moved[a] - moved[b])
        bent[g, met] = np.bincount(a, along, len(met)) - np.bincount(b, along, len(met))
    return bent


def _times(lines: Floats, matrix: Floats) -> Floats:
    dense = np.count_nonzero(lines) > SPARSE_SHARE * lines.size
    return np.asarray(lines @ matrix if dense else csr_array(lines) @ matrix, dtype=np.float64)


def _effective_ratings(
    rows: ClusterRows, inverse: Floats, heavy: dict[int, HeavyCluster], small: Small | None, centre: Floats
) -> Floats:
    """``(sum L_g)**2 / sum L_g**2`` of each rating less the mean by `centre`: (m,)."""
    total, squared = np.zeros(rows.m), np.zeros(rows.m)
    held = np.zeros(rows.m)
    for each in heavy.values():
        gained = _squares_apart(each.gain, centre)
        total += gained
        squared += gained**2
        held += _squares_apart(held_by(each, inverse), centre)
    if small is not None:
        mean = inverse @ centre
        left = np.maximum(np.diagonal(inverse) - 2 * mean + centre @ mean - held, 0.0)
        size, shared = _felt_by_ratings(inverse, small, mean)
        total += left
        squared += np.divide(shared * left**2, size**2, out=np.zeros(rows.m), where=size > 0)
    return ratio(total, squared, float(rows.n_slots))


def _squares_apart(lines: Floats | Singles, centre: Floats) -> Floats:
    """Squares of each column less the mean of columns: (m,)."""
    apart_ = lines - (lines @ centre)[:, None]
    return np.asarray(np.einsum("ri,ri->i", apart_, apart_), dtype=np.float64)


def _felt_by_ratings(inverse: Floats, small: Small, mean: Floats) -> tuple[Floats, Floats]:
    """Of each rating: ``sum over small g of own' n_g``, and of its square, ``own_k = (H^-1_ik - mean_k)**2``."""
    m = len(mean)
    size, shared = np.zeros(m), np.zeros(m)
    lines = small.products.lines
    sparse = None if lines is None or np.count_nonzero(lines) > SPARSE_SHARE * m * m else csr_array(lines)
    products = whole(small.products) if sparse is None else np.zeros((0, 0), dtype=np.float32)
    for start in range(0, m, SLOTS_A_PART):
        is_wanted()
        some = slice(start, min(start + SLOTS_A_PART, m))
        own = (inverse[some] - mean) ** 2
        size[some] = own @ small.degrees
        single = own.astype(np.float32)
        if sparse is None:
            shared[some] = np.einsum("ik,ik->i", single @ products, single, dtype=np.float64)
        else:
            each = sparse @ single.T
            shared[some] = np.einsum("gi,gi->i", each, each, dtype=np.float64)
    return size, shared
