"""Every way to make a board of judges' games, by code, with its texts. Pages read it, so it imports no fitting library."""

from collections.abc import Mapping
from typing import NamedTuple

from judges.sayings import gettext_noop

GAMES, PANEL_MAJORITY, PANEL_WEIGHTED = "games", "panel_majority", "panel_weighted"


class CombinerText(NamedTuple):
    """A rule for people, in texts that are marked for catalogues."""

    name: str  # short, as the head of a column
    label: str  # as a choice
    line: str  # as a sentence, which may say more


COMBINER_TEXTS: Mapping[str, CombinerText] = {
    GAMES: CombinerText(
        gettext_noop("every game"),
        gettext_noop("Every game counts, and the preference for a slot is taken out"),
        gettext_noop("Every game counts, and the preference for a slot is taken out."),
    ),
    "consistent_only": CombinerText(
        gettext_noop("both orders agree"),
        gettext_noop("Both orders say the same, or nothing is decided"),
        gettext_noop("Both orders say the same, or nothing is decided."),
    ),
    "conservative_tie": CombinerText(
        gettext_noop("agree, else a tie"),
        gettext_noop("Both orders say the same, or it is a tie"),
        gettext_noop("Both orders say the same, or it is a tie (MT-bench)."),
    ),
    "two_game_sum": CombinerText(
        gettext_noop("two-game sum"),
        gettext_noop("Wins less losses over both orders"),
        gettext_noop("Wins less losses over both orders; 0 is a tie (JudgeBench)."),
    ),
    "mean": CombinerText(
        gettext_noop("mean"),
        gettext_noop("The mean over all games"),
        gettext_noop("The mean over all games, of scores where there are any, else of points."),
    ),
    "both_correct": CombinerText(
        gettext_noop("winner in both"),
        gettext_noop("The same winner in both orders; a tie decides nothing"),
        gettext_noop("The same winner in both orders; a tie decides nothing."),
    ),
    "arena_hard_weighted": CombinerText(
        gettext_noop("weighted games"),
        gettext_noop("Every game counts, much better as three"),
        gettext_noop("Every game counts, much better as three (Arena-Hard)."),
    ),
    "first_order_only": CombinerText(
        gettext_noop("first order"),
        gettext_noop("The order with a first, alone"),
        gettext_noop("The order with a first, alone: slot bias is left in."),
    ),
    "majority_of_repeats": CombinerText(
        gettext_noop("majority"),
        gettext_noop("What more than half of all games say"),
        gettext_noop("What more than half of all games say."),
    ),
}
"""Every game as itself, then the rules of `judges.verdicts.combiners`, in the order in which pages show them."""
