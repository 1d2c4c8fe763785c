"""Tables that the links of their heads sort, several on a page: `?models=-shown` sorts one of them, and leaves the others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class SortColumn:
    """A column with the value that its rows are sorted by."""

    key: str
    text: str
    value: Callable[[Any], Any]
    is_number: bool = True
    is_optional: bool = False  # left out on phones


@dataclass(frozen=True, slots=True)
class SortHead:
    """A column's head. `query` sorts by it; once more turns the order round."""

    text: str
    query: str
    aria_sort: str
    is_number: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class SortedTable:
    name: str
    rows: list[Any]
    heads: list[SortHead]


def sorted_table(
    request: HttpRequest, name: str, columns: Sequence[SortColumn], rows: Sequence[Any], *, default: str
) -> SortedTable:
    """In the order that the address asks for, else in the default one; `-key` is from the largest down."""
    by_key = {column.key: column for column in columns}
    asked = request.GET.get(name, "")
    chosen = asked if asked.removeprefix("-") in by_key else default
    key, is_falling = chosen.removeprefix("-"), chosen.startswith("-")
    heads = []
    for column in columns:
        is_sorted = column.key == key
        falls_next = not is_falling if is_sorted else column.is_number
        query = request.GET.copy()
        query[name] = f"-{column.key}" if falls_next else column.key
        aria_sort = ("descending" if is_falling else "ascending") if is_sorted else ""
        heads.append(SortHead(column.text, query.urlencode(), aria_sort, column.is_number, column.is_optional))
    return SortedTable(name, sorted(rows, key=by_key[key].value, reverse=is_falling), heads)
