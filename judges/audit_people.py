"""A judge against people: agreement, leniency, calibration, boards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from judges.audit_figures import (
    LEVEL,
    Figure,
    Floats,
    Label,
    few_prompts,
    joined,
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
WEIGHTED = Label(
    "weighted kappa",
    "battles",
    "linear weights on five points, -2 to 2; means of a battle's grades, a half goes towards the middle",
)
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


def decided_by_both(items: Sequence[AuditItem]) -> list[tuple[AuditItem, int, int]]:
    """Battles that the judge and people decided, with the class of what each said."""
    return [(item, CODES[item.judged], CODES[item.human]) for item in items if item.judged and item.human]


def graded_by_both(items: Sequence[AuditItem]) -> list[AuditItem]:
    """Battles for which the judge and people each give a grade on five points."""
    return [item for item in items if item.judged_grade is not None and item.human_grade is not None]


def agreement(items: Sequence[AuditItem], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """Percent, percent of winners, kappa, pi, alpha, and weighted kappa where both give grades."""
    both = decided_by_both(items)
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
    note: str = "",
) -> tuple[Figure, Figure, Figure]:
    """Spearman's and Kendall's correlation of the judge's board with the human one, and how many pairs it separates.

    Parameters
    ----------
    judge, human : mapping of name to rating
        Those on both boards are correlated; all on the judge's are separated or not.
    judge_draws, human_draws : (R, m) float64, optional
        Resampled ratings, a column a competitor of that board, names sorted; without both there is no interval.
    note : str
        What the reader must know of the correlations.

    Examples
    --------
    >>> human = {"x": 1.0, "y": 0.5, "z": -1.5}
    >>> rho, tau, separated = against_board({"x": 0.2, "y": 0.3, "z": -0.5}, human)
    >>> round(rho.value, 3), round(tau.value, 3), separated.note
    (0.5, 0.333, "the judge's ratings were not resampled")
    """
    names = sorted(judge.keys() & human.keys())
    both = (_columns(judge, names, judge_draws), _columns(human, names, human_draws))
    left, right = [judge[name] for name in names], [human[name] for name in names]
    return (
        _correlation(SPEARMAN, spearman, left, right, *both, note=note),
        _correlation(KENDALL, kendall_tau, left, right, *both, note=note),
        _separability(judge_draws),
    )


def _columns(board: Mapping[str, float], names: Sequence[str], draws: Floats | None) -> Floats | None:
    place = {name: column for column, name in enumerate(sorted(board))}
    return None if draws is None else draws[:, [place[name] for name in names]]


def _separability(draws: Floats | None) -> Figure:
    if draws is None or draws.shape[1] < 2:
        return SEPARABILITY.refused("the judge's ratings were not resampled")
    m = draws.shape[1]
    note = f"{len(draws)} resampled boards; it is made of intervals and has none of its own"
    return SEPARABILITY.plain(separability(draws), m * (m - 1) // 2, note=note)


def _correlation(
    label: Label,
    statistic: Callable[[ArrayLike, ArrayLike], float],
    left: Sequence[float],
    right: Sequence[float],
    judge_draws: Floats | None,
    human_draws: Floats | None,
    *,
    note: str = "",
) -> Figure:
    if len(left) < 3:
        return label.refused("fewer than 3 competitors are on both boards", n=len(left))
    try:
        figure = label.plain(statistic(left, right), len(left), note=note)
    except ValueError as error:
        return label.refused(str(error), n=len(left))
    if judge_draws is None or human_draws is None:
        return replace(figure, note=joined(note, "no interval: ratings were not resampled"))
    # Replicates without a rating for somebody were left out of either: what is left is paired as it comes.
    drawn = np.array([_correlated(statistic, one, other) for one, other in zip(judge_draws, human_draws, strict=False)])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 2:
        return replace(figure, note=joined(note, "no interval: undefined on resampled data"))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    method = f"percentile bootstrap of both boards, {len(drawn)} replicates"
    return replace(figure, low=float(low), high=float(high), se=float(drawn.std(ddof=1)), method=method)


def _correlated(statistic: Callable[[ArrayLike, ArrayLike], float], one: Floats, other: Floats) -> float:
    """NaN where all are alike on one of the boards."""
    try:
        return statistic(one, other)
    except ValueError:
        return np.nan


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
    graded = graded_by_both(items)
    if not graded:
        return WEIGHTED.refused("judge or people gave no grades on five points")
    codes = np.array([(item.judged_grade, item.human_grade) for item in graded], dtype=np.int64)
    return _of_table(WEIGHTED, codes, [item.prompt for item in graded], weighted_kappa_linear, rng=rng)


def _ratio(sums: Floats) -> Floats:
    return np.asarray(sums[:, 0] / sums[:, 1], dtype=np.float64)
