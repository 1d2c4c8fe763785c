"""Comparisons one by one as columns, with who judged and which slot each answer stood in."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ranking.comparisons.game_columns import Games
from ranking.maths import Comparisons, Tally

type Ids = NDArray[np.int32]
type SmallCodes = NDArray[np.int8]
type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

UNKNOWN = -1
ROWS_A_PART = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Comparisons, all (n,).

    Attributes
    ----------
    prompt, a, b : int32
        Ids; prompt -1 = none.
    outcome : int8
        Place in `OUTCOMES`.
    first : int8
        Who stood in the first slot: 0 = a, 1 = b, -1 = no matter or not known.
    judge : int32
        -1 = a person, or a panel.
    weight : float64
    """

    prompt: Ids
    a: Ids
    b: Ids
    outcome: SmallCodes
    first: SmallCodes
    judge: Ids
    weight: Floats

    @classmethod
    def of(
        cls,
        prompt: NDArray[Any],
        a: NDArray[Any],
        b: NDArray[Any],
        outcome: NDArray[Any],
        first: NDArray[Any],
        judge: NDArray[Any],
        weight: NDArray[Any],
    ) -> "Rows":
        ids = (np.asarray(column, dtype=np.int32) for column in (prompt, a, b, judge))
        prompt, a, b, judge = ids
        codes = (np.asarray(column, dtype=np.int8) for column in (outcome, first))
        return cls(prompt, a, b, *codes, judge, np.asarray(weight, dtype=np.float64))

    @classmethod
    def of_games(
        cls,
        games: Games,
        place: NDArray[np.int64],
        outcome: SmallCodes,
        *,
        first: SmallCodes | None = None,
        weight: Floats | None = None,
        has_judge: bool = True,
    ) -> "Rows":
        """The comparisons that games at these places make."""
        n = len(place)
        is_all = n == len(games) and bool((place[1:] > place[:-1]).all())
        prompt, a, b, judge = (column if is_all else column[place] for column in (games.prompt, games.a, games.b, games.judge))
        nobody = np.full(n, UNKNOWN)
        first, judge = nobody if first is None else first, judge if has_judge else nobody
        return cls.of(prompt, a, b, outcome, first, judge, np.ones(n) if weight is None else weight)

    def __len__(self) -> int:
        return len(self.prompt)

    def columns(self) -> tuple[NDArray[Any], ...]:
        return tuple(getattr(self, each.name) for each in fields(self))

    def where(self, mask: Bools) -> "Rows":
        return Rows(*(column[mask] for column in self.columns()))

    def followed_by(self, more: "Rows") -> "Rows":
        both = zip(self.columns(), more.columns(), strict=True)
        return Rows(*(np.concatenate([mine, others]) for mine, others in both))

    def tally(self) -> Tally:
        return Tally.from_arrays(self.prompt, self.a, self.b, self.outcome)

    def digest(self) -> str:
        """SHA-256 of the rows as little-endian float64, in an order of their own."""
        sha = hashlib.sha256()
        for part in _ordered_parts(self.columns()):
            sha.update(np.column_stack(part).astype("<f8").tobytes())
        return sha.hexdigest()

    def comparisons(self, names: dict[int, str]) -> Comparisons:
        """Ready to fit; the order of `names` (by competitor id) is that of the comparisons' names."""
        ids = np.fromiter(names, dtype=np.int64, count=len(names))
        unknown = np.setdiff1d(np.union1d(distinct(self.a), distinct(self.b)), ids)
        if len(unknown):
            raise KeyError(f"competitor {unknown[0]} has comparisons but no name")
        order = np.argsort(ids)
        a, b = (order[np.searchsorted(ids, side, sorter=order)].astype(np.int32) for side in (self.a, self.b))
        prompts = distinct(self.prompt)
        prompt = np.searchsorted(prompts, self.prompt).astype(np.int32)
        return Comparisons(
            names=tuple(names.values()),
            a=a,
            b=b,
            outcome=self.outcome,
            weight=self.weight,
            prompt=np.where(self.prompt >= 0, prompt, np.int32(UNKNOWN)),
            judge=self.judge,
            first=self.first,
        )


def distinct(ids: Ids) -> Ids:
    """Sorted, each once; by flags where these are few, which sorts nothing."""
    low, high = int(ids.min(initial=0)), int(ids.max(initial=0))
    if high - low > 8 * len(ids):
        return np.unique(ids)
    met = np.zeros(high - low + 1, dtype=np.bool_)
    met[ids - low] = True
    return (np.flatnonzero(met) + low).astype(ids.dtype)


def _values(column: NDArray[Any]) -> NDArray[Any]:
    if column.dtype != np.float64:
        return distinct(column)
    return column[:1] if (column == column[:1]).all() else np.unique(column)


def _ordered_parts(columns: tuple[NDArray[Any], ...]) -> Iterator[list[NDArray[Any]]]:
    """The rows sorted by the first column, then the second and so on, some at a time."""
    n, values = len(columns[0]), [_values(column) for column in columns]
    size = float(np.prod([float(len(each)) for each in values]))
    if size >= 2**62:  # more than one number a row can hold
        order = np.lexsort(columns[::-1])
        yield from ([column[order[i : i + ROWS_A_PART]] for column in columns] for i in range(0, n, ROWS_A_PART))
        return
    key = np.zeros(n, dtype=np.int64)
    for column, known in zip(columns, values, strict=True):
        key *= max(len(known), 1)
        if len(known) > 1:
            key += np.searchsorted(known, column)
    key.sort()
    for i in range(0, n, ROWS_A_PART):
        rest, part = key[i : i + ROWS_A_PART], list[NDArray[Any]]()
        for known in reversed(values):
            rest, place = np.divmod(rest, len(known))
            part.append(known[place])
        yield part[::-1]
