"""The material of a board as CSV, and back to the same digits: one row per comparison, or counted rows with a weight.

Pure: no Django. Prompts, battles and judges have numbers, of no meaning beyond this file; what is not known is empty.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.texts.csv_cells import csv_lines, text_of
from ranking.comparisons.votes_and_opinions import Opinions, Votes
from ranking.maths import OUTCOMES, Comparisons

ROWS_AT_ONCE = 4_096
SIDES = ("a", "b")
OWN = ("a", "b", "outcome", "weight", "prompt", "judge", "first")
"""Columns of comparisons; all others are covariates."""


@dataclass(frozen=True, slots=True)
class Combination:
    """Votes and opinions side by side, for a board by prediction."""

    votes: Votes
    opinions: Opinions

    def numbered(self, names: Iterable[int]) -> "Combination":
        """With places among `names` for competitors, and prompts by their places among those that occur: (n,) each."""
        ids = np.array(list(names), dtype=np.int64)
        order = np.argsort(ids)
        prompts = np.unique(np.concatenate([self.votes.prompt, self.opinions.prompt]))
        prompts = prompts[prompts >= 0]

        def numbered_rows[Rows: (Votes, Opinions)](rows: Rows) -> Rows:
            a, b = (order[np.searchsorted(ids, side, sorter=order)] for side in (rows.a, rows.b))
            return replace(rows, a=a, b=b, prompt=np.where(rows.prompt >= 0, np.searchsorted(prompts, rows.prompt), -1))

        return Combination(numbered_rows(self.votes), numbered_rows(self.opinions))


type Material = Comparisons | Combination
type Telling = Callable[[Any], object]
type Told = dict[str, tuple[NDArray[Any], Telling]]


# --- writing -------------------------------------------------------------------------------------------------------------


def lines_of(material: Material, names: Sequence[str]) -> Iterator[str]:
    """A header and a line a row; `names` in the order of the material's places."""
    tables = _tables(material, names)
    yield from csv_lines(list(dict.fromkeys(name for table in tables for name in table)), _rows(tables))


def _tables(material: Material, names: Sequence[str]) -> list[Told]:
    def competitor(place: int) -> str:
        return names[place]

    if isinstance(material, Comparisons):
        return [_of_comparisons(material, competitor)]
    sides: dict[str, Telling] = {"a": competitor, "b": competitor}
    says: dict[str, Telling] = {"outcome": OUTCOMES.__getitem__, "by_lot": int, "by_verdicts": int, "prompt": _number}
    numbers: dict[str, Telling] = {"points": _share, "chance": _share, "place": _share, "prompt": _number}
    return [
        {"row": (np.full(len(rows.battle), row), str)}
        | {name: (getattr(rows, name), (sides | how).get(name, int)) for name in rows.__slots__}
        for row, rows, how in (("vote", material.votes, says), ("opinion", material.opinions, numbers))
    ]


def _of_comparisons(comparisons: Comparisons, competitor: Telling) -> Told:
    how: dict[str, Telling] = {
        "a": competitor, "b": competitor, "outcome": OUTCOMES.__getitem__, "weight": _share, "first": _side,
    }  # fmt: skip
    columns = {name: (getattr(comparisons, name), how.get(name, _number)) for name in OWN}
    written: Told = {name: (column, telling) for name, (column, telling) in columns.items() if column is not None}
    for i, name in enumerate(comparisons.covariate_names):
        written[name] = (np.asarray(comparisons.covariates)[:, i], _share)
    return written


def _number(code: int) -> int | None:
    return None if code < 0 else code


def _share(value: float) -> float | None:
    """With all its digits."""
    return None if np.isnan(value) else value


def _side(code: int) -> str | None:
    return None if code < 0 else SIDES[code]


def _rows(tables: Sequence[Told]) -> Iterator[Mapping[str, object]]:
    nothing: dict[str, object] = dict.fromkeys(name for table in tables for name in table)
    for table in tables:
        n = len(next(iter(table.values()))[0])
        for part in (slice(start, start + ROWS_AT_ONCE) for start in range(0, n, ROWS_AT_ONCE)):
            columns = [[telling(value) for value in column[part].tolist()] for column, telling in table.values()]
            for row in zip(*columns, strict=True):
                yield nothing | dict(zip(table, row, strict=True))


# --- reading -------------------------------------------------------------------------------------------------------------


def read_material(lines: Iterable[str], names: Sequence[str]) -> Material:
    """
    What `lines_of` wrote.

    Raises
    ------
    ValueError
        A name that is none of `names`, or a row that is too short. The message says which.
    """
    reader = csv.reader(lines)
    heading = [text_of(name) for name in next(reader)]
    rows = list(reader)
    short = next((i for i, row in enumerate(rows) if len(row) != len(heading)), None)
    if short is not None:
        raise ValueError(f"row {short + 1} has {len(rows[short])} cells, and there are {len(heading)} columns")
    place = {name: i for i, name in enumerate(names)}
    if "row" not in heading:
        return _comparisons(_columns(heading, rows), names, place)
    votes, opinions = (_columns(heading, [row for row in rows if row[0] == kind]) for kind in ("vote", "opinion"))
    return Combination(
        Votes(
            battle=_integers(votes["battle"]), prompt=_integers(votes["prompt"]), a=_places(votes["a"], place),
            b=_places(votes["b"], place), outcome=_among(OUTCOMES, votes["outcome"]),
            by_lot=_integers(votes["by_lot"]) == 1, by_verdicts=_integers(votes["by_verdicts"]) == 1,
        ),
        Opinions(
            battle=_integers(opinions["battle"]), prompt=_integers(opinions["prompt"]), a=_places(opinions["a"], place),
            b=_places(opinions["b"], place), points=_floats(opinions["points"]), chance=_floats(opinions["chance"]),
            place=_floats(opinions["place"]),
        ),
    )  # fmt: skip


def _columns(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    return {name: [row[i] for row in rows] for i, name in enumerate(heading)}


def _comparisons(columns: Mapping[str, list[str]], names: Sequence[str], place: Mapping[str, int]) -> Comparisons:
    covariates = {name: _floats(column) for name, column in columns.items() if name not in OWN}
    return Comparisons(
        names=tuple(names),
        a=_places(columns["a"], place).astype(np.int32),
        b=_places(columns["b"], place).astype(np.int32),
        outcome=_among(OUTCOMES, columns["outcome"]).astype(np.int8),
        weight=_floats(columns["weight"]) if "weight" in columns else None,
        first=_among(SIDES, columns["first"]).astype(np.int8) if "first" in columns else None,
        covariates=np.column_stack(list(covariates.values())) if covariates else None,
        covariate_names=tuple(covariates),
        prompt=_integers(columns["prompt"]).astype(np.int32) if "prompt" in columns else None,
        judge=_integers(columns["judge"]).astype(np.int32) if "judge" in columns else None,
    )


def _places(written: Iterable[str], place: Mapping[str, int]) -> NDArray[np.int64]:
    names = [text_of(name) for name in written]
    unknown = next((name for name in names if name not in place), None)
    if unknown is not None:
        raise ValueError(f"{unknown!r} is none of the board's competitors: both files must be of one snapshot")
    return np.array([place[name] for name in names], dtype=np.int64)


def _among(labels: Sequence[str], written: Iterable[str]) -> NDArray[np.int64]:
    codes = {label: code for code, label in enumerate(labels)} | {"": -1}
    return np.array([codes[label] for label in written], dtype=np.int64)


def _integers(written: Iterable[str]) -> NDArray[np.int64]:
    return np.array([int(number) if number else -1 for number in written], dtype=np.int64)


def _floats(written: Iterable[str]) -> NDArray[np.float64]:
    return np.array([float(number) if number else np.nan for number in written], dtype=np.float64)
