"""Models whose log-likelihood depends on pair and outcome alone: from one pair's derivatives to all parameters.

A pair (a, b) has c = 2 + k local parameters: the rating of a, that of b, and the k further ones that all pairs
share. A model gives the log-chance of each of the four outcomes (a, b, tie, both bad) with its derivatives; here
they are summed over counts.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.data.cells import Cells
from ranking.maths.data.comparisons import OUTCOMES, Comparisons
from ranking.maths.estimation.likelihood import CellLikelihood, CellTerm, grounded
from ranking.maths.estimation.newton import Bend


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The P pairs that met: codes `a` < `b`, (P,) each, and `counts` (P, 4) of the outcomes, seen from a."""

    a: Ints
    b: Ints
    counts: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PairBend:
    """How four outcomes of P pairs bend: log-chances (P, 4), slopes (P, 4, c), bends (P, 4, c, c) with the sign turned."""

    log_chance: Floats
    slope: Floats
    bend: Floats


type PairModel = Callable[[Floats], PairBend]
"""Local parameters (P, c) to the `PairBend` there."""


def met_pairs(cells: Cells) -> Pairs:
    """The pairs that met, with their counts.

    Examples
    --------
    >>> from ranking.maths.data.cells import count_cells
    >>> c = Comparisons.from_names(["y", "x", "x"], ["x", "y", "y"], ["a", "tie", "both_bad"])
    >>> met_pairs(count_cells(c)).counts.tolist()
    [[0.0, 1.0, 1.0, 1.0]]
    """
    a, b = np.nonzero(np.triu(cells.totals))
    counts = [cells.wins[a, b], cells.wins[b, a], (cells.ties - cells.both_bad)[a, b], cells.both_bad[a, b]]
    return Pairs(a, b, np.stack(counts, axis=1))


def local(ratings: Floats, further: Floats, a: Ints, b: Ints) -> Floats:
    """Local parameters of pairs: (P, 2 + k).

    Examples
    --------
    >>> local(np.array([1.0, 2.0]), np.array([0.5]), np.array([0]), np.array([1])).tolist()
    [[1.0, 2.0, 0.5]]
    """
    return np.column_stack([ratings[a], ratings[b], np.tile(further, (len(a), 1))])


def summed(pairs: Pairs, pair_bend: PairBend, parameters: Floats, *, n_ratings: int, ridge: float) -> Bend:
    """The log-likelihood of all counts with its derivatives, less ``ridge / 2`` times the sum of squared ratings.

    Parameters
    ----------
    pairs : Pairs
    pair_bend : PairBend
        At the pairs' local parameters.
    parameters : (p,) float64
        m ratings and k further ones.
    n_ratings : int
        m.
    ridge : float
        1 / variance of a Normal prior on each rating; 0 = none.

    Examples
    --------
    >>> pairs = Pairs(np.array([0]), np.array([1]), np.array([[2.0, 1.0, 0.0, 0.0]]))
    >>> toward = np.array([[[0.5, -0.5], [-0.5, 0.5], [0, 0], [0, 0]]])
    >>> bend = np.tile(np.array([[0.25, -0.25], [-0.25, 0.25]]), (1, 4, 1, 1))
    >>> pair_bend = PairBend(np.log([[0.5, 0.5, 1, 1]]), toward, bend)
    >>> summed(pairs, pair_bend, np.zeros(2), n_ratings=2, ridge=0.0).gradient.tolist()
    [0.5, -0.5]
    """
    m, p = n_ratings, len(parameters)
    slope = np.einsum("po,poc->pc", pairs.counts, pair_bend.slope)
    bend = np.einsum("po,pocd->pcd", pairs.counts, pair_bend.bend)
    gradient = np.concatenate([_at(pairs, slope[:, 0], slope[:, 1], m), slope[:, 2:].sum(axis=0)])
    hessian = np.zeros((p, p))
    hessian[pairs.a, pairs.b] = hessian[pairs.b, pairs.a] = bend[:, 0, 1]
    hessian[np.arange(m), np.arange(m)] = _at(pairs, bend[:, 0, 0], bend[:, 1, 1], m)
    for column in range(p - m):
        crossed = _at(pairs, bend[:, 0, 2 + column], bend[:, 1, 2 + column], m)
        hessian[:m, m + column] = hessian[m + column, :m] = crossed
    hessian[m:, m:] = bend[:, 2:, 2:].sum(axis=0)
    hessian = grounded(hessian, m)
    hessian[np.arange(m), np.arange(m)] += ridge
    gradient[:m] -= ridge * parameters[:m]
    seen = pairs.counts > 0
    value = pairs.counts[seen] @ pair_bend.log_chance[seen] - ridge / 2 * np.sum(parameters[:m] ** 2)
    return Bend(float(value), gradient, hessian)


def _at(pairs: Pairs, at_a: Floats, at_b: Floats, m: int) -> Floats:
    return np.bincount(pairs.a, weights=at_a, minlength=m) + np.bincount(pairs.b, weights=at_b, minlength=m)


def pair_likelihood(
    model: PairModel, comparisons: Comparisons, cells: Cells, peak: Floats, information: Floats
) -> CellLikelihood:
    """The likelihood at its maximum, for covariances.

    Parameters
    ----------
    model : PairModel
    comparisons : Comparisons
        n rows between m competitors.
    cells : Cells
        Their counts.
    peak : (m + k,) float64
    information : (m + k, m + k) float64
        The grounded Hessian there.

    Examples
    --------
    >>> from ranking.maths.data.cells import count_cells
    >>> from ranking.maths.models.davidson import DAVIDSON
    >>> c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "tie"])
    >>> pair_likelihood(DAVIDSON.pairs, c, count_cells(c), np.zeros(3), np.eye(3)).meat(None).round(3).diagonal().tolist()
    [0.5, 0.5, 0.667]
    """
    m, k = len(comparisons.names), len(peak) - len(comparisons.names)
    everywhere = _everywhere(model, peak, m)
    slope = everywhere.slope
    toward_a, toward_b = (slope[:, :, side].reshape(m, m, len(OUTCOMES)) for side in (0, 1))
    further = slope[:, :, 2:].reshape(-1, k)
    return CellLikelihood(comparisons, cells, information, toward_a, toward_b, further, tuple(_terms(everywhere.bend, m)))


def _terms(bend: Floats, m: int) -> Iterator[CellTerm]:
    """``M = sum over x < y of -M[x, y] (e_x - e_y)(e_x - e_y)' + sum over x of (sum of row x) e_x e_x'``."""
    unit = np.eye(bend.shape[-1])
    tables = np.where(np.isfinite(bend), bend, 0.0).reshape(m, m, len(OUTCOMES), *unit.shape)
    for x, first in enumerate(unit):
        yield CellTerm(tables[..., x, :].sum(axis=-1), float(first[0]), float(first[1]), first[2:])
        for y, second in enumerate(unit[:x]):
            z = first - second
            yield CellTerm(-tables[..., x, y], float(z[0]), float(z[1]), z[2:])


def points(model: PairModel, peak: Floats, m: int) -> Floats:
    """What each competitor expects to win of a comparison with each other, a tie or "both bad" as half: (m, m).

    Examples
    --------
    >>> from ranking.maths.models.davidson import DAVIDSON
    >>> points(DAVIDSON.pairs, np.array([np.log(2), -np.log(2), 0.0]), 2).round(3).tolist()
    [[0.5, 0.714], [0.286, 0.5]]
    """
    chance = np.exp(_everywhere(model, peak, m).log_chance[:, :2])
    # Half of what neither wins: P(a) + (1 - P(a) - P(b)) / 2.
    return np.asarray((1 + chance[:, 0] - chance[:, 1]).reshape(m, m) / 2, dtype=np.float64)


def _everywhere(model: PairModel, peak: Floats, m: int) -> PairBend:
    a, b = np.divmod(np.arange(m * m), max(m, 1))
    return model(local(peak[:m], peak[m:], a, b))


def log_sum(exponents: Floats, multiples: Floats, point: Floats) -> tuple[Floats, Floats, Floats]:
    """``log sum over j of multiples[j] exp(exponents[j]'x)``, convex in x: value (P,), slope (P, c), bend (P, c, c).

    Parameters
    ----------
    exponents : (J, c) float64
    multiples : (J,) float64
    point : (P, c) float64

    Examples
    --------
    >>> value, slope, bend = log_sum(np.array([[0.0], [1.0]]), np.ones(2), np.zeros((1, 1)))
    >>> value.round(4).tolist(), slope.tolist(), bend.tolist()
    ([0.6931], [[0.5]], [[[0.25]]])
    """
    terms = point @ exponents.T + np.log(multiples)
    value = logsumexp(terms, axis=1)
    share = np.exp(terms - value[:, None])
    slope = share @ exponents
    squares = np.einsum("jc,jd->jcd", exponents, exponents)
    bend = np.tensordot(share, squares, axes=1) - slope[:, :, None] * slope[:, None, :]
    return value, slope, bend
