"""The battles behind verdicts that a snapshot counted.

It loads the library that fits: pages import it where they use it.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from ranking.boards.publishing import prompts_then
from ranking.comparisons.judge_comparisons import judged_battles
from ranking.comparisons.judge_selection import SelectionRules
from ranking.models import Snapshot

type Part = tuple[int, int, bool, int | None, int | None]
"""Winner and loser, or the two of a tie; on boards with slot intercepts a judge, and who was shown first (see `SwapPart`)."""

ANY_TIE = 2


@lru_cache(maxsize=256)  # a snapshot does not change; its games are read as a whole
def battles_of_parts(key: str, parts: Sequence[Part]) -> list[list[int]]:
    """Of each part of a board of judges, the battle of each of its verdicts, in order."""
    snapshot = Snapshot.objects.select_related("leaderboard").get(key=key)
    parameters = snapshot.parameters
    rows, battle = judged_battles(
        snapshot.leaderboard.arena_id, snapshot.watermark, SelectionRules.of(parameters), prompts=prompts_then(snapshot),
        without=parameters.get("without", ()),
    )  # fmt: skip
    battles = []
    for winner, loser, is_tie, judge, first in parts:
        taken = np.zeros(len(rows), dtype=np.bool_)
        for a, b, won in ((winner, loser, 0), (loser, winner, 1)):
            is_so = (rows.a == a) & (rows.b == b) & ((rows.outcome >= ANY_TIE) if is_tie else (rows.outcome == won))
            if judge is not None and first is not None:
                is_so &= (rows.judge == judge) & (rows.first == (first if won == 0 or first < 0 else 1 - first))
            taken |= is_so
        battles.append(sorted(battle[taken].tolist()))
    return battles
