"""How much a Parquet file unfolds to, told before it does.

Bytes of each row of a batch: a text of a dictionary counts in every row that has it. Columns: by the first bytes of the footer.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

BYTES_A_VALUE = 8  # of what is no text: a number, a moment, a list, an object


FOOTER_END = 8  # its length and the mark of the format
VERSION, SCHEMA, OF_STRUCTURES = 0x15, 0x19, 0x0C  # Thrift's compact protocol: a number, a list, what the list holds


def n_schema_elements(path: Path) -> int:
    """Columns and what they stand in, as the footer says at its beginning; 0 where it begins otherwise."""
    with path.open("rb") as file:
        file.seek(-FOOTER_END, os.SEEK_END)
        length = int.from_bytes(file.read(4), "little")
        if length + FOOTER_END > path.stat().st_size:
            return 0
        file.seek(-FOOTER_END - length, os.SEEK_END)
        start = file.read(16)
    if len(start) < 16 or start[0] != VERSION or start[2] != SCHEMA or start[3] & 0x0F != OF_STRUCTURES:
        return 0
    return start[3] >> 4 if start[3] >> 4 < 15 else _varint(start[4:])


def _varint(written: bytes) -> int:
    number = 0
    for at, byte in enumerate(written):
        number |= (byte & 0x7F) << (7 * at)
        if byte < 0x80:
            break
    return number


def bytes_of_rows(batch: Any) -> Any:
    """An array of whole numbers, one a row; nothing is unfolded for it. Raises ArrowNotImplementedError for an odd type."""
    sizes = np.zeros(batch.num_rows, dtype=np.int64)
    for column in batch.columns:
        sizes += _sizes(column)
    return sizes


def _sizes(array: Any) -> Any:
    import pyarrow
    from pyarrow import compute, types

    kind = array.type
    if isinstance(array, pyarrow.ExtensionArray):
        return _sizes(array.storage)
    if types.is_dictionary(kind):
        of_values = np.append(_sizes(array.dictionary), BYTES_A_VALUE)
        return of_values[_whole(array.indices, missing=len(array.dictionary))]
    if types.is_list(kind) or types.is_large_list(kind) or types.is_map(kind):
        ends = np.concatenate([[0], np.cumsum(_sizes(array.values))])[array.offsets.to_numpy(zero_copy_only=False)]
        return np.diff(ends) + BYTES_A_VALUE
    if types.is_fixed_size_list(kind):
        values = array.values.slice(array.offset * kind.list_size, len(array) * kind.list_size)
        return _sizes(values).reshape(len(array), kind.list_size).sum(axis=1) + BYTES_A_VALUE
    if types.is_struct(kind):
        of_fields = [_sizes(array.field(at)) for at in range(kind.num_fields)]
        return sum(of_fields, np.full(len(array), BYTES_A_VALUE, dtype=np.int64))
    if types.is_fixed_size_binary(kind):
        return np.full(len(array), kind.byte_width + BYTES_A_VALUE, dtype=np.int64)
    if types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind):
        return _whole(compute.binary_length(array), missing=0) + BYTES_A_VALUE
    if types.is_primitive(kind) or types.is_null(kind) or types.is_decimal(kind):
        return np.full(len(array), BYTES_A_VALUE, dtype=np.int64)
    raise pyarrow.ArrowNotImplementedError(f"a column of type {kind}")


def longest_repeated(array: Any) -> int:
    """Bytes of the longest text in its dictionaries."""
    import pyarrow
    from pyarrow import types

    kind = array.type
    if isinstance(array, pyarrow.ExtensionArray):
        return longest_repeated(array.storage)
    if types.is_dictionary(kind):
        return int(_sizes(array.dictionary).max(initial=0))
    if types.is_struct(kind):
        return max((longest_repeated(array.field(at)) for at in range(kind.num_fields)), default=0)
    if types.is_list(kind) or types.is_large_list(kind) or types.is_map(kind) or types.is_fixed_size_list(kind):
        return longest_repeated(array.values)
    return 0


def _whole(array: Any, *, missing: int) -> Any:
    import pyarrow

    return array.cast(pyarrow.int64()).fill_null(missing).to_numpy(zero_copy_only=False)
