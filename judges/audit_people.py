"""A judge against people or gold labels: agreement, leniency, labels with unreadable replies, calibration, boards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from judges.audit_figures import (
    LEVEL,
    Figure,
    Floats,
    Label,
    few_prompts,
    of_sums,
    resampled_sums,
    share,
    with_draws,
)
from judges.audit_rows import AuditItem
from judges.verdicts import Side
from ranking.maths.agreement import (
    cohen_kappa,
    krippendorff_alpha,
    scott_pi,
    weighted_kappa_linear,
)
from ranking.maths.correlation import kendall_tau, separability, spearman
from ranking.maths.ratings_tables import UndefinedAgreementError

CODES: Mapping[Side, int] = {"a": 0, "b": 1, "tie": 2, "both_bad": 2}
"""People and judges say "both bad" by different rules, so for agreement nobody's win is one class."""

N_KAPPA_REPLICATES = 400
N_BINS = 10

AGREEMENT = Label(
    "agreement with people", "battles", "same outcome / battles that both decided; a tie and both bad are one class"
)
AGREEMENT_OF_WINNERS = Label("agreement without ties", "battles", "same winner / battles where both name one")
KAPPAS: tuple[tuple[Label, Callable[[ArrayLike], float]], ...] = (
    (Label("Cohen's kappa", "battles", "(p_o - p_e) / (1 - p_e), p_e from either one's shares"), cohen_kappa),
    (Label("Scott's pi", "battles", "(p_o - p_e) / (1 - p_e), p_e from pooled shares"), scott_pi),
    (Label("Krippendorff's alpha", "battles", "1 - D_o / D_e, nominal"), krippendorff_alpha),
)
WEIGHTED = Label("weighted kappa", "battles", "linear weights on five points, -2 to 2")
P_C = Label("leniency P_c", "graded answers", "TPR + TNR - 1: how often the judge sees the truth")
P_PLUS = Label("leniency P_+", "graded answers", "(1 - TNR) / (2 - TPR - TNR): says right where it does not see")
BRIER = Label("Brier score", "battles", "mean (p - y)^2, y = 1 where people prefer a")
LOG_LOSS = Label("log loss", "battles", "-mean log of the chance given to what people prefer")
ECE = Label("expected calibration error", "battles", f"sum over {N_BINS} bins of share * |mean p - mean y|")
SPEARMAN = Label("Spearman against the human board", "competitors", "correlation of average ranks")
KENDALL = Label("Kendall against the human board", "competitors", "tau-b")
SEPARABILITY = Label(
    "separability", "pairs of competitors", "pairs whose 95 % intervals on the judge's board do not overlap / pairs"
)

type Unreadable = Literal["tie", "wrong", "drop"]
UNREADABLE: tuple[Unreadable, ...] = get_args(Unreadable.__value__)


def agreement(items: Sequence[AuditItem], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """Percent, percent of winners, kappa, pi, alpha, and weighted kappa where both give grades."""
    both = [(item, CODES[item.judged], CODES[item.human]) for item in items if item.judged and item.human]
    prompts = [item.prompt for item, _, _ in both]
    winners = [(item, judge, human) for item, judge, human in both if judge < 2 and human < 2]
    codes = np.array([(judge, human) for _, judge, human in both], dtype=np.int64).reshape(-1, 2)
    return (
        share(AGREEMENT, (codes[:, 0] == codes[:, 1]).tolist(), prompts, rng=rng),
        share(AGREEMENT_OF_WINNERS, [j == h for _, j, h in winners], [item.prompt for item, _, _ in winners], rng=rng),
        *(_of_table(label, codes, prompts, kappa, rng=rng) for label, kappa in KAPPAS),
        _weighted_kappa(items, rng=rng),
    )


def leniency(
    grades: Sequence[tuple[bool, bool]], *, prompts: Sequence[str] | None = None, rng: np.random.Generator
) -> tuple[Figure, Figure]:
    """P_c and P_+ of a judge that grades answers as right or wrong.

    Parameters
    ----------
    grades : sequence of (bool, bool)
        What is true, and what the judge says.
    prompts : sequence of str, optional
        Of each; None = each its own.

    References
    ----------
    A. S. Thakur et al., "Judging the judges: evaluating alignment and vulnerabilities in LLMs-as-judges", 2024.

    Examples
    --------
    TPR = 9/10, TNR = 8/10: P_c = .7, P_+ = .2 / .3.

    >>> grades = [(True, True)] * 9 + [(True, False)] + [(False, True)] * 2 + [(False, False)] * 8
    >>> [round(figure.value, 3) for figure in leniency(grades, rng=np.random.default_rng(1))]
    [0.7, 0.667]
    """
    truth, said = (np.array(column, dtype=bool) for column in zip(*grades, strict=True)) if grades else (np.zeros(0, bool),) * 2
    rows = np.column_stack([truth & said, truth, ~truth & ~said, ~truth]).astype(np.float64)
    of = [str(n) for n in range(len(rows))] if prompts is None else prompts
    return (
        of_sums(P_C, rows, of, lambda s: s[:, 0] / s[:, 1] + s[:, 2] / s[:, 3] - 1, rng=rng),
        of_sums(P_PLUS, rows, of, lambda s: (1 - s[:, 2] / s[:, 3]) / (2 - s[:, 0] / s[:, 1] - s[:, 2] / s[:, 3]), rng=rng),
    )


@dataclass(frozen=True, slots=True)
class LabelReport:
    """A judge's replies against labels of three classes, under one policy for replies that could not be read.

    Parameters
    ----------
    accuracy : Figure
    precision, recall, f1 : float
        Means over the classes that occur in labels or replies, in [0, 1]; a class never said has precision 0.
    n_unreadable : int
    policy : "tie", "wrong" or "drop"
    """

    accuracy: Figure
    precision: float
    recall: float
    f1: float
    n_unreadable: int
    policy: Unreadable


def score_labels(
    labels: Sequence[Side], replies: Sequence[Side | None], *, unreadable: Unreadable = "drop", rng: np.random.Generator
) -> LabelReport:
    """Accuracy, macro precision, recall and F1; a reply of None could not be read.

    Parameters
    ----------
    labels : sequence of Side
    replies : sequence of Side or None
    unreadable : "tie", "wrong" or "drop"
        What such a reply counts as. Policies for published figures; rankings always drop.

    Raises
    ------
    ValueError
        If the policy is unknown, lengths differ, or nothing is left.

    Examples
    --------
    >>> report = score_labels(["a", "b", "tie"], ["a", None, "tie"], unreadable="wrong", rng=np.random.default_rng(1))
    >>> round(report.accuracy.value, 3), report.n_unreadable
    (0.667, 1)
    """
    if unreadable not in UNREADABLE:
        raise ValueError(f"unknown policy {unreadable!r} for unreadable replies: allowed are {', '.join(UNREADABLE)}")
    pairs = list(zip(labels, replies, strict=True))
    n_unreadable = sum(reply is None for _, reply in pairs)
    if unreadable == "drop":
        pairs = [pair for pair in pairs if pair[1] is not None]
    if not pairs:
        raise ValueError("no reply to score: give labels and replies, at least one of them readable")
    truth = np.array([CODES[label] for label, _ in pairs])
    silent = 2 if unreadable == "tie" else -1
    said = np.array([silent if reply is None else CODES[reply] for _, reply in pairs])
    label = Label("accuracy", "items", f"reply = label; unreadable replies: {unreadable}")
    accuracy = share(label, (truth == said).tolist(), [str(n) for n in range(len(pairs))], rng=rng)
    return LabelReport(accuracy, *_macro(truth, said), n_unreadable, unreadable)


def calibration(items: Sequence[AuditItem], *, rng: np.random.Generator) -> tuple[Figure, Figure, Figure]:
    """Brier score, log loss and calibration error of stated chances, where people prefer one answer.

    References
    ----------
    G. W. Brier, "Verification of forecasts expressed in terms of probability", 1950; M. P. Naeini, G. Cooper,
    M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning", AAAI 2015.
    """
    used = [item for item in items if item.probability is not None and item.human in ("a", "b")]
    p = np.array([item.probability for item in used], dtype=np.float64)
    y = np.array([item.human == "a" for item in used], dtype=np.float64)
    prompts = [item.prompt for item in used]
    one = np.ones(len(used))
    with np.errstate(divide="ignore"):
        loss = -np.log(np.where(y == 1, p, 1 - p))
    brier = of_sums(BRIER, np.column_stack([(p - y) ** 2, one]), prompts, _ratio, rng=rng)
    certain = "a chance of 0 was given to what people prefer: infinite"
    logs = (
        of_sums(LOG_LOSS, np.column_stack([loss, one]), prompts, _ratio, rng=rng)
        if np.isfinite(loss).all()
        else replace(LOG_LOSS.refused(certain, n=len(used)), is_unbounded=True)
    )
    bins = np.eye(N_BINS)[np.minimum((p * N_BINS).astype(np.int64), N_BINS - 1)]
    rows = np.column_stack([bins * (p - y)[:, None], one])
    ece = of_sums(ECE, rows, prompts, lambda s: np.abs(s[:, :N_BINS]).sum(axis=1) / s[:, N_BINS], rng=rng)
    return brier, logs, ece


def against_board(
    judge: Mapping[str, float],
    human: Mapping[str, float],
    *,
    judge_draws: Floats | None = None,
    human_draws: Floats | None = None,
) -> tuple[Figure, Figure, Figure]:
    """Spearman's and Kendall's correlation of the judge's board with the human one, and how many pairs it separates.

    Parameters
    ----------
    judge, human : mapping of name to rating
        Those on both boards count.
    judge_draws, human_draws : (R, m) float64, optional
        Resampled ratings of the competitors on both boards, names sorted; without both there is no interval.
    """
    names = sorted(judge.keys() & human.keys())
    left, right = [judge[name] for name in names], [human[name] for name in names]
    return (
        _correlation(SPEARMAN, spearman, left, right, judge_draws, human_draws),
        _correlation(KENDALL, kendall_tau, left, right, judge_draws, human_draws),
        _separability(judge_draws),
    )


def _separability(draws: Floats | None) -> Figure:
    if draws is None or draws.shape[1] < 2:
        return SEPARABILITY.refused("the judge's ratings were not resampled")
    m = draws.shape[1]
    return SEPARABILITY.plain(separability(draws), m * (m - 1) // 2)


def _correlation(
    label: Label,
    statistic: Callable[[ArrayLike, ArrayLike], float],
    left: Sequence[float],
    right: Sequence[float],
    judge_draws: Floats | None,
    human_draws: Floats | None,
) -> Figure:
    if len(left) < 3:
        return label.refused("fewer than 3 competitors are on both boards", n=len(left))
    try:
        figure = label.plain(statistic(left, right), len(left))
    except ValueError as error:
        return label.refused(str(error), n=len(left))
    if judge_draws is None or human_draws is None:
        return replace(figure, note="no interval: ratings were not resampled")
    drawn = np.array([statistic(one, other) for one, other in zip(judge_draws, human_draws, strict=True)])
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    method = f"percentile bootstrap of both boards, {len(drawn)} replicates"
    return replace(figure, low=float(low), high=float(high), se=float(drawn.std(ddof=1)), method=method)


def _of_table(
    label: Label,
    codes: NDArray[np.int64],
    prompts: Sequence[str],
    statistic: Callable[[ArrayLike], float],
    *,
    rng: np.random.Generator,
) -> Figure:
    """A statistic of two raters; what is resampled by prompt is how often each pair of codes occurs."""
    if not len(codes):
        return label.refused("no battles that both the judge and people decided")
    try:
        value = statistic(codes)
    except UndefinedAgreementError as error:
        return label.refused(str(error), n=len(codes))
    cells, cell = np.unique(codes, axis=0, return_inverse=True)
    counts = resampled_sums(np.eye(len(cells))[cell.ravel()], prompts, n_replicates=N_KAPPA_REPLICATES, rng=rng)
    draws = np.array([_or_nan(statistic, np.repeat(cells, row.astype(np.int64), axis=0)) for row in counts])
    n_prompts = len(set(prompts))
    return with_draws(label.plain(value, len(codes), note=few_prompts(n_prompts)), draws, by_item=n_prompts == len(codes))


def _or_nan(statistic: Callable[[ArrayLike], float], codes: NDArray[np.int64]) -> float:
    try:
        return statistic(codes)
    except UndefinedAgreementError:
        return np.nan


def _weighted_kappa(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    graded = [item for item in items if item.judged_grade is not None and item.human_grade is not None]
    if not graded:
        return WEIGHTED.refused("judge or people gave no grades on five points")
    codes = np.array([(item.judged_grade, item.human_grade) for item in graded], dtype=np.int64)
    return _of_table(WEIGHTED, codes, [item.prompt for item in graded], weighted_kappa_linear, rng=rng)


def _ratio(sums: Floats) -> Floats:
    return np.asarray(sums[:, 0] / sums[:, 1], dtype=np.float64)


def _macro(truth: NDArray[np.int64], said: NDArray[np.int64]) -> tuple[float, float, float]:
    """Means over classes of precision, recall and F1, with 0 for 0/0 (as published figures are)."""
    classes = sorted(set(truth.tolist()) | set(said[said >= 0].tolist()))
    hits = np.array([((truth == c) & (said == c)).sum() for c in classes], dtype=np.float64)
    n_said = np.array([(said == c).sum() for c in classes], dtype=np.float64)
    n_true = np.array([(truth == c).sum() for c in classes], dtype=np.float64)
    precision = hits / np.maximum(n_said, 1)
    recall = hits / np.maximum(n_true, 1)
    f1 = 2 * hits / np.maximum(n_said + n_true, 1)
    return float(precision.mean()), float(recall.mean()), float(f1.mean())
