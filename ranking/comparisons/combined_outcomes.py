"""Games of judges -> comparisons: one per game, one per judge and battle, or one per battle for a panel."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from judges.verdicts.combiner_texts import GAMES, PANEL_MAJORITY, PANEL_WEIGHTED
from judges.verdicts.combiners import PlayedGame, combine, outcome_of_order
from judges.verdicts.panels import JurorVote, strict_majority, weighted_majority
from judges.verdicts.verdict import Side
from judges.verdicts.verdict_columns import NONE, SIDES, graded_sides
from ranking.comparisons.comparison_rows import UNKNOWN, Rows
from ranking.comparisons.game_columns import OK, Games, counts_in_order
from ranking.comparisons.game_groups import Groups, by_battle_and_judge, codes_of, grouped, kinds_of

PANELS = frozenset({PANEL_MAJORITY, PANEL_WEIGHTED})
CODE: Mapping[Side | None, int] = {None: NONE} | {side: code for code, side in enumerate(SIDES)}
NOT_GRADED = "without a grade of both answers"
WITH_SCORES = frozenset({"mean"})  # rules that look at them

type Margins = Mapping[int, float]
type Sides = NDArray[np.int8]  # places in SIDES, -1 = none
type Places = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CombinedOutcomes:
    """Comparisons, and of each the place of the (first) game that made it; where a rule makes one of several games: how many
    battles it was asked about, and why it left some."""

    rows: Rows
    place: Places
    n_asked: int = 0
    undecided: Counter[str] = field(default_factory=Counter)


def decide(
    games: Games, combiner: str, margins: Margins, *, weights: Mapping[int, float], graders_by_battle: bool = False
) -> CombinedOutcomes:
    """Comparisons of games that stand, failed ones among them: a rule may count judges without a verdict.

    A judge that grades answers one by one has no verdict on pairs, unless a rule gave it: a failed game of a grader is no pair
    without a verdict. A judge is a grader by all these games, or on each battle by those on it.
    """
    if combiner == GAMES:
        return _one_by_one(games, margins)
    asked = AskedBattles.of(games, by_battle=graders_by_battle)
    if combiner in PANELS:
        return _by_panel(asked, margins, weights if combiner == PANEL_WEIGHTED else None)
    return _by_judge(asked, combiner, margins)


# --- each game as itself ---------------------------------------------------------------------------------------------


def _one_by_one(games: Games, margins: Margins) -> CombinedOutcomes:
    """A rule does not look at slots, and neither does a judge that sees one answer at a time."""
    place = np.flatnonzero(games.winner != NONE)
    first = np.where(games.state == OK, games.order, UNKNOWN)[place]
    graded = np.flatnonzero(games.is_graded)
    outcome = games.side[place]
    if len(graded):
        graded_games = games.at(graded)
        groups = by_battle_and_judge(graded_games)
        side = _graded_sides(graded_games, groups, margins)
        is_decided = side != NONE
        place = np.concatenate([place, graded[groups.first[is_decided]]])
        outcome = np.concatenate([outcome, side[is_decided]])
        first = np.concatenate([first, np.full(np.count_nonzero(is_decided), UNKNOWN, first.dtype)])
    return CombinedOutcomes(Rows.of_games(games, place, outcome, first=first), place)


def _graded_sides(games: Games, groups: Groups, margins: Margins) -> Sides:
    """The winner by grades in each group, (g,): two answers graded one by one, however often, make one comparison."""
    grade = np.where(games.is_graded, games.grade, np.nan)
    known = ~np.isnan(grade)
    at = groups.number[known] * 2 + games.order[known]
    n = np.bincount(at, minlength=2 * len(groups))
    total = np.bincount(at, weights=grade[known], minlength=2 * len(groups))
    means = np.full(2 * len(groups), np.nan)
    np.divide(total, n, out=means, where=n > 0)
    of_a, of_b = means.reshape(-1, 2).T
    judges, code = np.unique(games.judge[groups.first], return_inverse=True)
    margin = np.array([margins[judge] for judge in judges.tolist()], dtype=np.float64)[code]
    return graded_sides(of_a, of_b, margin)


# --- what judges were asked about battles ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class AskedBattles:
    """Games by battle and judge; `is_graded` marks the groups with answers that were graded one by one, (g,)."""

    games: Games
    groups: Groups
    of_graders: Bools  # (n,): games that showed one answer, graded or failed
    is_graded: Bools

    @classmethod
    def of(cls, games: Games, *, by_battle: bool = False) -> "AskedBattles":
        groups = by_battle_and_judge(games)
        graded = games.is_graded
        if by_battle:
            is_grader = groups.any(graded)[groups.number]
        else:
            is_grader = np.isin(games.judge, np.unique(games.judge[graded])) if graded.any() else graded
        of_graders = is_grader & (games.winner == NONE)
        return cls(games, groups, of_graders, groups.any(of_graders))

    def ruled[T](self, rule: Callable[[Sequence[PlayedGame]], T], *, with_scores: bool = False) -> tuple[Places, list[T]]:
        """A rule's outcomes for the pairs that a judge saw, and the index of each group's outcome, (g,).

        -1 for groups with answers that were graded.
        """
        pairs = self.groups.where(~self.is_graded)
        code = codes_of(self.games, with_scores=with_scores)
        kind, examples = kinds_of(pairs, code)
        group_kind = np.full(len(self.groups), -1, dtype=np.int64)
        group_kind[~self.is_graded] = kind
        return group_kind, [rule([self.games.played(row) for row in rows.tolist()]) for rows in examples]

    def graded(self, margins: Margins) -> Sides:
        """The winner by grades, (g,); -1 elsewhere."""
        if not self.is_graded.any():
            return np.full(len(self.groups), NONE, dtype=np.int8)
        return np.where(self.is_graded, _graded_sides(self.games, self.groups, margins), NONE).astype(np.int8)

    def sides(self, margins: Margins, rule: str = "consistent_only") -> Sides:
        """The outcome of each judge on each battle, (g,)."""
        kind, outcomes = self.ruled(lambda played: combine(rule, played).outcome)
        of_kind = np.array([*(CODE[outcome] for outcome in outcomes), NONE], dtype=np.int8)
        return np.where(self.is_graded, self.graded(margins), of_kind[kind]).astype(np.int8)

    @property
    def judge(self) -> NDArray[np.int32]:
        return self.games.judge[self.groups.first]

    @property
    def battle(self) -> NDArray[np.int32]:
        return self.games.battle[self.groups.first]


def outcomes_of_orders(games: Games) -> tuple[Groups, Sides, Sides]:
    """Games by battle and judge, and the outcome of each order there: (g,) for a in the first slot, and for b."""
    groups, of_nobody = by_battle_and_judge(games), np.zeros(len(games), np.bool_)
    asked = AskedBattles(games, groups, of_nobody, groups.any(of_nobody))
    kind, outcomes = asked.ruled(lambda played: (outcome_of_order(played, "ab"), outcome_of_order(played, "ba")))
    ab, ba = np.array([[CODE[side] for side in both] for both in outcomes], dtype=np.int8).reshape(-1, 2)[kind].T
    return groups, ab, ba


# --- a judge's games on a battle as one ------------------------------------------------------------------------------


def _by_judge(asked: AskedBattles, combiner: str, margins: Margins) -> CombinedOutcomes:
    games, groups = asked.games, asked.groups
    kind, decisions = asked.ruled(lambda played: combine(combiner, played), with_scores=combiner in WITH_SCORES)
    side = asked.graded(margins)
    # At most two comparisons a group: the share won, and the share lost.
    outcome, weight = np.zeros((len(decisions) + 1, 2), np.int8), np.zeros((len(decisions) + 1, 2))
    n = np.zeros(len(decisions) + 1, np.int64)
    for number, decision in enumerate(decisions):
        n[number] = len(decision.comparisons)
        for row, (winner, share) in enumerate(decision.comparisons):
            outcome[number, row], weight[number, row] = CODE[winner], share
    outcomes, weights, n_rows = outcome[kind], weight[kind], np.where(asked.is_graded, side != NONE, n[kind])
    outcomes[asked.is_graded, 0], weights[asked.is_graded, 0] = side[asked.is_graded], 1.0
    causes = [*dict.fromkeys(decision.cause for decision in decisions), NOT_GRADED]
    cause = np.array([*(causes.index(decision.cause) for decision in decisions), len(causes) - 1])[kind]
    group = np.repeat(np.arange(len(groups)), n_rows)
    row = np.arange(len(group)) - np.repeat(np.cumsum(n_rows) - n_rows, n_rows)
    place = groups.first[group]
    rows = Rows.of_games(games, place, outcomes[group, row], weight=weights[group, row])
    return CombinedOutcomes(rows, place, len(groups), _counted_causes(cause[n_rows == 0], causes))


# --- a panel's votes on a battle as one ------------------------------------------------------------------------------


def _by_panel(asked: AskedBattles, margins: Margins, weights: Mapping[int, float] | None) -> CombinedOutcomes:
    """The jurors are the judges that were asked about the battle; their order does not matter."""
    side, judge = asked.sides(margins), asked.judge
    panels = grouped(asked.battle.astype(np.int64), within=judge)
    kind, examples = kinds_of(panels, np.unique(judge, return_inverse=True)[1] * (len(SIDES) + 1) + side + 1)
    decisions = [_decision([(int(judge[row]), _side(side[row])) for row in rows.tolist()], weights) for rows in examples]
    outcome = np.array([CODE[winner] for winner, _ in decisions], dtype=np.int8)[kind] if decisions else np.zeros(0, np.int8)
    causes = [*dict.fromkeys(why for _, why in decisions)]
    cause = np.array([causes.index(why) for _, why in decisions])[kind] if decisions else kind
    is_decided = outcome != NONE
    # Any game of each battle: all have the same prompt and answers.
    place = asked.groups.first[panels.first][is_decided]
    rows = Rows.of_games(asked.games, place, outcome[is_decided], has_judge=False)
    return CombinedOutcomes(rows, place, len(panels), _counted_causes(cause[~is_decided], causes))


def _side(code: np.int8) -> Side | None:
    return None if code == NONE else SIDES[code]


def _decision(jurors: Sequence[tuple[int, Side | None]], weights: Mapping[int, float] | None) -> tuple[Side | None, str]:
    weighed = [JurorVote(str(judge), side, 1.0 if weights is None else weights.get(judge, 0.0)) for judge, side in jurors]
    decision = (strict_majority if weights is None else weighted_majority)(weighed)
    return decision.outcome, decision.cause


def _counted_causes(cause: Places, causes: Sequence[str]) -> Counter[str]:
    return Counter({causes[code]: n for code, n in counts_in_order(cause).items()})
