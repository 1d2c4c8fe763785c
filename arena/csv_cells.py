"""Tables as CSV that a spreadsheet may open: no text in it is a formula."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """Text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay numbers, nothing is empty."""
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """A header and a line a row, in the order of `columns`; numbers with all their digits."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(cell(column) for column in columns)
    writer.writerows([cell(row[column]) for column in columns] for row in rows)
    return text.getvalue()
