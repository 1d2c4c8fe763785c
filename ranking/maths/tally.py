"""Tally: a running count of comparisons that takes new and taken-back votes without rereading old ones."""

import hashlib
import os
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.maths.arrays import Ints, SmallCodes, chunks
from ranking.maths.comparisons import OUTCOMES, Comparisons

UNKNOWN_PROMPT = -1
_SWAPPED = np.array([1, 0, 2, 3])
_VERSION = 1


class TallyFileError(ValueError):
    """A file that does not hold the tally that was saved in it."""


@dataclass(frozen=True, slots=True, eq=False)
class CellRows:
    """The cells of a tally, in order of (prompt, a, b, outcome); all arrays are (C,).

    Parameters
    ----------
    prompt, a, b : int64
        Ids as given, ``a < b``.
    outcome : int8
        Place in `OUTCOMES`, seen from a.
    count : int64
        More than zero.
    """

    prompt: Ints
    a: Ints
    b: Ints
    outcome: SmallCodes
    count: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Counts by prompt, pair and outcome, over database ids. Immutable: `updated` gives a new one.

    A cell is one int64 key, ``((prompt * M + a) * M + b) * 4 + outcome`` over places in the sorted ids,
    and one int64 count: 16 bytes.

    Parameters
    ----------
    prompts, competitors : (G,), (M,) int64
        Sorted ids.
    keys : (C,) int64
        Sorted.
    counts : (C,) int64
        More than zero.

    Examples
    --------
    >>> tally = Tally.from_arrays([7, 7], [10, 20], [20, 10], [0, 0])
    >>> tally.cells().outcome.tolist(), tally.n_comparisons
    ([0, 1], 2)
    >>> tally = tally.updated([7], [10], [20], [0], -1)
    >>> c = tally.comparisons({10: "x", 20: "y"})
    >>> c.names, c.outcome.tolist(), c.weight.tolist()
    (('x', 'y'), [1], [1.0])
    """

    prompts: Ints
    competitors: Ints
    keys: Ints
    counts: Ints

    @classmethod
    def empty(cls) -> "Tally":
        """A tally of nothing."""
        none = np.zeros(0, dtype=np.int64)
        return cls(prompts=none, competitors=none, keys=none, counts=none)

    @classmethod
    def from_arrays(
        cls,
        prompt_ids: ArrayLike,
        a_ids: ArrayLike,
        b_ids: ArrayLike,
        outcome: ArrayLike,
        weight: ArrayLike | None = None,
    ) -> "Tally":
        """Count comparisons: an empty tally, `updated`."""
        return cls.empty().updated(prompt_ids, a_ids, b_ids, outcome, weight)

    def updated(
        self,
        prompt_ids: ArrayLike,
        a_ids: ArrayLike,
        b_ids: ArrayLike,
        outcome: ArrayLike,
        weight: ArrayLike | None = None,
    ) -> "Tally":
        """The tally with more comparisons, or with some taken back.

        Parameters
        ----------
        prompt_ids : (n,) int
            -1 = unknown prompt.
        a_ids, b_ids : (n,) int
            Competitors.
        outcome : (n,) int
            Place in `OUTCOMES`.
        weight : (n,) int or int, optional
            1 = counted (the default), -1 = taken back.

        Raises
        ------
        ValueError
            If a competitor meets itself, an outcome or length is wrong, a weight is no whole number,
            or more is taken back than was counted. The message names the ids.
        """
        prompts, a, b, results = (
            _whole(name, values)
            for name, values in (("prompt_ids", prompt_ids), ("a_ids", a_ids), ("b_ids", b_ids), ("outcome", outcome))
        )
        weights = np.broadcast_to(_whole("weight", 1 if weight is None else weight), a.shape)
        _check_rows(prompts, a, b, results)
        ids = _with_ids(self, prompts, np.concatenate([a, b]))
        for part in chunks(len(a)):
            ids = _merged(ids, prompts[part], a[part], b[part], results[part], weights[part])
        _refuse_negative(ids)
        kept = ids.counts > 0
        return ids if kept.all() else Tally(ids.prompts, ids.competitors, ids.keys[kept], ids.counts[kept])

    @property
    def n_comparisons(self) -> int:
        """Comparisons counted."""
        return int(self.counts.sum())

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.keys)

    def cells(self, rows: slice = slice(None)) -> CellRows:
        """Some cells, unpacked to ids."""
        k, m = len(OUTCOMES), max(len(self.competitors), 1)
        keys, outcome = np.divmod(self.keys[rows], k)
        keys, b = np.divmod(keys, m)
        prompt, a = np.divmod(keys, m)
        return CellRows(
            prompt=self.prompts[prompt],
            a=self.competitors[a],
            b=self.competitors[b],
            outcome=outcome.astype(np.int8),
            count=self.counts[rows],
        )

    def comparisons(self, names: Mapping[int, str]) -> Comparisons:
        """The cells as weighted comparisons, ready to fit.

        Parameters
        ----------
        names : mapping of competitor id to name
            Its order is the order of `Comparisons.names`; those without comparisons are kept.

        Raises
        ------
        ValueError
            If a competitor that has comparisons is not in `names`.
        """
        cells = self.cells()
        ids = np.fromiter(names, dtype=np.int64, count=len(names))
        return Comparisons(
            names=tuple(names.values()),
            a=_places(ids, cells.a).astype(np.int32),
            b=_places(ids, cells.b).astype(np.int32),
            outcome=cells.outcome,
            weight=cells.count.astype(np.float64),
            prompt=np.where(cells.prompt == UNKNOWN_PROMPT, -1, np.searchsorted(self.prompts, cells.prompt)),
        )

    def digest(self) -> str:
        """SHA-256 (hex) of the cells: rows of (prompt, a, b, outcome, count), int64 little-endian, in order.

        Equal for equal counts, however they came together.

        Examples
        --------
        >>> Tally.empty().digest()[:8], Tally.from_arrays([1], [2], [3], [0]).digest()[:8]
        ('e3b0c442', '0ed19e41')
        """
        sha = hashlib.sha256()
        for part in chunks(len(self)):
            c = self.cells(part)
            sha.update(np.stack([c.prompt, c.a, c.b, c.outcome, c.count], axis=1).astype("<i8").tobytes())
        return sha.hexdigest()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the tally to an .npz file, whole or not at all: a reader never meets half a file."""
        target = Path(path)
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            try:
                np.savez(
                    file,
                    version=np.int64(_VERSION),
                    digest=np.array(self.digest()),
                    prompts=self.prompts,
                    competitors=self.competitors,
                    keys=self.keys,
                    counts=self.counts,
                )
                file.flush()
                os.fsync(file.fileno())
                os.replace(file.name, target)
            except BaseException:
                os.unlink(file.name)
                raise

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Tally":
        """Read what `save` wrote.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        TallyFileError
            If the file is cut short, is something else, or does not match its own digest.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                version, digest = int(file["version"]), str(file["digest"])
                tally = cls(*(_whole(name, file[name]) for name in ("prompts", "competitors", "keys", "counts")))
                matches = version == _VERSION and digest == tally.digest()
        except (zipfile.BadZipFile, EOFError, KeyError, ValueError, IndexError, TypeError, AttributeError) as error:
            raise TallyFileError(f"{path} is not a readable tally ({error}): delete it and count again") from error
        if not matches:
            raise TallyFileError(f"{path} does not match its own digest: delete it and count again")
        return tally


def _whole(name: str, values: ArrayLike) -> Ints:
    numbers: NDArray[np.generic] = np.asarray(values)
    if numbers.size and numbers.dtype.kind not in "iu":
        raise ValueError(f"{name} has type {numbers.dtype}: whole numbers are needed")
    return numbers.astype(np.int64, copy=False)


def _check_rows(prompts: Ints, a: Ints, b: Ints, outcome: Ints) -> None:
    if not (a.ndim == 1 and prompts.shape == a.shape == b.shape == outcome.shape):
        raise ValueError(
            f"prompt_ids, a_ids, b_ids and outcome have shapes {prompts.shape}, {a.shape}, {b.shape} and "
            f"{outcome.shape}: they must be columns of one length"
        )
    if (a == b).any():
        row = int(np.argmax(a == b))
        raise ValueError(f"row {row} compares competitor {a[row]} with itself: a and b must differ")
    bad = (outcome < 0) | (outcome >= len(OUTCOMES))
    if bad.any():
        row = int(np.argmax(bad))
        raise ValueError(f"outcome[{row}] is {outcome[row]}: allowed are 0 to 3, for {', '.join(OUTCOMES)}")


def _with_ids(tally: Tally, prompts: Ints, competitors: Ints) -> Tally:
    """The same tally over the union of its ids and some more; its keys are packed anew if there were more."""
    all_prompts, all_competitors = _union(tally.prompts, prompts), _union(tally.competitors, competitors)
    m = len(all_competitors)
    if len(all_prompts) * m * m * len(OUTCOMES) >= 2**63:
        raise ValueError(f"{len(all_prompts)} prompts and {m} competitors are more than one tally can hold")
    if len(all_prompts) == len(tally.prompts) and m == len(tally.competitors):
        return tally
    c = tally.cells()
    return Tally(
        all_prompts, all_competitors, _packed(all_prompts, all_competitors, c.prompt, c.a, c.b, c.outcome), tally.counts
    )


def _union(known: Ints, ids: Ints) -> Ints:
    for part in chunks(len(ids)):
        known = np.union1d(known, ids[part])
    return known


def _packed(prompts: Ints, competitors: Ints, prompt: Ints, a: Ints, b: Ints, outcome: NDArray[np.signedinteger[Any]]) -> Ints:
    m = len(competitors)
    keys = np.searchsorted(prompts, prompt) * np.int64(m) + np.searchsorted(competitors, a)
    return np.asarray((keys * m + np.searchsorted(competitors, b)) * len(OUTCOMES) + outcome, dtype=np.int64)


def _merged(tally: Tally, prompt: Ints, a: Ints, b: Ints, outcome: Ints, weight: Ints) -> Tally:
    """The tally with one chunk of rows added; counts may fall to zero or below for now."""
    swap = a > b
    keys = _packed(
        tally.prompts,
        tally.competitors,
        prompt,
        np.where(swap, b, a),
        np.where(swap, a, b),
        np.where(swap, _SWAPPED[outcome], outcome),
    )
    order = np.argsort(keys)
    keys, starts = np.unique(keys[order], return_index=True)
    added = np.add.reduceat(weight[order], starts)
    place = np.searchsorted(tally.keys, keys)
    new = place == len(tally.keys)
    new[~new] = tally.keys[place[~new]] != keys[~new]
    totals = tally.counts.copy()
    totals[place[~new]] += added[~new]
    return Tally(
        tally.prompts,
        tally.competitors,
        np.insert(tally.keys, place[new], keys[new]),
        np.insert(totals, place[new], added[new]),
    )


def _refuse_negative(tally: Tally) -> None:
    if len(tally) and tally.counts.min() < 0:
        row = int(np.argmin(tally.counts))
        c = tally.cells(slice(row, row + 1))
        raise ValueError(
            f"prompt {c.prompt[0]}, competitors {c.a[0]} and {c.b[0]}, outcome {OUTCOMES[c.outcome[0]]!r}: "
            f"{-c.count[0]} more taken back than were counted"
        )


def _places(ids: Ints, wanted: Ints) -> Ints:
    """Where each wanted id stands in `ids`, which need not be sorted."""
    order = np.argsort(ids)
    place = np.searchsorted(ids, wanted, sorter=order)
    found = place < len(ids)
    found[found] = ids[order[place[found]]] == wanted[found]
    if not found.all():
        raise ValueError(f"competitor {wanted[np.argmin(found)]} has comparisons but no name: name every competitor")
    return np.asarray(order[place], dtype=np.int64)
