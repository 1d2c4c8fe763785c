"""How a game ended. Only `ok` and `rule` carry a verdict; no other state ever becomes a win, a loss or a tie."""

from enum import StrEnum


class GameState(StrEnum):
    """What became of one call of a judge."""

    OK = "ok"
    AMBIGUOUS = "ambiguous"
    UNPARSABLE = "unparsable"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    FILTERED = "filtered"
    ERROR = "error"
    RULE = "rule"
    SKIPPED_BUDGET = "skipped_budget"

    @property
    def carries_verdict(self) -> bool:
        return self in {GameState.OK, GameState.RULE}
