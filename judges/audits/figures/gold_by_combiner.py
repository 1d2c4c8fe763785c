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
    """What a pair earns under each rule that its games and label allow; a game without verdict earns nothing."""
    label, orders = CLASSES[pair.label], {game.order for game in pair.games}
    ab, ba = _said(pair, "ab"), _said(pair, "ba")
    found: dict[str, float] = {}
    if "ab" in orders:
        found["first_order"] = ab == label
    if "ba" in orders:
        found["second_order"] = ba == label
    if len(orders) < 2:
        return found
    found |= {
        "both_orders": ab == ba == label,
        "n_inconsistent": None not in (ab, ba) and ab != ba,
        "n_null": None in (ab, ba),
    }
    if label != "tie":
        tied = combine("conservative_tie", pair.games).outcome
        found["two_game_sum"] = combine("two_game_sum", pair.games).outcome == label
        found["half_credit"] = 1.0 if tied == label else 0.5 if tied in ("tie", "both_bad") else 0.0
    return found


def _said(pair: Labelled, order: Order) -> Side | None:
    said = outcome_of_order(pair.games, order)
    return None if said is None else CLASSES[said]


def gold_figures(
    battles: Sequence[Labelled], *, prompts: Sequence[str] | None = None, rng: np.random.Generator
) -> tuple[Figure, ...]:
    """What a judge earns on a gold set under each rule, as shares of the pairs that can tell; a tie is a class.

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
    values = [float(found[name]) for found in each if name in found]
    of = [prompt for found, prompt in zip(each, prompts, strict=True) if name in found]
    if not values:
        return label.refused(say(_why_none(name, each)))
    both = sum("both_orders" in found for found in each)
    n_ties = both - len(values) if name in WINNERS else 0
    lacking = len(each) - len(values) - n_ties
    notes = (
        *((say("gold_ties", n=n_ties),) if n_ties else ()),
        *((say("gold_not_judged_so", n=lacking),) if lacking else ()),
    )
    if name == "half_credit":
        found = of_sums(label, np.column_stack([values, np.ones(len(values))]), of, lambda s: s[:, 0] / s[:, 1], rng=rng)
    else:
        found = share(label, [value == 1 for value in values], of, rng=rng)
    return found.noted(*notes)


def _why_none(name: str, each: Sequence[Mapping[str, float]]) -> str:
    """The code of why no pair can tell."""
    if name in NONE_IN_ORDER:
        return NONE_IN_ORDER[name]
    return "gold_all_ties" if any("both_orders" in found for found in each) else ONE_ORDER
