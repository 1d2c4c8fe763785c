"""Meat: the covariance of a total score, from independent comparisons or clusters of them.

The middle of the sandwich. A score has an entry at each of its two competitors and k further ones; they are
never spread out to (n, p).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from ranking.maths.data.arrays import Bools, Codes, Floats, Ints, chunks
from ranking.maths.data.comparisons import Column, Comparisons


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """Scores of r rows: (r,) at a, (r,) at b, (r, k) at the further parameters."""

    a: Floats
    b: Floats
    further: Floats


type ScoreRows = Callable[[slice | Ints], Entries]


def meat_of(a: Codes | Ints, b: Codes | Ints, entries: Entries, weight: Floats, m: int) -> Floats:
    """``sum of w s s'`` over rows: (p, p) float64 with p = m + k.

    Examples
    --------
    >>> one = Entries(np.array([0.5]), np.array([-0.5]), np.zeros((1, 0)))
    >>> meat_of(np.array([0]), np.array([1]), one, np.array([2.0]), 2).tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    k = entries.further.shape[1]
    meat = np.zeros((m + k, m + k))
    crossed = np.bincount(a.astype(np.int64) * m + b, weights=weight * entries.a * entries.b, minlength=m * m).reshape(m, m)
    meat[:m, :m] = crossed + crossed.T
    own = np.bincount(a, weights=weight * entries.a**2, minlength=m) + np.bincount(
        b, weights=weight * entries.b**2, minlength=m
    )
    meat[np.arange(m), np.arange(m)] += own
    for column in range(k):
        pull = weight * entries.further[:, column]
        meat[:m, m + column] = np.bincount(a, weights=pull * entries.a, minlength=m)
        meat[:m, m + column] += np.bincount(b, weights=pull * entries.b, minlength=m)
    meat[m:, :m] = meat[:m, m:].T
    meat[m:, m:] = (entries.further * weight[:, None]).T @ entries.further
    return meat


def clustered_meat(
    comparisons: Comparisons, score: ScoreRows, singles: Floats | None, n_parameters: int, cluster: Column
) -> Floats:
    """``G / (G - 1)`` times the sum over clusters of their score's outer product: (p, p) float64.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors.
    score : callable
        Rows to their `Entries`.
    singles : (p, p) float64 or None
        The meat of the rows of unknown cluster, which are clusters of one comparison each.
    n_parameters : int
        p.
    cluster : "prompt", "voter" or "judge"

    Raises
    ------
    ValueError
        If `cluster` is unknown, or there are fewer than two clusters.

    Examples
    --------
    One prompt, on which each of two wins once, and one more win of x: (2 / 1) * (0 + 1/4) on the diagonal.

    >>> c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "a"], prompt=[1, 1, 2])
    >>> def score(rows):
    ...     pull = np.array([0.5, -0.5])[c.outcome[rows]]
    ...     return Entries(pull, -pull, np.zeros((len(pull), 0)))
    >>> clustered_meat(c, score, None, 2, "prompt").tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    codes = comparisons.clusters(cluster)
    n_clusters = float(cluster_sizes(comparisons, cluster=cluster)[1])
    if n_clusters < 2:
        raise ValueError(f"{n_clusters:g} {cluster}s: a covariance by {cluster} needs at least 2")
    known = codes >= 0
    meat = np.zeros((n_parameters, n_parameters)) if singles is None else singles
    if known.any():
        meat = meat + _summed_scores_meat(comparisons, codes, score, known, n_parameters)
    return meat * (n_clusters / (n_clusters - 1))


def two_way_meat(one_way: Callable[[Column], Floats], crossed: Floats, columns: tuple[Column, Column]) -> Floats:
    """``B_1 + B_2 - B_12``: clusters of two columns that cross, less what both count, (p, p).

    B_12 has a cluster for every pair of values that occurs: see `crossed_meat`. The whole may have negative directions.

    References
    ----------
    A. C. Cameron, J. B. Gelbach, D. L. Miller, "Robust inference with multiway clustering", Journal of
    Business & Economic Statistics 29(2), 2011, equation 2.11.

    Examples
    --------
    >>> from ranking.maths import fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"], prompt=[1, 1, 2, 2], voter=[1, 2, 1, 2])
    >>> fit_bradley_terry(c).likelihood.meat(("prompt", "voter")).round(4).tolist()
    [[2.6667, -2.6667], [-2.6667, 2.6667]]
    """
    return one_way(columns[0]) + one_way(columns[1]) - crossed


def cluster_sizes(comparisons: Comparisons, *, cluster: Column) -> tuple[Floats, float]:
    """Comparisons in each known cluster that has any, and G, the number of clusters.

    Comparisons of unknown cluster count as one cluster each in G. Sampling weights count as one comparison each.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "a"], prompt=[7, 7, None])
    >>> cluster_sizes(c, cluster="prompt")
    (array([2.]), 2.0)
    """
    codes = comparisons.clusters(cluster)
    # Shifted by one, so that the unknown are counted in slot 0.
    sizes = np.zeros(int(codes.max(initial=-1)) + 2)
    for part in chunks(len(comparisons)):
        weight = None if comparisons.weight is None else comparisons.multiples(part)
        sizes += np.bincount(codes[part] + 1, weights=weight, minlength=len(sizes))
    known = sizes[1:][sizes[1:] > 0]
    return known, float(sizes[0] + len(known))


def crossed_meat(comparisons: Comparisons, score: ScoreRows, iid: Floats, first: Column, second: Column) -> Floats:
    """``G / (G - 1)`` times the sum of outer products over the pairs of values of two columns that occur: (p, p).

    Most are met once, so it is the iid meat with corrections for those met more often.

    Raises
    ------
    ValueError
        If the columns are the same, or one is unknown.

    Examples
    --------
    >>> from ranking.maths import fit_bradley_terry
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"], prompt=[1, 1, 2, 2], voter=[1, 2, 1, 2])
    >>> fit_bradley_terry(c).likelihood.crossed(("prompt", "voter")).round(4).tolist()
    [[1.3333, -1.3333], [-1.3333, 1.3333]]
    """
    if first == second:
        raise ValueError(f"clusters {(first, second)!r}: two different columns are needed")
    codes = comparisons.clusters(second).astype(np.int64)
    keys = comparisons.clusters(first) * (codes.max(initial=0) + 1) + codes
    known = (comparisons.clusters(first) >= 0) & (codes >= 0) & (comparisons.weights() > 0)
    kept = np.flatnonzero(known)
    kept = kept[np.argsort(keys[kept])]
    new = np.ones(len(kept), dtype=np.bool_)
    new[1:] = keys[kept[1:]] != keys[kept[:-1]]
    place = np.cumsum(new) - 1
    again = (np.bincount(place)[place] > 1) | (comparisons.weights()[kept] != 1) if len(kept) else new
    n_clusters = float(comparisons.multiples()[~known].sum() + new.sum())
    rows, slots = kept[again], np.unique(place[again], return_inverse=True)[1]
    correction = np.zeros_like(iid)
    if len(rows):
        correction = _corrected(comparisons, score, rows, slots)
    return np.asarray((iid + correction) * (n_clusters / (n_clusters - 1)), dtype=np.float64)


def _corrected(comparisons: Comparisons, score: ScoreRows, rows: Ints, slots: Ints) -> Floats:
    """Outer products of summed scores, less the sum of their own outer products."""
    m, entries, weight = len(comparisons.names), score(rows), comparisons.weights()[rows]
    a, b = comparisons.a[rows], comparisons.b[rows]
    table = _sparse_table(a, b, slots, _weighted(entries, weight), m)
    # What the iid meat holds of these rows, each for itself.
    single = comparisons.multiples(rows) * comparisons.unit_weights(rows) ** 2
    return np.asarray((table.T @ table).toarray() - meat_of(a, b, entries, single, m), dtype=np.float64)


def _summed_scores_meat(comparisons: Comparisons, codes: Codes, score: ScoreRows, known: Bools, n_parameters: int) -> Floats:
    """Sum over known clusters of the outer product of their scores; a (G, p) table, dense or sparse."""
    m, n_slots = len(comparisons.names), int(codes.max(initial=-1)) + 1
    if n_slots * n_parameters > 4 * len(comparisons):
        rows = np.flatnonzero(known)
        entries = _weighted(score(rows), comparisons.weights()[rows])
        sparse = _sparse_table(comparisons.a[rows], comparisons.b[rows], codes[rows], entries, m)
        return np.asarray((sparse.T @ sparse).toarray(), dtype=np.float64)
    table, further = np.zeros(n_slots * m), np.zeros((n_parameters - m, n_slots))
    # A chunk as long as the table, so that adding tables costs little; shorter where its scores would be many numbers.
    for part in chunks(len(comparisons), at_least=len(table) // max(1, len(further) // 8)):
        entries = score(part)
        weight = known[part] if comparisons.weight is None else known[part] * comparisons.weight[part]
        slot = np.where(known[part], codes[part], 0).astype(np.int64)
        base = slot * m
        table += np.bincount(base + comparisons.a[part], weights=entries.a * weight, minlength=len(table))
        table += np.bincount(base + comparisons.b[part], weights=entries.b * weight, minlength=len(table))
        for column, sums in enumerate(further):
            sums += np.bincount(slot, weights=entries.further[:, column] * weight, minlength=n_slots)
    scores = table.reshape(n_slots, m)
    crossed = further @ scores
    return np.block([[scores.T @ scores, crossed.T], [crossed, further @ further.T]])


def _sparse_table(a: Codes, b: Codes, slots: Codes | Ints, entries: Entries, m: int) -> csr_array:
    """(G, p): scores summed by cluster, where clusters are so many that most of a dense table would be zeros."""
    k = entries.further.shape[1]
    columns = [a, b, *(np.full(len(a), m + column) for column in range(k))]
    values = np.concatenate([entries.a, entries.b, entries.further.T.ravel()])
    places = (np.tile(slots, 2 + k), np.concatenate(columns))
    return csr_array((values, places), shape=(int(slots.max()) + 1, m + k))


def _weighted(entries: Entries, weight: Floats) -> Entries:
    return Entries(entries.a * weight, entries.b * weight, entries.further * weight[:, None])
