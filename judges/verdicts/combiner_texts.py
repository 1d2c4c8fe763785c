"""Every way to make a board of a judge's games, by name. Pages read it, so it brings no fitting library with it."""

from collections.abc import Mapping

from judges.verdicts.combiners import COMBINERS

GAMES = "games"

COMBINER_TEXTS: Mapping[str, tuple[str, str]] = {
    GAMES: ("every game", "Every game counts, and the liking for a slot is taken out.")
} | {
    rule: (name, COMBINERS[rule][1])
    for rule, name in {
        "consistent_only": "both orders agree",
        "conservative_tie": "agree, else a tie",
        "two_game_sum": "two-game sum",
        "mean": "mean",
        "both_correct": "winner in both",
        "arena_hard_weighted": "weighted games",
        "first_order_only": "first order",
        "majority_of_repeats": "majority",
    }.items()
}
"""Every way to make a board, with a short name and one line for people; "games" comes first."""
