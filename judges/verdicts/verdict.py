"""The verdict of a judge on the two slots of one game, and the outcome for the two sides of the battle."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Literal, cast, get_args

type Winner = Literal["first", "second", "tie", "both_bad"]
type Order = Literal["ab", "ba"]  # "ab": answer a stands in the first slot
type Side = Literal["a", "b", "tie", "both_bad"]

_LEVEL: dict[str, Side] = {"tie": "tie", "both_bad": "both_bad"}
_SIDES: dict[str, dict[str, Side]] = {
    "ab": {"first": "a", "second": "b", **_LEVEL},
    "ba": {"first": "b", "second": "a", **_LEVEL},
}
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Verdict:
    """One game's verdict on its slots.

    Attributes
    ----------
    winner : "first", "second", "tie" or "both_bad"
    strength : 1, or 2 where the protocol knows much better (A>>B) and the judge said so
    scores : points of the first and of the second slot, where the protocol gives points

    Examples
    --------
    >>> Verdict("first").by_side("ba")
    'b'
    >>> Verdict("tie").by_side("ba")
    'tie'
    """

    winner: Winner
    strength: Literal[1, 2] = 1
    scores: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.winner not in get_args(Winner.__value__):
            raise ValueError(f"winner is {self.winner!r}; allowed are first, second, tie and both_bad")
        if self.strength not in (1, 2) or (self.strength == 2 and self.winner not in ("first", "second")):
            raise ValueError(f"strength is {self.strength!r} for {self.winner}; allowed are 1, and 2 where one slot wins")

    def by_side(self, order: Order) -> Side:
        """The outcome for the battle's answers a and b, when the game showed them in this order."""
        return _sides(order)[self.winner]

    def scores_by_side(self, order: Order) -> tuple[float, float] | None:
        """
        Points of answer a and of answer b.

        Examples
        --------
        >>> Verdict("first", scores=(8, 6)).scores_by_side("ba")
        (6, 8)
        """
        if self.scores is None:
            return None
        return self.scores if _sides(order)["first"] == "a" else (self.scores[1], self.scores[0])


def _sides(order: str) -> dict[str, Side]:
    if order not in _SIDES:
        raise ValueError(f"order is {order!r}; allowed are 'ab' (answer a in the first slot) and 'ba'")
    return _SIDES[order]


def scores_to_winner(s1: float, s2: float, *, margin: float) -> Winner:
    """
    Which slot wins by points: one that leads by more than the margin, else neither.

    Examples
    --------
    >>> scores_to_winner(8, 7, margin=0), scores_to_winner(8, 7, margin=1)
    ('first', 'tie')
    """
    if not (math.isfinite(s1) and math.isfinite(s2) and math.isfinite(margin) and margin >= 0):
        raise ValueError(f"scores {s1!r} and {s2!r}, margin {margin!r}; allowed are finite numbers and a margin of 0 or more")
    lead = s1 - s2
    # Shares such as .3 have no exact form: a lead of the margin itself is none.
    if abs(lead) <= margin + ROUNDING:
        return "tie"
    return "first" if lead > 0 else "second"


def scored(s1: float, s2: float, *, margin: float) -> Verdict:
    """The verdict on two slots that points were given to."""
    return Verdict(scores_to_winner(s1, s2, margin=margin), scores=(s1, s2))


def graded_verdict(grades: Iterable[tuple[str, float | None]], *, margin: float) -> Verdict | None:
    """
    The verdict on a battle whose answers were graded one by one: the better mean over the repeats, by more than the margin.

    Parameters
    ----------
    grades : iterable of (order, grade)
        A game each, in any order: "ab" showed answer a, "ba" answer b; a grade of None is that of a game that failed.
    margin : float

    Returns
    -------
    Verdict or None
        Its first slot is answer a; None where one of the answers has no grade at all.

    Examples
    --------
    >>> graded_verdict([("ab", 4), ("ba", 5), ("ab", 8), ("ba", None)], margin=0)
    Verdict(winner='first', strength=1, scores=(6.0, 5.0))
    >>> graded_verdict([("ab", 4), ("ab", 8)], margin=0) is None
    True
    """
    by_order: dict[str, list[float]] = {"ab": [], "ba": []}
    for order, grade in grades:
        if grade is not None:
            by_order[order].append(grade)
    if not all(by_order.values()):
        return None
    return scored(fmean(by_order["ab"]), fmean(by_order["ba"]), margin=margin)


def stored_verdict(
    winner: str, strength: int | None, first: float | None = None, second: float | None = None
) -> Verdict | None:
    """
    The verdict of a game from its stored columns; None where no winner is stored.

    Examples
    --------
    >>> stored_verdict("second", None, 3, 9)
    Verdict(winner='second', strength=1, scores=(3, 9))
    >>> stored_verdict("", None, 7) is None  # one answer was graded alone
    True
    """
    if not winner:
        return None
    if first is None or second is None:
        return _verdict_without_scores(winner, strength or 1)
    return Verdict(cast(Winner, winner), cast(Literal[1, 2], strength or 1), (first, second))  # which checks both


@cache
def _verdict_without_scores(winner: str, strength: int) -> Verdict:
    return Verdict(cast(Winner, winner), cast(Literal[1, 2], strength))


def agreed_label(labels: Iterable[Side]) -> Side | None:
    """The common label of one battle; None where its labels contradict each other: such a battle has no label.

    The same for labels of one file, of several files and of several gold sets, whatever came first. A tie and "both bad" are
    no contradiction: nobody wins.

    Examples
    --------
    >>> agreed_label(["a", "a"]), agreed_label(["a", "tie"]), agreed_label(["both_bad", "tie"])
    ('a', None, 'tie')
    """
    distinct = set(labels)
    if distinct == {"tie", "both_bad"}:
        return "tie"
    return distinct.pop() if len(distinct) == 1 else None
