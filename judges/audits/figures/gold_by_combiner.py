"""A judge on a gold set: what it earns under each way of reading two orders, with intervals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from judges.audits.figures.figure import Figure, Label, of_sums, say, share
from judges.audits.figures.inputs import ONE_ORDER
from judges.verdicts.combiners import LabelledGames, PlayedGame, combine, outcome_of_order
from judges.verdicts.verdict import Order, Side

CLASSES: Mapping[Side, Side] = {"a": "a", "b": "b", "tie": "tie", "both_bad": "tie"}
WINNERS = ("two_game_sum", "half_credit")
"""Defined where the label names a winner."""
NONE_IN_ORDER: Mapping[str, str] = {"first_order": "gold_none_first", "second_order": "gold_none_second"}

RULES: Mapping[str, Label] = {
    key: Label.of(key)
    for key in ("first_order", "second_order", "both_orders", "two_game_sum", "half_credit", "n_inconsistent", "n_null")
}


@dataclass(frozen=True, slots=True)
class GoldPairGames:
    """The games on one pair of a gold set, and its label; order "ab" is that in which the set's own file shows it."""

    key: str
    games: tuple[PlayedGame, ...]
    label: Side


type Labelled = GoldPairGames | LabelledGames


def earned(pair: Labelled) -> Mapping[str, float]:
    """The points of a pair under each rule that its games and label allow; a game without verdict earns none."""
    label, orders = CLASSES[pair.label], {game.order for game in pair.games}
    ab, ba = _outcome_of(pair, "ab"), _outcome_of(pair, "ba")
    points: dict[str, float] = {}
    if "ab" in orders:
        points["first_order"] = ab == label
    if "ba" in orders:
        points["second_order"] = ba == label
    if len(orders) < 2:
        return points
    points |= {
        "both_orders": ab == ba == label,
        "n_inconsistent": None not in (ab, ba) and ab != ba,
        "n_null": None in (ab, ba),
    }
    if label != "tie":
        tied = combine("conservative_tie", pair.games).outcome
        points["two_game_sum"] = combine("two_game_sum", pair.games).outcome == label
        points["half_credit"] = 1.0 if tied == label else 0.5 if tied in ("tie", "both_bad") else 0.0
    return points


def _outcome_of(pair: Labelled, order: Order) -> Side | None:
    outcome = outcome_of_order(pair.games, order)
    return None if outcome is None else CLASSES[outcome]


def gold_figures(
    battles: Sequence[Labelled], *, prompts: Sequence[str] | None = None, rng: np.random.Generator
) -> tuple[Figure, ...]:
    """The points of a judge on a gold set under each rule, as shares of the pairs that the rule can score; a tie is a class.

    Parameters
    ----------
    battles : sequence of GoldPairGames or LabelledGames
    prompts : sequence of str, optional
        Of each; None = each its own.

    References
    ----------
    S. Tan et al., "JudgeBench: a benchmark for evaluating LLM-based judges", 2024, and its public code (the sum).

    Examples
    --------
    >>> from judges.verdicts.verdict import Verdict
    >>> games = (PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first")))
    >>> figures = gold_figures([GoldPairGames("x", games, "a")], rng=np.random.default_rng(1))
    >>> [figure.value for figure in figures]
    [1.0, 0.0, 0.0, 0.0, 0.5, 1.0, 0.0]
    """
    of = [battle.key for battle in battles] if prompts is None else prompts
    each = [earned(battle) for battle in battles]
    return tuple(_figure(name, label, each, of, rng=rng) for name, label in RULES.items())


def _figure(
    name: str, label: Label, each: Sequence[Mapping[str, float]], prompts: Sequence[str], *, rng: np.random.Generator
) -> Figure:
    values = [float(points[name]) for points in each if name in points]
    of = [prompt for points, prompt in zip(each, prompts, strict=True) if name in points]
    if not values:
        return label.refused(say(_why_none(name, each)))
    both = sum("both_orders" in points for points in each)
    n_ties = both - len(values) if name in WINNERS else 0
    lacking = len(each) - len(values) - n_ties
    notes = (
        *((say("gold_ties", n=n_ties),) if n_ties else ()),
        *((say("gold_not_judged_so", n=lacking),) if lacking else ()),
    )
    if name == "half_credit":
        figure = of_sums(label, np.column_stack([values, np.ones(len(values))]), of, lambda s: s[:, 0] / s[:, 1], rng=rng)
    else:
        figure = share(label, [value == 1 for value in values], of, rng=rng)
    return figure.noted(*notes)


def _why_none(name: str, each: Sequence[Mapping[str, float]]) -> str:
    """The code of the reason why no pair earns or loses anything under this rule."""
    if name in NONE_IN_ORDER:
        return NONE_IN_ORDER[name]
    return "gold_all_ties" if any("both_orders" in points for points in each) else ONE_ORDER
