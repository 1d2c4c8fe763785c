"""Names for the array types of this library, read-only arrays, and the chunk size that bounds memory."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

type Floats = NDArray[np.float64]
type Ints = NDArray[np.int64]
type Codes = NDArray[np.int32]
type SmallCodes = NDArray[np.int8]
type Bools = NDArray[np.bool_]

# np.bincount and np.unique cast what they are given to int64: by chunks that copy stays small.
CHUNK_ROWS = 262_144


def chunks(n_rows: int, *, at_least: int = 0) -> Iterator[slice]:
    """Slices of `CHUNK_ROWS` rows (or of `at_least`, if that is more) that cover ``range(n_rows)`` in order.

    Examples
    --------
    >>> [(part.start, part.stop) for part in chunks(300_000)]
    [(0, 262144), (262144, 300000)]
    """
    size = max(CHUNK_ROWS, at_least)
    return (slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def own[A: NDArray[Any]](values: A) -> A:
    """The same array, read-only, for fresh results that nobody else holds: `kept` takes it without a copy."""
    values.flags.writeable = False
    return values


def kept[A: NDArray[Any]](values: A) -> A:
    """The same numbers as a read-only array: a copy, or the array itself if it is read-only throughout.

    Examples
    --------
    >>> mine = np.array([1, 2])
    >>> theirs = kept(mine)
    >>> mine[0] = 9
    >>> theirs.tolist(), kept(theirs) is theirs
    ([1, 2], True)
    """
    root: Any = values
    while isinstance(root, np.ndarray) and not root.flags.writeable:
        if root.base is None:
            return values
        root = root.base
    return own(values.copy())


class HoldsArrays:
    """Base of frozen dataclasses whose arrays are frozen too, and not shared with any caller."""

    __slots__ = ()

    def __post_init__(self) -> None:
        keep_arrays(self)


def keep_arrays(record: Any) -> None:
    """Make every array field of a dataclass read-only.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> @dataclass(frozen=True)
    ... class Pair(HoldsArrays):
    ...     x: Floats
    >>> Pair(np.zeros(2)).x.flags.writeable
    False
    """
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            object.__setattr__(record, field.name, kept(value))
