"""Columns of a Parquet file -> cells. What Python has no value for is kept aside: it is a problem where the cell is read."""

import math
from typing import Any


class Unreadable:
    """A cell for which Python has no value: no reader takes it for a text or a number."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __repr__(self) -> str:
        return f"<{self._kind}>"

    __str__ = __repr__


def cells_of(column: Any) -> list[Any]:
    """One value a row; what is no number (NaN) is no value, as where pandas writes it."""
    import pyarrow

    plain = column.dictionary_decode() if isinstance(column, pyarrow.DictionaryArray) else column
    try:
        cells: list[Any] = _in_microseconds(plain).to_pylist()
    except UnicodeDecodeError:
        raise
    except (ValueError, OverflowError, pyarrow.ArrowException):
        cells = [_cell(plain.slice(at, 1)) for at in range(len(plain))]
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in cells]


def _cell(column: Any) -> Any:
    import pyarrow

    try:
        return _in_microseconds(column).to_pylist()[0]
    except (ValueError, OverflowError, pyarrow.ArrowException):
        return Unreadable(str(column.type))


def _in_microseconds(column: Any) -> Any:
    """Times to the microsecond, as Python has them, within lists and structures too."""
    kind = _kind_in_microseconds(column.type)
    return column if kind is column.type else column.cast(kind, safe=False)


def _kind_in_microseconds(kind: Any) -> Any:
    """The very type where nothing in it is finer."""
    import pyarrow
    from pyarrow import types

    if getattr(kind, "unit", "") == "ns":
        if types.is_timestamp(kind):
            return pyarrow.timestamp("us", tz=kind.tz)
        return pyarrow.time64("us") if types.is_time(kind) else pyarrow.duration("us")
    if types.is_struct(kind):
        inner = [kind.field(at) for at in range(kind.num_fields)]
        kinds = [_kind_in_microseconds(field.type) for field in inner]
        if all(new == field.type for new, field in zip(kinds, inner, strict=True)):
            return kind
        return pyarrow.struct([field.with_type(new) for field, new in zip(inner, kinds, strict=True)])
    if types.is_list(kind) or types.is_large_list(kind):
        new = _kind_in_microseconds(kind.value_type)
        if new == kind.value_type:
            return kind
        make = pyarrow.list_ if types.is_list(kind) else pyarrow.large_list
        return make(kind.value_field.with_type(new))
    return kind
