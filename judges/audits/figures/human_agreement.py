"""A judge against people: agreement, leniency, calibration, boards."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray

from arena.wording import agreeing, counted
from judges.audits.figures.figure import (
    LEVEL,
    Figure,
    Floats,
    Label,
    few_prompts,
    joined,
    mean_share,
    of_sums,
    share,
)
from judges.audits.figures.inputs import NO_ORDERS, ONE_ORDER, SELECTED, AuditItem
from judges.verdicts.verdict import Side
from ranking.maths.agreement.kappa_alpha import (
    agreement_interval,
    cohen_kappa,
    krippendorff_alpha,
    scott_pi,
    weighted_kappa_linear,
)
from ranking.maths.agreement.rank_correlation import kendall_tau, separability, spearman
from ranking.maths.agreement.rater_tables import UndefinedAgreementError

CODES: Mapping[Side, int] = {"a": 0, "b": 1, "tie": 2, "both_bad": 2}
"""People and judges say "both bad" by different rules, so for agreement nobody's win is one class."""

N_KAPPA_REPLICATES = 200  # made again and again while a run goes on, beside people who wait for a board
FEWEST_TRIED = 20
"""Prompts with which the coverage of these intervals has been measured."""
N_BINS = 10

ALL_REPLIES = (
    "mean over labelled battles of the share of replies that name the label, each order alike; a tie is a class, and a "
    "reply without verdict does not agree"
)
WITH_PEOPLE, WITH_GOLD, WITH_BOTH = (
    Label(f"agreement with {whom}", "battles", ALL_REPLIES) for whom in ("people", "gold labels", "people and gold labels")
)
HEADLINES = (WITH_PEOPLE.name, WITH_GOLD.name, WITH_BOTH.name)
"""What the first figure of an audit may be called: by who says what is right."""
AGREEMENT_OF_ORDERS = Label(SELECTED, "battles", "decision = label / labelled battles whose two orders say the same")
AGREEMENT_OF_WINNERS = Label(
    "agreement without ties", "replies", "same winner / replies on labelled battles where both name one"
)
NO_VERDICT = 3
"""The class of a reply without verdict: no label is of it."""
KAPPAS: tuple[tuple[Label, Callable[[ArrayLike], float]], ...] = (
    (Label("Cohen's kappa", "replies", "(p_o - p_e) / (1 - p_e) over all replies, p_e from either one's shares"), cohen_kappa),
    (Label("Scott's pi", "replies", "(p_o - p_e) / (1 - p_e) over all replies, p_e from pooled shares"), scott_pi),
    (Label("Krippendorff's alpha", "replies", "1 - D_o / D_e over all replies, nominal"), krippendorff_alpha),
)
NOBODY_SAYS = "neither people nor gold labels say of any of its battles which answer is better"
WEIGHTED = Label(
    "weighted kappa",
    "battles",
    "linear weights on five points, -2 to 2, where the judge decides; means of a battle's grades, a half goes to the middle",
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


def labelled(items: Sequence[AuditItem]) -> list[AuditItem]:
    """Battles of which people or gold labels say what is right, and about which the judge was asked."""
    return [item for item in items if item.human]


def share_of_agreement(item: AuditItem) -> float:
    """The share of its replies that name the label, each order alike.

    Examples
    --------
    >>> share_of_agreement(AuditItem("1", "p", "x", "y", None, "a", replies=(("a", "a"), ("b", None))))
    0.5
    """
    human = CODES[item.human or "tie"]
    orders = item.replies or ((item.judged,),)
    return fmean(fmean(reply is not None and CODES[reply] == human for reply in order) for order in orders)


def decided_in_both_orders(items: Sequence[AuditItem]) -> list[tuple[AuditItem, bool]]:
    """Labelled battles whose two orders say the same, with whether that is the label."""
    both = [item for item in labelled(items) if item.judged and item.is_in_both_orders]
    return [(item, CODES[item.judged or "tie"] == CODES[item.human or "tie"]) for item in both]


def replies_on(items: Sequence[AuditItem]) -> list[tuple[AuditItem, int, int]]:
    """Every reply on a labelled battle: its class (`NO_VERDICT` where there is none) and that of the label."""
    return [
        (item, NO_VERDICT if reply is None else CODES[reply], CODES[item.human or "tie"])
        for item in labelled(items)
        for reply in item.said
    ]


def graded_by_both(items: Sequence[AuditItem]) -> list[AuditItem]:
    """Battles for which the judge and people each give a grade on five points."""
    return [item for item in items if item.judged_grade is not None and item.human_grade is not None]


def agreement(items: Sequence[AuditItem], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """Over all labelled battles, where both orders agree, of winners, kappa, pi, alpha, and weighted kappa of grades."""
    replies = replies_on(items)
    prompts = [item.prompt for item, _, _ in replies]
    winners = [(item, judge, human) for item, judge, human in replies if judge < 2 and human < 2]
    codes = np.array([(judge, human) for _, judge, human in replies], dtype=np.int64).reshape(-1, 2)
    has_said = bool((codes[:, 0] != NO_VERDICT).any())
    return (
        overall_agreement(items),
        agreement_of_orders(items, rng=rng),
        share(AGREEMENT_OF_WINNERS, [j == h for _, j, h in winners], [item.prompt for item, _, _ in winners], rng=rng),
        *(
            _of_table(label, codes, prompts, kappa, rng=rng)
            if has_said
            else label.refused(NOBODY_SAYS if not replies else "no reply on a labelled battle has a verdict")
            for label, kappa in KAPPAS
        ),
        _weighted_kappa(items, rng=rng),
    )


def overall_agreement(items: Sequence[AuditItem]) -> Figure:
    """The headline: all labelled battles, all games, a tie a class; what gave no verdict agrees with nobody, and is told."""
    right = labelled(items)
    n_gold = sum(item.is_gold for item in right)
    label = WITH_PEOPLE if not n_gold else WITH_GOLD if n_gold == len(right) else WITH_BOTH
    left_out = joined(
        _counted(sum(item.unlabelled == "split" for item in items), "on which people are split"),
        _counted(sum(item.unlabelled == "contradicted" for item in items), "whose gold labels contradict each other"),
        _counted(sum(item.unlabelled == "unasked" for item in items), "that a rule decided or that it was never asked about"),
    )
    left_out = f"left out: {left_out}" if left_out else ""
    if not right:
        return label.refused(joined(NOBODY_SAYS, left_out))
    said = [reply for item in right for reply in item.said]
    n_silent = said.count(None)
    if n_silent == len(said):
        return label.refused(joined(f"none of {len(said):,} replies on labelled battles has a verdict", left_out), n=len(right))
    note = joined(
        f"{len(right) - n_gold:,} by people's votes, {n_gold:,} by gold labels" if label is WITH_BOTH else "",
        f"{n_silent:,} of {len(said):,} replies have no verdict and count as disagreement" if n_silent else "",
        _one_order(right),
        left_out,
    )
    shares = [share_of_agreement(item) for item in right]
    return mean_share(label, shares, [item.prompt for item in right], n_replies=len(said), note=note)


def agreement_of_orders(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    """The part that a judge decides when a disagreement of its orders is no decision, with how large that part is."""
    right = labelled(items)
    both = [item for item in right if item.is_in_both_orders]
    if not right:
        return AGREEMENT_OF_ORDERS.refused(NOBODY_SAYS)
    if not both:
        graded = all(item.is_graded for item in right)
        return AGREEMENT_OF_ORDERS.refused(NO_ORDERS if graded else ONE_ORDER)
    decided = decided_in_both_orders(items)
    if not decided:
        return AGREEMENT_OF_ORDERS.refused(f"on none of {len(both):,} labelled battles do the two orders say the same")
    hits, prompts = [is_right for _, is_right in decided], [item.prompt for item, _ in decided]
    found = share(AGREEMENT_OF_ORDERS, hits, prompts, rng=rng)
    part = f"{len(decided):,} of {len(right):,} labelled battles ({100 * len(decided) / len(right):.1f} %)"
    return replace(found, note=joined(f"a selected part: {part}", found.note))


def _counted(n: int, which: str) -> str:
    return f"{n:,} battle{'' if n == 1 else 's'} {which}" if n else ""


def _one_order(items: Sequence[AuditItem]) -> str:
    graded = sum(item.is_graded for item in items)
    single = sum(not item.is_graded and len(item.replies) == 1 for item in items)
    if graded == len(items):
        return "from grades of single answers"
    if single == len(items):
        return "from one order alone: what a liking for a slot adds or takes is in it"
    return (
        f"{single:,} of {counted(len(items), 'battle', 'battles')} {agreeing(single, 'was', 'were')} judged in one order only"
        if single
        else ""
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
    """A statistic of two raters; the items of a prompt are drawn together."""
    if not len(codes):
        return label.refused(NOBODY_SAYS)
    try:
        figure = label.plain(statistic(codes), len(codes))
    except UndefinedAgreementError as error:
        return label.refused(str(error), n=len(codes))
    codes, cluster, n_prompts = *_in_order(codes, prompts), len(set(prompts))
    try:
        found = agreement_interval(statistic, codes, cluster=cluster, n_resamples=N_KAPPA_REPLICATES, rng=rng)
    except ValueError as error:
        return replace(figure, note=f"no interval: {error}")
    method = f"Bayesian bootstrap by {'item' if n_prompts == len(codes) else 'prompt'}, {N_KAPPA_REPLICATES} replicates"
    few = few_prompts(n_prompts) if n_prompts < FEWEST_TRIED else ""
    return replace(figure, low=found.low, high=found.high, se=found.se, method=method, note=joined(*found.notes, few))


def _in_order(codes: NDArray[np.int64], prompts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and the numbers of their prompts, in an order that follows from what was said alone: draws go by place."""
    rows: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for prompt, row in zip(prompts, codes.tolist(), strict=True):
        rows[prompt].append(tuple(row))
    ordered = sorted(sorted(its) for its in rows.values())
    cluster = np.repeat(np.arange(len(ordered)), [len(its) for its in ordered])
    return np.array([row for its in ordered for row in its], dtype=np.int64), cluster


def _weighted_kappa(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    graded = graded_by_both(items)
    if not graded:
        return WEIGHTED.refused("judge or people gave no grades on five points")
    codes = np.array([(item.judged_grade, item.human_grade) for item in graded], dtype=np.int64)
    return _of_table(WEIGHTED, codes, [item.prompt for item in graded], weighted_kappa_linear, rng=rng)


def _ratio(sums: Floats) -> Floats:
    return np.asarray(sums[:, 0] / sums[:, 1], dtype=np.float64)
