"""Who agrees with whom: how often two judges say the same of the same battle, shown the same answer first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, Q

from arena.models import Arena
from judges.models import Game, Judge, JudgeAudit
from judges.models.games import WITH_VERDICT

MOST_OPEN = 12
"""With more judges the table of who agrees with whom is folded."""

STEPS = 4


@dataclass(frozen=True, slots=True)
class BesideJudge:
    """Another judge: games on which both have a verdict, and on how many they say the same."""

    judge: int
    n: int
    n_same: int


@dataclass(frozen=True, slots=True)
class JudgePair:
    """A cell: the share in per cent in which the two say the same, or nothing where they met on no game."""

    percent: float | None
    n: int
    shade: str


@dataclass(frozen=True, slots=True)
class JudgeRow:
    judge: Judge
    cells: Sequence[JudgePair | None]  # None: itself


def beside_others(judge: Judge, arena: Arena) -> list[BesideJudge]:
    """Game by game: the same battle, order and repeat. A tie and "both bad" are the same.

    No condition is negated: Django would look for battles without such a game.
    """
    other = "battle__games"
    mine = Game.objects.filter(
        Q(**{f"{other}__judge__lt": judge.pk}) | Q(**{f"{other}__judge__gt": judge.pk}),
        **{
            "judge": judge, "battle__arena": arena, "is_counted": True, "state__in": WITH_VERDICT, "winner__gt": "",
            f"{other}__order": F("order"), f"{other}__repeat": F("repeat"), f"{other}__is_counted": True,
            f"{other}__state__in": WITH_VERDICT, f"{other}__winner__gt": "",
        },
    )  # fmt: skip
    level = ("tie", "both_bad")
    same = Q(winner=F(f"{other}__winner")) | Q(**{"winner__in": level, f"{other}__winner__in": level})
    counted = mine.order_by(f"{other}__judge").values_list(f"{other}__judge").annotate(n=Count("pk"), n_same=Count("pk", same))
    return [BesideJudge(pk, n, n_same) for pk, n, n_same in counted]


def agreement_table(audits: Sequence[JudgeAudit]) -> list[JudgeRow]:
    """Every judge of these with each of the others; empty where no two have judged the same."""
    counts = {
        (audit.judge_id, each["judge"]): (each["n"], each["n_same"])
        for audit in audits
        for each in audit.coverage.get("beside", [])
    }
    listed = [audit.judge for audit in audits]
    met = {judge for (one, other), (n, _) in counts.items() if n for judge in (one, other)}
    shown = [judge for judge in listed if judge.pk in met]
    rows = [JudgeRow(judge, [_cell(counts, judge, other) for other in shown]) for judge in shown]
    return rows if len(rows) > 1 else []


def _cell(counts: Mapping[tuple[int, int], tuple[int, int]], judge: Judge, other: Judge) -> JudgePair | None:
    """By the audit of either that knows more games: they are made at different times."""
    if judge.pk == other.pk:
        return None
    n, n_same = max(counts.get((judge.pk, other.pk), (0, 0)), counts.get((other.pk, judge.pk), (0, 0)))
    if not n:
        return JudgePair(None, 0, "")
    percent = 100 * n_same / n
    step = min(int(abs(percent - 50) / 50 * STEPS) + 1, STEPS) if percent != 50 else 0
    return JudgePair(percent, n, f"{'u' if percent > 50 else 'd'}{step}" if step else "")
