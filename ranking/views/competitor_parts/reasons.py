"""Why voters preferred a model's answers, and why those of others to them: shares of its newest battles' votes."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from arena.evidence.voting import Reason
from arena.models import Battle, Vote
from arena.outcomes import Outcome
from ranking.views.board_table import Axis, axis_over
from ranking.views.competitor_parts.opponents import wilson_percent
from ranking.views.whiskers import Whisker, whisker_of

MOST_BATTLES = 500  # read on each side: a page does not read a million votes
LEAST = 5  # votes with a reason, won and lost: fewer would tell of single voters


@dataclass(frozen=True, slots=True)
class ReasonShare:
    """In per cent of the votes that gave any reason; `difference` in percentage points with Newcombe's interval."""

    name: str
    won: float
    lost: float
    difference: float
    low: float
    high: float
    whisker: Whisker


@dataclass(frozen=True, slots=True)
class Reasons:
    rows: list[ReasonShare]
    axis: Axis
    zero: str
    n_won: int
    n_lost: int


def reasons_for(competitor: int) -> Reasons | None:
    """The reasons, or None if fewer than `LEAST` votes for or against the model gave one."""
    won, lost, n_won, n_lost = Counter[str](), Counter[str](), 0, 0
    for is_won, given in _given(competitor):
        if is_won:
            n_won += 1
            won.update(given)
        else:
            n_lost += 1
            lost.update(given)
    if min(n_won, n_lost) < LEAST:
        return None
    shares = {name: _difference(won[name], n_won, lost[name], n_lost) for name in {*won, *lost}}
    limits = [value for _, _, *ends in shares.values() for value in ends]
    axis = axis_over([0.0, *limits])
    labels = dict(Reason.choices)
    rows = [
        ReasonShare(str(labels.get(name, name)), share_won, share_lost, middle, low, high, whisker_of(axis, middle, low, high))
        for name, (share_won, share_lost, middle, low, high) in shares.items()
    ]
    rows.sort(key=lambda row: (-row.difference, row.name))
    return Reasons(rows, axis, f"{axis.at(0.0):.2f}%", n_won, n_lost)


def _given(competitor: int) -> Iterable[tuple[bool, set[str]]]:
    """Whether it was preferred, and why, of decided votes with a reason on the newest battles."""
    of_a = Battle.objects.filter(competitor_a=competitor).order_by("-pk").values_list("pk", flat=True)[:MOST_BATTLES]
    of_b = Battle.objects.filter(competitor_b=competitor).order_by("-pk").values_list("pk", flat=True)[:MOST_BATTLES]
    votes = Vote.objects.counted().filter(battle__in=[*of_a, *of_b], outcome__in=[Outcome.A, Outcome.B]).exclude(reasons=[])
    for reasons, outcome, a in votes.order_by("pk").values_list("reasons", "outcome", "battle__competitor_a"):
        yield (outcome == Outcome.A) == (a == competitor), {str(reason) for reason in reasons}


def _difference(won: int, n_won: int, lost: int, n_lost: int) -> tuple[float, float, float, float, float]:
    """Both shares, their difference and its limits, per cent: R. G. Newcombe, Statistics in Medicine 17, 1998, method 10."""
    low_1, p_1, high_1 = wilson_percent(won, n_won)
    low_2, p_2, high_2 = wilson_percent(lost, n_lost)
    below, above = math.hypot(p_1 - low_1, high_2 - p_2), math.hypot(high_1 - p_1, p_2 - low_2)
    return p_1, p_2, p_1 - p_2, p_1 - p_2 - below, p_1 - p_2 + above
