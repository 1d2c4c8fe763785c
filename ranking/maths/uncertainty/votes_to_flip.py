"""Votes to flip: how few comparisons hold two neighbours of a ranking in their order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.maths.data.arrays import Codes, Floats, HoldsArrays, Ints, chunks
from ranking.maths.data.cells import cell_keys
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.fit import Fit
from ranking.maths.estimation.half_wins import grounded_hessian, win_chances
from ranking.maths.resampling.refits import Refitter

# The most influential cells are looked at first; mostly these are enough.
CELLS_AT_FIRST = 256
PAIRS_A_BLOCK = 50
# A refit rarely needs more than so many times what the approximation says.
AHEAD = 1.5
# Two ratings, each right to a millionth, are level if they differ by less.
LEVEL = 2e-6


@dataclass(frozen=True, slots=True, eq=False)
class Flip(HoldsArrays):
    """The comparisons without which one competitor would no longer stand above another.

    Parameters
    ----------
    a, b : str
        a stands above b.
    n_votes : float
        Comparisons to remove (a sum of weights). Zero = the two are level. Infinite = no set of
        comparisons was found.
    share : float
        `n_votes` of all fitted comparisons.
    rows : (k,) int64
        Rows of ``fit.comparisons`` that hold them, the most influential first.
    verified : bool
        A refit without them puts b above a, and a refit without one fewer does not.
    """

    a: str
    b: str
    n_votes: float
    share: float
    rows: Ints
    verified: bool


def votes_to_flip(fit: Fit, pairs: Sequence[tuple[str, str]] | None = None) -> tuple[Flip, ...]:
    """The smallest sets of comparisons whose removal would flip pairs, to first order.

    Without a comparison of i and j that has score ``s = y - P(i beats j)`` (y = 1, 1/2 or 0) the difference
    ``theta_a - theta_b`` falls by about ``(e_a - e_b)' H+ (e_i - e_j) s``. The largest of these are summed
    until they exceed the difference. The approximation is good where few of many comparisons go;
    `verified_votes_to_flip` checks it.

    Parameters
    ----------
    fit : Fit
        From `fit_bradley_terry`, without a prior.
    pairs : sequence of (str, str), optional
        Names; None = all neighbours in the ranking.

    Raises
    ------
    ValueError
        If the fit is of another model, or a name is not rated.

    References
    ----------
    T. Broderick, R. Giordano, R. Meager, "An automatic finite-sample robustness metric", arXiv 2011.14999,
    2020, section 2; for arenas: arXiv 2508.11847, 2025.

    Examples
    --------
    x leads y by 51 wins to 49: ln(51/49) = 0.0400. A win of x less is 0.49 / (100 * .51 * .49) = 0.0196
    less, so two are not enough.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 100, ["y"] * 100, ["a"] * 51 + ["b"] * 49))
    >>> flip = votes_to_flip(fit)[0]
    >>> flip.a, flip.b, flip.n_votes, flip.share, flip.rows.tolist()
    ('x', 'y', 3.0, 0.03, [0, 1, 2])
    """
    influence = _Influence.of(fit)
    places = _places(fit, pairs)
    orders = [influence.order(a, b, wanted=fit.ratings[a] - fit.ratings[b]) for a, b in places]
    votes = [order.votes_for(fit.ratings[a] - fit.ratings[b]) for order, (a, b) in zip(orders, places, strict=True)]
    return _named(fit, influence, places, orders, votes)


def verified_votes_to_flip(fit: Fit, pairs: Sequence[tuple[str, str]] | None = None) -> tuple[Flip, ...]:
    """The same, by refits: in the order of influence, the smallest number of comparisons whose removal flips the pair.

    A set is `verified` if a refit without it puts b above a. Where such a refit has no finite ratings (nothing
    is left that a has won, say) the order is broken but not reversed: the set is given, and not verified.

    Parameters
    ----------
    fit : Fit
        From `fit_bradley_terry`, without a prior.
    pairs : sequence of (str, str), optional
        Names; None = all neighbours in the ranking.

    Raises
    ------
    ValueError
        If the fit is of another model, or a name is not rated.

    References
    ----------
    As for `votes_to_flip`; the search by refits is ours.

    Examples
    --------
    x beats y 5 times of 7. Without two wins it is 3 of 5, without three 2 : 2, without four 1 : 2.

    >>> from ranking.maths import Comparisons, fit_bradley_terry
    >>> fit = fit_bradley_terry(Comparisons.from_names(["x"] * 7, ["y"] * 7, ["a"] * 5 + ["b"] * 2))
    >>> flip = verified_votes_to_flip(fit)[0]
    >>> flip.n_votes, flip.rows.tolist(), flip.verified
    (4.0, [0, 1, 2, 3], True)
    """
    influence = _Influence.of(fit)
    places = _places(fit, pairs)
    searches = [_Search.of(influence, a, b, float(fit.ratings[a] - fit.ratings[b])) for a, b in places]
    refitter = Refitter.of(fit.cells.half_wins, fit.ratings)
    while open_searches := [search for search in searches if search.trial is not None]:
        for start in range(0, len(open_searches), PAIRS_A_BLOCK):
            block = open_searches[start : start + PAIRS_A_BLOCK]
            for search, ratings in zip(block, _without(fit, influence, refitter, block), strict=True):
                search.learn(float(ratings[search.a] - ratings[search.b]))
    flips = _named(fit, influence, places, [search.order for search in searches], [search.flipped for search in searches])
    return tuple(replace(flip, verified=search.reversed) for flip, search in zip(flips, searches, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """Cells in the order of their influence on a pair, with running sums.

    `cells` (k,) are places in `_Influence`; `votes` and `effect` (k + 1,) the comparisons, and the difference
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


@dataclass(frozen=True, slots=True, eq=False)
class _Influence:
    """Cells (winner, loser) and (i, j, tie): competitors, score y - P(i beats j), and count, (C,) each.

    `inverse` is that of the Hessian, (m, m); `n_wins` of the cells are wins.
    """

    i: Ints
    j: Ints
    score: Floats
    count: Floats
    inverse: Floats
    n_wins: int

    @classmethod
    def of(cls, fit: Fit) -> "_Influence":
        if fit.provenance.method != "fit_bradley_terry" or "prior_sd" in fit.provenance.parameters:
            raise ValueError(f"votes to flip need a fit of fit_bradley_terry without a prior, not of {fit.provenance.method}")
        cells, chance = fit.cells, win_chances(fit.ratings)
        winner, loser = np.nonzero(cells.wins)
        first, second = np.nonzero(np.triu(cells.ties))
        i, j = np.concatenate([winner, first]), np.concatenate([loser, second])
        return cls(
            i=i,
            j=j,
            score=np.repeat([1.0, 0.5], [len(winner), len(first)]) - chance[i, j],
            count=np.concatenate([cells.wins[winner, loser], cells.ties[first, second]]),
            inverse=np.linalg.inv(grounded_hessian(cells.totals, chance)) if fit.names else np.zeros((0, 0)),
            n_wins=len(winner),
        )

    def order(self, a: int, b: int, *, wanted: float) -> _Order:
        """The most influential cells, at least as many as have the wanted effect together (if that many are)."""
        direction = self.inverse[a] - self.inverse[b]
        influence = (direction[self.i] - direction[self.j]) * self.score
        n_cells = CELLS_AT_FIRST
        while True:
            cells = _largest(influence, n_cells)
            effect = np.concatenate([[0.0], np.cumsum(influence[cells] * self.count[cells])])
            if len(cells) < n_cells or effect[-1] > wanted:
                votes = np.concatenate([[0.0], np.cumsum(self.count[cells])])
                return _Order(cells=cells, votes=votes, effect=effect, complete=len(cells) < n_cells)
            n_cells *= 4

    def keys(self, m: int) -> Codes:
        """Which of these cells a key of `cell_keys` belongs to: (m * m * 4,) int32, -1 = none."""
        cell = np.full((m, m, 4), -1, dtype=np.int32)
        wins, ties = np.split(np.arange(len(self.i)), [self.n_wins])
        cell[self.i[wins], self.j[wins], 0] = cell[self.j[wins], self.i[wins], 1] = wins
        for outcome in (2, 3):
            cell[self.i[ties], self.j[ties], outcome] = cell[self.j[ties], self.i[ties], outcome] = ties
        return cell.ravel()


def _largest(influence: Floats, n_cells: int) -> Ints:
    """Places of the largest positive numbers, the largest first; fewer than asked for if there are no more."""
    if n_cells < len(influence):
        cells = np.argpartition(influence, len(influence) - n_cells)[-n_cells:]
    else:
        cells = np.arange(len(influence))
    cells = cells[influence[cells] > 0]
    return np.asarray(cells[np.lexsort((cells, -influence[cells]))], dtype=np.int64)


@dataclass(slots=True, eq=False)
class _Search:
    """For the smallest number of comparisons, along the order, without which a no longer stands above b.

    `held` comparisons are known to be too few, with the difference `held_gap` left; `flipped` are known to be
    enough (infinite: none known yet), with `flipped_gap`. `trial` is the next number to refit without.
    """

    influence: _Influence
    a: int
    b: int
    gap: float
    order: _Order
    held: float
    held_gap: float
    flipped: float
    flipped_gap: float
    trial: float | None
    n_trials: int

    @classmethod
    def of(cls, influence: _Influence, a: int, b: int, gap: float) -> "_Search":
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


def _without(fit: Fit, influence: _Influence, refitter: Refitter, searches: Sequence[_Search]) -> Floats:
    """Ratings without each search's trial set: (B, m)."""
    m = len(fit.names)
    i, j = np.triu_indices(m, 1)
    scores = np.repeat(fit.cells.half_wins[i, j][:, None], len(searches), axis=1)
    totals = np.repeat(fit.cells.totals[i, j][:, None], len(searches), axis=1)
    for column, search in enumerate(searches):
        cells, taken = search.order.taken(search.trial or 0.0)
        first, second = influence.i[cells], influence.j[cells]
        low, high = np.minimum(first, second), np.maximum(first, second)
        pair = low * (2 * m - low - 1) // 2 + high - low - 1
        points = np.where(cells >= influence.n_wins, 0.5, first < second)
        np.subtract.at(scores[:, column], pair, taken * points)
        np.subtract.at(totals[:, column], pair, taken)
    return refitter.refit(scores, totals)


def _places(fit: Fit, pairs: Sequence[tuple[str, str]] | None) -> list[tuple[int, int]]:
    """Places of the pairs, the higher rated first."""
    if pairs is None:
        ranked = np.argsort(-fit.ratings, kind="stable").tolist()
        return list(pairwise(ranked))
    place = {name: code for code, name in enumerate(fit.names)}
    for name in (name for pair in pairs for name in pair):
        if name not in place:
            raise ValueError(f"{name!r} is not rated: pairs are of the fit's names")
    places = [(place[a], place[b]) for a, b in pairs]
    return [(a, b) if fit.ratings[a] >= fit.ratings[b] else (b, a) for a, b in places]


def _named(
    fit: Fit, influence: _Influence, places: list[tuple[int, int]], orders: list[_Order], votes: list[float]
) -> tuple[Flip, ...]:
    """Flips with the rows that hold their comparisons."""
    taken = [order.taken(n) if np.isfinite(n) else order.taken(0.0) for order, n in zip(orders, votes, strict=True)]
    rows = _Rows.of(fit.comparisons, influence, taken)
    total = float(fit.cells.totals.sum() / 2)
    return tuple(
        Flip(a=fit.names[a], b=fit.names[b], n_votes=n, share=n / total, rows=rows.holding(cells, counts), verified=False)
        for (a, b), n, (cells, counts) in zip(places, votes, taken, strict=True)
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Rows of some cells, (k,), together by cell, in their order; ``ends[c]`` ends those of cell c."""

    rows: Ints
    weight: Floats
    ends: Ints

    @classmethod
    def of(cls, comparisons: Comparisons, influence: _Influence, taken: list[tuple[Ints, Floats]]) -> "_Rows":
        wanted = np.zeros(len(influence.i) + 1, dtype=np.bool_)
        for cells, _ in taken:
            wanted[cells] = True
        keys = influence.keys(len(comparisons.names))
        # The last flag is where a cell of -1 looks.
        keys[~wanted[keys]] = -1
        parts: list[NDArray[Any]] = [np.zeros((2, 0), dtype=np.int64)]
        for part in chunks(len(comparisons)):
            cell_of_row = keys.take(cell_keys(comparisons, part))
            here = np.flatnonzero((cell_of_row >= 0) & (comparisons.weights(part) > 0))
            parts.append(np.stack([cell_of_row[here], here + part.start]))
        cell, rows = np.concatenate(parts, axis=1)
        order = np.argsort(cell, kind="stable")
        ends = np.cumsum(np.bincount(cell, minlength=len(influence.i)))
        return cls(rows=rows[order], weight=comparisons.weights()[rows[order]], ends=ends)

    def holding(self, cells: Ints, counts: Floats) -> Ints:
        """Rows that hold so many comparisons of each cell."""
        parts = [np.zeros(0, dtype=np.int64)]
        for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
            rows = slice(int(self.ends[cell - 1]) if cell else 0, int(self.ends[cell]))
            n_rows = int(np.searchsorted(np.cumsum(self.weight[rows]), count * (1 - 1e-12))) + 1
            parts.append(self.rows[rows][:n_rows])
        return np.concatenate(parts)
