"""Games of judges as columns: the material of every board of judges."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from judges.verdicts.combiners import PlayedGame
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Verdict
from judges.verdicts.verdict_columns import NONE, ORDERS, WINNERS, by_side

type Ids = NDArray[np.int32]
type Bools = NDArray[np.bool_]
type Floats = NDArray[np.float64]
type Places = NDArray[np.int64]

STATES = tuple(GameState)
OK = STATES.index(GameState.OK)
NOT_ASKED = STATES.index(GameState.NOT_ASKED)
HAS_VERDICT = np.array([state.has_verdict for state in STATES])
WAS_ASKED = np.array([state.was_asked for state in STATES])
MARK_A, MARK_B = 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Games:
    """Games that were over, a row a game, all columns (n,) but the last; in the order in which they were made.

    Attributes
    ----------
    game, judge, battle, a, b : int32
        Ids.
    prompt : int32
        -1 = none.
    order : int8
        Place in `ORDERS`: 0 = answer a in the first slot, 1 = answer b.
    repeat : int16
    state : int8
        Place in `STATES`.
    winner : int8
        Of the slots: place in `WINNERS`, -1 = no verdict.
    strength : int8
        1 or 2; 0 without a verdict.
    score : int32
        The row of `points`, -1 = none.
    stands : bool
        Not set aside.
    marked : int8
        Sides whose answer seems to speak to its judge: 1 = a, 2 = b, 3 = both.
    points : (k, 2) float64
        Of the first and of the second slot; of one answer that was graded alone, its grade and NaN.
    """

    game: Ids
    judge: Ids
    battle: Ids
    prompt: Ids
    a: Ids
    b: Ids
    order: NDArray[np.int8]
    repeat: NDArray[np.int16]
    state: NDArray[np.int8]
    winner: NDArray[np.int8]
    strength: NDArray[np.int8]
    score: Ids
    stands: Bools
    marked: NDArray[np.int8]
    points: Floats

    def __len__(self) -> int:
        return len(self.game)

    @classmethod
    def none(cls) -> "Games":
        return cls(**{name: np.zeros(0, dtype) for name, dtype in DTYPES.items()}, points=np.zeros((0, 2)))

    @classmethod
    def joined(cls, parts: Sequence["Games"]) -> "Games":
        """One after the other."""
        parts = [part for part in parts if len(part)]
        if len(parts) < 2:
            return parts[0] if parts else cls.none()
        shifts = np.cumsum([0, *(len(part.points) for part in parts)])
        scores = [np.where(part.score >= 0, part.score + shift, -1) for part, shift in zip(parts, shifts, strict=False)]
        columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in DTYPES if name != "score"}
        points = np.concatenate([part.points for part in parts])
        return cls(**columns, score=np.concatenate(scores).astype(np.int32), points=points)

    def where(self, mask: Bools) -> "Games":
        """The games in the mask; the object itself if that is all of them, so that a board copies nothing."""
        return self if mask.all() else self.at(mask)

    def at(self, places: Bools | Places) -> "Games":
        return Games(**{name: getattr(self, name)[places] for name in DTYPES}, points=self.points)

    def in_order(self) -> "Games":
        """By the number of the game."""
        is_so = (self.game[1:] > self.game[:-1]).all()
        return self if is_so else self.at(np.argsort(self.game, kind="stable"))

    def without_verdict(self, mask: Bools, state: NDArray[np.int8]) -> "Games":
        """The games with those in the mask in these states (k,) and without a verdict."""
        changed = {name: getattr(self, name).copy() for name in ("state", "winner", "strength", "score")}
        changed["state"][mask] = state
        changed["winner"][mask], changed["strength"][mask], changed["score"][mask] = NONE, 0, -1
        return replace(self, **changed)

    def that_stand(self, places: Places, stands: Bools) -> "Games":
        """With these games standing or set aside."""
        changed = self.stands.copy()
        changed[places] = stands
        return replace(self, stands=changed)

    @property
    def has_verdict(self) -> Bools:
        return np.asarray(HAS_VERDICT[self.state], dtype=np.bool_)

    @property
    def n_said(self) -> int:
        return int(np.count_nonzero(self.has_verdict))

    @property
    def counts(self) -> Bools:
        return self.stands & self.has_verdict

    @property
    def is_graded(self) -> Bools:
        """Whether one answer was shown and graded."""
        return np.asarray((self.winner == NONE) & (self.score >= 0), dtype=np.bool_)

    @property
    def grade(self) -> Floats:
        """Points of the first slot, NaN where there are none."""
        return np.append(self.points[:, 0], np.nan)[self.score]

    @property
    def side(self) -> NDArray[np.int8]:
        """The verdicts by side: places in `SIDES`, the same as those of outcomes; -1 = no verdict."""
        return by_side(self.winner, self.order)

    def played(self, place: int) -> PlayedGame:
        """One game, for rules that look at games one by one."""
        verdict = None
        if self.winner[place] != NONE:
            first, second = self.points[self.score[place]].tolist() if self.score[place] >= 0 else (None, None)
            scores = None if first is None or second is None else (first, second)
            strength = cast(Literal[1, 2], int(self.strength[place]))
            verdict = Verdict(WINNERS[int(self.winner[place])], strength, scores)
        return PlayedGame(ORDERS[int(self.order[place])], int(self.repeat[place]), verdict)


_WIDE = {"game", "judge", "battle", "prompt", "a", "b", "score"}
_OTHER = {"repeat": np.int16, "stands": np.bool_}
DTYPES: dict[str, type[np.generic]] = {
    each.name: np.int32 if each.name in _WIDE else _OTHER.get(each.name, np.int8)
    for each in fields(Games)
    if each.name != "points"
}


def counts_in_order(values: NDArray[Any]) -> "Counter[int]":
    """Count each value, in the order of first appearance: `most_common` lists ties in that order."""
    distinct_values, first, n = np.unique(values, return_index=True, return_counts=True)
    order = np.argsort(first)
    return Counter(dict(zip(distinct_values[order].tolist(), n[order].tolist(), strict=True)))
