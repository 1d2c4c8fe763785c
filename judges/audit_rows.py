"""What an audit reads: games as they were played, and battles with what people said of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from judges.combining import PlayedGame
from judges.states import GameState
from judges.verdicts import Order, Side, Verdict


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
        By the rule that was chosen; None = no decision.
    human : Side or None
        What people (or a gold label) said.
    looks_a, looks_b : Looks, optional
    own_a, own_b : bool
        The answer is the judge's own, or its family's.
    probability : float, optional
        The judge's chance that a is better.
    judged_grade, human_grade : int, optional
        On five points, -2 (b much better) to 2.
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


def by_battle(games: Iterable[AuditGame]) -> Mapping[str, tuple[AuditGame, ...]]:
    """The games of each battle, battles by id."""
    found: dict[str, list[AuditGame]] = {}
    for game in games:
        found.setdefault(game.battle, []).append(game)
    return {battle: tuple(found[battle]) for battle in sorted(found)}
