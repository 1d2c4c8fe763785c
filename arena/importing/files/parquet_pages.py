"""What the pages of a Parquet file say of themselves: that is what reading them takes, whatever the footer says.

A column of a row group is a chain of pages, each behind its header, a struct in Thrift's compact protocol:
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift (PageHeader).
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from django.utils.translation import gettext as _

MOST_PAGES = 200_000  # of a file; writers make one of a megabyte, or of 20,000 rows
LONGEST_HEADER = 1_000_000
DEEPEST = 8
DATA, DICTIONARY, DATA_V2 = 0, 2, 3  # PageType
DELTA_BYTE_ARRAY = 7  # Encoding: a text says how much of the one before it begins it
FOLDED = (2, DELTA_BYTE_ARRAY, 8)  # and those that say its place in the dictionary
FORGOTTEN = 100  # bytes: some older writers count a column without the header of its dictionary
LEVELS = 4  # bytes in memory for each value of a list
VALUES_OF = {DATA: (5, 2), DICTIONARY: (7, 2), DATA_V2: (8, 4)}  # the fields of a kind's own header, and of its encoding there


class WrongFooter(ValueError):
    """The footer and the pages contradict each other, or hold what is not read; the message says so."""


class GroupSizes(NamedTuple):
    """What reading a row group takes."""

    n_rows: int
    n_bytes: int = 0
    repeated: Mapping[int, int] = MappingProxyType({})  # by column: bytes of the longest text that few may say many times
    delta: frozenset[int] = frozenset()  # the columns where a text may begin as the one before it
    in_lists: Mapping[int, int] = MappingProxyType({})  # by column of lists: how many values are said so


class _Page(NamedTuple):
    kind: int
    n_bytes: int  # unpacked
    n_values: int
    encoding: int


def group_sizes(file: BinaryIO, metadata: Any) -> list[GroupSizes]:
    """Of each row group. Raises WrongFooter; nothing is unpacked."""
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    if metadata.num_rows != sum(group.num_rows for group in groups) or any(group.num_rows < 0 for group in groups):
        raise _contradictory()
    sizes_of_groups, n_pages = list[GroupSizes](), 0
    for group in groups:
        sizes = GroupSizes(group.num_rows)
        if group.num_columns != metadata.num_columns:
            raise _contradictory()
        for at in range(group.num_columns):
            column, is_list = group.column(at), metadata.schema.column(at).max_repetition_level > 0
            pages = list(islice(_pages(file, column), MOST_PAGES - n_pages + 1))
            n_pages += len(pages)
            if n_pages > MOST_PAGES:
                raise WrongFooter(_("it has more than %(most)s pages") % {"most": MOST_PAGES})
            n_values = sum(page.n_values for page in pages if page.kind != DICTIONARY)
            if n_values != column.num_values or (not is_list and n_values != group.num_rows):
                raise _contradictory()
            sizes = _with_column(sizes, at, pages, n_values if is_list else 0)
            if at in sizes.delta and is_list:
                raise WrongFooter(_("texts in lists are encoded as DELTA_BYTE_ARRAY: write them as PLAIN"))
        sizes_of_groups.append(sizes)
    return sizes_of_groups


def _with_column(sizes: GroupSizes, at: int, pages: Sequence[_Page], n_in_lists: int) -> GroupSizes:
    data = [page for page in pages if page.kind != DICTIONARY]
    by_delta = [page.n_bytes for page in data if page.encoding == DELTA_BYTE_ARRAY]
    longest = max([*by_delta, *(page.n_bytes for page in pages if page.kind == DICTIONARY)], default=0)
    folded = sum(page.n_values for page in data if page.encoding in FOLDED)
    return GroupSizes(
        sizes.n_rows,
        sizes.n_bytes + sum(page.n_bytes for page in pages) + LEVELS * n_in_lists,
        {**sizes.repeated} | ({at: longest} if longest else {}),
        sizes.delta | ({at} if by_delta else set()),
        {**sizes.in_lists} | ({at: folded} if n_in_lists else {}),
    )


def _contradictory() -> WrongFooter:
    return WrongFooter(_("its footer says something else than its pages"))


def _pages(file: BinaryIO, column: Any) -> Iterator[_Page]:
    at = column.data_page_offset
    if column.has_dictionary_page and 0 < (column.dictionary_page_offset or 0) < at:
        at = column.dictionary_page_offset
    end, n_left = at + column.total_compressed_size + FORGOTTEN, column.num_values
    while at < end and n_left > 0:
        page, at = _page(file, at)
        n_left -= page.n_values if page.kind != DICTIONARY else 0
        yield page


def _page(file: BinaryIO, at: int) -> tuple[_Page, int]:
    """The page that begins here, and where it ends."""
    if at < 0:
        raise _contradictory()
    file.seek(at)
    reader = _Compact(file)
    header = reader.struct()
    kind, n_bytes, n_packed = (_count_of(header, number) for number in (1, 2, 3))
    own, encoding = VALUES_OF.get(kind, (0, 0))
    values = header.get(own)
    page = _Page(kind, n_bytes, _count_of(values, 1), _count_of(values, encoding)) if values else _Page(kind, n_bytes, 0, 0)
    return page, at + reader.n_read + n_packed


def _count_of(fields: Any, number: int) -> int:
    value = fields.get(number) if isinstance(fields, dict) else None
    if not isinstance(value, int) or value < 0:
        raise _contradictory()
    return value


class _Compact:
    """Structs by the numbers of their fields; texts and floats are passed over."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.n_read = file, 0

    def struct(self, depth: int = 0) -> dict[int, Any]:
        values, field = dict[int, Any](), 0
        while head := self._byte():
            field = field + (head >> 4) if head >> 4 else self._number()
            values[field] = self._value(head & 15, depth + 1)
        return values

    def _value(self, kind: int, depth: int, *, is_in_list: bool = False) -> Any:
        if depth > DEEPEST:
            raise _contradictory()
        match kind:
            case 1 | 2:  # true and false; a byte of its own in a list alone
                return self._byte() if is_in_list else kind
            case 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._number()
            case 7:
                return self._pass(8)
            case 8:
                return self._pass(self._size())
            case 9 | 10:
                head = self._byte()
                size = head >> 4 if head >> 4 < 15 else self._size()
                return [self._value(head & 15, depth + 1, is_in_list=True) for _n in range(size)]
            case 12:
                return self.struct(depth)
        raise _contradictory()

    def _byte(self) -> int:
        self._count(1)
        byte = self._file.read(1)
        if not byte:
            raise _contradictory()
        return byte[0]

    def _pass(self, n: int) -> None:
        self._count(n)
        self._file.seek(n, 1)

    def _count(self, n: int) -> None:
        self.n_read += n
        if self.n_read > LONGEST_HEADER:
            raise _contradictory()

    def _size(self) -> int:
        size = shift = 0
        while (byte := self._byte()) & 128 and shift < 63:
            size |= (byte & 127) << shift
            shift += 7
        return size | byte << shift

    def _number(self) -> int:
        size = self._size()
        return (size >> 1) ^ -(size & 1)
