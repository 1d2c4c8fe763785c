"""Fit -> what holds neighbours in their order: votes without which they would swap, votes still needed, lasting evidence."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.special import ndtr

from ranking import maths
from ranking.boards.methods import Definition, Rating
from ranking.maths.data.arrays import Bools, Floats, chunks
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, above, spread

TIGHTEST_AT = 100.0
"""Prompts at which lasting evidence is to be strongest; said on the Method page before anybody looks."""

MOST_VERIFIED = {"bradley_terry": 60, "slot_levelled": 10}
"""By method: so many pairs, the first ones, are searched by refits; below them the number is the approximation of first order.

Refits with slot intercepts take longer: they are made for the pairs that a board's page shows at first.
"""

MOST_PARTS = 40
"""A set of results in more parts than this is a number alone."""

METHODS_OF_VOTES = {"bradley_terry", "davidson", "rao_kupper", "style_controlled", "slot_levelled"}
"""Those whose comparisons are the votes or verdicts themselves, each once."""


@dataclass(frozen=True, slots=True)
class SwapPart:
    """Any `n` of the results in which `winner` beat `loser`, or in which the two tied.

    Where slots have intercepts, a part is of one judge (-1 = people, or a panel) and one order: `first` is the place of who was
    shown first among winner and loser, -1 = not known.
    """

    winner: int
    loser: int
    is_tie: bool
    n: float
    judge: int | None = None
    first: int | None = None

    def in_words(self) -> list[Any]:
        """[winner, loser, is_tie, n], and where it is of one judge and order [..., judge, first]."""
        part = [self.winner, self.loser, self.is_tie, self.n]
        return part if self.judge is None else [*part, self.judge, self.first]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Two models of which one stands right above the other; competitors by their ids.

    Attributes
    ----------
    n_to_swap : float or None
        Results without which they would swap; None = not known by this method, or no such set was found.
    is_verified : bool
        A refit without them was made, and it swaps the two.
    parts : tuple of SwapPart
        Which they are; empty where that is not verified, or they are too many to list.
    n_more : float or None
        Results still needed, on all pairs as so far, until the two can be told apart with a chance of 80 %; 0 = they can be
        now. None = not known; infinite values are None too.
    is_lasting : bool
        They can be told apart however often one looks.
    """

    above: int
    below: int
    n_to_swap: float | None = None
    is_verified: bool = False
    parts: tuple[SwapPart, ...] = ()
    n_more: float | None = None
    is_lasting: bool = False

    def in_words(self) -> dict[str, Any]:
        """As a row of a snapshot's table."""
        return asdict(self) | {"parts": [part.in_words() for part in self.parts]}


def neighbours_of(rating: Rating, definition: Definition, ids: dict[str, int], placed: Sequence[str]) -> tuple[Neighbours, ...]:
    """Of those with a place, by their names in the order of their ratings."""
    fit = rating.fit
    if fit is None or len(placed) < 2 or definition.method not in METHODS_OF_VOTES:
        return ()
    pairs = list(pairwise(placed))
    swaps = _swaps(fit, definition, pairs, ids)
    needed, lasting = _needed(fit, definition, pairs)
    return tuple(
        Neighbours(ids[a], ids[b], *swap, n_more=n_more, is_lasting=is_lasting)
        for (a, b), swap, n_more, is_lasting in zip(pairs, swaps, needed, lasting, strict=True)
    )


type _Swap = tuple[float | None, bool, tuple[SwapPart, ...]]


def _swaps(fit: maths.Fit, definition: Definition, pairs: list[tuple[str, str]], ids: dict[str, int]) -> list[_Swap]:
    """Nothing where results weigh shares of one, or by a method that does not say what one of them does."""
    comparisons, most = fit.comparisons, MOST_VERIFIED.get(definition.method)
    if most is None or comparisons.weight_kind != "count" or not _are_whole(comparisons):
        return [(None, False, ())] * len(pairs)
    flips = maths.verified_votes_to_flip(fit, pairs, most_verified=most)
    return [_swap(comparisons, flip, ids, has_slots=bool(fit.parameters)) for flip in flips]


def _are_whole(comparisons: maths.Comparisons) -> bool:
    """Whether every row stands for so many results; some rows at a time, as there may be millions."""
    return not any((comparisons.weights(part) % 1).any() for part in chunks(len(comparisons)))


def _swap(comparisons: maths.Comparisons, flip: maths.Flip, ids: dict[str, int], *, has_slots: bool) -> _Swap:
    if not np.isfinite(flip.n_votes):
        return None, False, ()
    return flip.n_votes, flip.verified, _parts(comparisons, flip, ids, has_slots=has_slots) if flip.verified else ()


def _parts(comparisons: maths.Comparisons, flip: maths.Flip, ids: dict[str, int], *, has_slots: bool) -> tuple[SwapPart, ...]:
    """The results by who won against whom, in the order of their influence: within a part they have the same."""
    rows = flip.rows
    a, b, outcome = (column[rows].astype(np.int64) for column in (comparisons.a, comparisons.b, comparisons.outcome))
    is_tie = outcome >= 2
    turned = np.where(is_tie, a > b, outcome == 1)
    columns = [np.where(turned, b, a), np.where(turned, a, b), is_tie]
    if has_slots:
        first = np.full(len(comparisons), -1) if comparisons.first is None else comparisons.first
        columns += [comparisons.clusters("judge")[rows], np.where(turned & (first[rows] >= 0), 1 - first[rows], first[rows])]
    counts: dict[tuple[int, ...], float] = {}
    weights = _up_to(comparisons.weights(rows), flip.n_votes)
    for *kind, n in zip(*(column.tolist() for column in columns), weights.tolist(), strict=True):
        counts[tuple(kind)] = counts.get(tuple(kind), 0.0) + n
    if len(counts) > MOST_PARTS:
        return ()
    names = comparisons.names
    return tuple(SwapPart(ids[names[i]], ids[names[j]], bool(tie), n, *slot) for (i, j, tie, *slot), n in counts.items())


def _up_to(weights: Floats, n: float) -> Floats:
    """The last row may hold more results than are needed."""
    before = np.cumsum(weights) - weights
    return np.asarray(np.clip(n - before, 0.0, weights), dtype=np.float64)


def _needed(fit: maths.Fit, definition: Definition, pairs: list[tuple[str, str]]) -> tuple[list[float | None], list[bool]]:
    """Results still needed for each pair, and whether what is known of it lasts."""
    needed = maths.prompts_needed_of(fit, pairs, level=definition.level, cluster=definition.cluster)
    place = {name: i for i, name in enumerate(fit.names)}
    i, j = (np.array([place[pair[side]] for pair in pairs], dtype=np.int64) for side in (0, 1))
    variances = spread(fit, cluster=definition.cluster)
    gap, se = np.abs(fit.ratings[i] - fit.ratings[j]), np.sqrt(variances.difference_variance[i, j])
    df = variances.difference_df[i, j]
    is_apart = (gap > above((1 - definition.level) / 2, df) * se) & ~variances.flat[i, j]
    lasting = is_apart & _lasts(variances.difference_clusters[i, j], variances.n_clusters, gap, se, df, definition.level)
    more = [_whole(each.n_votes_more) for each in needed]
    return [0.0 if apart else n for apart, n in zip(is_apart.tolist(), more, strict=True)], lasting.tolist()


def _lasts(clusters: Floats, n_clusters: float, gap: Floats, se: Floats, df: Floats, level: float) -> Bools:
    """As `maths.anytime_differences` has it, for these pairs alone; on few prompts it makes no statement."""
    n = np.where(np.isinf(clusters), n_clusters, clusters)
    critical = above(ndtr(-maths.anytime_critical(n, t0=TIGHTEST_AT, level=level)), df)
    return np.asarray((n >= FEWEST_CLUSTERS) & (gap > critical * se))


def _whole(n: float) -> float | None:
    return n if np.isfinite(n) and n > 0 else None
