"""Names for the array types of this library, and the one constant that keeps memory flat."""

from collections.abc import Iterator

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
