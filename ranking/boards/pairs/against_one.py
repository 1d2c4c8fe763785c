"""Shares of points that models won against one of them, as boards with a baseline print them.

It loads the library that fits: pages import it where they use it.
"""

from functools import lru_cache

import numpy as np

from ranking.boards.pairs.meetings import NOBODY, ClusteredShare, Ints, Meetings, n_known_prompts, points_of
from ranking.boards.publishing import source_then
from ranking.comparisons.judge_comparisons import JudgedEvidence
from ranking.maths.data.packing import SWAPPED
from ranking.models import Snapshot

type Share = tuple[ClusteredShare, float, int]
"""The share with its interval, results, and prompts."""


@lru_cache(maxsize=64)  # a snapshot does not change
def shares_against(key: str, baseline: int) -> dict[int, Share]:
    """By competitor, of those that met the baseline; a tie (or both bad) is half a point."""
    snapshot = Snapshot.objects.select_related("leaderboard").get(key=key)
    other, met = _met(snapshot, baseline)
    order = np.argsort(other, kind="stable")
    opponents, starts = np.unique(other[order], return_index=True)
    parts = np.split(order, starts[1:]) if len(opponents) else []
    return {int(pk): _share(met.where(_mask(rows, len(other)))) for pk, rows in zip(opponents.tolist(), parts, strict=True)}


def _mask(rows: Ints, n: int) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    mask = np.zeros(n, dtype=np.bool_)
    mask[rows] = True
    return mask


def _share(met: Meetings) -> Share:
    return points_of(met), float(met.weight.sum()), n_known_prompts(met)


def _met(snapshot: Snapshot, baseline: int) -> tuple[Ints, Meetings]:
    """The opponent of each meeting with the baseline, and the meetings seen from these."""
    evidence = source_then(snapshot, from_rows=False).evidence
    if isinstance(evidence, JudgedEvidence):
        rows = evidence.rows
        prompt, a, b, outcome = (column.astype(np.int64) for column in (rows.prompt, rows.a, rows.b, rows.outcome))
        weight, repeats = rows.weight, np.ones(len(rows), dtype=np.int64)
    else:
        cells = evidence.tally.cells()
        columns = (cells.prompt, cells.a, cells.b, cells.outcome)
        prompt, a, b, outcome = (np.asarray(column, dtype=np.int64) for column in columns)
        weight, repeats = np.ones(len(prompt)), np.asarray(cells.count, dtype=np.int64)
    here = (a == baseline) | (b == baseline)
    prompt, a, b, outcome, weight = (
        np.repeat(column[here], repeats[here]) for column in (evidence.same.of(prompt), a, b, outcome, weight)
    )
    seen = np.where(b == baseline, outcome, SWAPPED[outcome]).astype(np.int64)
    nobody = np.full(len(prompt), NOBODY)
    return np.where(a == baseline, b, a), Meetings(prompt, seen, nobody, weight, nobody)
