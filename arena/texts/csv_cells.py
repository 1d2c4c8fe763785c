"""Tables as CSV that a spreadsheet may open: no text in it is a formula."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence

DIGITS = 12  # significant ones: all that a figure has, without the noise of how it was computed
# The wide ones are formulas where a spreadsheet was set up for Chinese, Japanese or Korean.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def cell(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers, nothing is empty.

    Text that looks as if it had got one gets another, so that `text_of` can tell them apart.
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip("'").startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def text_of(written: str) -> str:
    """
    The text that `cell` wrote.

    Examples
    --------
    >>> [text_of(cell(text)) for text in ("=1+1", "'=1+1", "'quoted", "-")]
    ['=1+1', "'=1+1", "'quoted", '-']
    """
    return written[1:] if written.startswith("'") and written.lstrip("'").startswith(FORMULA_STARTS) else written


def figure(value: float | None) -> float | None:
    """
    Without the noise behind its last digit.

    Examples
    --------
    >>> figure(0.9999999999999998), figure(0.1 + 0.2)
    (1.0, 0.3)
    """
    return None if value is None else float(f"{value:.{DIGITS}g}")


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """A header and a line a row, in the order of `columns`; numbers with all their digits."""
    return "".join(csv_lines(columns, rows))


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The same line by line, for tables that are too long to be held."""
    writer = csv.writer(_Echo(), lineterminator="\r\n")
    yield writer.writerow(cell(column) for column in columns)
    for row in rows:
        yield writer.writerow([cell(row[column]) for column in columns])


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, line: str) -> str:
        return line
