"""Rows of games -> columns: two packed integers a game come out of the database, as objects of Python cost most of a reading.

Points and marks, which most games lack, and the battles of the games are read by statements of their own.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import batched, chain
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from arena.evidence.vote_tally import NO_PROMPT
from judges.verdicts.verdict_columns import NONE, stored_verdicts
from ranking.comparisons.game_columns import DTYPES, MARK_A, MARK_B, STATES, Games

type Ints = NDArray[np.int64]

ROWS_A_READ = 2_000
READS_A_CHUNK = 32
FEW = 5_000  # up to so many games are read with their battles in one statement
ID = 2**31  # no id reaches it
JUDGE = 2**28

# By bits: order 0, winner 1-3, strength 4-5, state 6-9, counted 10, scored 11, marked 12, repeat 13-27. A game that is being
# played again has no state: how it had ended is put in its place (see `game_history`).
PACKED = f"""
    SELECT game.id * {ID} + game.battle_id,
           game.judge_id * {JUDGE} + game.repeat * 8192 + CASE game."order" WHEN 'ba' THEN 1 ELSE 0 END
           + CASE game.winner WHEN '' THEN 0 WHEN 'first' THEN 2 WHEN 'second' THEN 4 WHEN 'tie' THEN 6 ELSE 8 END
           + CASE WHEN game.strength IS NULL THEN 0 WHEN game.strength > 2 THEN 48 ELSE game.strength * 16 END
           + CASE game.state {" ".join(f"WHEN '{state.value}' THEN {64 * code}" for code, state in enumerate(STATES))}
             ELSE 0 END
           + CASE WHEN game.is_counted THEN 1024 ELSE 0 END
           + CASE WHEN game.score_first IS NULL THEN 0 ELSE 2048 END
           + CASE WHEN game.taints = '[]' THEN 0 ELSE 4096 END
"""  # our own words  # nosec B608
POINTS = "SELECT game.id, game.score_first, game.score_second"
MARKS = "SELECT game.id, CAST(game.taints AS text)"
SIDES = f", coalesce(battle.prompt_id, {NO_PROMPT}), battle.competitor_a_id * {ID} + battle.competitor_b_id"
WITH_BATTLE = "JOIN arena_battle AS battle ON battle.id = game.battle_id"
BATTLES = f"""
    SELECT id * {ID} + coalesce(prompt_id, {NO_PROMPT}) + 1, competitor_a_id * {ID} + competitor_b_id FROM arena_battle
    WHERE arena_id = %s AND id BETWEEN %s AND %s"""  # noqa: S608  # our own numbers  # nosec B608


@dataclass(frozen=True, slots=True)
class Where:
    """Which games are read: joins, condition, and parameters."""

    joined: str
    condition: str
    values: tuple[int, ...]

    def sql(self, columns: str, *, joined: str = "", more: str = "") -> str:
        return f"{columns} FROM judges_game AS game {self.joined} {joined} WHERE {self.condition} {more}"


def decided_between(arena_id: int, after: int, position: int) -> Where:
    """Games whose present ending is at these positions of the ledger."""
    joined = "JOIN arena_event AS event ON event.id = game.event_id"
    return Where(joined, "event.arena_id = %s AND event.position > %s AND event.position <= %s", (arena_id, after, position))


def read_games(arena_id: int, where: Where) -> Games:
    """As they are now, not as of a position."""
    few = [*_integers(where.sql(PACKED + SIDES, joined=WITH_BATTLE, more=f"LIMIT {FEW + 1}"), where.values, 4)]
    is_whole = sum(map(len, few)) <= FEW
    reads = iter(few) if is_whole else _integers(where.sql(PACKED), where.values, 2)
    chunks = [_unpacked(np.concatenate(some)) for some in batched(reads, READS_A_CHUNK)]
    games = Games.joined([games for games, *_ in chunks])
    scored, tainted = (np.concatenate([chunk[i] for chunk in chunks]) if chunks else np.zeros(0, bool) for i in (1, 2))
    del chunks
    games = _with_marks(_with_points(games, where, scored), where, tainted).in_order()
    return games if is_whole else _with_battles(games, arena_id)


def read_games_of(arena_id: int, ids: Sequence[int]) -> Games:
    """Those with these numbers."""
    parts = [
        read_games(arena_id, Where("", f"game.id IN ({', '.join('%s' for _ in some)})", tuple(some)))
        for some in batched(sorted(ids), FEW)
    ]
    return Games.joined(parts)


def _integers(sql: str, values: Sequence[int], n_columns: int) -> Iterator[Ints]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(ROWS_A_READ):
            yield np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=n_columns * len(rows)).reshape(-1, n_columns)


def _split(packed: Ints, unit: int) -> tuple[Ints, Ints]:
    """What is counted in the unit, a power of two, and the rest."""
    return packed >> (unit.bit_length() - 1), packed & (unit - 1)


def _unpacked(rows: Ints) -> tuple[Games, NDArray[np.bool_], NDArray[np.bool_]]:
    """With which of them have points, and which are marked; the columns of their battles are zeros where they were not read."""
    (game, battle), (judge, code) = _split(rows[:, 0], ID), _split(rows[:, 1], JUDGE)
    code = code.astype(np.int32)
    columns: dict[str, NDArray[Any]] = {
        "game": game, "judge": judge, "battle": battle, "order": code & 1, "winner": (code >> 1 & 7) - 1,
        "strength": code >> 4 & 3, "state": code >> 6 & 15, "stands": code >> 10 & 1, "repeat": code >> 13,
        "score": np.full(len(rows), -1),
    }  # fmt: skip
    if rows.shape[1] > 2:
        a, b = _split(rows[:, 3], ID)
        columns |= {"prompt": rows[:, 2], "a": a, "b": b}
    nothing = np.zeros(len(rows), np.int8)
    typed = {name: columns.get(name, nothing).astype(dtype) for name, dtype in DTYPES.items()}
    return Games(**typed, points=np.zeros((0, 2))), (code >> 11 & 1) > 0, (code >> 12 & 1) > 0


def _with_points(games: Games, where: Where, scored: NDArray[np.bool_]) -> Games:
    first, second = np.full((2, len(games)), np.nan) if scored.any() else (np.broadcast_to(np.nan, len(games)),) * 2
    if scored.any():
        at, points = _points(games, where)
        first[at], second[at] = points.T
    verdicts = stored_verdicts(games.winner, games.strength, first, second)
    kept = scored & (verdicts.has_scores | ((games.winner == NONE) & ~np.isnan(first)))
    n = int(np.count_nonzero(kept))
    points = np.column_stack([first[kept], second[kept]]) if n else games.points
    score = np.full(len(games), -1, np.int32)
    score[kept] = np.arange(n)
    columns = {name: getattr(games, name) for name in DTYPES} | {"strength": verdicts.strength, "score": score}
    return Games(**columns, points=points)


def _points(games: Games, where: Where) -> tuple[Ints, NDArray[np.float64]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(where.sql(POINTS, more="AND game.score_first IS NOT NULL"), where.values)
        parts = []
        while rows := cursor.fetchmany(ROWS_A_READ):
            parts.append(np.array(rows, dtype=np.float64))
    table = np.concatenate([np.zeros((0, 3)), *parts])
    at, known = _places(games, table[:, 0].astype(np.int64))
    return at, table[known, 1:]


def _with_marks(games: Games, where: Where, tainted: NDArray[np.bool_]) -> Games:
    if not tainted.any():
        return games
    with connection.chunked_cursor() as cursor:
        cursor.execute(where.sql(MARKS, more="AND game.taints <> '[]'"), where.values)
        rows = cursor.fetchall()
    at, known = _places(games, np.array([game for game, _ in rows], dtype=np.int64))
    games.marked[at] = np.array([_sides(marks) for _, marks in rows], dtype=np.int8)[known]
    return games


def _places(games: Games, ids: Ints) -> tuple[Ints, NDArray[np.bool_]]:
    """The places of these games among the existing ones, and which of them exist."""
    order = np.argsort(games.game, kind="stable")
    place = np.minimum(np.searchsorted(games.game, ids, sorter=order), len(games) - 1)
    nearest = order[place]
    known = games.game[nearest] == ids
    return nearest[known], known


@cache
def _sides(marks: str) -> int:
    """Of marks such as "a: label"; one that names no side is on both."""
    sides = 0
    for mark in json.loads(marks):
        sides |= {"a:": MARK_A, "b:": MARK_B}.get(mark[:2], MARK_A | MARK_B)
    return sides


def _with_battles(games: Games, arena_id: int) -> Games:
    """With the columns of their battles; a battle never changes its prompt or sides."""
    if not len(games):
        return games
    low, high = int(games.battle.min()), int(games.battle.max())
    rows = np.concatenate([np.zeros((0, 2), np.int64), *_integers(BATTLES, (arena_id, low, high), 2)])
    rows = rows[np.argsort(rows[:, 0])]
    (number, prompt), (a, b) = _split(rows[:, 0], ID), _split(rows[:, 1], ID)
    place = np.searchsorted(number, games.battle)
    whole = {name: getattr(games, name) for name in DTYPES}
    whole |= {name: column.astype(np.int32)[place] for name, column in (("prompt", prompt - 1), ("a", a), ("b", b))}
    return Games(**whole, points=games.points)
