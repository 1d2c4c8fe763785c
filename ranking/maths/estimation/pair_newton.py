"""Half-win Bradley-Terry on the list of pairs that met: Newton's method by conjugate gradients, and the Hessian of it."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import expit, log_expit

from ranking.maths.cancellation import is_wanted
from ranking.maths.data.arrays import Floats
from ranking.maths.data.checks import checked_stop
from ranking.maths.data.pair_counts import PairCounts
from ranking.maths.estimation.failures import NotConvergedError

SOLVED = 1e-11
"""A Newton step is solved to this share of the score; the last one is shorter than the tolerance, so its error is nothing."""

MOST_ROUNDS = 400
"""Of conjugate gradients; chains of competitors need more, and are solved by Cholesky's factor."""


@dataclass(frozen=True, slots=True, eq=False)
class PairMaximum:
    """Where Newton's method ended: ratings (m,), steps taken, the last step's length, and the log-likelihood there."""

    ratings: Floats
    steps: int
    last_step: float
    log_likelihood: float


def maximise_pairs(pairs: PairCounts, *, max_steps: int = 100, tolerance: float = 1e-9) -> PairMaximum:
    """The ratings of `bradley_terry.maximise`, from the pairs that met.

    The same steps, of the same length; each solves ``H step = score`` by conjugate gradients with the diagonal as
    preconditioner, at the cost of the pairs that met and not of the square, or the cube, of the competitors.

    Parameters
    ----------
    pairs : PairCounts
        Of m competitors, strongly connected by results, so that the maximum exists.
    max_steps : int
    tolerance : float
        Natural log-odds, as in `fit_bradley_terry`.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough.

    References
    ----------
    R. A. Bradley, M. E. Terry, Biometrika 39, 1952; conjugate gradients: M. R. Hestenes, E. Stiefel, Journal of Research
    of the National Bureau of Standards 49(6), 1952.

    Examples
    --------
    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.data.pair_counts import count_pairs
    >>> maximise_pairs(count_pairs(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"]))).ratings.round(4)
    array([ 0.5493, -0.5493])
    """
    checked_stop(max_steps, tolerance)
    ratings, length = np.zeros(pairs.m), 0.0
    half = pairs.ties / 2
    for_i, for_j = pairs.wins + half, pairs.losses + half
    table = _SparseTable.of(pairs)
    for steps in range(max_steps + 1):
        is_wanted()
        chance = expit(ratings[pairs.i] - ratings[pairs.j])
        other = expit(ratings[pairs.j] - ratings[pairs.i])
        # Not w - n p: no cancellation where a chance is near 0 or 1.
        pull = for_i * other - for_j * chance
        score = np.bincount(pairs.i, pull, pairs.m) - np.bincount(pairs.j, pull, pairs.m)
        step = _step(table, (for_i + for_j) * chance * other, score)
        length = float(np.ptp(step)) if len(step) else 0.0
        if length <= tolerance:
            ratings = ratings + step
            ratings = ratings - ratings.sum() / max(len(ratings), 1)
            return PairMaximum(ratings, steps, length, _log_likelihood(pairs, for_i, for_j, ratings))
        ratings = ratings + step * (np.log1p(length) / length)
    raise NotConvergedError(
        f"no maximum after {max_steps} steps: the last would still move a difference of ratings by {length:.3g}, "
        f"more than the tolerance {tolerance:.3g}",
        "allow more steps (max_steps) or look for extreme weights",
    )


def _log_likelihood(pairs: PairCounts, for_i: Floats, for_j: Floats, ratings: Floats) -> float:
    gap = ratings[pairs.i] - ratings[pairs.j]
    return float(np.sum(for_i * log_expit(gap) + for_j * log_expit(-gap)))


@dataclass(frozen=True, slots=True, eq=False)
class _SparseTable:
    """Where the pairs stand in a sparse symmetric (m, m): found once, and filled at every step."""

    pairs: PairCounts
    places: csr_array
    """Of each entry the place of its pair."""

    @classmethod
    def of(cls, pairs: PairCounts) -> "_SparseTable":
        both = (np.concatenate([pairs.i, pairs.j]), np.concatenate([pairs.j, pairs.i]))
        return cls(pairs, csr_array((np.tile(np.arange(len(pairs.i)), 2), both), shape=(pairs.m, pairs.m)))

    def filled(self, values: Floats) -> csr_array:
        places = self.places
        return csr_array((values[places.data], places.indices, places.indptr), shape=places.shape)


def _step(table: _SparseTable, information: Floats, score: Floats) -> Floats:
    """``H+ score``: (m,)."""
    pairs, m = table.pairs, table.pairs.m
    own = np.bincount(pairs.i, information, m) + np.bincount(pairs.j, information, m)
    step = _conjugate_gradients(table.filled(information), own, score)
    return _by_factor(pairs, information, score) if step is None else step


def _conjugate_gradients(between: csr_array, own: Floats, score: Floats) -> Floats | None:
    """The solution of ``(diag(own) - between) x = score`` with sum zero; None where it does not come near in time."""
    solution, left = np.zeros_like(score), score - score.mean() if len(score) else score
    enough = SOLVED * float(np.sqrt(left @ left))
    eased = left / own
    direction, size = eased.copy(), float(left @ eased)
    for _ in range(MOST_ROUNDS):
        if not float(np.sqrt(left @ left)) > enough:
            return np.asarray(solution - solution.mean() if len(score) else solution, dtype=np.float64)
        bent = own * direction - between @ direction
        share = size / float(direction @ bent)
        solution += share * direction
        left -= share * bent
        eased = left / own
        size, before = float(left @ eased), size
        direction = eased + (size / before) * direction
    return None


def _by_factor(pairs: PairCounts, information: Floats, score: Floats) -> Floats:
    try:
        factor = cho_factor(pair_hessian(pairs, information), lower=True, overwrite_a=True)
    except LinAlgError as error:
        raise NotConvergedError(
            f"no maximum can be found: weights of pairs from {pairs.totals.min():.2g} to {pairs.totals.max():.2g} are too far "
            "apart for the arithmetic",
            "leave out the lightest, or set a prior (prior_sd)",
        ) from error
    return np.asarray(cho_solve(factor, score), dtype=np.float64)


def pair_hessian(pairs: PairCounts, information: Floats) -> Floats:
    """The table of `grounded_hessian`, from the information ``n p (1 - p)`` of each pair, (K,): (m, m), by columns.

    Examples
    --------
    >>> from ranking.maths import Comparisons
    >>> from ranking.maths.data.pair_counts import count_pairs
    >>> pair_hessian(count_pairs(Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a"] * 4)), np.array([1.0])).tolist()
    [[1.5, -0.5], [-0.5, 1.5]]
    """
    m = pairs.m
    own = np.bincount(pairs.i, information, m) + np.bincount(pairs.j, information, m)
    hessian = np.full((m, m), own.sum() / max(m, 1) ** 2, order="F")
    hessian[pairs.i, pairs.j] -= information
    hessian[pairs.j, pairs.i] -= information
    hessian[np.diag_indices(m)] += own
    return hessian
