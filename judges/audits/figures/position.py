"""Position bias of a judge: consistency of the two orders, preferred slots, gamma, and stability of repeats.

The two games of a battle are not independent, so intervals and tests take a battle's games together.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2, norm

from judges.audits.figures.figure import (
    Figure,
    Label,
    Notes,
    binomial_test,
    mean_share,
    of_sums,
    say,
    share,
    with_interval,
)
from judges.audits.figures.five_point_grades import graded_sides
from judges.audits.figures.inputs import ONE_ORDER, AuditGame, by_battle
from judges.verdicts.combiners import POINTS, outcome_of_order
from judges.verdicts.verdict import Side
from ranking.maths import Comparisons, Fit, slot_intervals
from ranking.maths.estimation.failures import UnfittedError
from ranking.maths.models.contextual import fit_contextual

CONSISTENCY = Label.of("position_consistency")
CONSISTENCY_OF_WINNERS = Label.of("position_consistency_of_winners")
FIRST_AMONG_INCONSISTENT = Label.of("first_among_inconsistent")
DELTA_BIAS, TOTAL_BIAS = Label.of("delta_bias"), Label.of("total_bias")
FIRST_SLOT = Label.of("first_slot_rate")
MCNEMAR = Label.of("mcnemar")
GAMMA = Label.of("slot_gamma")
STABILITY, STABILITY_OF_GRADES = Label.of("repetition_stability"), Label.of("repetition_stability_of_grades")
CONSISTENCY_OF_REPEATS = Label.of("consistency_of_repeats")
OF_GAMES = frozenset({FIRST_SLOT.key, GAMMA.key})
"""Figures that do not need both orders of a battle."""
UNLIKELY = 0.003
MOST_EXACT = 2_000
"""Up to so many games the test of the first-slot rate is exact; beyond, the normal law is that to many digits."""


@dataclass(frozen=True, slots=True)
class BothOrders:
    """The outcomes of the two orders of a battle, by side."""

    battle: str
    prompt: str
    ab: Side
    ba: Side

    @property
    def slot_lead(self) -> int:
        """1 where the orders together favour the first slot, -1 the second, 0 neither."""
        # In order ba, b stands first.
        lead = POINTS[self.ab] - POINTS[self.ba]
        return (lead > 0) - (lead < 0)

    @property
    def names_winners(self) -> bool:
        """Whether both orders name one, the same or not."""
        return self.ab in ("a", "b") and self.ba in ("a", "b")


def both_orders(games: Sequence[AuditGame]) -> tuple[BothOrders, ...]:
    """Battles that have a verdict in both orders (of repeats: a strict majority)."""
    pairs = []
    for battle in by_battle(of_the_judge(games)).values():
        played = [game.played for game in battle]
        ab, ba = outcome_of_order(played, "ab"), outcome_of_order(played, "ba")
        if ab is not None and ba is not None:
            pairs.append(BothOrders(battle[0].battle, battle[0].prompt, ab, ba))
    return tuple(pairs)


def consistency(games: Sequence[AuditGame], *, rng: np.random.Generator) -> tuple[Figure, Figure]:
    """Position consistency with ties, and among battles whose orders both name a winner.

    Examples
    --------
    >>> from judges.verdicts.verdict import Verdict
    >>> first = [AuditGame("1", "p", "x", "y", order, 0, Verdict("first")) for order in ("ab", "ba")]
    >>> consistency(first, rng=np.random.default_rng(1))[0].value
    0.0
    """
    pairs = both_orders(games)
    strict = [pair for pair in pairs if pair.names_winners]
    return tuple(  # type: ignore[return-value]
        share(label, [pair.ab == pair.ba for pair in of], [pair.prompt for pair in of], rng=rng)
        for label, of in ((CONSISTENCY, pairs), (CONSISTENCY_OF_WINNERS, strict))
    )


def slot_preference(games: Sequence[AuditGame], *, rng: np.random.Generator) -> tuple[Figure, Figure, Figure]:
    """First among inconsistent battles, delta bias and total bias (JudgeLM).

    References
    ----------
    L. Zhu, X. Wang, X. Wang, "JudgeLM: fine-tuned large language models are scalable judges", 2023, and its code.
    """
    pairs = both_orders(games)
    prompts = [pair.prompt for pair in pairs]
    leads = np.array([pair.slot_lead for pair in pairs], dtype=np.int64)
    rows = np.column_stack([leads > 0, leads < 0, np.ones(len(leads))]).astype(np.float64)
    leaning = [pair for pair in pairs if pair.slot_lead]
    return (
        share(FIRST_AMONG_INCONSISTENT, [pair.slot_lead > 0 for pair in leaning], [pair.prompt for pair in leaning], rng=rng),
        of_sums(DELTA_BIAS, rows, prompts, lambda s: np.abs(s[:, 0] - s[:, 1]) / s[:, 2], rng=rng),
        share(TOTAL_BIAS, (leads != 0).tolist(), prompts, rng=rng),
    )


def first_slot_rate(games: Sequence[AuditGame]) -> Figure:
    """How often the first slot is chosen, over all games, against 1/2: games of one battle are drawn together.

    Where each battle has one game that chose a slot, the interval and the test are the exact binomial ones. Else the interval
    is clustered by battle, and p is that of the sign test on battles: each battle's lead of a slot could as well be the
    other's. With two games a battle that is McNemar's test. Ties are left out.
    """
    with_verdict = [game for game in of_the_judge(games) if game.verdict is not None]
    chose = [game for game in with_verdict if game.verdict is not None and game.verdict.winner in ("first", "second")]
    hits = [game.verdict is not None and game.verdict.winner == "first" for game in chose]
    n_ties = len(with_verdict) - len(chose)
    notes = (*((say("ties_left_out", n=n_ties),) if n_ties else ()), *_unbalanced(with_verdict))
    battles = [game.battle for game in chose]
    if len(set(battles)) == len(battles):
        return binomial_test(FIRST_SLOT, sum(hits), len(hits), notes=notes)
    shares = [float(hit) for hit in hits]
    figure = mean_share(FIRST_SLOT, shares, battles, n_replies=len(hits), notes=notes, method="wilson_by_battle")
    leads = np.zeros(len(set(battles)), dtype=np.int64)
    np.add.at(leads, np.unique(battles, return_inverse=True)[1], [1 if hit else -1 for hit in hits])
    return replace(figure, methods=(*figure.methods, say("sign_test")), p=sign_test(leads))


def sign_test(leads: NDArray[np.int64]) -> float:
    """Two-sided p of the sum of leads, where each could as well be its negative.

    Examples
    --------
    Three leads of 2: all alike with chance 2/8. One game each: the exact binomial test, 9 of 10.

    >>> sign_test(np.array([2, 2, 2])), round(sign_test(np.array([1] * 9 + [-1])), 4)
    (0.25, 0.0215)
    """
    sizes, total = np.abs(leads[leads != 0]), abs(int(leads.sum()))
    if not len(sizes):
        return 1.0
    if sizes.sum() > MOST_EXACT:
        return float(min(1.0, 2 * norm.sf((total - 1) / sqrt(float((sizes.astype(np.float64) ** 2).sum())))))
    chances = np.ones(1)  # of each sum, from the smallest, in steps of one
    for size in sizes.tolist():
        wider = np.zeros(len(chances) + 2 * size)
        wider[: len(chances)] += chances / 2
        wider[2 * size :] += chances / 2
        chances = wider
    sums = np.arange(len(chances)) - int(sizes.sum())
    return float(min(1.0, chances[np.abs(sums) >= total].sum()))


def mcnemar(games: Sequence[AuditGame]) -> Figure:
    """Whether the slot matters, from the battles where the same slot won in both orders.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12, 1947.
    """
    pairs = both_orders(games)
    n_first = sum((pair.ab, pair.ba) == ("a", "b") for pair in pairs)
    n_second = sum((pair.ab, pair.ba) == ("b", "a") for pair in pairs)
    return binomial_test(MCNEMAR, n_first, n_first + n_second, notes=(say("of_both_orders", n=len(pairs)),))


def gamma(games: Sequence[AuditGame]) -> Figure:
    """The slot intercept in a Bradley-Terry fit of the judge's games, clustered by prompt.

    It has the weak prior of `fit_contextual`, so a judge who always chose the same slot has an estimate too. It is refused
    where nobody has a rating, or where slots and ratings cannot be told apart.
    """
    with_verdict = [game for game in of_the_judge(games) if game.verdict is not None]
    return gamma_of(_comparisons(with_verdict)) if with_verdict else GAMMA.refused(say("no_games_with_verdict"))


def gamma_of(comparisons: Comparisons) -> Figure:
    """The same, of games as comparisons with the side shown first."""
    n = len(comparisons)
    try:
        fit = fit_contextual(comparisons)
    except UnfittedError as error:
        return GAMMA.refused(say("said", text=str(error.cause)), n=n)
    if not fit.parameters:
        return GAMMA.refused(say("nobody_rated"), n=n)
    if not _tells_slots_from_ratings(fit.comparisons):
        return GAMMA.refused(say("confounded"), n=n)
    return _finite_gamma(fit, n)


def stability(games: Sequence[AuditGame], *, rng: np.random.Generator) -> Figure:
    """How often repeats of one battle in one order agree: the mean modal share; 1/K at the least.

    Of graded answers it is the same of their grades. What has no repeat is left out and counted.
    """
    label = STABILITY_OF_GRADES if is_graded(games) else STABILITY
    several = repeated(games)
    modal = [Counter(replies).most_common(1)[0][1] / len(replies) for replies in several.values()]
    rows = np.column_stack([modal, np.ones(len(modal))])
    figure = of_sums(label, rows, [prompt for _, _, prompt in several], lambda s: s[:, 0] / s[:, 1], rng=rng)
    if not several:
        return replace(figure, notes=(say("no_repeats"),))
    n_once = len(_replies(games)) - len(several)
    return figure.noted(say("one_reply_left_out", n=n_once)) if n_once else figure


def repeated(games: Sequence[AuditGame]) -> dict[tuple[str, str, str], list[str]]:
    """The replies by battle, order and prompt, where the judge was asked more than once."""
    return {key: replies for key, replies in _replies(games).items() if len(replies) > 1}


def _replies(games: Sequence[AuditGame]) -> dict[tuple[str, str, str], list[str]]:
    """The replies by battle, order and prompt; an answer that was graded in several battles counts in the first."""
    replies: dict[tuple[str, str, str], list[str]] = {}
    at: dict[tuple[str, int], tuple[str, str]] = {}
    for game in of_the_judge(games):
        if game.verdict is None and game.score is None:
            continue
        place = (game.battle, game.order)
        if game.answer and game.score is not None and at.setdefault((game.answer, game.repeat), place) != place:
            continue
        reply = game.verdict.winner if game.verdict is not None else f"{game.score:g}"
        replies.setdefault((*place, game.prompt), []).append(reply)
    return replies


def consistency_of_repeats(games: Sequence[AuditGame], *, margin: float, rng: np.random.Generator) -> Figure:
    """Of answers graded one by one: how many battles come to the same each time they are graded.

    What has no repeat is left out and counted.
    """
    battles = outcomes_of_repeats(games, margin=margin)
    several = [(prompt, outcomes) for prompt, outcomes in battles.values() if len(outcomes) > 1]
    if not several:
        return CONSISTENCY_OF_REPEATS.refused(say("no_repeats"))
    alike = [len(set(outcomes)) == 1 for _, outcomes in several]
    figure = share(CONSISTENCY_OF_REPEATS, alike, [prompt for prompt, _ in several], rng=rng)
    n_once = len(battles) - len(several)
    return figure.noted(say("graded_once_left_out", n=n_once)) if n_once else figure


def outcomes_of_repeats(games: Sequence[AuditGame], *, margin: float) -> dict[str, tuple[str, list[Side]]]:
    """By battle its prompt, and what each repeat that graded both answers makes of the two grades."""
    outcomes_by_battle: dict[str, tuple[str, list[Side]]] = {}
    for battle, games_of_battle in by_battle(of_the_judge(games)).items():
        outcomes = [side for side in graded_sides(games_of_battle, margin=margin) if side is not None]
        if outcomes:
            outcomes_by_battle[battle] = (games_of_battle[0].prompt, outcomes)
    return outcomes_by_battle


def position_figures(games: Sequence[AuditGame], *, margin: float = 0.0, rng: np.random.Generator) -> tuple[Figure, ...]:
    """All of the above; a figure that the games do not define has a note with the reason."""
    figures: tuple[Figure, ...] = (
        *consistency(games, rng=rng),
        *slot_preference(games, rng=rng),
        first_slot_rate(games),
        mcnemar(games),
        gamma(games),
    )
    if not both_orders(games):
        reason = (say(without_both_orders(games)),)
        figures = tuple(each if each.key in OF_GAMES or each.is_defined else replace(each, notes=reason) for each in figures)
    if is_graded(games):
        figures = tuple(each if each.is_defined else replace(each, notes=(say("no_slots"),)) for each in figures)
        return (*figures, consistency_of_repeats(games, margin=margin, rng=rng), stability(games, rng=rng))
    return (*figures, stability(games, rng=rng))


def without_both_orders(games: Sequence[AuditGame]) -> str:
    """Code of why no battle has a verdict in both orders."""
    asked = of_the_judge(games)
    if not any(game.verdict is not None for game in asked):
        return "no_games_with_verdict"
    if all(len({game.order for game in battle}) == 1 for battle in by_battle(asked).values()):
        return ONE_ORDER
    return "none_in_both_orders"


def is_graded(games: Sequence[AuditGame]) -> bool:
    """Whether answers were graded one by one."""
    return any(game.score is not None for game in games)


def of_the_judge(games: Sequence[AuditGame]) -> list[AuditGame]:
    """Without those that a rule of ours decided: it looked at no slot, and the judge was never asked."""
    return [game for game in games if game.is_of_the_judge]


def _unbalanced(games: Sequence[AuditGame]) -> Notes:
    """A better answer that stands first too often looks like a preference for the slot.

    For each pair of competitors the games that show one first against those that show the other first: the sum of
    (difference)^2 / games is chi-squared with as many degrees of freedom as there are pairs, if orders were drawn by lot.
    """
    leads: dict[tuple[str, str], list[int]] = {}
    for game in games:
        shown = (game.a, game.b) if game.order == "ab" else (game.b, game.a)
        leads.setdefault((min(shown), max(shown)), []).append(1 if shown[0] < shown[1] else -1)
    statistic = sum(sum(each) ** 2 / len(each) for each in leads.values())
    if not leads or chi2.sf(statistic, len(leads)) > UNLIKELY:
        return ()
    n_more = sum(max(each.count(1), each.count(-1)) for each in leads.values())
    return (say("orders_unbalanced", n_more=n_more, n=len(games)),)


def _comparisons(games: Sequence[AuditGame]) -> Comparisons:
    outcomes = [game.verdict.by_side(game.order) for game in games if game.verdict is not None]
    return Comparisons.from_names(
        [game.a for game in games],
        [game.b for game in games],
        outcomes,
        prompt=[game.prompt for game in games],
        first=["a" if game.order == "ab" else "b" for game in games],
    )


def _one_slot(games: Comparisons) -> Notes:
    """A note for estimates that rest on the prior alone."""
    if games.first is None or not len(games):
        return ()
    chosen = np.where(games.outcome < 2, games.outcome == games.first, np.nan)
    slot = 1 if (chosen == 1).all() else 2 if (chosen == 0).all() else 0
    return (say("one_slot_chosen", slot=slot, n=len(games)),) if slot else ()


def _tells_slots_from_ratings(comparisons: Comparisons) -> bool:
    """Whether some ring of competitors was shown so that ratings alone cannot explain a preference for a slot."""
    first = np.zeros(len(comparisons)) if comparisons.first is None else 1.0 - 2.0 * comparisons.first
    shown = np.unique(np.column_stack([comparisons.a, comparisons.b, first]), axis=0)
    a, b = shown[:, 0].astype(np.int64), shown[:, 1].astype(np.int64)
    sides = np.eye(len(comparisons.names))[a] - np.eye(len(comparisons.names))[b]
    with_slot = np.column_stack([sides, shown[:, 2]])
    return bool(np.linalg.matrix_rank(with_slot) > np.linalg.matrix_rank(sides)) if len(shown) else False


def _finite_gamma(fit: Fit, n: int) -> Figure:
    n_left_out = n - round(float(fit.comparisons.weights().sum()))
    left_out = (say("unrated_left_out", n=n_left_out),) if n_left_out else ()
    figure = GAMMA.plain(fit.parameters[0].estimate, n - n_left_out, notes=(*_one_slot(fit.comparisons), *left_out))
    return with_interval(figure, slot_intervals(fit), 0)
