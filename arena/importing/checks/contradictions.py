"""Finds contradictions within a file, with a few numbers per statement, however long the file is."""

from array import array
from collections.abc import Hashable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Contradiction(NamedTuple):
    row: int  # the place of the row among those that were read
    earlier: int


class Statements:
    """Statements "key is content", one per row; a key may be repeated, but not with other content."""

    def __init__(self) -> None:
        self._keys, self._contents, self._rows = array("q"), array("q"), array("q")

    def add(self, key: Hashable, content: Hashable, row: int) -> None:
        self._keys.append(hash(key))
        self._contents.append(hash(content))
        self._rows.append(row)

    def n_different(self) -> int:
        return n_different(self._keys)

    def n_repeated(self) -> int:
        return len(self._keys) - self.n_different()

    def contradictions(self) -> Iterator[Contradiction]:
        """In the order of the rows; each with the row that said otherwise before it."""
        _, firsts, inverse = np.unique(np.asarray(self._keys), return_index=True, return_inverse=True)
        contents = np.asarray(self._contents)
        for at in np.flatnonzero(contents != contents[firsts[inverse]]):
            yield Contradiction(self._rows[at], self._rows[firsts[inverse[at]]])


def n_different(hashes: "array[int]") -> int:
    values: NDArray[np.int64] = np.asarray(hashes)
    return len(np.unique(values))
