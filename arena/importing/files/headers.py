"""Tables whose first line is a row and no header: told from others only where nothing else can be meant."""

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from string import ascii_uppercase

from arena.importing.files.looks import FileLooks

N_LOOKED_AT = 20
FEWEST_CHOICES, MOST_CHOICES = 3, 5
LONGEST_HEAD = 60


def implied_header(looks: FileLooks) -> list[str]:
    """The names that the columns would have; empty where the file has a header.

    MMLU's own files: each row is a question, its choices, and the letter of the right one.
    """
    rows = _first_rows(looks)
    letters = ascii_uppercase[: len(rows[0]) - 2] if rows else ""
    if len(rows) < 2 or not FEWEST_CHOICES <= len(letters) <= MOST_CHOICES:
        return []
    are_alike = all(len(row) == len(rows[0]) and row[-1] in [*letters] for row in rows)
    is_header = not {cell.strip().casefold() for cell in rows[0][:-1]}.isdisjoint({*letters.casefold(), "question", "id"})
    return ["question", *letters, "answer"] if are_alike and not is_header and all(rows[0]) else []


def _first_rows(looks: FileLooks) -> list[list[str]]:
    """Those that are there as a whole."""
    lines = looks.start.splitlines(keepends=True)
    try:
        rows = list(islice((row for row in csv.reader(lines, strict=True) if row), N_LOOKED_AT + 1))
    except csv.Error:
        return []
    return rows[:N_LOOKED_AT] if looks.is_whole or len(rows) > N_LOOKED_AT else rows[:-1]


def may_be_a_row(names: Iterable[str]) -> bool:
    """Whether the first line is most likely no header: it has numbers or sentences."""
    return any(map(_is_no_head, names))


def _is_no_head(name: str) -> bool:
    words: Sequence[str] = name.split()
    is_number = name.strip().replace(".", "", 1).isdecimal()
    return is_number or len(name) > LONGEST_HEAD or (len(words) > 2 and name.rstrip().endswith(("?", ".", "!", "？", "。")))
