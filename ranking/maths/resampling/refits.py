"""Refits: Bradley-Terry on many sets of counts at once, all near one maximum."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse.csgraph import minimum_spanning_tree

from ranking.maths.data.arrays import Bools, Floats, Ints
from ranking.maths.estimation.existence import strong_labels
from ranking.maths.estimation.half_wins import grounded_hessian, win_chances
from ranking.maths.models.bradley_terry import maximise

# From the whole data's maximum 5 or 6 steps are usual; a replicate that needs more is better off with Newton's.
CHORD_STEPS = 12
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Refitter:
    """The start of all refits: the maximum on the whole data.

    Counts are given by pair (i, j), i < j, in the order of ``np.triu_indices(m, 1)``: P = m (m - 1) / 2.

    Parameters
    ----------
    ratings : (m,) float64
        Natural log-odds, mean zero.
    inverse : (m, m) float64
        Of the Hessian at `ratings` (with the free shift pinned).
    links : (m - 1,) int64, or None
        Pairs that link all competitors and have counts on both sides: where a replicate still has
        both, its maximum exists. None = there are no such pairs.

    References
    ----------
    J. E. Dennis, R. B. Schnabel, "Numerical Methods for Unconstrained Optimization and Nonlinear
    Equations", 1983, section 6.3.1 (chord steps: one Hessian for all steps).
    """

    ratings: Floats
    inverse: Floats
    links: Ints | None

    @classmethod
    def of(cls, half_wins: Floats, ratings: Floats) -> "Refitter":
        """Prepare for refits near these ratings, the maximum of these half-wins, (m, m).

        Examples
        --------
        >>> Refitter.of(np.array([[0.0, 2.0], [2.0, 0.0]]), np.zeros(2)).links.tolist()
        [0]
        """
        hessian = grounded_hessian(half_wins + half_wins.T, win_chances(ratings))
        return cls(ratings=ratings - ratings.mean(), inverse=np.linalg.inv(hessian), links=_links(half_wins))

    def refit(self, scores: Floats, totals: Floats) -> Floats:
        """Ratings of B replicates: (B, m) natural log-odds, each row with mean zero.

        Right to a millionth. A row is NaN where the counts have no finite maximum.

        Parameters
        ----------
        scores, totals : (P, B) float64
            Wins of i over j plus half the ties; comparisons of i and j.

        Raises
        ------
        NotConvergedError
            If Newton's method does not find a maximum that exists.

        Examples
        --------
        >>> refitter = Refitter.of(np.array([[0.0, 2.0], [2.0, 0.0]]), np.zeros(2))
        >>> refitter.refit(np.array([[3.0, 4.0]]), np.array([[4.0, 4.0]])).round(4).tolist()
        [[0.5493, -0.5493], [nan, nan]]
        """
        exists = self._maximum_exists(scores, totals)
        stepped, converged = self._chord_steps(scores, totals)
        ratings = np.full(stepped.T.shape, np.nan)
        ratings[exists & converged] = stepped.T[exists & converged]
        for replicate in np.flatnonzero(exists & ~converged):
            counts = half_win_table(scores[:, replicate], totals[:, replicate], len(self.ratings))
            ratings[replicate] = maximise(counts, max_steps=100, tolerance=TOLERANCE, start=self.ratings).ratings
        return ratings

    def _maximum_exists(self, scores: Floats, totals: Floats) -> Bools:
        doubtful = np.ones(scores.shape[1], dtype=np.bool_)
        if self.links is not None:
            linked = scores[self.links]
            doubtful = ((linked <= 0) | (linked >= totals[self.links])).any(axis=0)
        exists = ~doubtful
        for replicate in np.flatnonzero(doubtful):
            counts = half_win_table(scores[:, replicate], totals[:, replicate], len(self.ratings))
            exists[replicate] = not strong_labels(counts).any()
        return exists

    def _chord_steps(self, scores: Floats, totals: Floats) -> tuple[Floats, Bools]:
        """Ratings (m, B), and whether the last step of each was within the tolerance."""
        ratings = np.repeat(self.ratings[:, None], scores.shape[1], axis=1)
        length = np.full(scores.shape[1], np.inf)
        # A replicate without a maximum diverges, which its steps show.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in range(CHORD_STEPS):
                step = self.inverse @ _pull(scores, totals, ratings)
                ratings += step
                length = np.ptp(step, axis=0)
                if (length <= TOLERANCE).all():
                    break
            return ratings - ratings.mean(axis=0), length <= TOLERANCE


def _pull(scores: Floats, totals: Floats, ratings: Floats) -> Floats:
    """Gradients of the log-likelihoods, (m, B). With E = exp(rating) no pair needs an exponential of its own."""
    strength, pull = np.exp(ratings), np.zeros_like(ratings)
    m, first = len(ratings), 0
    for i in range(m - 1):
        pairs = slice(first, first + m - 1 - i)
        first = pairs.stop
        excess = strength[i + 1 :] + strength[i]
        np.divide(strength[i], excess, out=excess)
        excess *= totals[pairs]
        excess -= scores[pairs]
        pull[i] -= excess.sum(axis=0)
        pull[i + 1 :] += excess
    return pull


def half_win_table(scores: Floats, totals: Floats, m: int) -> Floats:
    """Half-wins by competitor, (m, m), of counts by pair, (P,) each.

    Examples
    --------
    >>> half_win_table(np.array([3.0]), np.array([4.0]), 2).tolist()
    [[0.0, 3.0], [1.0, 0.0]]
    """
    i, j = np.triu_indices(m, 1)
    table = np.zeros((m, m))
    table[i, j] = scores
    table[j, i] = totals - scores
    return table


def _links(half_wins: Floats) -> Ints | None:
    """Pairs of a spanning tree with as many counts on their weaker side as can be, or None."""
    m = len(half_wins)
    weaker = np.triu(np.minimum(half_wins, half_wins.T), 1)
    cost = np.zeros_like(weaker)
    np.divide(weaker.max(initial=0.0), weaker, out=cost, where=weaker > 0)  # 1 or more: less than 1e-8 would be no edge
    i, j = minimum_spanning_tree(cost).nonzero()
    if len(i) < m - 1:
        return None
    place = np.zeros((m, m), dtype=np.int64)
    place[np.triu_indices(m, 1)] = np.arange(m * (m - 1) // 2)
    return np.asarray(place[np.minimum(i, j), np.maximum(i, j)], dtype=np.int64)
