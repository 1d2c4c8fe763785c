"""Names of the sets of battles behind figures: the words of every set, by its key. Pages import it, so it imports no
numerical library.
"""

from collections.abc import Mapping

from judges.sayings import Saying, gettext_noop
from judges.verdicts.game_states import ENDED, NAMES, GameState

WORDS: Mapping[str, str] = {
    "agrees": gettext_noop("every reply as labelled"),
    "partly": gettext_noop("some replies as labelled"),
    "differs": gettext_noop("no reply as labelled"),
    "agrees_twice": gettext_noop("both orders as labelled"),
    "differs_twice": gettext_noop("both orders say something else"),
    "same_winner": gettext_noop("a reply with the labelled winner"),
    "other_winner": gettext_noop("a reply with the other answer"),
    "split": gettext_noop("people are split"),
    "contradicted": gettext_noop("gold labels contradict each other"),
    "marked": gettext_noop("an answer seems to speak to its judge"),
    "same_grade": gettext_noop("same grade as people"),
    "other_grade": gettext_noop("another grade than people"),
    "consistent": gettext_noop("both orders alike"),
    "inconsistent": gettext_noop("the orders differ"),
    "one_winner": gettext_noop("one winner in both orders"),
    "two_winners": gettext_noop("another winner in each order"),
    "leans_first": gettext_noop("the orders favour the first slot"),
    "leans_second": gettext_noop("the orders favour the second slot"),
    "first_twice": gettext_noop("first slot in both orders"),
    "second_twice": gettext_noop("second slot in both orders"),
    "chose_first": gettext_noop("a game chose the first slot"),
    "chose_second": gettext_noop("a game chose the second slot"),
    "repeats_alike": gettext_noop("repeats say the same"),
    "repeats_differ": gettext_noop("repeats differ"),
    "alike_again": gettext_noop("the same each time it was graded"),
    "other_again": gettext_noop("something else when graded again"),
    "longer": gettext_noop("longer answer preferred"),
    "shorter": gettext_noop("shorter answer preferred"),
    "longer_of_equals": gettext_noop("longer answer preferred, people neither"),
    "shorter_of_equals": gettext_noop("shorter answer preferred, people neither"),
    "more_lists": gettext_noop("more list items preferred"),
    "fewer_lists": gettext_noop("fewer list items preferred"),
    "more_lists_of_equals": gettext_noop("more list items preferred, people neither"),
    "fewer_lists_of_equals": gettext_noop("fewer list items preferred, people neither"),
    "more_bold": gettext_noop("more bold preferred"),
    "less_bold": gettext_noop("less bold preferred"),
    "more_bold_of_equals": gettext_noop("more bold preferred, people neither"),
    "less_bold_of_equals": gettext_noop("less bold preferred, people neither"),
    "own_found": gettext_noop("people prefer its own, it does too"),
    "own_missed": gettext_noop("people prefer its own, it does not"),
    "other_found": gettext_noop("people prefer the other, it does too"),
    "other_missed": gettext_noop("people prefer the other, it does not"),
    "cyclic": gettext_noop("in a cycle"),
    "straight": gettext_noop("in a triad that is no cycle"),
    "scored": gettext_noop("with answers that were scored more than once"),
    "right_as_right": gettext_noop("a right answer graded right"),
    "right_as_wrong": gettext_noop("a right answer graded wrong"),
    "wrong_as_right": gettext_noop("a wrong answer graded right"),
    "wrong_as_wrong": gettext_noop("a wrong answer graded wrong"),
    "with_verdict": gettext_noop("with a verdict"),
}

ENDED_AS = gettext_noop("a game ended as %(state)s")

GOLD_WORDS: Mapping[str, tuple[str, str]] = {
    "first_order": (gettext_noop("right in the first order"), gettext_noop("not right in the first order")),
    "second_order": (gettext_noop("right in the second order"), gettext_noop("not right in the second order")),
    "both_orders": (gettext_noop("right in both orders"), gettext_noop("not right in both orders")),
    "two_game_sum": (gettext_noop("right by the two-game sum"), gettext_noop("not right by the two-game sum")),
    "half_credit": (gettext_noop("right, or half right"), gettext_noop("not right, or half right")),
    "n_inconsistent": (gettext_noop("two verdicts that differ"), gettext_noop("not two verdicts that differ")),
    "n_null": (gettext_noop("an order without a verdict"), gettext_noop("not an order without a verdict")),
}
"""By key of a figure against gold labels: the pairs that earn something under it, and the others."""

LABELLED: Mapping[str, str] = {
    "right": gettext_noop("reply = label"),
    "wrong": gettext_noop("another reply"),
    "unreadable": gettext_noop("no readable reply"),
}


def saying_of(key: str) -> Saying | None:
    """What the battles of a set have in common; None where no set of today has this key.

    Sets of gold labels have a prefix of their own, such as `gold_7_`.

    Examples
    --------
    >>> print(saying_of("consistent"), saying_of("ended_error"), saying_of("gold_7_not_n_null"), saying_of("gold_7_right"))
    both orders alike a game ended as error not an order without a verdict reply = label
    """
    if key in WORDS:
        return Saying(WORDS[key])
    if key.startswith(ENDED):
        state = key.removeprefix(ENDED)
        return Saying(ENDED_AS, {"state": Saying(NAMES[GameState(state)])}) if state in set(GameState) else None
    part = key.split("_", 2)[-1]
    if part in LABELLED:
        return Saying(LABELLED[part])
    words, others = GOLD_WORDS.get(part.removeprefix("not_"), ("", ""))
    text = others if part.startswith("not_") else words
    return Saying(text) if text else None
