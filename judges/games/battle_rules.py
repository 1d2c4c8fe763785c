"""What every rule makes of the games on one battle, judge by judge, and the chance that a judge states."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from judges.games.battle_games import BattleGames
from judges.models import Game, Judge
from judges.translated_sayings import translated
from judges.verdicts.combiner_texts import COMBINER_TEXTS
from judges.verdicts.combiners import COMBINERS, combine

MOST_JUDGES = 8
"""Wider tables cannot be read on a page."""

OUTCOMES = {"a": "A", "b": "B", "tie": gettext_lazy("tie"), "both_bad": gettext_lazy("both bad")}


@dataclass(frozen=True, slots=True)
class RuleCell:
    """The outcome in a word, and its side if it is one; without an outcome, why not."""

    side: str
    words: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    name: str
    line: str
    cells: Sequence[RuleCell]


@dataclass(frozen=True, slots=True)
class BattleRules:
    """Judges as columns, rules as lines; chances in per cent that A is better, None where a judge states none."""

    judges: Sequence[Judge]
    lines: Sequence[RuleLine]
    chances: Sequence[float | None]
    n_more: int

    @property
    def has_chances(self) -> bool:
        return any(chance is not None for chance in self.chances)

    @property
    def is_one(self) -> bool:
        """Whether every rule makes the same of each judge's games."""
        return len({tuple(cell.words for cell in line.cells) for line in self.lines}) == 1


def rules_on(games: BattleGames) -> BattleRules | None:
    """Of the counted games that compare two answers; None where there are none."""
    by_judge: dict[Judge, list[Game]] = {}
    for row in games.rows:
        if row.game.is_counted and row.game.state and (row.game.winner or row.game.score_first is None):
            by_judge.setdefault(row.game.judge, []).append(row.game)
    by_judge = {judge: played for judge, played in by_judge.items() if any(game.winner for game in played)}
    if not by_judge:
        return None
    judges = list(by_judge)[:MOST_JUDGES]
    lines = [
        RuleLine(_(COMBINER_TEXTS[rule].name), _(COMBINER_TEXTS[rule].line), [_cell(rule, by_judge[judge]) for judge in judges])
        for rule in COMBINER_TEXTS
        if rule in COMBINERS
    ]
    return BattleRules(judges, lines, [_chance(by_judge[judge]) for judge in judges], len(by_judge) - len(judges))


def _cell(rule: str, games: Sequence[Game]) -> RuleCell:
    decision = combine(rule, [game.played for game in games])
    if decision.outcome is None:
        return RuleCell("", _("nothing"), translated(decision.why))
    side = decision.outcome if decision.outcome in ("a", "b") else ""
    return RuleCell(side, str(OUTCOMES[decision.outcome]), "")


def _chance(games: Sequence[Game]) -> float | None:
    """Points of the two slots that add up to 1 are chances; each order alike."""
    by_order: dict[str, list[float]] = {}
    for game in games:
        first, second = game.score_first, game.score_second
        if first is None or second is None or min(first, second) <= 0 or abs(first + second - 1) > 1e-9:
            return None
        by_order.setdefault(game.order, []).append(first if game.order == Game.Order.AB else second)
    return 100 * fmean(map(fmean, by_order.values())) if by_order else None
