"""Groups of games, and groups of the same pattern: most repeat a few patterns, so each is worked out once."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.comparisons.game_columns import Games

type Places = NDArray[np.int64]
type Bools = NDArray[np.bool_]

TABLE = 2**22  # codes below are looked up in a table; others are sorted


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows by group; groups in the order of their first rows, rows of a group in their own.

    Attributes
    ----------
    order : (n,) int64
        Places of rows, so that those of a group stand together.
    start, size : (g,) int64
        Where in `order` each group begins, and how many rows it has.
    number : (n,) int64
        The group of each row.
    """

    order: Places
    start: Places
    size: Places
    number: Places

    def __len__(self) -> int:
        return len(self.start)

    @property
    def first(self) -> Places:
        """The first row of each, (g,)."""
        return self.order[self.start]

    def where(self, mask: Bools) -> "Groups":
        """Some of the groups; `number` is not kept."""
        return self if mask.all() else replace(self, start=self.start[mask], size=self.size[mask], number=self.number[:0])

    def any(self, rows: Bools) -> Bools:
        """Which groups have one of these rows, (g,)."""
        return np.bincount(self.number[rows], minlength=len(self)) > 0


def grouped(key: Places, *, within: NDArray[np.integer[Any]] | None = None) -> Groups:
    """Rows with the same key; within a group in the order of another column, or as they come.

    Examples
    --------
    >>> groups = grouped(np.array([7, 5, 7]))
    >>> groups.order.tolist(), groups.start.tolist(), groups.size.tolist(), groups.number.tolist()
    ([1, 0, 2], [1, 0], [2, 1], [0, 1, 0])
    """
    order = np.argsort(key, kind="stable") if within is None else np.lexsort([within, key])
    ordered = key[order]
    is_new = np.ones(len(key), dtype=np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    start = np.flatnonzero(is_new)
    size = np.diff(np.append(start, len(key)))
    first = np.minimum.reduceat(order, start) if within is not None and len(key) else order[start]
    turn = np.argsort(first)
    rank = np.empty(len(start), dtype=np.int64)
    rank[turn] = np.arange(len(start))
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.repeat(rank, size)
    return Groups(order, start[turn], size[turn], number)


def by_battle_and_judge(games: Games) -> Groups:
    return grouped(games.battle.astype(np.int64) << 31 | games.judge)


def kinds_of(groups: Groups, code: Places) -> tuple[Places, list[Places]]:
    """The kind of each group, (g,), where groups with the same codes are of one kind; and the rows of one group of each kind.

    Examples
    --------
    >>> kind, examples = kinds_of(grouped(np.array([1, 1, 2, 2, 3])), np.array([8, 9, 8, 9, 8]))
    >>> kind.tolist(), [rows.tolist() for rows in examples]
    ([1, 1, 0], [[4], [0, 1]])
    """
    kind, examples = np.zeros(len(groups), dtype=np.int64), list[Places]()
    code, _ = _dense(code)
    n_codes = int(code.max(initial=0)) + 1
    for size in np.unique(groups.size).tolist():
        of_size = np.flatnonzero(groups.size == size)
        start = groups.start[of_size]
        key = np.zeros(len(of_size), dtype=np.int64)
        for row in range(size):
            key = key * n_codes + code[groups.order[start + row]]
            if row + 1 < size and (int(key.max()) + 1) * n_codes >= 2**62:
                key, _ = _dense(key)
        key, example = _dense(key)
        kind[of_size] = key + len(examples)
        examples += [groups.order[start[each] : start[each] + size] for each in example.tolist()]
    return kind, examples


def _dense(values: Places) -> tuple[Places, Places]:
    """Codes 0, 1, 2, ... of whole numbers from 0 on, by size, (n,); and the first place of each code."""
    most = int(values.max(initial=-1))
    if most >= TABLE:
        _, first, codes = np.unique(values, return_index=True, return_inverse=True)
        return codes, first
    seen = np.full(most + 1, -1, dtype=np.int64)
    seen[values[::-1]] = np.arange(len(values) - 1, -1, -1)
    known = seen >= 0
    return (np.cumsum(known) - 1)[values], seen[known]


def codes_of(games: Games, *, with_scores: bool = False) -> Places:
    """One number a game for what a rule can see of it: order, repeat and verdict; with its scores only where they matter."""
    code = games.repeat.astype(np.int64) * 2 + games.order
    code = (code * 5 + games.winner + 1) * 3 + games.strength
    if with_scores and (games.score >= 0).any():
        pairs = np.full((len(games), 2), -np.inf)
        scored = games.score >= 0
        pairs[scored] = games.points[games.score[scored]]
        both = np.unique(pairs, axis=0, return_inverse=True, equal_nan=True)[1].ravel()
        code = code * (int(both.max()) + 1) + both
    return code
