"""A number for every pair of very many competitors, made and read by blocks of rows: half a table, in float32."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.maths.data.arrays import Codes, Ints

ROWS_A_BLOCK = 256


def blocks(m: int) -> Iterator[slice]:
    """Slices of rows that cover ``range(m)`` in order.

    Examples
    --------
    >>> [(rows.start, rows.stop) for rows in blocks(300)]
    [(0, 256), (256, 300)]
    """
    return (slice(start, min(start + ROWS_A_BLOCK, m)) for start in range(0, m, ROWS_A_BLOCK))


class Triangle:
    """Numbers of pairs i < j of m competitors.

    A block of rows [start, stop) is a table of these rows by the columns [start, m): what it holds on and below the diagonal
    means nothing.

    Examples
    --------
    >>> pairs = Triangle(3)
    >>> for rows in blocks(3):
    ...     pairs[rows] = np.arange(9).reshape(3, 3)
    >>> pairs.at(np.array([0, 1]), np.array([2, 2])).tolist()
    [2.0, 5.0]
    """

    def __init__(self, m: int) -> None:
        starts = np.arange(0, m, ROWS_A_BLOCK)
        heights = np.minimum(starts + ROWS_A_BLOCK, m) - starts
        self.m = m
        self.ends = np.concatenate([[0], np.cumsum(heights * (m - starts))])
        self.numbers: NDArray[np.float32] = np.zeros(int(self.ends[-1]), dtype=np.float32)

    def __getitem__(self, rows: slice) -> NDArray[np.float32]:
        """The block, to be read or changed in place."""
        place = rows.start // ROWS_A_BLOCK
        return self.numbers[self.ends[place] : self.ends[place + 1]].reshape(-1, self.m - rows.start)

    def __setitem__(self, rows: slice, values: ArrayLike) -> None:
        self[rows][:] = values

    def at(self, i: Codes | Ints, j: Codes | Ints) -> NDArray[np.float32]:
        """Of some pairs, in either order."""
        low, high = np.minimum(i, j).astype(np.int64), np.maximum(i, j)
        block = low // ROWS_A_BLOCK
        start = block * ROWS_A_BLOCK
        places = self.ends[block] + (low - start) * (self.m - start) + high - start
        return np.asarray(self.numbers[places], dtype=np.float32)
