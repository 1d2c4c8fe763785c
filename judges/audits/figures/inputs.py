"""The input of an audit: games as they were played, and battles with people's votes on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from judges.verdicts.combiners import PlayedGame
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Side, Verdict

SELECTED = "agreement_of_orders"
"""Key of the figure on battles whose two orders agree; here, because pages never load the fitting library."""
HEADLINES = ("agreement_with_people", "agreement_with_gold", "agreement_with_both")
"""Keys of the first figure of an audit: by the source of its labels."""
ONE_ORDER = "one_order"
"""Code of the note where battles were judged in one order only."""

type Unlabelled = Literal["", "split", "contradicted", "unasked"]
UNLABELLED: tuple[Unlabelled, ...] = ("split", "contradicted", "unasked")


@dataclass(frozen=True, slots=True)
class AuditGame:
    """One game of the judge.

    Parameters
    ----------
    battle, prompt : str
        Ids.
    a, b : str
        The competitors.
    order : "ab" or "ba"
    repeat : int
    verdict : Verdict or None
        None wherever the state carries none.
    state : GameState
    score : float, optional
        Of the one answer that it showed (order "ab": a), where answers are graded one by one.
    answer : str
        Id of that answer, which may stand in several battles; "" = not known.
    """

    battle: str
    prompt: str
    a: str
    b: str
    order: Order
    repeat: int
    verdict: Verdict | None
    state: GameState = GameState.OK
    score: float | None = None
    answer: str = ""

    @property
    def is_of_the_judge(self) -> bool:
        """Whether it is evidence on the judge: not where a no-call rule decided, or the judge was never asked."""
        return self.state not in (GameState.RULE, GameState.SKIPPED_BUDGET)

    @property
    def played(self) -> PlayedGame:
        return PlayedGame(self.order, self.repeat, self.verdict)


@dataclass(frozen=True, slots=True)
class Looks:
    """What can be counted in an answer."""

    n_characters: int
    n_list_items: int = 0
    n_bold: int = 0


@dataclass(frozen=True, slots=True)
class AuditItem:
    """One battle that the judge decided (or not), with what else is known of it.

    Parameters
    ----------
    battle, prompt, a, b : str
    judged : Side or None
        By the rule that was chosen (for a battle judged in one order only: the outcome of that order); None = no decision.
    human : Side or None
        The outcome of most voters; without votes, the gold label.
    looks_a, looks_b : Looks, optional
    own_a, own_b : bool
        The answer is the judge's own, or its family's.
    probability : float, optional
        The judge's chance that a is better.
    judged_grade, human_grade : int, optional
        On five points, -2 (b much better) to 2.
    replies : tuple of tuple of (Side or None)
        What its games say, order by order, each with its repeats; None = a game without verdict. Where answers are graded
        one by one there is one "order", with what each repeat makes of the two grades.
    is_graded : bool
        The answers were graded one by one.
    is_gold : bool
        `human` is a gold label.
    votes : tuple of int
        Of people: for a, for b, and for neither.
    unlabelled : "split", "contradicted", "unasked" or ""
        Why there is no `human` although people voted, or labels are there ("unasked": of the judge there is no reply).
    """

    battle: str
    prompt: str
    a: str
    b: str
    judged: Side | None
    human: Side | None = None
    looks_a: Looks | None = None
    looks_b: Looks | None = None
    own_a: bool = False
    own_b: bool = False
    probability: float | None = None
    judged_grade: int | None = None
    human_grade: int | None = None
    replies: tuple[tuple[Side | None, ...], ...] = ()
    is_graded: bool = False
    is_gold: bool = False
    unlabelled: Unlabelled = ""
    votes: tuple[int, int, int] = (0, 0, 0)

    @property
    def all_replies(self) -> tuple[Side | None, ...]:
        """The outcome of every reply; the decision alone where the games are not given one by one."""
        return tuple(reply for order in self.replies for reply in order) if self.replies else (self.judged,)

    @property
    def is_in_both_orders(self) -> bool:
        return not self.is_graded and len(self.replies) in (0, 2)


def by_battle(games: Iterable[AuditGame]) -> Mapping[str, tuple[AuditGame, ...]]:
    """The games of each battle, battles by id."""
    games_by_battle: dict[str, list[AuditGame]] = {}
    for game in games:
        games_by_battle.setdefault(game.battle, []).append(game)
    return {battle: tuple(games_by_battle[battle]) for battle in sorted(games_by_battle)}
