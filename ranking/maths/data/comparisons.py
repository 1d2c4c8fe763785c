"""Comparisons as integer arrays: the two competitors of each row, and the outcome."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ranking.maths.data.arrays import Bools, Codes, Floats, Ints, SmallCodes, kept, own
from ranking.maths.data.coding import CACHED_ROWS, cluster_codes, label_codes, name_codes, side_codes

OUTCOMES = ("a", "b", "tie", "both_bad")
"""Outcome labels; the code of an outcome is its place in this tuple."""

SIDES = ("a", "b")

Column = Literal["prompt", "voter", "judge"]
CLUSTER_COLUMNS: tuple[Column, ...] = ("prompt", "voter", "judge")

Cluster = Column | tuple[Column, Column]
"""The units that are drawn independently: the values of one column, or of two crossed ones."""

WeightKind = Literal["count", "sampling"]
WEIGHT_KINDS: tuple[WeightKind, ...] = ("count", "sampling")


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Pairwise comparisons as integer arrays, checked once and then trusted.

    Parameters
    ----------
    names : tuple of str
        The M competitors, each once; a code is a place in this tuple.
    a, b : (n,) int32
        Codes of the two competitors of each row, never equal.
    outcome : (n,) int8
        Place in `OUTCOMES`: 0 = a won, 1 = b won, 2 = tie, 3 = both bad.
    weight : (n,) float64, optional
        What the row weighs (>= 0); None = one each.
    weight_kind : "count" or "sampling"
        "count": the row stands for so many equal comparisons, each seen for itself. "sampling": it is one comparison,
        seen once, that weighs so much in the mean (the inverse of its chance to be seen, say).
    prompt, voter, judge : (n,) int32, optional
        Cluster codes >= 0. -1 = unknown: such a row is a cluster of its own, and with weight w of kind "count" it
        is w clusters of one comparison each. None = unknown for all.
    first : (n,) int8, optional
        Who was shown first: 0 = a, 1 = b, -1 = unknown.
    covariates : (n, k) float64, optional
        What else differs between the sides, seen from a: more of it on a's side is positive.
    covariate_names : tuple of str
        The k columns of `covariates`.

    Raises
    ------
    ValueError
        If a length differs, a code, weight or covariate is out of range, a name occurs twice, or a
        competitor meets itself. The message names the first such row.

    Examples
    --------
    >>> c = Comparisons(names=("x", "y"), a=[0, 0], b=[1, 1], outcome=[0, 2])
    >>> len(c), c.names[c.a[0]], OUTCOMES[c.outcome[1]]
    (2, 'x', 'tie')
    """

    names: tuple[str, ...]
    a: Codes
    b: Codes
    outcome: SmallCodes
    weight: Floats | None = None
    prompt: Codes | None = None
    voter: Codes | None = None
    judge: Codes | None = None
    first: SmallCodes | None = None
    covariates: Floats | None = None
    covariate_names: tuple[str, ...] = ()
    weight_kind: WeightKind = "count"

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", _checked_names(self.names))
        n_rows = len(self.a)
        for field, limits, dtype in (
            ("a", (0, len(self.names) - 1), np.int32),
            ("b", (0, len(self.names) - 1), np.int32),
            ("outcome", (0, len(OUTCOMES) - 1), np.int8),
            ("prompt", (-1, np.iinfo(np.int32).max), np.int32),
            ("voter", (-1, np.iinfo(np.int32).max), np.int32),
            ("judge", (-1, np.iinfo(np.int32).max), np.int32),
            ("first", (-1, 1), np.int8),
        ):
            values = getattr(self, field)
            if values is not None:
                object.__setattr__(self, field, _checked_codes(field, values, n_rows, limits, dtype))
        if self.weight is not None:
            object.__setattr__(self, "weight", _checked_weights(self.weight, n_rows))
        object.__setattr__(self, "covariate_names", tuple(self.covariate_names))
        if self.covariates is not None or self.covariate_names:
            object.__setattr__(self, "covariates", _checked_covariates(self.covariates, self.covariate_names, n_rows))
        if self.weight_kind not in WEIGHT_KINDS:
            raise ValueError(f"unknown weight_kind {self.weight_kind!r}: allowed are {', '.join(map(repr, WEIGHT_KINDS))}")
        _refuse_self_comparisons(self.names, self.a, self.b)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.a)

    @classmethod
    def from_names(
        cls,
        a: ArrayLike,
        b: ArrayLike,
        outcome: ArrayLike,
        *,
        weight: ArrayLike | None = None,
        prompt: ArrayLike | None = None,
        voter: ArrayLike | None = None,
        judge: ArrayLike | None = None,
        first: ArrayLike | None = None,
        covariates: Mapping[str, ArrayLike] | None = None,
        weight_kind: WeightKind = "count",
    ) -> "Comparisons":
        """Code columns of names; the competitors come out in sorted order.

        Parameters
        ----------
        a, b : (n,) of str
            Names of the two competitors: sequences, numpy arrays, pandas Series or Arrow arrays. Two spellings of one name in
            Unicode are one name (NFC).
        outcome : (n,) of str
            One of `OUTCOMES`.
        weight : (n,) of float, optional
            What each row weighs; `weight_kind` says how it is meant.
        prompt, voter, judge : (n,), optional
            Ids of any kind. None, NaN, or the number -1 = unknown.
        first : (n,) of str, optional
            "a" or "b": the side shown first. None = unknown.
        covariates : mapping of name to (n,) of float, or DataFrame, optional
            Differences between the sides, a's minus b's.
        weight_kind : "count" or "sampling"
            Equal comparisons that a row stands for, or what the one comparison weighs in the mean.

        Raises
        ------
        ValueError
            Unknown outcome or side (the message names the value and what is allowed), a missing name, a
            competitor against itself, columns of different length.

        Examples
        --------
        >>> c = Comparisons.from_names(["x", "z"], ["y", "x"], ["a", "both_bad"], prompt=["p", None])
        >>> c.names, c.a.tolist(), c.b.tolist(), c.outcome.tolist(), c.prompt.tolist()
        (('x', 'y', 'z'), [0, 2], [1, 0], [0, 3], [0, -1])
        """
        names, (left, right) = name_codes(a, b)
        return cls(
            names=names,
            a=own(left),
            b=own(right),
            outcome=own(label_codes("outcome", outcome, OUTCOMES)),
            weight=None if weight is None else np.asarray(weight, dtype=np.float64),
            prompt=None if prompt is None else own(cluster_codes(prompt)),
            voter=None if voter is None else own(cluster_codes(voter)),
            judge=None if judge is None else own(cluster_codes(judge)),
            first=None if first is None else own(side_codes("first", first, SIDES)),
            covariates=None if covariates is None else own(_stacked(covariates)),
            covariate_names=() if covariates is None else tuple(covariates),
            weight_kind=weight_kind,
        )

    def clusters(self, cluster: Column) -> Codes:
        """The cluster codes of a column, -1 throughout where the column is absent."""
        if cluster not in CLUSTER_COLUMNS:
            raise ValueError(f"unknown cluster {cluster!r}: allowed are {', '.join(map(repr, CLUSTER_COLUMNS))}")
        codes: Codes | None = getattr(self, cluster)
        return np.full(len(self), -1, dtype=np.int32) if codes is None else codes

    def weights(self, rows: slice | Ints = slice(None)) -> Floats:
        """The weights of some rows, ones where none were given."""
        if self.weight is None:
            return np.ones(len(self.a[rows]))
        return self.weight[rows]

    def multiples(self, rows: slice | Ints = slice(None)) -> Floats:
        """How many comparisons, seen each for itself, some rows stand for: their weights if these are counts, else 1 or 0.

        Examples
        --------
        >>> Comparisons(("x", "y"), [0], [1], [0], weight=[2.5], weight_kind="sampling").multiples().tolist()
        [1.0]
        """
        weights = self.weights(rows)
        return weights if self.weight_kind == "count" else (weights > 0).astype(np.float64)

    def unit_weights(self, rows: slice | Ints = slice(None)) -> Floats:
        """What one comparison of each row weighs: 1 where weights are counts, else the weight.

        Examples
        --------
        >>> Comparisons(("x", "y"), [0], [1], [0], weight=[2.5]).unit_weights().tolist()
        [1.0]
        """
        weights = self.weights(rows)
        return np.ones(len(weights)) if self.weight_kind == "count" else weights

    def among(self, kept: Bools) -> "Comparisons":
        """Only the competitors marked in `kept` ((M,) bool) and the rows between them."""
        if kept.all():
            return self
        rows = kept[self.a] & kept[self.b]
        code = (np.cumsum(kept) - 1).astype(np.int32)
        columns = self._columns_at(rows)
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep)
        return replace(self, names=names, a=own(code[self.a[rows]]), b=own(code[self.b[rows]]), **columns)

    def reweighted(self, weight: ArrayLike) -> "Comparisons":
        """The same rows with other weights, (n,) of finite numbers, 0 or more; rows of weight zero are dropped.

        Raises
        ------
        ValueError
            If a weight is negative, not a number or infinite (the message names the row), or their number is another.
        """
        weights = _checked_weights(weight, len(self))
        there = weights > 0
        columns = self._columns_at(there)
        return replace(self, a=own(self.a[there]), b=own(self.b[there]), **columns | {"weight": own(weights[there])})

    def _columns_at(self, rows: Bools) -> dict[str, Any]:
        columns = {name: getattr(self, name) for name in _OTHER_COLUMNS}
        return {name: None if column is None else own(column[rows]) for name, column in columns.items()}


_OTHER_COLUMNS = ("outcome", "weight", "prompt", "voter", "judge", "first", "covariates")


def _checked_names(names: Sequence[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"{name!r} is named twice: names must be unique")
        seen.add(name)
    return tuple(names)


def _checked_codes(
    field: str, values: ArrayLike, n_rows: int, limits: tuple[int, int], dtype: type[np.signedinteger[Any]]
) -> NDArray[np.signedinteger[Any]]:
    codes = np.asarray(values)
    if codes.shape != (n_rows,):
        raise ValueError(f"{field} has shape {codes.shape}: it must be ({n_rows},), as long as a")
    if not n_rows:
        return own(np.empty(0, dtype=dtype))
    if codes.dtype.kind not in "iu":
        raise ValueError(f"{field} has type {codes.dtype}: codes are integers (names go through from_names)")
    low, high = limits
    checked = codes if codes.dtype == dtype else np.empty(n_rows, dtype=dtype)
    for start in range(0, n_rows, CACHED_ROWS):
        part = slice(start, start + CACHED_ROWS)
        if _outside(codes[part], low, high):
            row = start + int(np.argmax((codes[part] < low) | (codes[part] > high)))
            raise ValueError(f"{field}[{row}] is {codes[row]}: allowed are {low} to {high}")
        if checked is not codes:
            checked[part] = codes[part]
    return kept(checked) if checked is codes else own(checked)


def _outside(codes: NDArray[Any], low: int, high: int) -> bool:
    if low == 0:
        # Read as unsigned, a negative number is a huge one: one pass over memory instead of two.
        return bool(codes.view(codes.dtype.str.replace("i", "u")).max() > high)
    return bool(codes.min() < low or codes.max() > high)


def _checked_weights(values: ArrayLike, n_rows: int) -> Floats:
    weights = np.asarray(values, dtype=np.float64)
    if weights.shape != (n_rows,):
        raise ValueError(f"weight has shape {weights.shape}: it must be ({n_rows},), as long as a")
    good = np.isfinite(weights) & (weights >= 0)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"weight[{row}] is {weights[row]}: a weight is a finite number, 0 or more")
    return kept(weights)


def _checked_covariates(values: ArrayLike | None, names: tuple[str, ...], n_rows: int) -> Floats:
    columns = np.asarray(values, dtype=np.float64)
    if columns.shape != (n_rows, len(names)):
        raise ValueError(
            f"covariates have shape {columns.shape}: {len(names)} names and {n_rows} rows need ({n_rows}, {len(names)})"
        )
    _checked_names(names)
    good = np.isfinite(columns).all(axis=1)
    if not good.all():
        row = int(np.argmin(good))
        raise ValueError(f"covariates[{row}] is {columns[row].tolist()}: a covariate is a finite number")
    return kept(columns)


def _stacked(columns: Mapping[str, ArrayLike]) -> Floats:
    if not hasattr(columns, "keys"):
        raise TypeError(f"covariates are of type {type(columns).__name__}: give a mapping of name to column, or a DataFrame")
    return np.column_stack([np.asarray(columns[name], dtype=np.float64) for name in columns])


def _refuse_self_comparisons(names: tuple[str, ...], a: Codes, b: Codes) -> None:
    same = a == b
    if same.any():
        row = int(np.argmax(same))
        raise ValueError(f"row {row} compares {names[a[row]]!r} with itself: a and b must differ")
