"""Parquet -> rows, a batch at a time. Reading it needs pyarrow, which is no requirement of a site."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from arena.importing.files import looks
from arena.importing.files.columns import Columns
from arena.importing.files.problems import PlainWords, Problems
from arena.wording import gettext as _
from arena.wording import number as grouped

ROWS_A_BATCH = 64  # a row may have megabytes, and a batch is unpacked whole
MAGIC = 4  # bytes


def parquet_names(path: Path) -> list[str]:
    """The columns; empty where the file cannot be read."""
    problems = Problems(path.name)
    file = _opened(path, problems)
    if file is None:
        return []
    with closing(file):
        return list(file.schema_arrow.names)


def batches(path: Path, problems: Problems, columns: Columns) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row with its number. The limit counts what comes out, batch by batch."""
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
            for batch in file.iter_batches(batch_size=ROWS_A_BATCH):
                n_bytes += batch.nbytes
                if n_bytes > looks.MOST_UNPACKED:
                    _add_too_large(problems, n_rows + 1)
                    return
                cells = [column.to_pylist() for column in batch.columns]
                for values in zip(*cells, strict=True):
                    n_rows += 1
                    yield n_rows, dict(zip(names, values, strict=True))
        except (pyarrow.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
            _add_broken(problems, n_rows + 1, error)


def _opened(path: Path, problems: Problems) -> Any:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        told = _("reading it needs pyarrow (pip install pyarrow), or save it as CSV or JSON lines")
        problems.add(1, _("the file"), PlainWords("Parquet"), told)
        return None
    try:
        file: Any = parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        _add_broken(problems, 1, error)
        return None
    groups = [file.metadata.row_group(at) for at in range(file.metadata.num_row_groups)]
    # What a group says of itself is asked first: its pages are unpacked whole.
    if sum(group.total_byte_size for group in groups) > looks.MOST_UNPACKED:
        _add_too_large(problems, 1)
        file.close()
        return None
    return file


def _add_too_large(problems: Problems, line: int) -> None:
    told = _("a packed file may hold at most %(most)s bytes: split it") % {"most": grouped(looks.MOST_UNPACKED)}
    problems.add(line, _("the file"), PlainWords(_("too large when unpacked")), told)


def _add_broken(problems: Problems, line: int, error: Exception) -> None:
    told = _("it begins as Parquet and cannot be read as that (%(why)s)") % {"why": str(error)[:120]}
    problems.add(line, _("the file"), PlainWords(_("broken")), told)
