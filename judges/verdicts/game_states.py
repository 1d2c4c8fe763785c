"""How a game ended. Only `ok` and `rule` carry a verdict; none of the others ever becomes a win, a loss or a tie."""

from collections.abc import Mapping
from enum import StrEnum

from judges.sayings import gettext_noop

ENDED = "ended_"  # of the set of battles with a game that ended so, before the state


FINAL = frozenset({"ambiguous", "unparsable", "truncated", "refused", "filtered"})
"""A reply came, and decided nothing: asked again in the same way, most reply the same, and each reply is paid again."""


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
    NOT_ASKED = "not_asked"  # by the rule of the judge's card for such answers, or because one of them was never given

    @property
    def has_verdict(self) -> bool:
        return self in {GameState.OK, GameState.RULE}

    @property
    def was_asked(self) -> bool:
        """Whether the judge was asked: only such games are evidence on it."""
        return self not in {GameState.RULE, GameState.SKIPPED_BUDGET, GameState.NOT_ASKED}


NAMES: Mapping[GameState, str] = {
    GameState.OK: gettext_noop("ok"),
    GameState.AMBIGUOUS: gettext_noop("ambiguous"),
    GameState.UNPARSABLE: gettext_noop("unparsable"),
    GameState.TRUNCATED: gettext_noop("truncated"),
    GameState.REFUSED: gettext_noop("refused"),
    GameState.FILTERED: gettext_noop("filtered"),
    GameState.ERROR: gettext_noop("error"),
    GameState.RULE: gettext_noop("rule"),
    GameState.SKIPPED_BUDGET: gettext_noop("skipped_budget"),
    GameState.NOT_ASKED: gettext_noop("not_asked"),
}
"""In tables of counts, where a sentence has no room."""
