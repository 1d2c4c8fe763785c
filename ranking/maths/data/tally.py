"""Tally: a running count of comparisons that takes new and taken-back votes without rereading old ones."""

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.maths.data.arrays import Codes, Ints, SmallCodes, chunks, own
from ranking.maths.data.comparisons import OUTCOMES, Comparisons
from ranking.maths.data.packing import Packing, merged, summed

UNKNOWN_PROMPT = -1
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


@dataclass(frozen=True, eq=False)
class Tally:
    """Counts by prompt, pair and outcome, over database ids. Immutable: `updated` gives a new one.

    Made by `empty`, `from_arrays`, `updated` or `load`. A cell takes 16 bytes: a key and a count.

    Parameters
    ----------
    packing : Packing
        What the keys stand for.
    keys, counts : (C,) int64
        Keys sorted, counts more than zero.
    pair_counts : (M * M * 4,) int64, optional
        The same counts without prompts, at ``(a * M + b) * 4 + outcome``; None = not summed yet. Once they
        are (see `by_pair`), `updated` keeps them up to date.

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

    packing: Packing
    keys: Ints
    counts: Ints
    pair_counts: Ints | None = field(default=None, repr=False)

    @classmethod
    def empty(cls) -> "Tally":
        """A tally of nothing."""
        none = np.zeros(0, dtype=np.int64)
        return cls(packing=Packing(prompts=none, competitors=none), keys=none, counts=none)

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
            If a competitor meets itself, an outcome or length is wrong, a number is not whole, or more
            is taken back than was counted. The message names the ids.
        """
        prompts, a = _whole("prompt_ids", prompt_ids), _whole("a_ids", a_ids)
        b, results = _whole("b_ids", b_ids), _whole("outcome", outcome)
        weights = _whole("weight", 1 if weight is None else weight)
        _check_rows(prompts, a, b, results)
        weights = np.broadcast_to(weights, a.shape)
        packing = self.packing.widened(prompts, np.concatenate([a, b]))
        keys, counts = self._keys_in(packing), self.counts
        # Pairs have other places once there are more competitors: they are summed anew when they are asked for.
        pairs = self.pair_counts if len(packing.competitors) == len(self.packing.competitors) else None
        for part in chunks(len(a)):
            more = packing.keys(prompts[part], a[part], b[part], results[part])
            keys, counts = merged(keys, counts, *summed(more, weights[part]))
            pairs = None if pairs is None else pairs + packing.pair_counts(more, weights[part])
        _refuse_negative(packing, keys, counts)
        if not counts.all():
            keys, counts = keys[counts > 0], counts[counts > 0]
        return Tally(packing=packing, keys=keys, counts=counts, pair_counts=pairs)

    @property
    def n_comparisons(self) -> int:
        """Comparisons counted."""
        return int(self.counts.sum())

    def __len__(self) -> int:
        """Number of cells."""
        return len(self.keys)

    @cached_property
    def cells_by_prompt(self) -> Ints:
        """How many cells each of the packing's prompts has, (G,): keys are in order of prompts, so none is unpacked."""
        begins = np.arange(len(self.packing.prompts) + 1) * self.packing.keys_a_prompt
        return np.diff(np.searchsorted(self.keys, begins))

    @property
    def prompts(self) -> Ints:
        """Ids of the prompts of the cells, each once and in order.

        Examples
        --------
        >>> tally = Tally.from_arrays([8, 7], [10, 20], [20, 10], [0, 0])
        >>> tally.prompts.tolist(), tally.updated([7], [10], [20], [1], -1).prompts.tolist()
        ([7, 8], [8])
        """
        return self.packing.prompts[self.cells_by_prompt > 0]

    @cached_property
    def competitors(self) -> Ints:
        """Ids of the competitors of the cells, each once and in order.

        Examples
        --------
        >>> Tally.from_arrays([8, 7], [20, 30], [10, 10], [0, 0]).competitors.tolist()
        [10, 20, 30]
        """
        met = np.zeros(len(self.packing.competitors), dtype=np.bool_)
        for part in chunks(len(self)):
            _, a, b, _ = self.packing.places(self.keys[part])
            met[a] = met[b] = True
        return self.packing.competitors[met]

    def cells(self, rows: slice = slice(None)) -> CellRows:
        """Some cells, unpacked to ids."""
        prompt, a, b, outcome = self.packing.unpacked(self.keys[rows])
        return CellRows(prompt=prompt, a=a, b=b, outcome=outcome, count=self.counts[rows])

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
        code, prompts = _codes(self.packing.competitors, names), self.packing.prompts
        prompt_code = np.where(prompts == UNKNOWN_PROMPT, -1, np.arange(len(prompts))).astype(np.int32)
        prompt, a, b = (np.empty(len(self), dtype=np.int32) for _ in range(3))
        outcome = np.empty(len(self), dtype=np.int8)
        for part in chunks(len(self)):
            at_prompt, at_a, at_b, outcome[part] = self.packing.places(self.keys[part])
            self._check_named(code, at_a, at_b)
            prompt[part], a[part], b[part] = prompt_code[at_prompt], code[at_a], code[at_b]
        return Comparisons(
            names=tuple(names.values()),
            a=own(a),
            b=own(b),
            outcome=own(outcome),
            weight=own(self.counts.astype(np.float64)),
            prompt=own(prompt),
        )

    def by_pair(self, names: Mapping[int, str]) -> Comparisons:
        """Counts of pairs and outcomes as weighted comparisons, without prompts: what a refit needs and no more.

        The first call sums the cells; after that `updated` carries the sums on, so that a refit costs the same
        however many comparisons there are.

        Parameters
        ----------
        names : mapping of competitor id to name
            As in `comparisons`.

        Raises
        ------
        ValueError
            If a competitor that has comparisons is not in `names`.

        Examples
        --------
        >>> tally = Tally.from_arrays([7, 8, 8], [10, 10, 20], [20, 20, 10], [0, 0, 0])
        >>> c = tally.by_pair({10: "x", 20: "y"})
        >>> c.outcome.tolist(), c.weight.tolist()
        ([0, 1], [2.0, 1.0])
        """
        if self.pair_counts is None:
            # Only kept from being summed twice: the tally stays what it is.
            object.__setattr__(self, "pair_counts", self.packing.pair_counts(self.keys, self.counts))
        pair_counts = np.asarray(self.pair_counts)
        met = np.flatnonzero(pair_counts)
        _, a, b, outcome = self.packing.places(met)
        code = _codes(self.packing.competitors, names)
        self._check_named(code, a, b)
        weight = pair_counts[met].astype(np.float64)
        return Comparisons(names=tuple(names.values()), a=code[a], b=code[b], outcome=outcome, weight=weight)

    def digest(self) -> str:
        """SHA-256 (hex) of the cells: rows of (prompt, a, b, outcome, count), int64 little-endian, in order.

        Equal for equal counts, however they came together.

        Examples
        --------
        >>> Tally.empty().digest()[:8], Tally.from_arrays([1], [2], [3], [0]).digest()[:8]
        ('e3b0c442', '0ed19e41')
        """
        return self._digest

    @cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256()
        for part in chunks(len(self)):
            c = self.cells(part)
            rows = np.empty((len(c.prompt), 5), dtype="<i8")
            for place, column in enumerate((c.prompt, c.a, c.b, c.outcome, c.count)):
                rows[:, place] = column
            sha.update(rows.data)
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
                    prompts=self.packing.prompts,
                    competitors=self.packing.competitors,
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
        with open(path, "rb") as file:
            try:
                tally, intact = _read(file)
            # Not named one by one: damage to a zip or to an array's header raises a dozen kinds of error.
            except Exception as error:
                raise TallyFileError(f"{path} is not a readable tally ({error}): delete it and count again") from error
        if not intact:
            raise TallyFileError(f"{path} does not match its own digest: delete it and count again")
        return tally

    def _check_named(self, code: Codes, a: Ints, b: Ints) -> None:
        """ValueError if one of these places has no name, which is code -1."""
        if code.min(initial=0) >= 0:
            return
        for places in (a, b):
            nameless = code[places] < 0
            if nameless.any():
                unknown = self.packing.competitors[places[np.argmax(nameless)]]
                raise ValueError(f"competitor {unknown} has comparisons but no name: name every competitor")

    def _keys_in(self, packing: Packing) -> Ints:
        """The keys over a wider set of ids; their order stays."""
        if packing.covers(self.packing):
            return self.keys
        return packing.keys(*self.packing.unpacked(self.keys))


def _read(file: BinaryIO) -> tuple[Tally, bool]:
    """What the file holds, and whether that is what was saved."""
    with np.load(file, allow_pickle=False) as saved:
        prompts, competitors, keys, counts = (
            _whole(name, saved[name]) for name in ("prompts", "competitors", "keys", "counts")
        )
        tally = Tally(packing=Packing(prompts=prompts, competitors=competitors), keys=keys, counts=counts)
        return tally, int(saved["version"]) == _VERSION and str(saved["digest"]) == tally.digest()


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


def _refuse_negative(packing: Packing, keys: Ints, counts: Ints) -> None:
    if counts.min(initial=0) < 0:
        row = int(np.argmin(counts))
        prompt, a, b, outcome = packing.unpacked(keys[row : row + 1])
        raise ValueError(
            f"prompt {prompt[0]}, competitors {a[0]} and {b[0]}, outcome {OUTCOMES[outcome[0]]!r}: "
            f"{-counts[row]} more taken back than were counted"
        )


def _codes(competitors: Ints, names: Mapping[int, str]) -> Codes:
    """Where each competitor id stands in `names`, -1 where it does not."""
    place = {competitor: code for code, competitor in enumerate(names)}
    return np.array([place.get(competitor, -1) for competitor in competitors.tolist()], dtype=np.int32)
