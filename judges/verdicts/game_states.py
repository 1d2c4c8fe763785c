"""How a game ended. Only `ok` and `rule` carry a verdict; none of the others ever becomes a win, a loss or a tie."""

from enum import StrEnum

ENDED = "ended_"  # of the set of battles with a game that ended so, before the state


FINAL = frozenset({"ambiguous", "unparsable", "truncated", "refused", "filtered"})
"""A reply came, and decided nothing: asked in the same way, most say the same again, and each is paid again."""


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
    NOT_ASKED = "not_asked"  # by what the judge's card says of such answers, or because one of them was never given

    @property
    def has_verdict(self) -> bool:
        return self in {GameState.OK, GameState.RULE}

    @property
    def was_asked(self) -> bool:
        """Whether the judge had its say: what became of the others tells nothing about it."""
        return self not in {GameState.RULE, GameState.SKIPPED_BUDGET, GameState.NOT_ASKED}
