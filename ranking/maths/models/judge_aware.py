"""Judge-aware Bradley-Terry: voters (or judges) who discriminate more or less well, or the wrong way round."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.linalg import LinAlgError, cho_factor
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_array
from scipy.special import expit, log_expit

from ranking.maths.clusters.leave_one_out import LeaveOut
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.data.comparisons import CLUSTER_COLUMNS, Cluster, Column, Comparisons
from ranking.maths.estimation.failures import NotConvergedError
from ranking.maths.estimation.fit import Diagnostics, Fit, Parameter, Provenance
from ranking.maths.estimation.half_wins import SCORES, win_chances
from ranking.maths.estimation.likelihood import grounded
from ranking.maths.estimation.newton import Bend, climb
from ranking.maths.estimation.sparse_likelihood import SparseLikelihood
from ranking.maths.models.bradley_terry import checked_ridge, fit_bradley_terry

type Raters = Literal["voter", "judge"]

LEAST_TAU, MOST_TAU = 0.01, 3.0
"""Where `estimate_tau` looks: below, voters are all alike; above, the prior says nothing."""


def fit_judge_aware(
    comparisons: Comparisons,
    *,
    cluster: Raters = "voter",
    tau: float = 0.5,
    prior_sd: float | None = None,
    start: Fit | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> Fit:
    """Bradley-Terry ratings with a discrimination for every voter (or judge), a tie as half a win each.

    ``P(a beats b, said by v) = 1 / (1 + exp(-alpha_v (theta_a - theta_b)))`` with ``alpha_v ~ Normal(1, tau**2)``: 0 is a
    voter who tosses a coin, a negative one votes the wrong way round. The scale is that of the average voter:
    ``sum theta = 0``, and the alphas of the voters in the data have mean 1. A row of unknown voter has alpha 1.

    Maximises, over theta and alpha together, the log-likelihood with the prior and Laplace's term

    ``sum_v [ sum_i log P_i - (alpha_v - 1)**2 / (2 tau**2) - (1 - 1 / J) log(1 + tau**2 I_v) / 2 ]``

    where ``I_v`` is the information on alpha_v, of which J - 1 are free. Without that term shrunken alphas would stretch
    the ratings, by more the fewer votes a voter has, however many voters there are. The function is not concave: from
    all alpha = 1 and the Bradley-Terry ratings it climbs to the maximum next to these, and refuses a point that is none.

    Parameters
    ----------
    comparisons : Comparisons
        n rows between M competitors by J voters; a step costs O(cells + (M + J)**3), for J up to some thousand.
    cluster : "voter" or "judge"
        Whose discriminations.
    tau : float
        Standard deviation of the prior on alpha; `estimate_tau` finds it from the data.
    prior_sd, start, max_steps, tolerance
        As in `fit_bradley_terry`.

    Returns
    -------
    Fit
        Ratings in natural log-odds of the average voter; `parameters` are the alphas, in the order of the voters' codes
        (see `discriminations`). `expected_points` are those of the average voter. In its covariances voters are fixed
        (None, "prompt"), or drawn ("voter"): the latter also holds what shrinkage leaves of each alpha.

    Raises
    ------
    NotConvergedError
        If `max_steps` steps were not enough, or the point reached is no maximum.
    ValueError
        If `cluster` is not a column of raters, or `tau` or `prior_sd` is not positive.

    References
    ----------
    "am-ELO: a stable framework for arena-based LLM evaluation", 2025, with a sum constraint and no prior; "Judge-aware
    Bradley-Terry-Luce", arXiv 2601.21817. Laplace's term: as in `estimate_tau`.

    Examples
    --------
    Two voters of three agree, the third says the opposite:

    >>> voters = ["v1"] * 20 + ["v2"] * 20 + ["v3"] * 10
    >>> outcomes = (["a"] * 16 + ["b"] * 4) * 2 + ["a"] * 2 + ["b"] * 8
    >>> c = Comparisons.from_names(["x"] * 50, ["y"] * 50, outcomes, voter=voters)
    >>> fit = fit_judge_aware(c, tau=1)
    >>> fit.names, [round(p.estimate, 1) for p in fit.parameters]
    (('x', 'y'), [1.7, 1.7, -0.4])
    """
    _refuse_other_columns(cluster)
    if not tau > 0:
        raise ValueError(f"tau is {tau}: a standard deviation is more than 0 (estimate_tau finds one)")
    plain = fit_bradley_terry(comparisons, prior_sd=prior_sd, start=start, max_steps=max_steps, tolerance=tolerance)
    cells, ridge, m = _count(plain.comparisons, cluster), checked_ridge(prior_sd), len(plain.names)
    begin = np.concatenate([plain.ratings, np.ones(len(cells.codes))])
    peak = climb(lambda x: _bend(cells, x, tau, ridge), begin, max_steps=max_steps, tolerance=tolerance)
    ratings, alpha = peak.parameters[:m] - peak.parameters[:m].sum() / max(m, 1), peak.parameters[m:]
    information = _checked_maximum(cells, peak.parameters, tau, ridge)
    return replace(
        plain,
        ratings=ratings,
        diagnostics=Diagnostics(
            n_comparisons=plain.diagnostics.n_comparisons,
            n_left_out=plain.diagnostics.n_left_out,
            steps=peak.steps,
            last_step=peak.last_step,
            log_likelihood=_log_likelihood(cells, ratings, alpha),
        ),
        provenance=Provenance(
            method="fit_judge_aware",
            ties=plain.provenance.ties,
            parameters={**plain.provenance.parameters, "tau": tau},
        ),
        likelihood=_likelihood(plain.comparisons, cells, cluster, ratings, alpha, information),
        expected_points=win_chances(ratings),
        parameters=tuple(
            Parameter(f"discrimination of {cluster} {code}", float(slope))
            for code, slope in zip(cells.codes, alpha, strict=True)
        ),
    )


def estimate_tau(
    comparisons: Comparisons,
    *,
    cluster: Raters = "voter",
    prior_sd: float | None = None,
    max_steps: int = 100,
    tolerance: float = 1e-6,
) -> float:
    """The standard deviation of discriminations under which the votes are most likely (empirical Bayes).

    Maximises over tau the maximum of what `fit_judge_aware` maximises: with Laplace's term it is the likelihood of
    theta and tau with the alphas integrated out. `LEAST_TAU` means no sign that voters differ.

    Parameters
    ----------
    comparisons, cluster, prior_sd, max_steps
        As in `fit_judge_aware`; some twenty such fits are made.
    tolerance : float
        Of each of these fits.

    Returns
    -------
    float
        Between `LEAST_TAU` and `MOST_TAU`, to 1 %.

    Raises
    ------
    NotConvergedError
        If a fit did not converge.
    ValueError
        If `cluster` is neither "voter" nor "judge", `prior_sd` is not positive, or fewer than two raters are there to
        differ.

    References
    ----------
    The integral by Laplace's method: L. Tierney, J. B. Kadane, Journal of the American Statistical Association 81,
    1986; a variance found by maximising it: N. E. Breslow, D. G. Clayton, "Approximate inference in generalized linear
    mixed models", Journal of the American Statistical Association 88, 1993. What is integrated is ours, see
    `fit_judge_aware`.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> theta, voter = np.array([1.0, 0.0, -1.0]), np.repeat(np.arange(40), 100)
    >>> a = rng.integers(3, size=4000)
    >>> b = (a + rng.integers(1, 3, size=4000)) % 3
    >>> alpha = rng.normal(1, 0.6, 40)[voter]
    >>> outcome = (rng.random(4000) > expit(alpha * (theta[a] - theta[b]))).astype(int)
    >>> round(estimate_tau(Comparisons(names=("x", "y", "z"), a=a, b=b, outcome=outcome, voter=voter)), 1)
    0.6
    """
    _refuse_other_columns(cluster)
    plain = fit_bradley_terry(comparisons, prior_sd=prior_sd, max_steps=max_steps, tolerance=tolerance)
    cells, ridge = _count(plain.comparisons, cluster), checked_ridge(prior_sd)
    if len(cells.codes) < 2:
        raise ValueError(f"{len(cells.codes)} {cluster}s with comparisons that can be rated: how they differ needs at least 2")
    begin = np.concatenate([plain.ratings, np.ones(len(cells.codes))])

    def loss(log_tau: float) -> float:
        tau = float(np.exp(log_tau))
        peak = climb(lambda x: _bend(cells, x, tau, ridge), begin, max_steps=max_steps, tolerance=tolerance)
        return -peak.bend.value

    optimum = minimize_scalar(loss, bounds=(np.log(LEAST_TAU), np.log(MOST_TAU)), method="bounded", options={"xatol": 0.01})
    return float(np.exp(optimum.x))


def _refuse_other_columns(cluster: Raters) -> None:
    if cluster not in ("voter", "judge"):
        raise ValueError(f"cluster is {cluster!r}: discriminations are by 'voter' or 'judge'")


@dataclass(frozen=True, slots=True, eq=False)
class _RaterCells:
    """Counts by pair and rater. `rater` is a place in `codes`; the unknown stand behind the last, with alpha 1."""

    a: Ints
    b: Ints
    rater: Ints
    n: Floats
    won: Floats
    codes: Ints
    m: int


def _places(comparisons: Comparisons, cluster: Raters) -> tuple[Ints, Ints]:
    """The codes that occur, and for each row its place among them; that of the unknown is behind the last."""
    codes = comparisons.clusters(cluster)
    met = np.unique(codes[(codes >= 0) & (comparisons.weights() > 0)])
    rater = np.where(np.isin(codes, met), np.searchsorted(met, codes), len(met))
    return met.astype(np.int64), rater


def _count(comparisons: Comparisons, cluster: Raters) -> _RaterCells:
    """Cells with a below b: comparisons, and points of a (a tie as half)."""
    m = len(comparisons.names)
    met, rater = _places(comparisons, cluster)
    low, high = np.minimum(comparisons.a, comparisons.b), np.maximum(comparisons.a, comparisons.b)
    keys = (low.astype(np.int64) * m + high) * (len(met) + 1) + rater
    distinct_keys, slot = np.unique(keys, return_inverse=True)
    points = SCORES[comparisons.outcome]
    points = np.where(comparisons.a == low, points, 1 - points)
    weight = comparisons.weights()
    pair, place = np.divmod(distinct_keys, len(met) + 1)
    return _RaterCells(
        a=pair // max(m, 1),
        b=pair % max(m, 1),
        rater=place,
        n=np.bincount(slot, weights=weight, minlength=len(distinct_keys)),
        won=np.bincount(slot, weights=weight * points, minlength=len(distinct_keys)),
        codes=met,
        m=m,
    )


def _log_likelihood(cells: _RaterCells, ratings: Floats, alpha: Floats) -> float:
    u = np.append(alpha, 1.0)[cells.rater] * (ratings[cells.a] - ratings[cells.b])
    return float(cells.won @ log_expit(u) + (cells.n - cells.won) @ log_expit(-u))


@dataclass(frozen=True, slots=True, eq=False)
class _Slopes:
    """First and second derivatives by cell, by the difference d and by alpha."""

    d: Floats
    alpha: Floats
    dd: Floats
    d_alpha: Floats
    alpha_alpha: Floats


def _likelihood_slopes(cells: _RaterCells, d: Floats, alpha: Floats, p: Floats) -> _Slopes:
    left, q = cells.won - cells.n * p, cells.n * p * (1 - p)
    return _Slopes(alpha * left, d * left, -(alpha**2) * q, left - alpha * d * q, -(d**2) * q)


def _information_slopes(cells: _RaterCells, d: Floats, alpha: Floats, p: Floats) -> _Slopes:
    """Derivatives of a cell's share of I_v, ``n q(alpha d) d**2`` with ``q = p (1 - p)``."""
    q = cells.n * p * (1 - p)
    q1, q2 = q * (1 - 2 * p), q * (1 - 6 * p * (1 - p))
    return _Slopes(
        d=q1 * alpha * d**2 + 2 * d * q,
        alpha=q1 * d**3,
        dd=q2 * (alpha * d) ** 2 + 4 * alpha * d * q1 + 2 * q,
        d_alpha=q2 * alpha * d**3 + 3 * d**2 * q1,
        alpha_alpha=q2 * d**4,
    )


def _bend(cells: _RaterCells, x: Floats, tau: float, ridge: float) -> Bend:
    """Where the Hessian is not positive definite, the expected one (Fisher's scoring) still leads uphill."""
    bend = _observed(cells, x, tau, ridge)
    if _is_positive_definite(bend.hessian):
        return bend
    return Bend(bend.value, bend.gradient, _expected(cells, x, tau, ridge))


def _observed(cells: _RaterCells, x: Floats, tau: float, ridge: float) -> Bend:
    m = cells.m
    theta, slopes = x[:m], x[m:]
    alpha, d, p = _at_cells(cells, theta, slopes)
    information = by_rater(cells, cells.n * p * (1 - p) * d**2)
    # J slopes of a fixed sum are J - 1 free ones.
    free = 1 - 1 / max(len(slopes), 1)
    share = tau**2 / (1 + tau**2 * information)
    half = np.append(free * share, 0.0)[cells.rater] / 2
    likelihood, term = _likelihood_slopes(cells, d, alpha, p), _information_slopes(cells, d, alpha, p)
    total = _Slopes(*(getattr(likelihood, name) - half * getattr(term, name) for name in _Slopes.__slots__))
    # log(1 + tau**2 I) bends by the square of the slope of I, too.
    pull, own = _by_competitor(cells, term.d)[:, :-1], by_rater(cells, term.alpha)
    hessian = _minus_assembled(cells, total)
    hessian[:m, :m] -= (pull * share**2) @ pull.T * free / 2
    hessian[:m, m:] -= pull * (share**2 * own) * free / 2
    hessian[m:, :m] = hessian[:m, m:].T
    hessian[np.arange(m, len(x)), np.arange(m, len(x))] -= (share * own) ** 2 * free / 2
    penalty = ridge * float(theta @ theta) + float(np.sum((slopes - 1) ** 2)) / tau**2
    penalty += free * float(np.sum(np.log1p(tau**2 * information)))
    gradient = np.concatenate(
        [_by_competitor(cells, total.d).sum(axis=1) - ridge * theta, by_rater(cells, total.alpha) - (slopes - 1) / tau**2]
    )
    value = _log_likelihood(cells, theta, slopes) - penalty / 2
    return Bend(value, centred_last(gradient, m), _pinned(hessian, m, tau, ridge))


def _expected(cells: _RaterCells, x: Floats, tau: float, ridge: float) -> Floats:
    """What the Hessian is on average over outcomes of the model, without Laplace's term: positive definite everywhere."""
    alpha, d, p = _at_cells(cells, x[: cells.m], x[cells.m :])
    q = cells.n * p * (1 - p)
    slopes = _Slopes(d, d, -(alpha**2) * q, -alpha * d * q, -(d**2) * q)
    return _pinned(_minus_assembled(cells, slopes), cells.m, tau, ridge)


def _checked_maximum(cells: _RaterCells, x: Floats, tau: float, ridge: float) -> Floats:
    """The Hessian of a maximum; NotConvergedError where some direction does not fall."""
    hessian = _observed(cells, x, tau, ridge).hessian
    if not _is_positive_definite(hessian):
        raise NotConvergedError(
            "where the climb ended the function does not fall in all directions, so it is no maximum: "
            "voters contradict each other too much for these ratings",
            "set a prior (prior_sd) or a smaller tau",
        )
    return hessian


def _is_positive_definite(matrix: Floats) -> bool:
    try:
        cho_factor(matrix)
    except LinAlgError:
        return False
    return True


def _at_cells(cells: _RaterCells, theta: Floats, slopes: Floats) -> tuple[Floats, Floats, Floats]:
    """alpha, the difference of ratings, and P(a beats b) of each cell."""
    alpha, d = np.append(slopes, 1.0)[cells.rater], theta[cells.a] - theta[cells.b]
    return alpha, d, np.asarray(expit(alpha * d), dtype=np.float64)


def by_rater(cells: _RaterCells, values: Floats) -> Floats:
    """Sums over the cells of each known rater, (J,)."""
    return np.bincount(cells.rater, weights=values, minlength=len(cells.codes) + 1)[:-1]


def _by_competitor(cells: _RaterCells, values: Floats) -> Floats:
    """Sums by competitor and rater, plus where it is a, minus where it is b: (m, J + 1), the unknown last."""
    width = len(cells.codes) + 1
    size = cells.m * width
    sums = np.bincount(cells.a * width + cells.rater, weights=values, minlength=size)
    return (sums - np.bincount(cells.b * width + cells.rater, weights=values, minlength=size)).reshape(cells.m, width)


def _minus_assembled(cells: _RaterCells, slopes: _Slopes) -> Floats:
    """Minus the second derivatives by theta and alpha, from those by cell: (m + J, m + J)."""
    m, n_raters = cells.m, len(cells.codes)
    pairs = np.bincount(cells.a * m + cells.b, weights=slopes.dd, minlength=m * m).reshape(m, m)
    pairs = pairs + pairs.T
    across = _by_competitor(cells, slopes.d_alpha)[:, :-1]
    hessian = np.zeros((m + n_raters, m + n_raters))
    hessian[:m, :m] = pairs - np.diag(pairs.sum(axis=1))
    hessian[:m, m:] = -across
    hessian[m:, :m] = -across.T
    hessian[np.arange(m, len(hessian)), np.arange(m, len(hessian))] = -by_rater(cells, slopes.alpha_alpha)
    return hessian


def _pinned(hessian: Floats, m: int, tau: float, ridge: float) -> Floats:
    """With the priors added, on alphas of a fixed sum; the common shift of ratings and that of alphas pinned."""
    pinned, raters = grounded(hessian, m), slice(m, len(hessian))
    pinned[np.arange(m), np.arange(m)] += ridge
    own = pinned[raters, raters]
    own[np.diag_indices(len(own))] += 1 / tau**2
    scale = np.trace(own) / max(len(own), 1) ** 2
    pinned = centred_last(centred_last(pinned, m).T, m)
    pinned[raters, raters] += scale
    return pinned


def centred_last(values: Floats, m: int) -> Floats:
    """Entries (or rows) from m on, less their mean."""
    centred = values.copy()
    if len(centred) > m:
        centred[m:] -= centred[m:].mean(axis=0)
    return centred


@dataclass(frozen=True, slots=True, eq=False)
class JudgeAwareLikelihood:
    """At the maximum; the scores of alpha are those within a fixed sum."""

    rows: SparseLikelihood
    cells: _RaterCells

    def hessian(self) -> Floats:
        return self.rows.hessian()

    def meat(self, cluster: Cluster | None) -> Floats:
        m = self.cells.m
        return centred_last(centred_last(self.rows.meat(cluster), m).T, m)

    def crossed(self, columns: tuple[Column, Column]) -> Floats:
        m = self.cells.m
        return centred_last(centred_last(self.rows.crossed(columns), m).T, m)

    def leave_out(self, column: Column) -> LeaveOut:
        return self.rows.left_out(column, n_ratings=self.cells.m, project=self._project)

    def in_unit(self, unit: float) -> "JudgeAwareLikelihood":
        return replace(self, rows=self.rows.in_unit(unit))

    def _project(self, values: Floats) -> Floats:
        """(g, p, 1) or (g, p, p) within alphas of a fixed sum."""
        m, projected = self.cells.m, values.copy()
        if projected.shape[1] > m:
            projected[:, m:] -= projected[:, m:].mean(axis=1, keepdims=True)
            if projected.shape[2] > 1:
                projected[:, :, m:] -= projected[:, :, m:].mean(axis=2, keepdims=True)
        return projected


def _likelihood(
    comparisons: Comparisons, cells: _RaterCells, cluster: Raters, ratings: Floats, slopes: Floats, information: Floats
) -> JudgeAwareLikelihood:
    m, n = cells.m, len(comparisons)
    rater = _places(comparisons, cluster)[1]
    alpha, d = np.append(slopes, 1.0)[rater], ratings[comparisons.a] - ratings[comparisons.b]
    left = SCORES[comparisons.outcome] - expit(alpha * d)
    known = np.flatnonzero(rater < len(slopes))
    rows = np.concatenate([np.arange(n), np.arange(n), known])
    columns = np.concatenate([comparisons.a, comparisons.b, m + rater[known]])
    values = np.concatenate([alpha * left, -alpha * left, (d * left)[known]])
    clusters = {column: comparisons.clusters(column) for column in CLUSTER_COLUMNS}
    scores = csr_array((values, (rows, columns)), shape=(n, m + len(slopes)))
    # To first order the information of a row is that of its log-odds alpha d: p (1 - p) of their slope's outer product.
    share = expit(alpha * d)
    root = np.sqrt(share * (1 - share))
    slopes_of = np.concatenate([alpha * root, -alpha * root, (d * root)[known]])
    factors = csr_array((slopes_of, (rows, columns)), shape=scores.shape)
    rows_left = SparseLikelihood(information, scores, comparisons.weights(), clusters, factors, np.arange(n))
    return JudgeAwareLikelihood(rows_left, cells)
