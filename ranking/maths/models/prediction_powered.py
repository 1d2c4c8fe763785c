"""Prediction-powered ratings: few human votes, and many verdicts of a judge that is trusted only as far as it agrees."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike

from ranking.maths.data.arrays import Bools, Floats, HoldsArrays, SmallCodes
from ranking.maths.data.comparisons import OUTCOMES, Column, Comparisons
from ranking.maths.estimation.covariance import FEWEST_CLUSTERS, Spread, spread
from ranking.maths.estimation.existence import Unrated
from ranking.maths.estimation.fit import Fit
from ranking.maths.models.bradley_terry import fit_bradley_terry
from ranking.maths.models.powered_covariances import Joint, Sample, Units, joint_at, joint_covariance
from ranking.maths.notes import Note, noted

JUDGE_PRIOR_SD = 10.0
"""A wide prior that keeps the judge's own ratings finite; it does no harm, as they only serve as a reference."""


@dataclass(frozen=True, slots=True, eq=False)
class Powered(HoldsArrays):
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
class PredictionPowered(HoldsArrays):
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
    n_votes : float
        Human votes between the rated.
    n_labelled, n_judged_only : float
        Verdicts on comparisons with a human vote that is part of the sample, and the other verdicts.
    critical, df, n_clusters, kind, notes
        As in `Intervals`, of the ratings; clusters are those with human votes, and the effective ones are those that stand
        behind a contrast of the human votes alone.
    spread : Spread
        Of the human votes alone.
    joint : (m, m) float64
        Covariance of all ratings at the median of their lambdas: simultaneous statements are drawn from it.
    """

    names: tuple[str, ...]
    ratings: Powered
    differences: Powered
    human: Fit
    judge: Fit
    unrated: tuple[Unrated, ...]
    n_votes: float
    n_labelled: float
    n_judged_only: float
    critical: Floats
    df: Floats
    n_clusters: float
    kind: str
    notes: tuple[str, ...]
    spread: Spread = field(repr=False)
    joint: Floats = field(repr=False)


def sampling_weights(weights: Floats, count: Floats | None = None) -> Floats:
    """Weights 1/pi on the scale of the votes that they are worth, ``(sum w)^2 / sum w^2`` in all: (n,).

    So that covariances that count votes are right in size, whatever factor pi was known up to.

    Parameters
    ----------
    weights : (n,) float64
        1/pi of each row, up to a factor; zero where it is not known.
    count : (n,) float64, optional
        How many equal rows each stands for. None = one.

    References
    ----------
    L. Kish, "Survey Sampling", 1965, section 11.7: the effective size of a sample of unequal weights.

    Examples
    --------
    Four votes, two of which stand for three times as many battles: worth 64 / 20 = 3.2 votes.

    >>> sampling_weights(np.array([1.0, 1.0, 3.0, 3.0])).round(3).tolist()
    [0.4, 0.4, 1.2, 1.2]
    """
    count = np.ones(len(weights)) if count is None else count
    weights = weights / max(weights.max(initial=0.0), np.finfo(np.float64).tiny)
    total, squares = float(count @ weights), float(count @ weights**2)
    return np.asarray(weights * (total / squares) if squares else weights, dtype=np.float64)


def fit_prediction_powered(
    judged: Comparisons,
    human: ArrayLike,
    *,
    labelled_weight: ArrayLike | None = None,
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

    It holds if the comparisons with a human vote are a random sample of those judged, or one whose chances pi are known:
    then labelled rows weigh 1/pi, in the human part and in D, whose mean over the rest becomes that over all rows less
    what the labelled share explains, ``D = (weighted mean labelled - mean of all) / (1 - share labelled)``. With equal
    chances that is the same D. Nothing here can check the sample.

    Parameters
    ----------
    judged : Comparisons
        n rows with the judge's outcome, a tie as half a win.
    human : (n,) of int
        What people said of the same row, a place in `OUTCOMES`; -1 = nobody was asked.
    labelled_weight : (n,) of float, optional
        1 / (chance that people were asked about the row), up to a factor; read where people were asked. None = all alike.
    cluster : "prompt", "voter", "judge" or None
        What is drawn independently; for few clusters see `ranking.maths.estimation.covariance.spread`.
    level : float
        Of each interval, in (0, 1).
    max_steps, tolerance
        As in `fit_bradley_terry`.

    Raises
    ------
    ValueError
        If `human` has another length or an unknown code, a weight is not a positive number, if nobody or everybody was
        asked, or if the human votes give no finite rating to anybody.
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
    >>> powered = fit_prediction_powered(c, people)
    >>> powered.differences.trust[0, 1].round(2).item(), powered.differences.gain[0, 1].round(1).item()
    (0.7, 2.2)
    """
    codes = _checked_codes(human, len(judged))
    asked = codes >= 0
    count = judged.weights()
    drawn = _checked_weights(np.ones(len(judged)) if labelled_weight is None else labelled_weight, asked)
    kept = asked & (count > 0)
    votes = replace(judged.reweighted(count * sampling_weights(drawn, count) * kept), outcome=codes[kept])
    rows = np.arange(len(judged))
    return fit_votes_and_verdicts(
        votes, judged, drawn, vote_battle=rows[kept], verdict_battle=rows, battle_count=count,
        cluster=cluster, level=level, max_steps=max_steps, tolerance=tolerance,
    )  # fmt: skip


def fit_votes_and_verdicts(
    votes: Comparisons,
    verdicts: Comparisons,
    labelled: ArrayLike,
    *,
    vote_battle: ArrayLike,
    verdict_battle: ArrayLike,
    battle_count: ArrayLike | None = None,
    cluster: Column | None = "prompt",
    level: float = 0.95,
    max_steps: int = 100,
    tolerance: float = 1e-9,
) -> PredictionPowered:
    """`fit_prediction_powered` where votes and verdicts are lists of their own.

    A battle may have several votes and several verdicts; votes on battles that were never judged are part of the human
    votes, and of nothing else.

    Parameters
    ----------
    votes, verdicts : Comparisons
        Of the same names, with the same codes of clusters. A verdict that gives a share of the points is two rows, whose
        weights add up to 1; a judge that was asked and decided nothing is a tie.
    labelled : (n_verdicts,) of float
        1/pi of the battle (up to a factor) where its votes are part of the random sample, 0 where not.
    vote_battle, verdict_battle : (n_votes,), (n_verdicts,) of int
        Which battle each is about: numbers from 0. What is said of one battle is never taken as independent.
    battle_count : (n_battles,) of float, optional
        How many equal battles each stands for. None = one. (The weight of a row is that of all of these.)
    cluster, level, max_steps, tolerance
        As in `fit_prediction_powered`.

    Raises
    ------
    ValueError
        As `fit_prediction_powered`.

    References
    ----------
    As `fit_prediction_powered`; weights 1/pi: D. G. Horvitz, D. J. Thompson, "A generalization of sampling without
    replacement from a finite universe", Journal of the American Statistical Association 47, 1952.

    Examples
    --------
    Two votes on the first battle, one on a battle that nobody judged:

    >>> verdicts = Comparisons(names=("x", "y"), a=[0] * 6, b=[1] * 6, outcome=[0, 1, 0, 1, 0, 2])
    >>> votes = Comparisons(names=("x", "y"), a=[0] * 4, b=[1] * 4, outcome=[0, 0, 1, 0])
    >>> powered = fit_votes_and_verdicts(
    ...     votes, verdicts, [1, 1, 0, 0, 0, 0], vote_battle=[0, 0, 1, 6], verdict_battle=range(6), cluster=None
    ... )
    >>> powered.n_votes, powered.n_labelled, powered.n_judged_only
    (4.0, 2.0, 4.0)
    """
    drawn = _drawn(labelled, verdicts)
    units = Units.of(vote_battle, verdict_battle, battle_count)
    people = fit_bradley_terry(votes, max_steps=max_steps, tolerance=tolerance)
    if not people.names:
        raise ValueError(noted("votes_rate_nobody", reason=_why_nobody(people)))
    rated = np.array([name in set(people.names) for name in votes.names])
    rows, own = rated[verdicts.a] & rated[verdicts.b], rated[votes.a] & rated[votes.b]
    judge = fit_bradley_terry(verdicts.among(rated), prior_sd=JUDGE_PRIOR_SD, max_steps=max_steps, tolerance=tolerance)
    standing = spread(people, cluster=cluster)
    units, drawn = units.where(own, rows), drawn[rows]
    if not (judge.comparisons.weights() * (drawn > 0)).any() or not (judge.comparisons.weights() * (drawn == 0)).any():
        raise ValueError(noted("no_verdicts_between_rated"))
    sample = Sample.of(judge, drawn)
    drift = sample.drift()
    joints = {column: joint_covariance(people, sample, units, column) for column in _columns(standing, cluster)}
    critical = standing.critical(level)
    ratings = _powered(_of_ratings(people, drift, joints, standing), _units(standing, standing.rating_clusters), critical)
    differences = _powered(
        _of_differences(people, drift, joints, standing),
        _units(standing, standing.difference_clusters),
        standing.difference_critical(level),
    )
    return PredictionPowered(
        names=people.names,
        ratings=ratings,
        differences=differences,
        human=people,
        judge=judge,
        unrated=people.unrated,
        n_votes=float(people.comparisons.weights().sum()),
        n_labelled=float(judge.comparisons.weights() @ (drawn > 0)),
        n_judged_only=float(judge.comparisons.weights() @ (drawn == 0)),
        critical=critical,
        df=standing.rating_df,
        n_clusters=standing.n_clusters,
        kind=standing.kind,
        notes=standing.notes,
        spread=standing,
        joint=joint_at(next(iter(joints.values())), ratings.trust),
    )


def _why_nobody(people: Fit) -> Note:
    if not people.unrated:
        return noted("no_votes_at_all")
    return noted("named_reason", name=people.unrated[0].name, reason=people.unrated[0].reason)


def _drawn(labelled: ArrayLike, verdicts: Comparisons) -> Floats:
    """1/pi of each verdict's battle, 0 where its votes are no part of the sample; some must be, and some must not."""
    drawn = _checked_weights(labelled, np.asarray(labelled) != 0)
    if len(drawn) != len(verdicts):
        raise ValueError(f"labelled has {len(drawn)} numbers: {len(verdicts)} are needed, one a verdict")
    weight = verdicts.weights()
    if not (weight * (drawn > 0)).any() or not (weight * (drawn == 0)).any():
        n_asked = int((drawn > 0).sum())
        raise ValueError(f"{n_asked} of {len(drawn)} rows have a human vote: some must, and some must have a verdict alone")
    return drawn


@dataclass(frozen=True, slots=True, eq=False)
class _Contrasts:
    """Contrasts of one shape: estimates from people, D, their variances (first: the joint one), and what is flat.

    `few` : contrasts on few clusters, of which the largest variance counts; of the others that by clusters.
    """

    human: Floats
    drift: Floats
    joints: dict[Column | None, Joint]
    human_variance: Floats
    flat: Bools
    few: Bools


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


def _checked_weights(weights: ArrayLike, read: Bools) -> Floats:
    """Weights of labelled rows: finite, and more than 0 where they are read."""
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != read.shape:
        raise ValueError(f"weights of labelled rows have shape {given.shape}: one a row is needed, {read.shape}")
    wrong = read & ~(np.isfinite(given) & (given > 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"weight {row} of the labelled rows is {given[row]}: it is 1 / a chance, finite and more than 0")
    known = np.where(read, given, 0.0)
    return np.asarray(known / max(known.max(initial=0.0), np.finfo(np.float64).tiny), dtype=np.float64)


def _columns(standing: Spread, cluster: Column | None) -> tuple[Column | None, ...]:
    """The covariances to use; the first determines the trust in the judge."""
    if standing.kind == "iid" or standing.n_clusters < 2:
        return (None,)
    few = bool((standing.difference_clusters < FEWEST_CLUSTERS).any())
    return (None, cluster) if standing.kind != cluster else (cluster, None) if few else (cluster,)


def _units(standing: Spread, clusters: Floats) -> Floats:
    """Effective clusters, or where comparisons are independent their number."""
    return np.where(np.isinf(clusters), standing.n_clusters, clusters)


def _of_ratings(people: Fit, drift: Floats, joints: dict[Column | None, Joint], standing: Spread) -> _Contrasts:
    own = {by: Joint(*(np.diagonal(part) for part in (j.human, j.across, j.drift))) for by, j in joints.items()}
    flat = standing.flat.any(axis=1)
    return _Contrasts(people.ratings, drift, own, standing.rating_variance, flat, standing.rating_clusters < FEWEST_CLUSTERS)


def _of_differences(people: Fit, drift: Floats, joints: dict[Column | None, Joint], standing: Spread) -> _Contrasts:
    def each(part: Floats) -> Floats:
        diagonal = np.diagonal(part)
        return np.asarray(diagonal[:, None] + diagonal - part - part.T, dtype=np.float64)

    return _Contrasts(
        human=people.ratings[:, None] - people.ratings,
        drift=drift[:, None] - drift,
        joints={by: Joint(each(j.human), each(j.across), each(j.drift)) for by, j in joints.items()},
        human_variance=standing.difference_variance,
        flat=standing.flat,
        few=standing.difference_clusters < FEWEST_CLUSTERS,
    )


def _powered(contrasts: _Contrasts, clusters: Floats, critical: Floats) -> Powered:
    """Flat contrasts have no covariance to choose a lambda from: they stay with the human votes."""
    first = next(iter(contrasts.joints.values()))
    ratio = np.divide(first.across, first.drift, out=np.zeros_like(first.across), where=first.drift > 0)
    trust = np.where(contrasts.flat, 0.0, np.clip(ratio, 0, 1))
    left = _left(contrasts, trust)
    # One more parameter was estimated from the clusters of the human votes.
    lost = 1 + 1 / np.maximum(clusters - 2, 1)
    variance = np.where(trust > 0, np.minimum(left * lost, contrasts.human_variance), contrasts.human_variance)
    estimate, se = contrasts.human - trust * contrasts.drift, np.sqrt(variance)
    gained = (variance > 0) & np.isfinite(variance)
    return Powered(
        estimate=estimate,
        se=se,
        low=estimate - critical * se,
        high=estimate + critical * se,
        trust=trust,
        gain=np.divide(contrasts.human_variance, variance, out=np.ones_like(variance), where=gained),
    )


def _left(contrasts: _Contrasts, trust: Floats) -> Floats:
    """The variance at these lambdas. What clusters say is widened as leaving them out in turn widens the human votes' own."""
    largest = np.zeros_like(trust)
    for by, j in contrasts.joints.items():
        variance = j.human - 2 * trust * j.across + trust**2 * j.drift
        if by is not None:
            known = (j.human > 0) & np.isfinite(contrasts.human_variance)
            wider = np.divide(contrasts.human_variance, j.human, out=np.ones_like(j.human), where=known)
            variance = variance * np.maximum(wider, 1.0)
        counts = contrasts.few if by is None and len(contrasts.joints) > 1 else np.ones_like(contrasts.few)
        largest = np.where(counts, np.maximum(largest, variance), largest)
    return largest
