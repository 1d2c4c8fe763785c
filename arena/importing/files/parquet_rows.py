"""Parquet -> rows, a batch at a time. Reading it needs pyarrow, which is no requirement of a site."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from arena.importing.files import looks
from arena.importing.files.columns import Columns
from arena.importing.files.parquet_sizes import bytes_of_rows
from arena.importing.files.problems import PlainWords, Problems
from arena.wording import gettext as _
from arena.wording import number as grouped

ROWS_A_LOT = 64
FEWEST_READ, MOST_READ, READS_A_GROUP = 1_024, 65_536, 16  # rows; with each the texts of its group are copied once
LEVELS = 4  # bytes in memory for each value of a list
MAGIC = 4  # bytes


def parquet_names(path: Path) -> list[str]:
    """The columns; empty where the file cannot be read."""
    problems = Problems(path.name)
    file = _opened(path, problems)
    if file is None:
        return []
    with closing(file):
        return list(file.schema_arrow.names)


def batches(path: Path, problems: Problems, columns: Columns, longest: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with its number. The limits, of a row (`longest`) and of all, count what unfolds, before it does."""
    file = _opened(path, problems)
    if file is None:
        return
    import pyarrow

    n_rows = n_bytes = 0
    with closing(file):
        names = list(file.schema_arrow.names)
        renamed = columns.renamed(names)
        names = [renamed.get(name, name) for name in names]
        try:
            for lot, sizes in _lots(file, longest):
                n_bytes += sum(sizes)
                if n_bytes > looks.MOST_UNPACKED:
                    _add_too_large(problems, n_rows + 1)
                    return
                if sizes[0] > longest:
                    n_rows += 1
                    _add_too_long(problems, n_rows, longest)
                    continue
                cells = [_unfolded(column) for column in lot.columns]
                for values in zip(*cells, strict=True):
                    n_rows += 1
                    yield n_rows, dict(zip(names, values, strict=True))
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
            _add_broken(problems, n_rows + 1, error)


def _lots(file: Any, longest: int) -> Iterator[tuple[Any, list[int]]]:
    """A few rows at once, with the bytes of each; a row over `longest` stands alone. Texts are folded still."""
    for at in range(file.metadata.num_row_groups):
        size = min(max(FEWEST_READ, file.metadata.row_group(at).num_rows // READS_A_GROUP), MOST_READ)
        for batch in file.iter_batches(batch_size=size, row_groups=[at]):
            sizes: list[int] = bytes_of_rows(batch).tolist()
            start = n_bytes = 0
            for row, n in enumerate(sizes):
                if row > start and (row - start == ROWS_A_LOT or n_bytes + n > longest):
                    yield batch.slice(start, row - start), sizes[start:row]
                    start, n_bytes = row, 0
                n_bytes += n
            if sizes:
                yield batch.slice(start), sizes[start:]


def _unfolded(column: Any) -> list[Any]:
    import pyarrow

    plain = column.dictionary_decode() if isinstance(column, pyarrow.DictionaryArray) else column
    cells: list[Any] = plain.to_pylist()
    return cells


def _opened(path: Path, problems: Problems) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        told = _("reading it needs pyarrow (pip install pyarrow), or save it as CSV or JSON lines")
        problems.add(1, _("the file"), PlainWords("Parquet"), told)
        return None
    try:
        metadata = parquet.read_metadata(path)
        # A text that stands in many rows stays one text until its rows are counted.
        texts = [at for at in range(metadata.num_columns) if metadata.schema.column(at).physical_type == "BYTE_ARRAY"]
        file: Any = parquet.ParquetFile(path, metadata=metadata, read_dictionary=texts)
    except (pyarrow.ArrowException, OSError) as error:
        _add_broken(problems, 1, error)
        return None
    # What the groups say of themselves is asked first: their pages are unpacked whole.
    if sum(_bytes_by_metadata(metadata, at) for at in range(metadata.num_row_groups)) > looks.MOST_UNPACKED:
        _add_too_large(problems, 1)
        file.close()
        return None
    return file


def _bytes_by_metadata(metadata: Any, at: int) -> int:
    group = metadata.row_group(at)
    in_lists: list[int] = [
        group.column(column).num_values
        for column in range(metadata.num_columns)
        if metadata.schema.column(column).max_repetition_level
    ]
    return max(int(group.total_byte_size), LEVELS * sum(in_lists))


def _add_too_long(problems: Problems, row: int, longest: int) -> None:
    told = _("a row may have at most %(most)s bytes") % {"most": grouped(longest)}
    problems.add(row, _("the row"), PlainWords(_("too long")), told)


def _add_too_large(problems: Problems, line: int) -> None:
    told = _("a packed file may hold at most %(most)s bytes: split it") % {"most": grouped(looks.MOST_UNPACKED)}
    problems.add(line, _("the file"), PlainWords(_("too large when unpacked")), told)


def _add_broken(problems: Problems, line: int, error: Exception) -> None:
    told = _("it begins as Parquet and cannot be read as that (%(why)s)") % {"why": str(error)[:120]}
    problems.add(line, _("the file"), PlainWords(_("broken")), told)
