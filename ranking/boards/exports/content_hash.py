"""A hash of a board's evidence by names and texts: the same wherever this evidence is stored.

`evidence_hash` is over row numbers, so that it holds in one database alone, through every change of a name. This one holds for
the same evidence in any database, whatever numbers its rows have there, in whatever order they came, and on whichever sides the
two competitors stand.

Competitors go by their names, prompts by their keys and texts, judges by their identities. Each stands in the rows as its place
among those that occur, in order; pairs are turned so that the first name comes first; the rows are sorted. Battles have no
names: where it matters which rows are of one battle, each battle is the rows that it consists of.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Buffer, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from itertools import chain
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arena.models import Competitor, Prompt
from judges.models import Judge
from ranking.boards.categories.parted_evidence import PartedEvidence, digest_of
from ranking.boards.sources import BoardEvidence
from ranking.comparisons.comparison_rows import distinct, ordered_parts
from ranking.comparisons.judge_comparisons import JudgedEvidence
from ranking.comparisons.people_and_judges import CombinedEvidence
from ranking.maths.data.arrays import chunks
from ranking.maths.data.packing import SWAPPED, split
from ranking.maths.data.tally import Tally

type Column = NDArray[Any]
type Columns = dict[str, Column]

CELL = ("prompt", "a", "b", "outcome", "count")
"""The columns of votes."""

DIGITS = 12  # of shares and weights, so that rounding when a pair is turned does not change the hash

TURNED: Mapping[str, Callable[[Column], Column]] = {
    "outcome": lambda codes: SWAPPED[codes],
    "first": lambda codes: np.where(codes >= 0, 1 - codes, codes),
    "points": lambda points: 1 - points,
}
"""How other columns change when the sides of a row are swapped."""


@dataclass(frozen=True, slots=True)
class NamesAndTexts:
    """What the numbers in rows stand for: names of competitors, keys and texts of prompts, identities of judges."""

    names: Mapping[int, str]
    prompts: Mapping[int, str]
    judges: Mapping[int, str]


def content_hash_of(evidence: BoardEvidence, arena_id: int) -> str:
    """64 hexadecimal digits, by the names and texts as they stand now."""
    return hash_of(evidence, known_in(arena_id))


def known_in(arena_id: int) -> NamesAndTexts:
    """All names of an arena, and every judge."""
    prompts = Prompt.objects.filter(arena_id=arena_id).values_list("pk", "key", "content_hash")
    return NamesAndTexts(
        names=dict(Competitor.objects.filter(arena_id=arena_id).values_list("pk", "name")),
        prompts={pk: f"{content} {key}" for pk, key, content in prompts},
        judges=dict(Judge.objects.values_list("pk", "identity")),
    )


@singledispatch
def hash_of(evidence: BoardEvidence, known: NamesAndTexts) -> str:
    """Of votes: their counts by prompt, pair and outcome."""
    tally = evidence.tally
    names, place = _placed(known.names, [tally.competitors])
    prompts, prompt_place = _placed(known.prompts, [tally.prompts])
    heading = json.dumps([[CELL], names, prompts, []]).encode()
    of_names = place(_those_met(tally.packing.competitors, tally.competitors))
    of_prompts = prompt_place(_those_met(tally.packing.prompts, tally.prompts))
    return _digest(chain([heading], _cell_lines(tally, of_names, of_prompts)))


def _those_met(ids: Column, met: Column) -> Column:
    """These ids, but -1 for those that do not occur."""
    return np.where(np.isin(ids, met), ids, -1)


@hash_of.register
def _of_judged(evidence: JudgedEvidence, known: NamesAndTexts) -> str:
    rows = evidence.rows
    names = ("prompt", "a", "b", "outcome", "first", "judge", "weight")
    named: Columns = {name: getattr(rows, name) for name in names}
    heading, (columns,) = _by_name(known, named)
    return _digest(chain([heading], _lines(columns)))


@hash_of.register
def _of_combined(evidence: CombinedEvidence, known: NamesAndTexts) -> str:
    """Votes and opinions by battle: which of them are of one battle is what combines them."""
    votes, opinions = evidence.votes, evidence.opinions
    of_battles = {name: getattr(votes, name) for name in ("prompt", "a", "b", "outcome", "by_lot", "by_verdicts")}
    asked = {name: getattr(opinions, name) for name in ("prompt", "a", "b", "points", "chance", "place")}
    heading, (of_votes, of_opinions) = _by_name(known, of_battles, asked)
    battles: dict[int, list[bytes]] = defaultdict(list)
    for kind, numbers, columns in ((b"vote", votes.battle, of_votes), (b"opinion", opinions.battle, of_opinions)):
        table = np.column_stack(list(columns.values())).astype("<f8")
        for battle, row in zip(numbers.tolist(), table, strict=True):
            battles[battle].append(kind + row.tobytes())
    return _digest([heading, *sorted(_digest(sorted(rows)).encode() for rows in battles.values())])


@hash_of.register
def _of_parted(evidence: PartedEvidence, known: NamesAndTexts) -> str:
    """With that of each category: a prompt that moves from one to another changes it."""
    parts = [(name, hash_of(part, known)) for name, part in sorted(evidence.parts.items())]
    return digest_of([("", hash_of(evidence.whole, known)), *parts])


def _by_name(known: NamesAndTexts, *tables: Columns) -> tuple[bytes, list[Columns]]:
    """Tables with the places of names for numbers, turned so that the first name comes first; and the names themselves."""
    names, place = _placed(known.names, (table[side] for table in tables for side in ("a", "b")))
    prompts, prompt_place = _placed(known.prompts, (table["prompt"] for table in tables))
    judges, judge_place = _placed(known.judges, (table["judge"] for table in tables if "judge" in table))
    heading = json.dumps([[list(table) for table in tables], names, prompts, judges]).encode()
    placed = []
    for table in tables:
        own = dict(table) | {"a": place(table["a"]), "b": place(table["b"]), "prompt": prompt_place(table["prompt"])}
        if "judge" in table:
            own["judge"] = judge_place(table["judge"])
        placed.append(_rounded(_turned(own)))
    return heading, placed


def _placed(known: Mapping[int, str], columns: Iterable[Column]) -> tuple[list[str], Callable[[Column], Column]]:
    """The names that occur, each once and in order; and a function from numbers to places among them, -1 for none."""
    met = [distinct(column) for column in columns]
    numbers = np.unique(np.concatenate(met)) if met else np.zeros(0, dtype=np.int64)
    numbers = numbers[numbers >= 0]
    names = [known.get(number, "") for number in numbers.tolist()]
    those = sorted(set(names))
    at = {one: i for i, one in enumerate(those)}
    places = np.array([at[one] for one in names], dtype=np.int64)

    def place(column: Column) -> Column:
        at_place = np.full(len(column), -1, dtype=np.int64)
        there = column >= 0
        at_place[there] = places[np.searchsorted(numbers, column[there])]
        return at_place

    return those, place


def _turned(columns: Columns) -> Columns:
    swap = columns["a"] > columns["b"]
    if not swap.any():
        return columns
    placed = columns | {"a": np.where(swap, columns["b"], columns["a"]), "b": np.where(swap, columns["a"], columns["b"])}
    turns = {name: turn for name, turn in TURNED.items() if name in columns}
    return placed | {name: np.where(swap, turn(columns[name]), columns[name]) for name, turn in turns.items()}


def _rounded(columns: Columns) -> Columns:
    """Missing numbers are -1, which no share, chance or place is."""
    return {
        name: np.nan_to_num(np.round(column, DIGITS), nan=-1.0) if column.dtype.kind == "f" else column.astype(np.int64)
        for name, column in columns.items()
    }


type Places = NDArray[np.int64]


def _cell_lines(tally: Tally, names: Places, prompts: Places) -> Iterable[Buffer]:
    """The rows of a tally's cells as `_lines` has them, each packed in one integer, which sorts as fast as numbers do.

    `names`, `prompts` : the places of the names and texts of the tally's packing.
    """
    prompts = prompts + 1  # none is -1
    m, most = int(names.max(initial=0)) + 1, int(tally.counts.max(initial=0)) + 1
    sizes = (int(prompts.max(initial=0)) + 1, m, m, len(SWAPPED), most)
    if prod(sizes) >= 2**63:
        prompt, *others = _turned_cells(tally, slice(None), names, prompts)
        yield from _lines(dict(zip(CELL, (prompt - 1, *others), strict=True)))
        return
    packed = np.zeros(len(tally), dtype=np.int64)
    for part in chunks(len(tally)):
        for column, size in zip(_turned_cells(tally, part, names, prompts), sizes, strict=True):
            packed[part] *= size
            packed[part] += column
    packed.sort()
    for part in chunks(len(packed)):
        left = packed[part]
        rows = np.empty((len(left), len(sizes)), dtype="<f8")
        for place in range(len(sizes) - 1, 0, -1):
            left, rows[:, place] = split(left, sizes[place])
        rows[:, 0] = left - 1
        yield rows.data


def _turned_cells(tally: Tally, part: slice, names: Places, prompts: Places) -> Iterable[Places]:
    """The columns of some cells, by places, turned so that the first name comes first."""
    prompt, a, b, outcome = tally.packing.places(tally.keys[part])
    a, b = names[a], names[b]
    codes = np.where(a > b, SWAPPED[outcome], outcome)
    return prompts[prompt], np.minimum(a, b), np.maximum(a, b), codes, tally.counts[part]


def _lines(columns: Columns) -> Iterable[bytes]:
    for part in ordered_parts(tuple(columns.values())):
        yield np.column_stack(part).astype("<f8").tobytes()


def _digest(parts: Iterable[Buffer]) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(part)
    return sha.hexdigest()
