"""Sandwich covariances of Bradley-Terry ratings: independent comparisons, or clusters of them."""

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array
from scipy.special import expit

from ranking.maths.arrays import Bools, Codes, Floats, chunks
from ranking.maths.cells import Cells, cell_keys, count_cells
from ranking.maths.comparisons import Cluster, Comparisons

# The score of a comparison against p = P(a beats b): 1 - p, 0 - p, and 1/2 - p twice.
SCORES = np.array([1.0, 0.0, 0.5, 0.5])


def sandwich(comparisons: Comparisons, cells: Cells, ratings: Floats, *, cluster: Cluster | None) -> Floats:
    """``V = H+ B H+``, the covariance of ratings that stays right when the model is wrong.

    H = sum of w p (1 - p) (e_a - e_b)(e_a - e_b)'. With ``cluster=None`` B is the sum of s s' over
    comparisons; else ``G / (G - 1)`` times the sum over clusters of the outer product of a cluster's
    summed scores. A comparison of unknown cluster is a cluster of its own.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between m competitors.
    cells : Cells
        Their counts.
    ratings : (m,) float64
        The maximum-likelihood ratings, natural log-odds.
    cluster : "prompt", "voter" or None

    Returns
    -------
    (m, m) float64
        Squared log-odds; symmetric, rows sum to zero.

    Raises
    ------
    ValueError
        If `cluster` is unknown, or there are fewer than two clusters.

    References
    ----------
    H. White, "Maximum likelihood estimation of misspecified models", Econometrica 50(1), 1982.
    K.-Y. Liang, S. L. Zeger, "Longitudinal data analysis using generalized linear models",
    Biometrika 73(1), 1986; with the factor G / (G - 1).

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "a", "b"], prompt=[1, 1, 2, 2])
    >>> r = np.log(3) / 2 * np.array([1, -1])
    >>> sandwich(c, count_cells(c), r, cluster=None).round(4)[0].tolist()
    [0.3333, -0.3333]
    >>> sandwich(c, count_cells(c), r, cluster="prompt").round(4)[0].tolist()
    [0.4444, -0.4444]
    """
    meat = iid_meat(cells, ratings) if cluster is None else clustered_meat(comparisons, ratings, cluster=cluster)
    if not len(meat):
        return meat
    bread = cho_factor(grounded_hessian(cells.totals, win_chances(ratings)))
    covariance = cho_solve(bread, cho_solve(bread, meat).T)
    return np.asarray((covariance + covariance.T) / 2, dtype=np.float64)


def model_covariance(cells: Cells, ratings: Floats) -> Floats:
    """``H+``, the inverse Fisher information: (m, m) squared log-odds, rows sum to zero.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 4, ["y"] * 4, ["a", "a", "b", "b"])
    >>> model_covariance(count_cells(c), np.zeros(2)).round(4).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    m = len(ratings)
    if not m:
        return np.zeros((0, 0))
    centre = np.eye(m) - 1 / m
    return np.asarray(cho_solve(cho_factor(grounded_hessian(cells.totals, win_chances(ratings))), centre), dtype=np.float64)


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
    hessian = diagonal.mean() / len(totals) - information
    hessian[np.diag_indices(len(totals))] += diagonal
    return np.asarray(hessian, dtype=np.float64)


def iid_meat(cells: Cells, ratings: Floats) -> Floats:
    """``sum of s s'`` over comparisons, from counts alone: (m, m) float64.

    Examples
    --------
    >>> c = Comparisons.from_names(["x"] * 2, ["y"] * 2, ["a", "b"])
    >>> iid_meat(count_cells(c), np.zeros(2)).tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    chance = win_chances(ratings)
    squared = cells.wins * chance.T**2
    squared = squared + squared.T + cells.ties * (0.5 - chance) ** 2
    meat = -squared
    meat[np.diag_indices(len(ratings))] += squared.sum(axis=1)
    return np.asarray(meat, dtype=np.float64)


def clustered_meat(comparisons: Comparisons, ratings: Floats, *, cluster: Cluster) -> Floats:
    """``G / (G - 1)`` times the sum over clusters of their score's outer product: (m, m) float64.

    Raises
    ------
    ValueError
        If `cluster` is unknown, or there are fewer than two clusters.

    Examples
    --------
    One prompt, on which each of two wins once, and one more win of x: (2 / 1) * (0 + 1/4) on the diagonal.

    >>> c = Comparisons.from_names(["x"] * 3, ["y"] * 3, ["a", "b", "a"], prompt=[1, 1, 2])
    >>> clustered_meat(c, np.zeros(2), cluster="prompt").tolist()
    [[0.5, -0.5], [-0.5, 0.5]]
    """
    codes = comparisons.clusters(cluster)
    if not len(ratings):
        return np.zeros((0, 0))
    known = codes >= 0
    n_clusters = float(cluster_sizes(comparisons, cluster=cluster)[1])
    if n_clusters < 2:
        raise ValueError(f"{n_clusters:g} {cluster}s: a covariance by {cluster} needs at least 2")
    meat = np.zeros((len(ratings), len(ratings)))
    if known.any():
        meat += _known_meat(comparisons, codes, ratings, known)
    if not known.all():
        meat += iid_meat(count_cells(comparisons, rows=~known), ratings)
    return meat * (n_clusters / (n_clusters - 1))


def cluster_sizes(comparisons: Comparisons, *, cluster: Cluster) -> tuple[Floats, float]:
    """Comparisons in each known cluster that has any, and G, the number of clusters.

    Comparisons of unknown cluster count as one cluster each in G.

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
        weight = None if comparisons.weight is None else comparisons.weight[part]
        sizes += np.bincount(codes[part] + 1, weights=weight, minlength=len(sizes))
    known = sizes[1:][sizes[1:] > 0]
    return known, float(sizes[0] + len(known))


def _known_meat(comparisons: Comparisons, codes: Codes, ratings: Floats, known: Bools) -> Floats:
    """Sum over known clusters of the outer product of their scores; a (G, m) table, dense or sparse."""
    m, n_slots = len(ratings), int(codes.max(initial=-1)) + 1
    residual = (SCORES - win_chances(ratings)[:, :, None]).ravel()
    if n_slots * m > 4 * len(comparisons):
        return _sparse_meat(comparisons, codes, residual, known)
    table = np.zeros(n_slots * m)
    for part in chunks(len(comparisons), at_least=len(table)):
        score = _scores(comparisons, residual, known, part)
        base = np.where(known[part], codes[part], 0).astype(np.int64) * m
        table += np.bincount(base + comparisons.a[part], weights=score, minlength=len(table))
        table -= np.bincount(base + comparisons.b[part], weights=score, minlength=len(table))
    scores = table.reshape(n_slots, m)
    return np.asarray(scores.T @ scores, dtype=np.float64)


def _sparse_meat(comparisons: Comparisons, codes: Codes, residual: Floats, known: Bools) -> Floats:
    """The same where clusters are so many that most of the (G, m) table would be zeros."""
    m, n_slots = round((len(residual) / len(SCORES)) ** 0.5), int(codes.max(initial=-1)) + 1
    score = _scores(comparisons, residual, known, slice(None))[known]
    rows = np.concatenate([codes[known], codes[known]])
    columns = np.concatenate([comparisons.a[known], comparisons.b[known]])
    scores = csr_array((np.concatenate([score, -score]), (rows, columns)), shape=(n_slots, m))
    return np.asarray((scores.T @ scores).toarray(), dtype=np.float64)


def _scores(comparisons: Comparisons, residual: Floats, known: Bools, part: slice) -> Floats:
    """Weighted score of each row toward a (and away from b); zero where the cluster is unknown."""
    score = residual[cell_keys(comparisons, part)]
    score *= known[part]
    if comparisons.weight is not None:
        score *= comparisons.weight[part]
    return score
