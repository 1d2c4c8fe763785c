"""What a judge said of the two slots of one game, and what that means for the two sides of the battle."""

from dataclasses import dataclass
from typing import Literal, get_args

type Order = Literal["ab", "ba"]
type Winner = Literal["first", "second", "tie", "both_bad"]
type SideOutcome = Literal["a", "b", "tie", "both_bad"]

ORDERS: tuple[Order, ...] = ("ab", "ba")
WINNERS: tuple[Winner, ...] = get_args(Winner.__value__)
SIDE_OUTCOMES: tuple[SideOutcome, ...] = get_args(SideOutcome.__value__)

_SIDE_OF: dict[tuple[Order, Winner], SideOutcome] = {
    ("ab", "first"): "a",
    ("ab", "second"): "b",
    ("ba", "first"): "b",
    ("ba", "second"): "a",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge said of the slots of one game.

    Parameters
    ----------
    winner : "first", "second", "tie" or "both_bad"
    strength : 1 or 2
        2 = much better; a tie has strength 1.
    scores : (float, float), optional
        Of the first and of the second slot, where the judge gives numbers.

    Raises
    ------
    ValueError
        If the winner or the strength is not one of these, or no side is better and yet much better.

    Examples
    --------
    >>> Verdict("first", strength=2).by_side("ba")
    'b'
    """

    winner: Winner
    strength: int = 1
    scores: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.winner not in WINNERS:
            raise ValueError(f"unknown winner {self.winner!r}: allowed are {', '.join(WINNERS)}")
        if self.strength not in ((1, 2) if self.winner in ("first", "second") else (1,)):
            raise ValueError(f"a verdict {self.winner!r} of strength {self.strength!r}: 1, or 2 where one is much better")

    def by_side(self, order: Order) -> SideOutcome:
        """The outcome for sides a and b; in order "ab" a stood in the first slot."""
        if order not in ORDERS:
            raise ValueError(f"unknown order {order!r}: allowed are {', '.join(ORDERS)}")
        if self.winner in ("tie", "both_bad"):
            return "tie" if self.winner == "tie" else "both_bad"
        return _SIDE_OF[order, self.winner]
