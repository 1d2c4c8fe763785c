"""What the slot does to a judge: consistency of the two orders, preferred slots, gamma, and stability of repeats.

The two games of a battle are not independent, so tests use one game per battle, or the battles that disagree (McNemar).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import sqrt

import numpy as np
from scipy.stats import t

from judges.audit_figures import FEW_PROMPTS, LEVEL, Figure, Label, binomial_test, few_prompts, joined, of_sums, share
from judges.audit_rows import AuditGame, by_battle
from judges.combining import POINTS, outcome_of_order
from judges.states import GameState
from judges.verdicts import Side
from ranking.maths import Comparisons, Fit, NotConvergedError, fit_bradley_terry
from ranking.maths.contextual import fit_contextual
from ranking.maths.fit import AtLimit
from ranking.maths.likelihood import covariance
from ranking.maths.separation import SeparationError

CONSISTENCY = Label(
    "position consistency", "battles", "battles whose two orders say the same / battles with a verdict in both orders"
)
CONSISTENCY_OF_WINNERS = Label(
    "position consistency without ties",
    "battles",
    "battles whose two orders name the same winner / battles whose orders both name one",
)
FIRST_AMONG_INCONSISTENT = Label(
    "first slot among inconsistent battles",
    "inconsistent battles",
    "F / (F + S); F, S: battles where the orders favour the first (second) slot",
)
DELTA_BIAS = Label("delta bias", "battles", "|F - S| / n, battles whose orders favour the first (second) slot")
TOTAL_BIAS = Label("total bias", "battles", "(F + S) / n, battles whose orders favour a slot")
FIRST_SLOT = Label("first-slot rate", "battles", "first slot chosen / a slot chosen, in one game per battle")
MCNEMAR = Label(
    "McNemar's test of the slot", "discordant battles", "first slot in both orders / one slot in both orders; exact against 1/2"
)
GAMMA = Label("slot intercept gamma", "games", "logit P(first wins) = theta_first - theta_second + gamma")
NOBODY_RATED = "no competitors that both won and lost, so there are no ratings to tell slots from"
CONFOUNDED = "slots and ratings cannot be told apart: show pairs in both orders"
STABILITY = Label("repetition stability", "battles in one order", "mean share of the most frequent of K repeats, K > 1")


@dataclass(frozen=True, slots=True)
class BothOrders:
    """What the two orders of a battle say of its sides."""

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
    found = []
    for battle in by_battle(of_the_judge(games)).values():
        played = [game.played for game in battle]
        ab, ba = outcome_of_order(played, "ab"), outcome_of_order(played, "ba")
        if ab is not None and ba is not None:
            found.append(BothOrders(battle[0].battle, battle[0].prompt, ab, ba))
    return tuple(found)


def consistency(games: Sequence[AuditGame], *, rng: np.random.Generator) -> tuple[Figure, Figure]:
    """Position consistency with ties, and among battles whose orders both name a winner.

    Examples
    --------
    >>> from judges.verdicts import Verdict
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
    """How often the first slot is chosen, in one game per battle, drawn by a hash: the exact binomial test.

    Ties are left out. The draw depends on the ids alone, never on what was said.
    """
    chosen = [one_game(battle) for battle in by_battle(of_the_judge(games)).values()]
    said = [game for game in chosen if game is not None and game.verdict is not None]
    slots = [game.verdict.winner for game in said if game.verdict is not None and game.verdict.winner in ("first", "second")]
    n_ties = len(said) - len(slots)
    n_shared = len(said) - len({game.prompt for game in said})
    note = joined(
        f"{n_ties} ties left out" if n_ties else "",
        _unbalanced(said),
        f"battles are taken as independent; {n_shared} share a prompt with another" if n_shared else "",
    )
    return binomial_test(FIRST_SLOT, sum(slot == "first" for slot in slots), len(slots), note=note)


def mcnemar(games: Sequence[AuditGame]) -> Figure:
    """Whether the slot matters, from the battles where the same slot won in both orders.

    References
    ----------
    Q. McNemar, "Note on the sampling error of the difference between correlated proportions", Psychometrika 12, 1947.
    """
    pairs = both_orders(games)
    n_first = sum((pair.ab, pair.ba) == ("a", "b") for pair in pairs)
    n_second = sum((pair.ab, pair.ba) == ("b", "a") for pair in pairs)
    return binomial_test(MCNEMAR, n_first, n_first + n_second, note=f"of {len(pairs)} battles with a verdict in both orders")


def gamma(games: Sequence[AuditGame]) -> Figure:
    """The slot intercept in a Bradley-Terry fit of the judge's games, clustered by prompt.

    A judge who always chose the same slot has no finite gamma: there is no value, `is_unbounded` is set, and the one
    limit that exists is a one-sided 95 % bound.
    """
    said = [game for game in of_the_judge(games) if game.verdict is not None]
    return gamma_of(_comparisons(said)) if said else GAMMA.refused("no games with a verdict")


def gamma_of(comparisons: Comparisons) -> Figure:
    """The same, of games as comparisons with the side shown first."""
    n = len(comparisons)
    try:
        fit = fit_contextual(comparisons)
    except (SeparationError, NotConvergedError) as error:
        if not _tells_slots_from_ratings(fit_bradley_terry(comparisons).comparisons):
            return GAMMA.refused(CONFOUNDED, n=n)
        return replace(GAMMA.refused(f"no finite estimate: {error}", n=n), is_unbounded=True)
    if fit.at_limit:
        return _bounded(fit.at_limit[0], n)
    if not fit.parameters:
        return GAMMA.refused(NOBODY_RATED, n=n)
    return _finite_gamma(fit, n)


def stability(games: Sequence[AuditGame], *, rng: np.random.Generator) -> Figure:
    """How often repeats of one battle in one order say the same: the mean modal share; 1/K at the least."""
    several = repeated(games)
    modal = [Counter(said).most_common(1)[0][1] / len(said) for said in several.values()]
    rows = np.column_stack([modal, np.ones(len(modal))])
    return of_sums(STABILITY, rows, [prompt for _, _, prompt in several], lambda s: s[:, 0] / s[:, 1], rng=rng)


def repeated(games: Sequence[AuditGame]) -> dict[tuple[str, str, str], list[str]]:
    """What was said, by battle, order and prompt, where it was asked more than once."""
    repeats: dict[tuple[str, str, str], list[str]] = {}
    for game in of_the_judge(games):
        if game.verdict is not None:
            repeats.setdefault((game.battle, game.order, game.prompt), []).append(game.verdict.winner)
    return {key: said for key, said in repeats.items() if len(said) > 1}


def position_figures(games: Sequence[AuditGame], *, rng: np.random.Generator) -> tuple[Figure, ...]:
    """All of the above."""
    return (
        *consistency(games, rng=rng),
        *slot_preference(games, rng=rng),
        first_slot_rate(games),
        mcnemar(games),
        gamma(games),
        stability(games, rng=rng),
    )


def of_the_judge(games: Sequence[AuditGame]) -> list[AuditGame]:
    """Without those that a rule of ours decided: it looked at no slot, and the judge was never asked."""
    return [game for game in games if game.state is not GameState.RULE]


def one_game(battle: Sequence[AuditGame]) -> AuditGame | None:
    """The one that the first-slot rate takes of a battle; None where no game has a verdict."""
    said = [game for game in battle if game.verdict is not None]
    return min(said, key=lambda game: sha256(f"{game.battle}|{game.order}|{game.repeat}".encode()).digest(), default=None)


def _unbalanced(games: Sequence[AuditGame]) -> str:
    """A better answer that stands first too often looks like a preference for the slot."""
    n_ab = sum(game.order == "ab" for game in games)
    far = abs(2 * n_ab - len(games)) > 3 * sqrt(len(games))
    return f"{n_ab} of {len(games)} games in order ab: quality and slot are mixed up, see gamma" if far else ""


def _comparisons(games: Sequence[AuditGame]) -> Comparisons:
    outcomes = [game.verdict.by_side(game.order) for game in games if game.verdict is not None]
    return Comparisons.from_names(
        [game.a for game in games],
        [game.b for game in games],
        outcomes,
        prompt=[game.prompt for game in games],
        first=["a" if game.order == "ab" else "b" for game in games],
    )


def _bounded(limit: AtLimit, n: int) -> Figure:
    if not np.isfinite(limit.bound):
        # Shown in one order only, the better one may always have stood there: that says nothing about the judge.
        return GAMMA.refused(f"{limit.reason}; {CONFOUNDED}", n=n)
    figure = replace(
        GAMMA.refused(f"no finite estimate: {limit.reason}", n=n), is_unbounded=True, method="one-sided 95 % bound"
    )
    return replace(figure, low=float(limit.bound)) if limit.limit > 0 else replace(figure, high=float(limit.bound))


def _tells_slots_from_ratings(comparisons: Comparisons) -> bool:
    """Whether some ring of competitors was shown so that ratings alone cannot explain a preference for a slot."""
    first = np.zeros(len(comparisons)) if comparisons.first is None else 1.0 - 2.0 * comparisons.first
    shown = np.unique(np.column_stack([comparisons.a, comparisons.b, first]), axis=0)
    a, b = shown[:, 0].astype(np.int64), shown[:, 1].astype(np.int64)
    sides = np.eye(len(comparisons.names))[a] - np.eye(len(comparisons.names))[b]
    with_slot = np.column_stack([sides, shown[:, 2]])
    return bool(np.linalg.matrix_rank(with_slot) > np.linalg.matrix_rank(sides)) if len(shown) else False


def _finite_gamma(fit: Fit, n: int) -> Figure:
    m, prompts = len(fit.names), fit.comparisons.clusters("prompt")
    n_prompts = len(np.unique(prompts))
    few = n_prompts < FEW_PROMPTS or n_prompts <= m
    variances = [float(covariance(fit.likelihood, m, cluster=None)[m, m])] if few else []
    if n_prompts > 1:
        variances.append(float(covariance(fit.likelihood, m, cluster="prompt")[m, m]))
    estimate, se = fit.parameters[0].estimate, sqrt(max(variances))
    half = float(t.ppf(0.5 + LEVEL / 2, max(n_prompts - 1, 1))) * se
    n_left_out = n - round(float(fit.comparisons.weights().sum()))
    left_out = f"{n_left_out} games of competitors without a rating are left out" if n_left_out else ""
    return replace(
        GAMMA.plain(estimate, n - n_left_out, note=joined(few_prompts(n_prompts), left_out)),
        low=estimate - half,
        high=estimate + half,
        se=se,
        method=f"t({max(n_prompts - 1, 1)}), clustered by prompt" + (" or by game, the wider" if few else ""),
    )
