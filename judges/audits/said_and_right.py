"""What a judge says against what is right: by how strongly it says so, and by the chance that it states."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal, get_args

from judges.audits.figures.figure import wilson
from judges.audits.figures.human_agreement import N_BINS
from judges.audits.figures.inputs import AuditGame, AuditItem

type Strength = Literal["much", "better", "level"]


@dataclass(frozen=True, slots=True)
class SaidSo:
    """Replies of one strength on labelled battles: how many the label agrees with, knows as level, or contradicts."""

    strength: Strength
    n_same: int
    n_level: int
    n_other: int


@dataclass(frozen=True, slots=True)
class ChanceBin:
    """Battles to which it gives a like chance: the mean chance, and the share in which that answer is the better one."""

    stated: float
    observed: float
    low: float
    high: float
    n: int


def said_and_right(games: Sequence[AuditGame], items: Sequence[AuditItem]) -> tuple[SaidSo, ...]:
    """Every verdict on a labelled battle, the strongest first.

    Examples
    --------
    >>> from judges.verdicts.verdict import Verdict
    >>> verdicts = Verdict("first", 2), Verdict("tie")
    >>> games = [AuditGame("1", "p", "x", "y", order, 0, each) for order, each in zip(("ab", "ba"), verdicts, strict=True)]
    >>> said_and_right(games, [AuditItem("1", "p", "x", "y", None, "a")])
    (SaidSo(strength='much', n_same=1, n_level=0, n_other=0), SaidSo(strength='level', n_same=0, n_level=0, n_other=1))
    """
    labels = {item.battle: item.human for item in items if item.human}
    counts: Counter[tuple[Strength, str]] = Counter()
    for game in games:
        label, outcome = labels.get(game.battle), game.played.outcome
        if game.verdict is None or outcome is None or label is None or not game.is_of_the_judge:
            continue
        is_level, label_is_level = outcome not in ("a", "b"), label not in ("a", "b")
        strength: Strength = "level" if is_level else "much" if game.verdict.strength == 2 else "better"
        right = "same" if outcome == label or (is_level and label_is_level) else "level" if label_is_level else "other"
        counts[strength, right] += 1
    rows = [
        SaidSo(strength, *(counts[strength, right] for right in ("same", "level", "other")))
        for strength in get_args(Strength.__value__)
    ]
    return tuple(row for row in rows if row.n_same + row.n_level + row.n_other)


def chance_bins(items: Sequence[AuditItem]) -> tuple[ChanceBin, ...]:
    """Of battles where the judge states a chance and the label names a winner, in tenths of the chance that a is better.

    Examples
    --------
    >>> items = [AuditItem(str(n), str(n), "x", "y", "a", "a" if n < 3 else "b", probability=0.75) for n in range(4)]
    >>> (tenth,) = chance_bins(items)
    >>> tenth.stated, tenth.observed, round(tenth.low, 2), round(tenth.high, 2), tenth.n
    (0.75, 0.75, 0.3, 0.95, 4)
    """
    stated: dict[int, list[tuple[float, bool]]] = {}
    for item in items:
        if item.probability is not None and item.human in ("a", "b"):
            tenth = min(int(item.probability * N_BINS), N_BINS - 1)
            stated.setdefault(tenth, []).append((item.probability, item.human == "a"))
    return tuple(_bin(pairs) for _, pairs in sorted(stated.items()))


def _bin(pairs: Sequence[tuple[float, bool]]) -> ChanceBin:
    n, n_right = len(pairs), sum(is_a for _, is_a in pairs)
    low, high = wilson(n_right, n)
    return ChanceBin(fmean(chance for chance, _ in pairs), n_right / n, low, high, n)
