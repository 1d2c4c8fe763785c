"""How a row of battles is told from its twin: the same row in the same or in another file has the same key.

Other rows are known by what they are about: an answer by its prompt, competitor and text (`responses.ResponseKey`), a prompt by
its id or else its text (`prompts.PromptLookup.identity`), a stored judgement by its battle, order and repeat
(`judges.importing.loading.judgements`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import batched

import numpy as np
from numpy.typing import NDArray

from arena.importing.files.rows import BattleRow

ROWS_A_WINDOW = 25_000


def row_keys(format_name: str, rows: Sequence[BattleRow], ordinals: "Ordinals") -> list[bytes]:
    """16 bytes a row: from the file's own id, else from what the row says and its ordinal among equal rows.

    The latter begin with four bytes of the pair, so that battles of a pair are neighbours in the index.
    """
    if not rows:
        return []
    if rows[0].own_id:
        return [_digest(f"{format_name}\0id\0{row.own_id}", 16) for row in rows]
    contents = [_digest(f"{format_name}\0row\0{content_of(row)}", 12) for row in rows]
    heads = np.frombuffer(b"".join(contents), dtype=[("head", "<u8"), ("tail", "<u4")])["head"]
    repeats = ordinals.take(heads)
    for at in np.flatnonzero(repeats):
        contents[at] = hashlib.blake2b(contents[at] + int(repeats[at]).to_bytes(8, "big"), digest_size=12).digest()
    return [pair_head(row) + content for row, content in zip(rows, contents, strict=True)]


def pair_head(row: BattleRow) -> bytes:
    return _head(row.first, row.second) if row.first < row.second else _head(row.second, row.first)


@lru_cache(maxsize=65_536)
def _head(low: str, high: str) -> bytes:
    return _digest(f"{low}\0{high}", 4)


def neighbours_together(rows: Iterable[BattleRow]) -> Iterator[BattleRow]:
    """The rows of a large file, those of a pair together; equal rows stay in their order.

    A transaction then changes a part of each index instead of every page of it: a third less is written.
    """
    for window in batched(rows, ROWS_A_WINDOW):
        yield from sorted(window, key=pair_head)


def content_of(row: BattleRow) -> str:
    """The whole content of a row, except its place in the file."""
    row = row.known_as or row
    prompt = row.prompt
    asked = "" if prompt is None else "\0".join((prompt.key, *prompt.turns, prompt.language))
    votes = "\0".join([part for vote in row.votes for part in vote[:3]])  # of rows without ids, which say no more
    answered = "\0".join(row.answers or ())
    return f"{row.first}\0{row.second}\0{asked}\0{votes}\0{answered}\0{row.happened}"


def _digest(content: str, size: int) -> bytes:
    return hashlib.blake2b(content.encode(), digest_size=size).digest()


class Ordinals:
    """Counts equal hashes in the order of the file, in 12 bytes for each different one."""

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._counts: NDArray[np.uint32] = np.empty(0, dtype=np.uint32)

    def take(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """How often each was there before."""
        values, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        at = np.searchsorted(self._hashes, values)
        known = np.zeros(len(values), dtype=bool)
        inside = at < len(self._hashes)
        known[inside] = self._hashes[at[inside]] == values[inside]
        before = np.zeros(len(values), dtype=np.int64)
        before[known] = self._counts[at[known]]
        self._counts[at[known]] += counts[known].astype(np.uint32)
        self._hashes = np.insert(self._hashes, at[~known], values[~known])
        self._counts = np.insert(self._counts, at[~known], counts[~known].astype(np.uint32))
        return before[inverse] + _places_among_equals(inverse, counts)


def _places_among_equals(inverse: NDArray[np.int64], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    order = np.argsort(inverse, kind="stable")
    places = np.empty(len(inverse), dtype=np.int64)
    places[order] = np.arange(len(inverse)) - np.repeat(np.cumsum(counts) - counts, counts)
    return places
