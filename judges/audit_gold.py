"""A judge on a gold set: what it earns under each way of reading two orders, with intervals."""

from collections.abc import Sequence

import numpy as np

from judges.audit_figures import Figure, Label, of_sums, share
from judges.combining import LabelledGames, LabelScores, score_against_labels

RULES: tuple[tuple[str, Label], ...] = (
    ("first_order", Label("right in the first order", "gold pairs", "verdict in order ab = label / all pairs")),
    ("second_order", Label("right in the second order", "gold pairs", "verdict in order ba = label / all pairs")),
    ("both_orders", Label("right in both orders", "gold pairs", "both verdicts = label / all pairs")),
    ("two_game_sum", Label("right by the two-game sum", "gold pairs", "+1 right, -1 wrong, 0 else: sum above 0 / all pairs")),
    (
        "half_credit",
        Label("half for a disagreement", "gold pairs", "both orders right 1, a tie or disagreement 1/2 / all pairs"),
    ),
    ("n_inconsistent", Label("inconsistent", "gold pairs", "two verdicts that differ / all pairs")),
    ("n_null", Label("without a verdict in both orders", "gold pairs", "an order without verdict / all pairs")),
)


def gold_figures(
    battles: Sequence[LabelledGames], *, prompts: Sequence[str] | None = None, rng: np.random.Generator
) -> tuple[Figure, ...]:
    """The figures of `score_against_labels`, as shares of all pairs.

    Parameters
    ----------
    battles : sequence of LabelledGames
    prompts : sequence of str, optional
        Of each; None = each its own.

    Examples
    --------
    >>> from judges.combining import PlayedGame
    >>> from judges.verdicts import Verdict
    >>> games = (PlayedGame("ab", 0, Verdict("first")), PlayedGame("ba", 0, Verdict("first")))
    >>> figures = gold_figures([LabelledGames("x", games, "a")], rng=np.random.default_rng(1))
    >>> [figure.value for figure in figures]
    [1.0, 0.0, 0.0, 0.0, 0.5, 1.0, 0.0]
    """
    of = [battle.key for battle in battles] if prompts is None else prompts
    each = [score_against_labels([battle]) for battle in battles]
    return tuple(_figure(name, label, each, of, rng=rng) for name, label in RULES)


def _figure(
    name: str, label: Label, each: Sequence[LabelScores], prompts: Sequence[str], *, rng: np.random.Generator
) -> Figure:
    earned = [float(getattr(score, name)) for score in each]
    if name != "half_credit":
        return share(label, [value == 1 for value in earned], prompts, rng=rng)
    rows = np.column_stack([earned, np.ones(len(earned))])
    return of_sums(label, rows, prompts, lambda s: s[:, 0] / s[:, 1], rng=rng)
