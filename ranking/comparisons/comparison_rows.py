"""Comparisons as columns, with the judge and the slot of each answer."""

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
        return cls(
            prompt=np.asarray(prompt, dtype=np.int32),
            a=np.asarray(a, dtype=np.int32),
            b=np.asarray(b, dtype=np.int32),
            outcome=np.asarray(outcome, dtype=np.int8),
            first=np.asarray(first, dtype=np.int8),
            judge=np.asarray(judge, dtype=np.int32),
            weight=np.asarray(weight, dtype=np.float64),
        )

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

    @property
    def competitors(self) -> Ids:
        """Competitors with a comparison, each once."""
        return np.union1d(distinct(self.a), distinct(self.b))

    def where(self, mask: Bools) -> "Rows":
        return Rows(*(column[mask] for column in self.columns()))

    def followed_by(self, more: "Rows") -> "Rows":
        both = zip(self.columns(), more.columns(), strict=True)
        return Rows(*(np.concatenate([mine, others]) for mine, others in both))

    def tally(self) -> Tally:
        return Tally.from_arrays(self.prompt, self.a, self.b, self.outcome)

    def digest(self) -> str:
        """SHA-256 of the rows as little-endian float64, in a canonical order."""
        sha = hashlib.sha256()
        for part in ordered_parts(self.columns()):
            sha.update(np.column_stack(part).astype("<f8").tobytes())
        return sha.hexdigest()

    def comparisons(self, names: dict[int, str]) -> Comparisons:
        """Ready to fit; the order of `names` (by competitor id) is that of the comparisons' names."""
        ids = np.fromiter(names, dtype=np.int64, count=len(names))
        unknown = np.setdiff1d(self.competitors, ids)
        if len(unknown):
            raise KeyError(f"competitor {unknown[0]} has comparisons but no name")
        place = np.zeros(int(ids.max(initial=-1)) + 1, dtype=np.int32)
        place[ids] = np.arange(len(ids))
        prompts, prompt = coded(self.prompt)
        if len(prompts) and prompts[0] < 0:
            prompt = np.where(self.prompt >= 0, prompt, np.int32(UNKNOWN))
        return Comparisons(
            names=tuple(names.values()),
            a=place[self.a],
            b=place[self.b],
            outcome=self.outcome,
            weight=self.weight,
            prompt=prompt,
            judge=self.judge,
            first=self.first,
        )


def distinct(ids: NDArray[Any]) -> NDArray[Any]:
    """Sorted distinct values; found by flags if ids are dense, which needs no sorting."""
    if not _are_close(ids):
        return np.unique(ids)
    low, met = _flags(ids)
    return (np.flatnonzero(met) + low).astype(ids.dtype)


def coded(values: NDArray[Any]) -> tuple[NDArray[Any], Ids]:
    """Each value once, in order; and the place of every value among them, (n,).

    Examples
    --------
    >>> [each.tolist() for each in coded(np.array([7, 3, 7]))]
    [[3, 7], [1, 0, 1]]
    """
    if values.dtype.kind == "f" or not _are_close(values):
        distinct_values, codes = np.unique(values, return_inverse=True)
        return distinct_values, codes.astype(np.int32)
    low, met = _flags(values)
    place = np.cumsum(met, dtype=np.int32) - 1
    return (np.flatnonzero(met) + low).astype(values.dtype), place[values.astype(np.int64) - low]


def _are_close(ids: NDArray[Any]) -> bool:
    return len(ids) > 0 and int(ids.max()) - int(ids.min()) <= 8 * len(ids) + 1_000


def _flags(ids: NDArray[Any]) -> tuple[int, Bools]:
    """The lowest, and which of those from it on are there."""
    low = int(ids.min())
    met = np.zeros(int(ids.max()) - low + 1, dtype=np.bool_)
    met[ids.astype(np.int64) - low] = True
    return low, met


def ordered_parts(columns: tuple[NDArray[Any], ...]) -> Iterator[list[NDArray[Any]]]:
    """The rows sorted by the first column, then the second and so on, some at a time."""
    n, key, size = len(columns[0]), np.zeros(len(columns[0]), dtype=np.int64), 1
    values = list[NDArray[Any]]()
    for column in columns:
        distinct_values, codes = (column[:1], None) if (column == column[:1]).all() else coded(column)
        values.append(distinct_values)
        size *= max(len(distinct_values), 1)
        if size >= 2**62:  # more than one number a row can hold
            order = np.lexsort(columns[::-1])
            yield from ([each[order[i : i + ROWS_A_PART]] for each in columns] for i in range(0, n, ROWS_A_PART))
            return
        if codes is not None:
            key *= len(distinct_values)
            key += codes
    key.sort()
    for i in range(0, n, ROWS_A_PART):
        rest, part = key[i : i + ROWS_A_PART], list[NDArray[Any]]()
        for distinct_values in reversed(values):
            rest, place = (
                np.divmod(rest, len(distinct_values)) if len(distinct_values) > 1 else (rest, np.zeros(len(rest), np.int64))
            )
            part.append(distinct_values[place])
        yield part[::-1]
