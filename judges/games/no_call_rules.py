"""What is decided without a call: by policy, or because there is nothing to ask."""

from dataclasses import dataclass

from judges.card_parameters import Parameters
from judges.games.battle_texts import JudgedBattle
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Side, Verdict, Winner


@dataclass(frozen=True, slots=True)
class DecidedWithoutCall:
    """How a battle's games end without a call; `side` where that is a verdict."""

    state: GameState
    reason: str
    side: Side | None = None

    def verdict(self, order: Order) -> Verdict | None:
        """For the slots of a game in this order."""
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
    """None where the judge is to be asked; a program, which has no parameters, fears no length and no taint."""
    return _on_texts(contest) or (None if parameters is None else _on_policies(contest, parameters))


def _on_texts(contest: JudgedBattle) -> DecidedWithoutCall | None:
    missing = [name for name, came in zip(contest.pair, contest.is_delivered, strict=True) if not came]
    if missing:
        # Whatever made it fail, it says nothing of the answer that was never given.
        return DecidedWithoutCall(GameState.NOT_ASKED, f"no answer was delivered by {' and '.join(missing)}")
    if contest.is_identical:
        return DecidedWithoutCall(GameState.RULE, "identical answers tie", "tie")
    if any(contest.is_empty):
        return DecidedWithoutCall(GameState.RULE, "a delivered empty answer loses", "b" if contest.is_empty[0] else "a")
    return None


def _on_policies(contest: JudgedBattle, parameters: Parameters) -> DecidedWithoutCall | None:
    if parameters.over_long == "fail" and contest.longest > parameters.longest_answer:
        allowed = f"this judge's card allows {parameters.longest_answer:,}, or says over_long=truncate"
        return DecidedWithoutCall(GameState.NOT_ASKED, f"an answer has {contest.longest:,} characters; {allowed}")
    if parameters.tainted == "skip" and (taints := contest.taints()):
        return DecidedWithoutCall(GameState.NOT_ASKED, f"{'; '.join(taints)[:500]}")
    return None
