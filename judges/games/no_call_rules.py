"""Decides games that need no call, by policy or because there is nothing to ask."""

from collections.abc import Sequence
from dataclasses import dataclass

from judges.card_parameters import Parameters
from judges.games.battle_texts import JudgedBattle
from judges.sayings import Saying, as_it_is, gettext_noop
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Side, Verdict, Winner


@dataclass(frozen=True, slots=True)
class DecidedWithoutCall:
    """How a battle's games end without a call; `side` is set if the ending is a verdict."""

    state: GameState
    why: Saying
    side: Side | None = None

    @property
    def reason(self) -> str:
        """The reason in English, as it is stored."""
        return str(self.why)

    def verdict(self, order: Order) -> Verdict | None:
        """The ending for the slots of a game in this order."""
        return None if self.side is None else Verdict(slot_of(self.side, order))


def slot_of(side: Side, order: Order) -> Winner:
    """
    The slot in which a side stands; a tie has none.

    Examples
    --------
    >>> slot_of("a", "ba"), slot_of("tie", "ba")
    ('second', 'tie')
    """
    if side == "a" or side == "b":
        return "first" if order[0] == side else "second"
    return side


def ruling_on(contest: JudgedBattle, parameters: Parameters | None) -> DecidedWithoutCall | None:
    """The ending without a call, or None if the judge has to be asked; limits of length and taint do not apply to programs."""
    return _on_texts(contest) or (None if parameters is None else _on_policies(contest, parameters))


def _on_texts(contest: JudgedBattle) -> DecidedWithoutCall | None:
    missing = [name for name, came in zip(contest.pair, contest.is_delivered, strict=True) if not came]
    if missing:
        # A failure, whatever its cause, is not evidence about the missing answer.
        return DecidedWithoutCall(GameState.NOT_ASKED, _nobody_delivered(missing))
    if contest.is_identical:
        return DecidedWithoutCall(GameState.RULE, Saying(gettext_noop("identical answers tie")), "tie")
    if any(contest.is_empty):
        loses = Saying(gettext_noop("a delivered empty answer loses"))
        return DecidedWithoutCall(GameState.RULE, loses, "b" if contest.is_empty[0] else "a")
    return None


def _nobody_delivered(missing: Sequence[str]) -> Saying:
    if len(missing) == 1:
        return Saying(gettext_noop("no answer was delivered by %(name)s"), {"name": missing[0]})
    return Saying(gettext_noop("no answer was delivered by %(a)s and %(b)s"), {"a": missing[0], "b": missing[1]})


def _on_policies(contest: JudgedBattle, parameters: Parameters) -> DecidedWithoutCall | None:
    if parameters.over_long == "fail" and contest.longest > parameters.longest_answer:
        too_long = gettext_noop(
            "an answer has %(longest)s characters; this judge's card allows %(most)s, or says over_long=truncate"
        )
        why = Saying(too_long, {"longest": contest.longest, "most": parameters.longest_answer})
        return DecidedWithoutCall(GameState.NOT_ASKED, why)
    if parameters.tainted == "skip" and (taints := contest.taints()):
        return DecidedWithoutCall(GameState.NOT_ASKED, as_it_is("; ".join(taints)[:500]))
    return None
