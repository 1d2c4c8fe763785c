"""Half-win Bradley-Terry at given ratings: chances, Hessian, and the score of each comparison."""

import numpy as np
from scipy.special import expit

from ranking.maths.data.arrays import Floats
from ranking.maths.data.cells import Cells
from ranking.maths.data.comparisons import Comparisons
from ranking.maths.estimation.likelihood import CellLikelihood, CellTerm

# The score of a comparison against p = P(a beats b): 1 - p, 0 - p, and 1/2 - p twice.
SCORES = np.array([1.0, 0.0, 0.5, 0.5])


def win_chances(ratings: Floats) -> Floats:
    """``chance[i, j] = P(i beats j) = 1 / (1 + exp(ratings[j] - ratings[i]))``: (m, m), exact near 0 and near 1.

    Examples
    --------
    >>> win_chances(np.array([np.log(3), 0.0])).round(2).tolist()
    [[0.5, 0.75], [0.25, 0.5]]
    """
    return np.asarray(expit(ratings[:, None] - ratings), dtype=np.float64)


def grounded_hessian(totals: Floats, chance: Floats) -> Floats:
    """Hessian of the log-likelihood (sign turned) with the free shift pinned: (m, m), positive definite.

    ``H + c 1 1'``: on vectors that sum to zero its inverse is H+. The size of c does not matter;
    it is taken from H so that the sum is well conditioned.

    Parameters
    ----------
    totals : (m, m) float64
        Comparisons of each pair.
    chance : (m, m) float64
        As from `win_chances`.

    Examples
    --------
    >>> grounded_hessian(np.array([[0.0, 4.0], [4.0, 0.0]]), np.full((2, 2), 0.5)).tolist()
    [[1.5, -0.5], [-0.5, 1.5]]
    """
    information = totals * chance * chance.T
    diagonal = information.sum(axis=1)
    hessian = diagonal.sum() / max(len(totals), 1) ** 2 - information
    hessian[np.diag_indices(len(totals))] += diagonal
    return np.asarray(hessian, dtype=np.float64)


def half_win_likelihood(comparisons: Comparisons, cells: Cells, ratings: Floats, *, ridge: float = 0.0) -> CellLikelihood:
    """The likelihood of Bradley-Terry with ties as half a win each, at `ratings`.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors.
    cells : Cells
        Their counts.
    ratings : (m,) float64
        Natural log-odds.
    ridge : float
        1 / variance of a Normal prior on each rating; 0 = none.

    Examples
    --------
    >>> from ranking.maths.data.cells import count_cells
    >>> c = Comparisons.from_names(["x"] * 2, ["y"] * 2, ["a", "b"])
    >>> half_win_likelihood(c, count_cells(c), np.zeros(2)).meat(None).tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    m = len(ratings)
    chance = win_chances(ratings)
    toward_a = SCORES - chance[:, :, None]
    information = grounded_hessian(cells.totals, chance)
    information[np.diag_indices(m)] += ridge
    bend = np.repeat((chance * chance.T)[:, :, None], len(SCORES), axis=2)
    terms = (CellTerm(bend, 1.0, -1.0, np.zeros(0)),)
    return CellLikelihood(comparisons, cells, information, toward_a, -toward_a, np.zeros((m * m * 4, 0)), terms)
