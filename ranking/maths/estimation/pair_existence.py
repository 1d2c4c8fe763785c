"""Existence by pairs that met: the same result as `check_existence`, without a table of all pairs."""

import heapq

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from ranking.maths.data.arrays import Codes, Floats, Ints
from ranking.maths.data.pair_counts import PairCounts
from ranking.maths.estimation.existence import LIGHTEST, Existence, Unrated, light_note, unrated_because


def check_pair_existence(names: tuple[str, ...], pairs: PairCounts) -> Existence:
    """Find the competitors whose half-win Bradley-Terry ratings are finite: see `check_existence`.

    Parameters
    ----------
    names : tuple of str
        m competitors.
    pairs : PairCounts
        Of these.

    References
    ----------
    L. R. Ford, "Solution of a ranking problem from binary comparisons", American Mathematical Monthly 64(8), 1957.

    Examples
    --------
    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.data.pair_counts import count_pairs
    >>> c = Comparisons.from_names(["x", "y", "x"], ["y", "x", "z"], ["a", "a", "a"])
    >>> existence = check_pair_existence(c.names, count_pairs(c))
    >>> existence.components, existence.unrated[0].reason
    ((('x', 'y'), ('z',)), 'never won or tied (1 comparison)')
    """
    m = len(names)
    over, under, points = _results(pairs)
    heavy = points >= LIGHTEST * points.max(initial=0.0)
    light = [(int(over[k]), int(under[k]), float(points[k])) for k in np.flatnonzero(~heavy)]
    light.sort()
    heaviest, over, under, points = float(points.max(initial=0.0)), over[heavy], under[heavy], points[heavy]
    graph = coo_array((np.ones(len(over), dtype=np.int8), (over, under)), shape=(m, m)).tocsr()
    label = connected_components(graph, directed=True, connection="strong")[1].astype(np.int64) if m else np.zeros(0, np.int64)
    linked = connected_components(graph, directed=False)[1] if m else label
    n, sizes = int(label.max(initial=-1)) + 1, np.bincount(label)
    inside = label[over] == label[under]
    n_votes = np.bincount(label[over[inside]], weights=points[inside], minlength=n)
    order = _topological_order(label[over[~inside]], label[under[~inside]], label, sizes)
    best = max(order, key=lambda c: (sizes[c], n_votes[c]), default=0)
    fitted = (label == best) & (sizes[label] > 1)
    won = np.bincount(label[over[~inside]], minlength=n) > 0
    lost = np.bincount(label[under[~inside]], minlength=n) > 0
    volume = np.bincount(over, weights=points, minlength=m) + np.bincount(under, weights=points, minlength=m)
    rated_part = int(linked[np.argmax(fitted)]) if fitted.any() else -1
    members = np.split(np.argsort(label, kind="stable"), np.cumsum(sizes)[:-1])
    return Existence(
        components=tuple(tuple(names[i] for i in members[c]) for c in order),
        fitted=fitted,
        unrated=tuple(
            Unrated(
                names[i],
                unrated_because(
                    won=bool(won[label[i]]),
                    lost=bool(lost[label[i]]),
                    size=int(sizes[label[i]]),
                    linked=rated_part in (-1, int(linked[i])),
                    n_comparisons=float(volume[i]),
                ),
            )
            for i in np.flatnonzero(~fitted).tolist()
        ),
        notes=light_note(names, light, heaviest),
    )


def _results(pairs: PairCounts) -> tuple[Codes, Codes, Floats]:
    """Who won or tied against whom, and by how many half-wins: (2 K,) each, those above zero."""
    half = pairs.ties / 2
    over, under = np.concatenate([pairs.i, pairs.j]), np.concatenate([pairs.j, pairs.i])
    points = np.concatenate([pairs.wins + half, pairs.losses + half])
    known = points > 0
    return over[known], under[known], points[known]


def _topological_order(above: Ints, below: Ints, label: Ints, sizes: Ints) -> list[int]:
    """The components in an order in which none is above one that beat it; ties are ordered by size, then first member."""
    n = len(sizes)
    between = np.unique(above * max(n, 1) + below)
    above, below = np.divmod(between, max(n, 1))
    met = (np.bincount(above, minlength=n) > 0) | (np.bincount(below, minlength=n) > 0)
    first = np.full(n, len(label))
    np.minimum.at(first, label, np.arange(len(label)))
    starts = np.searchsorted(above, np.arange(n + 1))
    pending = np.bincount(below, minlength=n)

    def key(c: int) -> tuple[bool, int, int, int]:
        return bool(sizes[c] == 1 and not met[c]), -int(sizes[c]), int(first[c]), c

    free = [key(c) for c in np.flatnonzero(pending == 0).tolist()]
    heapq.heapify(free)
    order: list[int] = []
    while free:
        chosen = heapq.heappop(free)[-1]
        order.append(chosen)
        for c in below[starts[chosen] : starts[chosen + 1]].tolist():
            pending[c] -= 1
            if not pending[c]:
                heapq.heappush(free, key(c))
    return order
