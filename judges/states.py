"""How a game ended. Only `ok` and `rule` carry a verdict; none of the others ever becomes a win, a loss or a tie."""

from enum import StrEnum

ENDED = "ended_"  # of the set of battles with a game that ended so, before the state


class GameState(StrEnum):
    OK = "ok"
    AMBIGUOUS = "ambiguous"  # several different labels
    UNPARSABLE = "unparsable"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    FILTERED = "filtered"
    ERROR = "error"
    RULE = "rule"  # decided without a call: identical or empty answers
    SKIPPED_BUDGET = "skipped_budget"

    @property
    def has_verdict(self) -> bool:
        return self in {GameState.OK, GameState.RULE}
