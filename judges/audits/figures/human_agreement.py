"""A judge against people: agreement, leniency, calibration, boards."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray

from judges.audits.figures.figure import (
    LEVEL,
    Figure,
    Floats,
    Label,
    Notes,
    few_prompts,
    mean_share,
    of_sums,
    say,
    share,
)
from judges.audits.figures.inputs import HEADLINES, ONE_ORDER, SELECTED, UNLABELLED, AuditItem, Unlabelled
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
from ranking.maths.notes import Note

CODES: Mapping[Side, int] = {"a": 0, "b": 1, "tie": 2, "both_bad": 2}
"""People and judges use "both bad" differently, so for agreement it is one class with ties."""

N_KAPPA_REPLICATES = 200  # recomputed often during a run, while people wait for a board
FEWEST_TRIED = 20
"""Prompts with which the coverage of these intervals has been measured."""
N_BINS = 10

WITH_PEOPLE, WITH_GOLD, WITH_BOTH = map(Label.of, HEADLINES)
AGREEMENT_OF_ORDERS = Label.of(SELECTED)
BY_CHANCE, AMONG_PEOPLE = Label.of("agreement_by_chance"), Label.of("agreement_among_people")
AGREEMENT_OF_WINNERS = Label.of("agreement_of_winners")
NO_VERDICT = 3
"""The class of a reply without verdict: no label is of it."""
KAPPAS: tuple[tuple[Label, Callable[[ArrayLike], float]], ...] = (
    (Label.of("cohen_kappa"), cohen_kappa),
    (Label.of("scott_pi"), scott_pi),
    (Label.of("krippendorff_alpha"), krippendorff_alpha),
)
NOBODY_SAYS = "nobody_says"
"""Code of the note where none of its battles has a label."""
WEIGHTED = Label.of("weighted_kappa")
P_C, P_PLUS = Label.of("leniency_pc"), Label.of("leniency_pplus")
BRIER, LOG_LOSS, ECE = Label.of("brier_score"), Label.of("log_loss"), Label.of("calibration_error")
SPEARMAN, KENDALL, SEPARABILITY = Label.of("board_spearman"), Label.of("board_kendall"), Label.of("separability")


def labelled(items: Sequence[AuditItem]) -> list[AuditItem]:
    """Battles with a label, from people or a gold set, about which the judge was asked."""
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
    """Labelled battles whose two orders agree, with whether they agree with the label."""
    both = [item for item in labelled(items) if item.judged and item.is_in_both_orders]
    return [(item, CODES[item.judged or "tie"] == CODES[item.human or "tie"]) for item in both]


def replies_on(items: Sequence[AuditItem]) -> list[tuple[AuditItem, int, int]]:
    """Every reply on a labelled battle: its class (`NO_VERDICT` where there is none) and that of the label."""
    return [
        (item, NO_VERDICT if reply is None else CODES[reply], CODES[item.human or "tie"])
        for item in labelled(items)
        for reply in item.all_replies
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
    has_verdict = bool((codes[:, 0] != NO_VERDICT).any())
    return (
        overall_agreement(items),
        agreement_of_orders(items, rng=rng),
        share(AGREEMENT_OF_WINNERS, [j == h for _, j, h in winners], [item.prompt for item, _, _ in winners], rng=rng),
        *(
            _of_table(label, codes, prompts, kappa, rng=rng)
            if has_verdict
            else label.refused(say(NOBODY_SAYS if not replies else "no_reply_has_verdict"))
            for label, kappa in KAPPAS
        ),
        agreement_by_chance(codes),
        agreement_among_people(items),
        _weighted_kappa(items, rng=rng),
    )


def agreement_by_chance(codes: NDArray[np.int64]) -> Figure:
    """What guessing would give that names each class as often as the judge does: Cohen's p_e of (judge, label) codes.

    Examples
    --------
    The judge says a in 3 of 4 replies, the labels are a in 2 of 4: 3/4 * 1/2 + 1/4 * 1/2.

    >>> agreement_by_chance(np.array([(0, 0), (0, 0), (0, 1), (1, 1)])).value
    0.5
    """
    n = len(codes)
    if not n or (codes[:, 0] == NO_VERDICT).all():
        return BY_CHANCE.refused(say(NOBODY_SAYS if not n else "no_reply_has_verdict"))
    judge, label = (np.bincount(codes[:, column], minlength=NO_VERDICT + 1) / n for column in (0, 1))
    return BY_CHANCE.plain(float(judge @ label), n)


def agreement_among_people(items: Sequence[AuditItem]) -> Figure:
    """How often one voter says what most of the other voters of the battle say: what a judge's agreement is seen against."""
    alike = [(item, *_with_the_others(item.votes)) for item in items]
    asked = [(item.prompt, n_alike / n, n) for item, n_alike, n in alike if n]
    shares, n_votes = [share for _, share, _ in asked], sum(n for *_, n in asked)
    if not asked:
        return AMONG_PEOPLE.refused(say("no_two_votes"))
    return mean_share(AMONG_PEOPLE, shares, [prompt for prompt, *_ in asked], n_replies=n_votes)


def _with_the_others(votes: tuple[int, int, int]) -> tuple[int, int]:
    """How many voters say what most of the others do, of those whose others are not split.

    Examples
    --------
    Of three for a and one for b, those for a have a: a, a, b before them, and the one for b has a: a, a, a.

    >>> _with_the_others((3, 1, 0)), _with_the_others((1, 1, 0)), _with_the_others((2, 1, 0)), _with_the_others((1, 0, 0))
    ((3, 4), (0, 2), (0, 1), (0, 0))
    """
    n_alike = n = 0
    for class_, n_so in enumerate(votes):
        others = [count - (place == class_) for place, count in enumerate(votes)]
        leaders = [place for place, count in enumerate(others) if count == max(others)]
        if n_so and max(others) and len(leaders) == 1:
            n, n_alike = n + n_so, n_alike + n_so * (leaders[0] == class_)
    return n_alike, n


def overall_agreement(items: Sequence[AuditItem]) -> Figure:
    """The headline: all labelled battles, all games, a tie a class; a game without verdict disagrees, with a note."""
    right = labelled(items)
    n_gold = sum(item.is_gold for item in right)
    label = WITH_PEOPLE if not n_gold else WITH_GOLD if n_gold == len(right) else WITH_BOTH
    left_out = _left_out(items)
    if not right:
        return label.refused(say(NOBODY_SAYS), *left_out)
    replies = [reply for item in right for reply in item.all_replies]
    n_silent = replies.count(None)
    if n_silent == len(replies):
        return label.refused(say("all_silent", n=len(replies)), *left_out, n=len(right))
    notes = (
        *((say("labelled_by", n_people=len(right) - n_gold, n_gold=n_gold),) if label is WITH_BOTH else ()),
        *((say("silent_replies", n_silent=n_silent, n=len(replies)),) if n_silent else ()),
        *_one_order(right),
        *left_out,
    )
    shares = [share_of_agreement(item) for item in right]
    return mean_share(label, shares, [item.prompt for item in right], n_replies=len(replies), notes=notes)


def agreement_of_orders(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    """The part that a judge decides when a disagreement of its orders is no decision, with how large that part is."""
    right = labelled(items)
    both = [item for item in right if item.is_in_both_orders]
    if not right:
        return AGREEMENT_OF_ORDERS.refused(say(NOBODY_SAYS))
    if not both:
        graded = all(item.is_graded for item in right)
        return AGREEMENT_OF_ORDERS.refused(say("no_orders" if graded else ONE_ORDER))
    decided = decided_in_both_orders(items)
    if not decided:
        return AGREEMENT_OF_ORDERS.refused(say("orders_never_agree", n=len(both)))
    hits, prompts = [is_right for _, is_right in decided], [item.prompt for item, _ in decided]
    figure = share(AGREEMENT_OF_ORDERS, hits, prompts, rng=rng)
    part = say("selected_part", n=len(decided), n_all=len(right), percent=100 * len(decided) / len(right))
    return replace(figure, notes=(part, *figure.notes))


def _left_out(items: Sequence[AuditItem]) -> Notes:
    """How many battles are left out, and why."""
    n_of: Counter[Unlabelled] = Counter(item.unlabelled for item in items)
    which = tuple(say(f"battles_{why}", n=n_of[why]) for why in UNLABELLED if n_of[why])
    return (say("left_out", which=which),) if which else ()


def _one_order(items: Sequence[AuditItem]) -> Notes:
    graded = sum(item.is_graded for item in items)
    single = sum(not item.is_graded and len(item.replies) == 1 for item in items)
    if graded == len(items):
        return (say("from_grades"),)
    if single == len(items):
        return (say("from_one_order"),)
    return (say("some_in_one_order", n=single, n_all=len(items)),) if single else ()


def leniency(
    grades: Sequence[tuple[bool, bool]], *, prompts: Sequence[str] | None = None, rng: np.random.Generator
) -> tuple[Figure, Figure]:
    """P_c and P_+ of a judge that grades answers as right or wrong.

    Parameters
    ----------
    grades : sequence of (bool, bool)
        The truth, and the judge's grade.
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
    truth, judged = (
        (np.array(column, dtype=bool) for column in zip(*grades, strict=True)) if grades else (np.zeros(0, bool),) * 2
    )
    rows = np.column_stack([truth & judged, truth, ~truth & ~judged, ~truth]).astype(np.float64)
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
    logs = (
        of_sums(LOG_LOSS, np.column_stack([loss, one]), prompts, _ratio, rng=rng)
        if np.isfinite(loss).all()
        else replace(LOG_LOSS.refused(say("infinite_loss"), n=len(used)), is_unbounded=True)
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
    notes: Notes = (),
) -> tuple[Figure, Figure, Figure]:
    """Spearman's and Kendall's correlation of the judge's board with the human one, and how many pairs it separates.

    Parameters
    ----------
    judge, human : mapping of name to rating
        Those on both boards are correlated; all on the judge's are separated or not.
    judge_draws, human_draws : (R, m) float64, optional
        Resampled ratings, a column a competitor of that board, names sorted; without both there is no interval.
    notes : tuple of Note
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
        _correlation(SPEARMAN, spearman, left, right, *both, notes=notes),
        _correlation(KENDALL, kendall_tau, left, right, *both, notes=notes),
        _separability(judge_draws),
    )


def _columns(board: Mapping[str, float], names: Sequence[str], draws: Floats | None) -> Floats | None:
    place = {name: column for column, name in enumerate(sorted(board))}
    return None if draws is None else draws[:, [place[name] for name in names]]


def _separability(draws: Floats | None) -> Figure:
    if draws is None or draws.shape[1] < 2:
        return SEPARABILITY.refused(say("not_resampled"))
    m = draws.shape[1]
    notes = (say("of_resampled_boards", n=len(draws)),)
    return SEPARABILITY.plain(separability(draws), m * (m - 1) // 2, notes=notes)


def _correlation(
    label: Label,
    statistic: Callable[[ArrayLike, ArrayLike], float],
    left: Sequence[float],
    right: Sequence[float],
    judge_draws: Floats | None,
    human_draws: Floats | None,
    *,
    notes: Notes = (),
) -> Figure:
    if len(left) < 3:
        return label.refused(say("few_on_both_boards"), n=len(left))
    try:
        figure = label.plain(statistic(left, right), len(left), notes=notes)
    except ValueError as error:
        return label.refused(say("said", text=str(error)), n=len(left))
    if judge_draws is None or human_draws is None:
        return figure.noted(say("boards_not_resampled"))
    # Replicates that lack a rating were left out of either set: the others are paired in order.
    drawn = np.array([_correlated(statistic, one, other) for one, other in zip(judge_draws, human_draws, strict=False)])
    drawn = drawn[np.isfinite(drawn)]
    if len(drawn) < 2:
        return figure.noted(say("undefined_resampled"))
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    methods = (say("bootstrap_of_boards", n=len(drawn)),)
    return replace(figure, low=float(low), high=float(high), se=float(drawn.std(ddof=1)), methods=methods)


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
        return label.refused(say(NOBODY_SAYS))
    try:
        figure = label.plain(statistic(codes), len(codes))
    except UndefinedAgreementError as error:
        return label.refused(say("said", text=str(error)), n=len(codes))
    codes, cluster, n_prompts = *_in_order(codes, prompts), len(set(prompts))
    try:
        interval = agreement_interval(statistic, codes, cluster=cluster, n_resamples=N_KAPPA_REPLICATES, rng=rng)
    except ValueError as error:
        return figure.noted(say("no_interval", error=str(error)))
    method = say("bayesian_by_item" if n_prompts == len(codes) else "bayesian_by_prompt", n=N_KAPPA_REPLICATES)
    few = few_prompts(n_prompts) if n_prompts < FEWEST_TRIED else ()
    warnings = (note if isinstance(note, Note) else say("said", text=note) for note in interval.notes)
    return replace(figure, low=interval.low, high=interval.high, se=interval.se, methods=(method,), notes=(*warnings, *few))


def _in_order(codes: NDArray[np.int64], prompts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The rows and the numbers of their prompts, in an order that depends on the codes alone: draws go by place."""
    rows: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for prompt, row in zip(prompts, codes.tolist(), strict=True):
        rows[prompt].append(tuple(row))
    ordered = sorted(sorted(rows_of_prompt) for rows_of_prompt in rows.values())
    cluster = np.repeat(np.arange(len(ordered)), [len(rows_of_prompt) for rows_of_prompt in ordered])
    return np.array([row for rows_of_prompt in ordered for row in rows_of_prompt], dtype=np.int64), cluster


def _weighted_kappa(items: Sequence[AuditItem], *, rng: np.random.Generator) -> Figure:
    graded = graded_by_both(items)
    if not graded:
        return WEIGHTED.refused(say("no_grades"))
    codes = np.array([(item.judged_grade, item.human_grade) for item in graded], dtype=np.int64)
    return _of_table(WEIGHTED, codes, [item.prompt for item in graded], weighted_kappa_linear, rng=rng)


def _ratio(sums: Floats) -> Floats:
    return np.asarray(sums[:, 0] / sums[:, 1], dtype=np.float64)
