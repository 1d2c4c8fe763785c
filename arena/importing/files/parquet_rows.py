"""Parquet -> rows, a batch at a time. Reading it needs pyarrow, which is no requirement of a site."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from arena.importing.files import looks
from arena.importing.files.columns import Columns
from arena.importing.files.parquet_cells import cells_of
from arena.importing.files.parquet_pages import GroupSizes, WrongFooter, group_sizes
from arena.importing.files.parquet_sizes import bytes_of_rows, longest_repeated, n_schema_elements
from arena.importing.files.problems import PlainWords, Problems
from arena.wording import gettext as _
from arena.wording import number as grouped

ROWS_A_LOT = 64
FEWEST_READ, MOST_READ, READS_A_GROUP = 1_024, 65_536, 16  # rows; with each the folded texts of its group are copied once
A_PART_AT_ONCE: Mapping[str, Any] = {"pre_buffer": False, "buffer_size": 1_000_000}  # bytes of a column, not all of it
READ_AT_ONCE = 16_000_000  # bytes
MOST_LEAVES = 1_000  # columns, with those within lists and structures: each is looked at before the first row
MOST_ELEMENTS = 4 * MOST_LEAVES  # with the lists and structures that columns stand in: more are refused before they are read
# A column with a longer text that many rows may have, or with so much in lists, stays folded till its bytes are counted.
MOST_REPEATED, MOST_IN_LISTS = 1_000_000, 64_000_000


def parquet_names(path: Path) -> list[str]:
    """The columns; empty where the file cannot be read."""
    problems = Problems(path.name)
    opened = _opened(path, problems)
    if opened is None:
        return []
    with closing(opened[0]) as file:
        return list(file.schema_arrow.names)


def batches(path: Path, problems: Problems, columns: Columns, longest: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with its number. The limits, of a row (`longest`) and of all, count what unfolds, before it does."""
    opened = _opened(path, problems)
    if opened is None:
        return
    import pyarrow

    file, groups = opened
    n_rows = n_bytes = 0
    with closing(file):
        names = list(file.schema_arrow.names)
        renamed = columns.renamed(names)
        names = [renamed.get(name, name) for name in names]
        try:
            for lot, sizes in _lots(file, groups, longest):
                n_bytes += sum(sizes)
                if n_bytes > looks.MOST_UNPACKED:
                    _add_too_large(problems, n_rows + 1)
                    return
                if sizes[0] > longest:
                    n_rows += 1
                    _add_too_long(problems, n_rows, longest)
                    continue
                cells = [cells_of(column) for column in lot.columns]
                for values in zip(*cells, strict=True):
                    n_rows += 1
                    yield n_rows, dict(zip(names, values, strict=True))
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
            _add_broken(problems, n_rows + 1, error)


def _lots(file: Any, groups: Sequence[GroupSizes], longest: int) -> Iterator[tuple[Any, list[int]]]:
    """A few rows at once, with the bytes of each; a row over `longest` stands alone. Long repeated texts are folded still."""
    for at, group in enumerate(groups):
        for batch in file.iter_batches(batch_size=_rows_at_once(group), row_groups=[at]):
            sizes: list[int] = bytes_of_rows(batch).tolist()
            start = n_bytes = 0
            for row, n in enumerate(sizes):
                if row > start and (row - start == ROWS_A_LOT or n_bytes + n > longest):
                    yield batch.slice(start, row - start), sizes[start:row]
                    start, n_bytes = row, 0
                n_bytes += n
            if sizes:
                yield batch.slice(start), sizes[start:]


def _with_longest(folded: Any, at: int, group: GroupSizes) -> GroupSizes:
    """A dictionary is at the beginning of its column: with one row it is there, and its longest text can be told."""
    if not group.repeated:
        return group
    batch = next(folded.iter_batches(batch_size=1, row_groups=[at]), None)
    longest = max(map(longest_repeated, batch.columns), default=0) if batch is not None else 0
    return group._replace(
        repeated={column: n if column in group.delta else min(n, longest) for column, n in group.repeated.items()}
    )


def _rows_at_once(group: GroupSizes) -> int:
    if _folded(group):
        return min(max(FEWEST_READ, group.n_rows // READS_A_GROUP), MOST_READ)
    a_row = group.n_bytes // max(group.n_rows, 1)
    return max(1, min(MOST_READ, READ_AT_ONCE // max(a_row, *group.repeated.values(), 1)))


def _folded(group: GroupSizes) -> set[int]:
    """Of a list, one row may have all the texts of the group."""
    return {
        column
        for column, n_bytes in group.repeated.items()
        if (n_bytes > MOST_REPEATED or n_bytes * group.in_lists.get(column, 0) > MOST_IN_LISTS) and column not in group.delta
    }


def _opened(path: Path, problems: Problems) -> tuple[Any, list[GroupSizes]] | None:
    """The file, and what reading each of its row groups takes: that is asked before a page is unpacked."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        remedy = _("reading it needs pyarrow (pip install pyarrow), or save it as CSV or JSON lines")
        problems.add(1, _("the file"), PlainWords("Parquet"), remedy)
        return None
    try:
        if (n_elements := n_schema_elements(path)) > MOST_ELEMENTS:
            _add_too_many(problems, n_elements - 1)  # the root is none
            return None
        metadata = parquet.read_metadata(path)
        if metadata.num_columns > MOST_LEAVES:
            _add_too_many(problems, metadata.num_columns)
            return None
        with path.open("rb") as opened:
            groups = group_sizes(opened, metadata)
        if sum(group.n_bytes for group in groups) > looks.MOST_UNPACKED:
            _add_too_large(problems, 1)
            return None
        texts = {at for at in range(metadata.num_columns) if metadata.schema.column(at).physical_type == "BYTE_ARRAY"}
        texts -= set[int]().union(*(group.delta for group in groups))  # Arrow cannot fold those
        with parquet.ParquetFile(path, metadata=metadata, read_dictionary=sorted(texts), **A_PART_AT_ONCE) as folded:
            groups = [_with_longest(folded, at, group) for at, group in enumerate(groups)]
        still_folded = set[int]().union(*map(_folded, groups))
        wanted = sorted(texts & still_folded)
        return parquet.ParquetFile(path, metadata=metadata, read_dictionary=wanted, **A_PART_AT_ONCE), groups
    except (pyarrow.ArrowException, OSError, OverflowError, UnicodeDecodeError, WrongFooter) as error:
        _add_broken(problems, 1, error)
        return None


def _add_too_many(problems: Problems, n_columns: int) -> None:
    allowed = _("at most %(most)s columns are read, those within lists and structures included")
    problems.add(1, _("the number of columns"), n_columns, allowed % {"most": grouped(MOST_LEAVES)})


def _add_too_long(problems: Problems, row: int, longest: int) -> None:
    allowed = _("a row may have at most %(most)s bytes") % {"most": grouped(longest)}
    problems.add(row, _("the row"), PlainWords(_("too long")), allowed)


def _add_too_large(problems: Problems, line: int) -> None:
    allowed = _("a packed file may hold at most %(most)s bytes: split it") % {"most": grouped(looks.MOST_UNPACKED)}
    problems.add(line, _("the file"), PlainWords(_("too large when unpacked")), allowed)


def _add_broken(problems: Problems, line: int, error: Exception) -> None:
    remedy = _("it begins as Parquet and cannot be read as that")
    if isinstance(error, WrongFooter):
        remedy = _("it begins as Parquet and cannot be read as that (%(why)s)") % {"why": error}
    problems.add(line, _("the file"), PlainWords(_("broken")), remedy)
