"""Every way to make a board of judges' games, by code, with its texts. Pages read it, so it imports no fitting library."""

from collections.abc import Mapping
from typing import NamedTuple

GAMES, PANEL_MAJORITY, PANEL_WEIGHTED = "games", "panel_majority", "panel_weighted"


class CombinerText(NamedTuple):
    """A rule for people.

    Examples
    --------
    >>> CombinerText("first order", "The order with a first, alone", ": slot bias is left in").line
    'The order with a first, alone: slot bias is left in.'
    """

    name: str  # short, as the head of a column
    label: str  # as a choice
    more: str = ""  # what a page adds to the label

    @property
    def line(self) -> str:
        return f"{self.label}{self.more}."


COMBINER_TEXTS: Mapping[str, CombinerText] = {
    GAMES: CombinerText("every game", "Every game counts, and the liking for a slot is taken out"),
    "consistent_only": CombinerText("both orders agree", "Both orders say the same, or nothing is decided"),
    "conservative_tie": CombinerText("agree, else a tie", "Both orders say the same, or it is a tie", " (MT-bench)"),
    "two_game_sum": CombinerText("two-game sum", "Wins less losses over both orders", "; 0 is a tie (JudgeBench)"),
    "mean": CombinerText("mean", "The mean over all games", ", of scores where there are any, else of points"),
    "both_correct": CombinerText("winner in both", "The same winner in both orders; a tie decides nothing"),
    "arena_hard_weighted": CombinerText("weighted games", "Every game counts, much better as three", " (Arena-Hard)"),
    "first_order_only": CombinerText("first order", "The order with a first, alone", ": slot bias is left in"),
    "majority_of_repeats": CombinerText("majority", "What more than half of all games say"),
}
"""Every game as itself, then the rules of `judges.verdicts.combiners`, in the order in which pages show them."""
