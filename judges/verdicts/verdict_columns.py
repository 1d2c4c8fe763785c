"""Verdicts of many games at once: the rule of `judges.verdicts.verdict.stored_verdict` and of `graded_verdict`, on columns."""

from dataclasses import dataclass
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from judges.verdicts.verdict import ROUNDING, Order, Side, Winner

type Bools = NDArray[np.bool_]
type SmallCodes = NDArray[np.int8]
type Integers = NDArray[np.integer[Any]]
type Floats = NDArray[np.float64]

NONE = -1
"""No verdict."""

ORDERS: tuple[Order, ...] = get_args(Order.__value__)
WINNERS: tuple[Winner, ...] = get_args(Winner.__value__)
SIDES: tuple[Side, ...] = get_args(Side.__value__)
"""The code of an order, winner or side is its place in these tuples."""

_BY_SIDE = np.array([[0, 1, 2, 3, NONE], [1, 0, 2, 3, NONE]], dtype=np.int8)  # by order and winner; no verdict comes last


@dataclass(frozen=True, slots=True, eq=False)
class VerdictColumns:
    """One verdict a row, all (n,).

    Attributes
    ----------
    winner : int8
        Place in `WINNERS`, -1 = no verdict.
    strength : int8
        1 or 2; 0 without a verdict.
    has_scores : bool
        It has points of both slots.
    """

    winner: SmallCodes
    strength: SmallCodes
    has_scores: Bools


def stored_verdicts(winner: SmallCodes, strength: Integers, first: Floats, second: Floats) -> VerdictColumns:
    """The verdicts of games from their stored columns, all (n,): the values of `stored_verdict` for each.

    Parameters
    ----------
    winner : int8
        Place in `WINNERS`, -1 = none is stored.
    strength : integers
        0 = none is stored.
    first, second : float64
        Points, NaN = none.

    Raises
    ------
    ValueError
        Where a verdict has a strength that it cannot have.

    Examples
    --------
    >>> nothing = np.array([np.nan, np.nan])
    >>> verdicts = stored_verdicts(np.array([1, -1], dtype=np.int8), np.array([2, 0]), np.array([3.0, 7.0]), nothing)
    >>> verdicts.winner.tolist(), verdicts.strength.tolist(), verdicts.has_scores.tolist()
    ([1, -1], [2, 0], [False, False])
    """
    has_verdict = winner != NONE
    strengths = np.where(has_verdict & (strength == 0), 1, np.where(has_verdict, strength, 0)).astype(np.int8)
    names_one = (winner == WINNERS.index("first")) | (winner == WINNERS.index("second"))
    wrong = has_verdict & ((strength < 0) | (strength > 2) | ((strengths == 2) & ~names_one))
    if wrong.any():
        row = int(np.argmax(wrong))
        slot = WINNERS[int(winner[row])]
        raise ValueError(f"strength is {int(strength[row])} for {slot}; allowed are 1, and 2 where one slot wins")
    return VerdictColumns(winner, strengths, has_verdict & ~np.isnan(first) & ~np.isnan(second))


def by_side(winner: SmallCodes, order: SmallCodes) -> SmallCodes:
    """What verdicts mean for answers a and b: places in `SIDES`, -1 = no verdict.

    Examples
    --------
    >>> by_side(np.array([0, 2, -1], dtype=np.int8), np.array([1, 1, 0], dtype=np.int8)).tolist()
    [1, 2, -1]
    """
    return np.asarray(_BY_SIDE[order, winner], dtype=np.int8)


def graded_sides(mean_a: Floats, mean_b: Floats, margin: Floats) -> SmallCodes:
    """Who wins by the mean grades of both answers, as places in `SIDES`; -1 where an answer has none (NaN).

    Examples
    --------
    >>> graded_sides(np.array([8.0, 8.0, 8.0]), np.array([7.0, 9.0, np.nan]), np.array([1.0, 0.0, 0.0])).tolist()
    [2, 1, -1]
    """
    lead = mean_a - mean_b
    side = np.where(np.abs(lead) <= margin + ROUNDING, SIDES.index("tie"), np.where(lead > 0, 0, 1))
    return np.where(np.isnan(lead), NONE, side).astype(np.int8)
