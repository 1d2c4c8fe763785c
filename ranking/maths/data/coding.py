"""Coding: columns of names or ids as small integers, without a Python loop over rows.

pandas and Arrow are not imported: a column that came from them brings its own methods.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from ranking.maths.data.arrays import Codes, Ints, SmallCodes, chunks

N_THREADS = 2
SAMPLE_ROWS = 1_024
MOST_OBJECTS = 1_024
# Rows that stay in the processor's cache between two steps.
CACHED_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column as its distinct values and, for each row, the place of its value among them.

    Parameters
    ----------
    values : list
        Distinct values, in no particular order; never None, NaN, NaT, pandas.NA or the number -1.
    pieces : list of (table, places)
        The rows, a piece after the other: ``table[places]`` are their places in `values`, -1 = the row has
        no value. The last entry of a table is -1, where a place of -1 looks.
    """

    values: list[Any]
    pieces: list[tuple[Codes, NDArray[np.signedinteger[Any]]]]

    @property
    def codes(self) -> Codes:
        """``values[codes[row]]`` is the value of a row; -1 = it has none. (n,) int32."""
        return self.recoded(np.arange(len(self.values), dtype=np.int32))

    def recoded[T: np.signedinteger[Any]](self, code: NDArray[T]) -> NDArray[T]:
        """Each row's ``code[place of its value]``, -1 where it has none: (n,)."""
        final = np.append(code, code.dtype.type(-1))
        rows = np.empty(sum(len(places) for _, places in self.pieces), dtype=code.dtype)
        start = 0
        for table, places in self.pieces:
            final.take(table, mode="wrap").take(places, mode="wrap", out=rows[start : start + len(places)])
            start += len(places)
        return rows


def coded(column: Any) -> Coded:
    """Find the distinct values of a column: hashing in C, whatever the column is made of.

    Parameters
    ----------
    column : (n,)
        A sequence, a numpy array, a pandas Series, Index or extension array, or an Arrow Array or
        ChunkedArray (dictionary-encoded ones too).

    Raises
    ------
    ValueError
        If the column has more than one dimension.

    Examples
    --------
    >>> coding = coded(["y", "x", None, "y"])
    >>> coding.values, coding.codes.tolist()
    (['y', 'x'], [0, 1, -1, 0])
    >>> coded(np.array([7, -1, 5])).codes.tolist()
    [1, -1, 0]
    """
    arrow = _as_arrow(column)
    if arrow is not None:
        coding = _coded_arrow(arrow)
    elif hasattr(column, "factorize") and column.dtype != object:
        coding = _coded_pandas(column)
    elif hasattr(column, "__array__"):
        coding = _coded_numpy(np.asarray(column))
    else:
        rows = column if isinstance(column, Sequence) else list(column)
        coding = _coded_objects(np.fromiter(rows, dtype=object, count=len(rows)))
    return _without_unknown(coding)


def name_codes(*columns: Any) -> tuple[tuple[str, ...], list[Codes]]:
    """One vocabulary for several columns of names, sorted, and each column's codes in it.

    Raises
    ------
    ValueError
        If a row has no name (the message gives the column, ``a``, ``b`` ..., and the row), or a name is bytes.

    Examples
    --------
    >>> names, (a, b) = name_codes(["z", "x"], ["y", "z"])
    >>> names, a.tolist(), b.tolist()
    (('x', 'y', 'z'), [2, 0], [1, 2])
    """
    parts = [coded(column) for column in columns]
    spelt = {value: _spelt(value) for part in parts for value in part.values}
    values = _ordered(set(spelt.values()))
    code_of = {value: code for code, value in enumerate(values)}
    place = {value: code_of[name] for value, name in spelt.items()}
    codes = [_recoded(part, place, np.int32) for part in parts]
    for field, column_codes in zip("abcdefghij", codes, strict=False):
        if column_codes.min(initial=0) < 0:
            raise ValueError(f"{field}[{int(np.argmin(column_codes))}] is unknown: every comparison has two names")
    return tuple(str(value) for value in values), codes


def cluster_codes(ids: Any) -> Codes:
    """Codes of ids of any kind, in the order of the ids; -1 where unknown (None, NaN, or a number -1).

    Examples
    --------
    >>> cluster_codes(["q", None, "p", "q"]).tolist()
    [1, -1, 0, 1]
    """
    coding = coded(ids)
    return _recoded(coding, {value: code for code, value in enumerate(_ordered(coding.values))}, np.int32)


def label_codes(field: str, labels: Any, allowed: tuple[str, ...]) -> SmallCodes:
    """Codes of labels: their places in `allowed`. Every row must have one.

    Raises
    ------
    ValueError
        If a label is not allowed, or missing; the message names the first such row.

    Examples
    --------
    >>> label_codes("outcome", ["b", "a"], ("a", "b", "tie")).tolist()
    [1, 0]
    """
    codes = side_codes(field, labels, allowed)
    if codes.min(initial=0) < 0:
        raise ValueError(f"{field}[{int(np.argmin(codes))}] is unknown: {_are_allowed(allowed)}")
    return codes


def side_codes(field: str, labels: Any, allowed: tuple[str, ...]) -> SmallCodes:
    """The same where a row may have no label: -1.

    Raises
    ------
    ValueError
        If a label is not allowed; the message names the first such row.

    Examples
    --------
    >>> side_codes("first", ["b", None], ("a", "b")).tolist()
    [1, -1]
    """
    coding = coded(labels)
    place: dict[Any, int] = {label: code for code, label in enumerate(allowed)}
    wrong = [code for code, value in enumerate(coding.values) if value not in place]
    if wrong:
        codes = coding.codes
        row = int(np.argmax(np.isin(codes, wrong)))
        raise ValueError(f"{field}[{row}] is {coding.values[codes[row]]!r}: {_are_allowed(allowed)}")
    return _recoded(coding, place, np.int8)


def _spelt(name: Any) -> Any:
    """Names in one normal form, so that equal-looking names are equal."""
    if isinstance(name, bytes):
        raise ValueError(f"{name!r} is bytes: a name is text, .decode() makes it so")
    return normalize("NFC", name) if isinstance(name, str) else name


def _are_allowed(allowed: tuple[str, ...]) -> str:
    return f"allowed are {', '.join(map(repr, allowed))}"


def _recoded[T: np.signedinteger[Any]](coding: Coded, place: dict[Any, int], dtype: type[T]) -> NDArray[T]:
    return coding.recoded(np.array([place[value] for value in coding.values], dtype=dtype))


def _whole(values: list[Any], places: NDArray[np.signedinteger[Any]]) -> Coded:
    """A column in one piece."""
    return Coded(values=values, pieces=[(_table(range(len(values))), places)])


def _table(places: Iterable[int]) -> Codes:
    return np.array([*places, -1], dtype=np.int32)


def _ordered(values: Iterable[Any]) -> list[Any]:
    """Sorted; by their text where values of different types have no order."""
    kept = list(values)
    try:
        return sorted(kept)
    except TypeError:
        return sorted(kept, key=lambda value: (str(value), type(value).__name__))


def _as_arrow(column: Any) -> Any:
    """The Arrow data of a column, or None where it has none; nothing is copied."""
    if hasattr(column, "dictionary_encode"):
        return column
    dtype = getattr(column, "dtype", None)
    if hasattr(dtype, "pyarrow_dtype") or getattr(dtype, "storage", None) == "pyarrow":
        return getattr(column, "array", column).__arrow_array__()
    return None


def _coded_arrow(column: Any) -> Coded:
    """By slices, which Arrow encodes beside each other; their dictionaries differ."""
    with ThreadPoolExecutor(N_THREADS) as pool:
        slices = (column.slice(part.start, part.stop - part.start) for part in chunks(len(column)))
        encoded = list(pool.map(_encoded_chunks, slices))
    numbers = _numbering()
    pieces = [(_table(map(numbers.__getitem__, values)), places) for values, places in chain.from_iterable(encoded)]
    return Coded(values=list(numbers), pieces=pieces)


def _encoded_chunks(column: Any) -> list[tuple[list[Any], Codes]]:
    """The dictionary of each chunk, and places in it; -1 where the value is null."""
    chunks = []
    encoded = column.dictionary_encode()
    for chunk in getattr(encoded, "chunks", [encoded]):
        indices = chunk.indices.fill_null(-1) if chunk.null_count else chunk.indices
        chunks.append((chunk.dictionary.to_pylist(), indices.to_numpy(zero_copy_only=False)))
    return chunks


def _coded_pandas(column: Any) -> Coded:
    codes, values = column.factorize()
    return _whole(list(values), codes)


def _coded_numpy(column: NDArray[Any]) -> Coded:
    if column.ndim != 1:
        raise ValueError(f"a column has shape {column.shape}: it must have one dimension")
    if column.dtype.kind == "O":
        return _coded_objects(column)
    if column.dtype.kind in "iu" and len(column):
        return _coded_integers(column)
    if column.dtype.kind == "f":
        return _coded_sorted(column)
    parts = (column[part].tolist() for part in chunks(len(column)))
    return _numbered(chain.from_iterable(parts), len(column))


def _coded_sorted(column: NDArray[Any]) -> Coded:
    values, codes = np.unique(column, return_inverse=True)
    return _whole(values.tolist(), codes)


def _coded_integers(column: NDArray[Any]) -> Coded:
    low = int(column.min())
    span = int(column.max()) - low + 1
    if span > 8 * len(column):
        return _coded_sorted(column)
    # A flag for each possible value is many times faster than sorting, where flags are few.
    place = (column - low).astype(np.int64, copy=False)
    present = np.zeros(span, dtype=np.bool_)
    present[place] = True
    code = np.cumsum(present, dtype=np.int32) - 1
    return _whole([int(value) + low for value in np.flatnonzero(present)], code.take(place))


def _coded_objects(column: NDArray[Any]) -> Coded:
    """Objects by where they are in memory first: columns mostly repeat few objects, and addresses hash by arrays."""
    address = np.ndarray(column.shape, dtype=np.int64, buffer=np.ascontiguousarray(column))
    rows, codes = np.zeros(len(column[:1]), dtype=np.int64), np.empty(len(column), dtype=np.int32)
    hashed = _AddressHash.of(address[rows])
    for start in range(0, len(column), CACHED_ROWS):
        here = address[start : start + CACHED_ROWS]
        places = hashed.places(here)
        while len(missed := np.flatnonzero(hashed.known.take(places) != here)):
            _, first = np.unique(here[missed[:SAMPLE_ROWS]], return_index=True)
            rows = np.concatenate([rows, start + missed[first]])
            if len(rows) > MOST_OBJECTS:
                return _numbered(column, len(column))
            hashed = _AddressHash.of(address[rows])
            places = hashed.places(here)
        codes[start : start + CACHED_ROWS] = places
    coding = _numbered(column[rows], len(rows))
    return Coded(values=coding.values, pieces=[(np.append(coding.codes, np.int32(-1)), codes)])


@dataclass(frozen=True, slots=True, eq=False)
class _AddressHash:
    """A hash without collisions among the `known` numbers: the top bits of a product mod 2**64."""

    known: Ints
    multiplier: np.uint64
    shift: np.uint64
    place: Codes

    @classmethod
    def of(cls, known: Ints) -> "_AddressHash":
        # With k**2 slots a multiplier is good more often than not.
        bits = max(8, (len(known) ** 2).bit_length())
        shift, multiplier = np.uint64(64 - bits), 0x9E3779B97F4A7C15
        while True:
            slots = _products(known, np.uint64(multiplier)) >> shift
            place = np.zeros(2**bits, dtype=np.int32)
            place[slots] = np.arange(len(known))
            if (place[slots] == np.arange(len(known))).all():
                return cls(known, np.uint64(multiplier), shift, place)
            multiplier = multiplier * 0xBF58476D1CE4E5B9 % 2**64

    def places(self, numbers: Ints) -> Codes:
        """The place of each number in `known`, if it is there."""
        slots = _products(numbers, self.multiplier)
        slots >>= self.shift
        return self.place.take(slots.view(np.int64))


def _products(numbers: Ints, multiplier: np.uint64) -> NDArray[np.uint64]:
    return numbers.view(np.uint64) * multiplier


def _numbered(values: Iterable[Any], n_rows: int) -> Coded:
    numbers = _numbering()
    try:
        codes = np.fromiter(map(numbers.__getitem__, values), dtype=np.int32, count=n_rows)
    except TypeError as error:
        raise TypeError(f"a column holds what is no name and no id ({error}): text and numbers are, lists are not") from error
    return _whole(list(numbers), codes)


def _numbering() -> defaultdict[Any, int]:
    """A dict that numbers what it is asked for and has not seen: 0, 1, 2 ... All of it runs in C."""
    numbers: defaultdict[Any, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    return numbers


def _without_unknown(coding: Coded) -> Coded:
    known = [not _is_unknown(value) for value in coding.values]
    if all(known):
        return coding
    place = np.full(len(known) + 1, -1, dtype=np.int32)
    place[:-1][known] = np.arange(sum(known))
    values = [value for value, keep in zip(coding.values, known, strict=True) if keep]
    return Coded(values=values, pieces=[(place.take(table, mode="wrap"), places) for table, places in coding.pieces])


def _is_unknown(value: Any) -> bool:
    if isinstance(value, int | float | np.number):
        return bool(value == -1) or bool(value != value)  # noqa: PLR0124
    differs = value != value  # noqa: PLR0124
    # NaN and NaT differ from themselves; pandas.NA will not say.
    return value is None or not isinstance(differs, bool | np.bool_) or bool(differs)
