"""One cell of an untrusted row -> one checked value. What is not allowed raises RowProblem."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from arena.importing.files.problems import EMPTY, MISSING, PlainWords, RowProblem
from arena.seen_names import name_fault

LONGEST_NAME = 200
LONGEST_CATEGORY = 200
MOST_DOLLARS = 1_000_000
MOST_ID = 10**30
EARLIEST, LATEST = 631_152_000.0, 4_102_444_800.0  # 1990 and 2100
PARTS_OF_A_SECOND = (1, 1_000, 1_000_000, 1_000_000_000)  # between those years no number can be of two of them
_UTC = re.compile(r" ?UTC\Z")
_POINTED = re.compile(r"\s*([+-]?\d{1,18})\.0+\s*", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")

MOST_REMEMBERED = 100_000

type Row = Mapping[str, Any]


class Remembered[T]:
    """A check made once per text, not once per row: a million rows name a hundred models."""

    def __init__(self, check: Callable[[Row, str], T]) -> None:
        self._check = check
        # By what the file has. Texts only: to a dictionary 1 and True are one key.
        self.known: dict[str, T] = {}

    def __call__(self, row: Row, column: str) -> T:
        value = row.get(column)
        if type(value) is not str:
            return self._check(row, column)
        known = self.known.get(value)
        if known is None:
            known = self._check(row, column)
            if len(self.known) < MOST_REMEMBERED:
                self.known[value] = known
        return known


def text(row: Row, column: str, *, default: str | None = None) -> str:
    """A text that a database can hold; without a default the column is required."""
    value = row.get(column, default)
    if value is None and default is not None:
        return default
    if value is None:
        raise RowProblem(column, MISSING if column not in row else PlainWords("null"), _("a text is needed"))
    if not isinstance(value, str):
        raise RowProblem(column, value, _("a text is needed"))
    if not value.isascii() and _SURROGATE.search(value):
        raise RowProblem(column, value, _("half a surrogate pair is no text"))
    if "\0" in value:
        raise RowProblem(column, value, _("NUL characters are not allowed"))
    return value


def name(row: Row, column: str) -> str:
    """A name of a competitor or a person, without the white space around it."""
    return as_name(column, text(row, column))


def identifier(row: Row, column: str) -> str:
    """A name that may also be written as a whole number; 1.0 is 1, as pandas writes a column that has gaps."""
    value = row.get(column)
    if not isinstance(value, str):  # a text keeps its point: it may be a version
        value = without_point(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST_ID:
        return str(value)
    if isinstance(value, float | Decimal):
        raise RowProblem(column, value, _("a text or a whole number is needed"))
    return name({column: str(value)} if isinstance(value, UUID) else row, column)


def optional_identifier(row: Row, column: str) -> str:
    """Empty where the file says nothing. A list of names is one name: a judge and its prompt."""
    value = row.get(column)
    if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
        return as_name(column, ", ".join(value))
    return "" if value is None or value == "" else identifier(row, column)


def as_name(column: str, value: str) -> str:
    value = value.strip()
    if not value:
        raise RowProblem(column, EMPTY, _("a name is needed"))
    if len(value) > LONGEST_NAME:
        raise RowProblem(column, value, _("a name may have at most %(most)d characters") % {"most": LONGEST_NAME})
    # A terminal would obey control characters, and names with invisible characters could not be told apart.
    fault = name_fault(value)
    if fault:
        raise RowProblem(column, value, fault)
    return value


def without_point(value: Any) -> Any:
    """
    A whole number that is written with a point, as pandas writes a column that has gaps, without it; all else as it is.

    Examples
    --------
    >>> without_point(1.0), without_point("2.0"), without_point(1.5), without_point("1.0.0"), without_point(True)
    (1, '2', 1.5, '1.0.0', True)
    """
    if isinstance(value, str):
        written = _POINTED.fullmatch(value)
        return written[1] if written else value
    if isinstance(value, float | Decimal) and math.isfinite(value) and -MOST_ID < value < MOST_ID and value == int(value):
        return int(value)
    return value


def choice[T](row: Row, column: str, allowed: Mapping[str, T]) -> T:
    value = row.get(column)
    if type(value) is not str or value not in allowed:
        values = _("allowed are %(values)s") % {"values": ", ".join(allowed)}
        raise RowProblem(column, MISSING if column not in row else value, values)
    return allowed[value]


def folded_choice[T](row: Row, column: str, allowed: Mapping[str, T], also: Mapping[str, T]) -> T:
    """One of the words that are allowed, or another spelling of one, whatever its case and the blanks around it."""
    value = row.get(column)
    word = value.strip().casefold() if isinstance(value, str) else value
    if not isinstance(word, str) or (word not in allowed and word not in also):
        return choice(row, column, allowed)
    return allowed[word] if word in allowed else also[word]


def whole_text(value: str) -> str:
    """A text in which a half of a surrogate pair is the sign for what cannot be shown: JSON in a cell may hold one."""
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", value)


def truth(row: Row, column: str, *, default: bool) -> bool:
    """JSON booleans, and the ways in which CSV files write them."""
    value = row.get(column)
    if isinstance(value, bool):
        return value
    known = {"": default, "true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}
    written = "" if value is None else str(value).strip().lower() if isinstance(value, str | int | float | Decimal) else "?"
    if written not in known:
        raise RowProblem(column, value, _("allowed are %(values)s") % {"values": "true, false"})
    return known[written]


def whole_number(row: Row, column: str, *, most: int = 2**31 - 1) -> int | None:
    """None where the file says nothing. CSV writes numbers as texts; 12.0 is 12."""
    value = row.get(column)
    if value is None or value == "":
        return None
    value = without_point(value)
    if isinstance(value, str) and value.strip().isdecimal() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise RowProblem(column, value, _("a whole number from 0 to %(most)d is needed") % {"most": most})
    return value


def micro_dollars(row: Row, column: str) -> int | None:
    """Dollars of a file as micro-dollars, to the nearest; None where the file says nothing."""
    value = row.get(column)
    if value is None or value == "":
        return None
    try:
        dollars = Decimal("nan") if isinstance(value, bool) else Decimal(str(value).strip())
    except InvalidOperation:
        dollars = Decimal("nan")
    if not (dollars.is_finite() and 0 <= dollars <= MOST_DOLLARS):
        raise RowProblem(column, value, _("dollars from 0 to %(most)d are needed, such as 0.0015") % {"most": MOST_DOLLARS})
    return round(dollars * 1_000_000)


def texts(row: Row, column: str) -> tuple[str, ...]:
    """A JSON list of texts; in CSV one text."""
    value = row.get(column)
    if value is None or value == "":
        return ()
    values = value if isinstance(value, list) else [value]
    return tuple(text({column: each}, column) for each in values)


def moment(row: Row, column: str) -> float | None:
    """Seconds since 1970; None where the file says nothing."""
    value = row.get(column)
    if value is None or value == "":
        return None
    if isinstance(value, date):  # or with a time: a cell of a Parquet file
        value = value.isoformat()
    try:
        if isinstance(value, bool):
            raise TypeError
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = _iso_seconds(value)
    for parts in PARTS_OF_A_SECOND:
        if EARLIEST <= seconds / parts <= LATEST:
            return seconds / parts
    allowed = _("seconds or milliseconds since 1970, or an ISO 8601 date and time, between 1990 and 2100 are needed")
    raise RowProblem(column, value, allowed)


def _iso_seconds(value: object) -> float:
    try:
        when = datetime.fromisoformat(_UTC.sub("+00:00", value.strip()) if isinstance(value, str) else "")
    except ValueError:
        return math.nan
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
