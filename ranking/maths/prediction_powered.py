"""Prediction-powered ratings: few human votes, many judge verdicts, and no more trust in the judge than it earns."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from ranking.maths.arrays import Bools, Floats, SmallCodes
from ranking.maths.bradley_terry import fit_bradley_terry
from ranking.maths.comparisons import CLUSTER_COLUMNS, OUTCOMES, Column, Comparisons
from ranking.maths.existence import Unrated
from ranking.maths.fit import Fit
from ranking.maths.half_wins import SCORES
from ranking.maths.meat import cluster_sizes
from ranking.maths.sparse_likelihood import SparseLikelihood
from ranking.maths.spread import Spread, spread

JUDGE_PRIOR_SD = 10.0
"""Keeps the judge's own ratings finite. They only serve as a reference, so a wide prior costs nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Powered:
    """Estimates that lean on a judge, each with a lambda of its own. All arrays have the same shape, (m,) or (m, m).

    Parameters
    ----------
    estimate, se, low, high : float64
        Natural log-odds.
    trust : float64
        lambda, in [0, 1]: 0 = the human votes alone.
    gain : float64
        How many human votes one of these is worth: the variance from human votes alone over that of `estimate`.
    """

    estimate: Floats
    se: Floats
    low: Floats
    high: Floats
    trust: Floats
    gain: Floats


@dataclass(frozen=True, slots=True, eq=False)
class PredictionPowered:
    """Human-calibrated ratings.

    Parameters
    ----------
    names : tuple of str
        The m competitors that the human votes rate.
    ratings : Powered
        (m,), each against the mean of all.
    differences : Powered
        (m, m), ``estimate[i, j]`` of i over j; zero on the diagonal. As every contrast has its own lambda, these are not
        exactly differences of `ratings`.
    human : Fit
        Of the human votes alone.
    judge : Fit
        Of all the judge's verdicts, with a wide prior.
    unrated : tuple of Unrated
        Competitors without human rating, each with the reason.
    n_labelled, n_judged_only : float
        Comparisons with a human vote, and with a verdict alone.
    critical, df, n_clusters, kind, notes
        As in `Intervals`; clusters are those with human votes.
    """

    names: tuple[str, ...]
    ratings: Powered
    differences: Powered
    human: Fit
    judge: Fit
    unrated: tuple[Unrated, ...]
    n_labelled: float
    n_judged_only: float
    critical: float
    df: float
    n_clusters: float
    kind: str
    notes: tuple[str, ...]


def fit_prediction_powered(
    judged: Comparisons,
    human: ArrayLike,
    *,
    cluster: Column | None = "prompt",
    level: float = 0.95,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> PredictionPowered:
    """Bradley-Terry ratings of human preference, with a judge's verdicts as a control variate (PPI++).

    ``theta(lambda) = theta_human - lambda (theta_judge on labelled - theta_judge on the rest)``, for each contrast
    ``lambda = Cov(theta_human, D) / Var(D)`` with D the difference in brackets, clipped to [0, 1]. Whatever the judge's
    bias, it cancels in D; a judge that agrees with people makes D move with the error of theta_human. One that does not
    gets a lambda near 0, and the intervals are those of the human votes.

    It is the minimum of ``L_labelled(human) + lambda (L_rest(judge) - L_labelled(judge))`` to first order: D is taken from
    the judge's scores at its ratings from all verdicts, ``H_judge^-1 (mean score labelled - mean score rest)``, so that
    it exists however few the human votes. Both parts are clustered together.

    It holds if the comparisons with a human vote are a random sample of those judged. Nothing here can check that.

    Parameters
    ----------
    judged : Comparisons
        n rows with the judge's outcome, a tie as half a win.
    human : (n,) of int
        What people said of the same row, a place in `OUTCOMES`; -1 = nobody was asked.
    cluster : "prompt", "voter", "judge" or None
        What is drawn independently; for few clusters see `ranking.maths.spread.spread`.
    level : float
        Of each interval, in (0, 1).
    max_steps, tolerance
        As in `fit_bradley_terry`.

    Raises
    ------
    ValueError
        If `human` has another length or an unknown code, if nobody or everybody was asked, or if the human votes give no
        finite rating to anybody.
    NotConvergedError
        If `max_steps` steps were not enough.

    References
    ----------
    A. N. Angelopoulos, J. C. Duchi, T. Zrnic, "PPI++: efficient prediction-powered inference", arXiv 2311.01453, sections
    3 and 6; there one lambda for all parameters (or one each), here one a contrast, and clusters.

    Examples
    --------
    A judge that people agree with in 90 of 100 comparisons, and 900 verdicts more:

    >>> verdicts = np.repeat([0, 1, 0, 1], [50, 40, 500, 400])
    >>> people = np.concatenate([np.repeat([0, 1, 0], [45, 5, 5]), np.repeat(1, 35), np.full(900, -1)])
    >>> c = Comparisons(names=("x", "y"), a=[0] * 990, b=[1] * 990, outcome=verdicts)
    >>> found = fit_prediction_powered(c, people)
    >>> found.differences.trust[0, 1].round(2).item(), found.differences.gain[0, 1].round(1).item()
    (0.7, 2.2)
    """
    codes = _checked_codes(human, len(judged))
    asked = codes >= 0
    votes = judged.reweighted(judged.weights() * asked)
    kept = judged.weights() * asked > 0
    if not kept.any() or not (judged.weights() * ~asked > 0).any():
        raise ValueError(f"{asked.sum()} of {len(asked)} rows have a human vote: some must, and some must have a verdict alone")
    people = fit_bradley_terry(replace(votes, outcome=codes[kept]), max_steps=max_steps, tolerance=tolerance)
    if not people.names:
        raise ValueError(f"human votes rate nobody: {people.unrated[0].name!r} {people.unrated[0].reason}; ask more people")
    rated = np.array([name in set(people.names) for name in judged.names])
    rows = rated[judged.a] & rated[judged.b]
    judge = fit_bradley_terry(judged.among(rated), prior_sd=JUDGE_PRIOR_SD, max_steps=max_steps, tolerance=tolerance)
    standing = spread(people, cluster=cluster)
    codes = codes[rows]
    drift, joints = (
        _drift(judge, codes),
        [_joint(people, judge, codes, column) for column in _columns(standing, cluster)],
    )
    critical = standing.critical(level)
    return PredictionPowered(
        names=people.names,
        ratings=_powered(_of_ratings(people, drift, joints, standing), standing, critical),
        differences=_powered(_of_differences(people, drift, joints, standing), standing, critical),
        human=people,
        judge=judge,
        unrated=people.unrated,
        n_labelled=float(judge.comparisons.weights() @ (codes >= 0)),
        n_judged_only=float(judge.comparisons.weights() @ (codes < 0)),
        critical=critical,
        df=standing.df,
        n_clusters=standing.n_clusters,
        kind=standing.kind,
        notes=standing.notes,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Joint:
    """Covariances (m, m) of the human ratings, between them and D, and of D."""

    human: Floats
    across: Floats
    drift: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Contrasts:
    """Contrasts of one shape: estimates from people, D, their variances (first: the joint one), and what is flat."""

    human: Floats
    drift: Floats
    joints: list[_Joint]
    human_variance: Floats
    flat: Bools


def _checked_codes(human: ArrayLike, n_rows: int) -> SmallCodes:
    codes = np.asarray(human)
    if codes.shape != (n_rows,) or codes.dtype.kind not in "iu":
        raise ValueError(
            f"human has shape {codes.shape} and type {codes.dtype}: it must be {n_rows} integers, as long as judged"
        )
    wrong = (codes < -1) | (codes >= len(OUTCOMES))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"human[{row}] is {codes[row]}: allowed are -1 (nobody was asked) to {len(OUTCOMES) - 1}")
    return codes.astype(np.int8)


def _columns(standing: Spread, cluster: Column | None) -> tuple[Column | None, ...]:
    """Whose covariances count: with few clusters the larger of both."""
    if standing.kind == "iid":
        return (None,)
    if standing.kind == cluster:
        return (cluster,)
    return (None, cluster) if standing.n_clusters >= 2 else (None,)


def _shares(judge: Fit, codes: SmallCodes) -> Floats:
    """What each row, unweighted, counts for in a mean: over those labelled, and minus over the rest."""
    weight, asked = judge.comparisons.weights(), codes >= 0
    return np.where(asked, 1 / (weight @ asked), -1 / (weight @ ~asked))


def _judge_pull(judge: Fit) -> Floats:
    """The judge's outcome against what its ratings expect, seen from a: (n,)."""
    c = judge.comparisons
    return np.asarray(SCORES[c.outcome] - judge.expected_points[c.a, c.b], dtype=np.float64)


def _mean_scores(judge: Fit, codes: SmallCodes) -> Floats:
    """Mean score of the verdicts, on the labelled rows and on the rest: (2, m)."""
    c, m, pull = judge.comparisons, len(judge.names), _judge_pull(judge)
    means = []
    for rows in (codes >= 0, codes < 0):
        weighted = pull * c.weights() * rows / (c.weights() @ rows)
        means.append(np.bincount(c.a, weights=weighted, minlength=m) - np.bincount(c.b, weights=weighted, minlength=m))
    return np.array(means)


def _bread(fit: Fit) -> Floats:
    """Scores to ratings of mean zero, (m, m)."""
    hessian = fit.likelihood.hessian()
    found = np.asarray(cho_solve(cho_factor(hessian), np.eye(len(hessian))), dtype=np.float64)
    return found - found.mean(axis=0)


def _judge_bread(judge: Fit) -> Floats:
    """Mean scores to ratings."""
    return _bread(judge) * float(judge.comparisons.weights().sum())


def _drift(judge: Fit, codes: SmallCodes) -> Floats:
    """D: how much higher the judge rates on the labelled rows than on the rest, (m,)."""
    labelled, rest = _mean_scores(judge, codes)
    return np.asarray(_judge_bread(judge) @ (labelled - rest), dtype=np.float64)


def _joint(people: Fit, judge: Fit, codes: SmallCodes, cluster: Column | None) -> _Joint:
    """From sums by cluster of the human score, of the verdict's share in D, and of the rows' own shares (to centre)."""
    c, m, n = judge.comparisons, len(people.names), len(codes)
    asked, shares, pull = np.flatnonzero(codes >= 0), _shares(judge, codes), _judge_pull(judge)
    own = SCORES[codes[asked]] - people.expected_points[c.a[asked], c.b[asked]]
    every = np.arange(n)
    rows = np.concatenate([asked, asked, every, every, every])
    columns = np.concatenate([c.a[asked], c.b[asked], m + c.a, m + c.b, 2 * m + (codes < 0)])
    values = np.concatenate([own, -own, shares * pull, -shares * pull, shares])
    clusters = {column: c.clusters(column) for column in CLUSTER_COLUMNS}
    scores = SparseLikelihood(np.eye(0), csr_array((values, (rows, columns)), shape=(n, 2 * m + 2)), c.weights(), clusters)
    human, judged = _bread(people), _judge_bread(judge)
    influence = np.zeros((2 * m, 2 * m + 2))
    influence[:m, :m] = human
    influence[m:, m:] = np.hstack([judged, -judged @ _mean_scores(judge, codes).T])
    found = influence @ scores.meat(cluster) @ influence.T * _factor(people, judge, cluster)
    return _Joint(found[:m, :m], found[:m, m:], found[m:, m:])


def _factor(people: Fit, judge: Fit, cluster: Column | None) -> float:
    """G / (G - 1) of the clusters that people saw, in place of that of all clusters."""
    if cluster is None:
        return 1.0
    few, many = (cluster_sizes(fit.comparisons, cluster=cluster)[1] for fit in (people, judge))
    return few / (few - 1) * (many - 1) / many


def _of_ratings(people: Fit, drift: Floats, joints: list[_Joint], standing: Spread) -> _Contrasts:
    own = [_Joint(*(np.diagonal(part) for part in (j.human, j.across, j.drift))) for j in joints]
    flat = standing.flat.any(axis=1)
    return _Contrasts(people.ratings, drift, own, standing.rating_variance, flat)


def _of_differences(people: Fit, drift: Floats, joints: list[_Joint], standing: Spread) -> _Contrasts:
    def each(part: Floats) -> Floats:
        diagonal = np.diagonal(part)
        return np.asarray(diagonal[:, None] + diagonal - part - part.T, dtype=np.float64)

    return _Contrasts(
        human=people.ratings[:, None] - people.ratings,
        drift=drift[:, None] - drift,
        joints=[_Joint(each(j.human), each(j.across), each(j.drift)) for j in joints],
        human_variance=standing.difference_variance,
        flat=standing.flat,
    )


def _powered(contrasts: _Contrasts, standing: Spread, critical: float) -> Powered:
    """Flat contrasts have no covariance to choose a lambda from: they stay with the human votes."""
    first = contrasts.joints[0]
    ratio = np.divide(first.across, first.drift, out=np.zeros_like(first.across), where=first.drift > 0)
    trust = np.where(contrasts.flat, 0.0, np.clip(ratio, 0, 1))
    left = np.max([j.human - 2 * trust * j.across + trust**2 * j.drift for j in contrasts.joints], axis=0)
    # One more number was estimated from as many clusters as people saw.
    lost = (standing.n_clusters - 1) / max(standing.n_clusters - 2, 1)
    variance = np.where(trust > 0, np.minimum(left * lost, contrasts.human_variance), contrasts.human_variance)
    estimate, se = contrasts.human - trust * contrasts.drift, np.sqrt(variance)
    return Powered(
        estimate=estimate,
        se=se,
        low=estimate - critical * se,
        high=estimate + critical * se,
        trust=trust,
        gain=np.divide(contrasts.human_variance, variance, out=np.ones_like(variance), where=variance > 0),
    )
