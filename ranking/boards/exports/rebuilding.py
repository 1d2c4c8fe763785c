"""A board from what was exported of it, without a site: what `rebuild.py` runs."""

import csv
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from arena.texts.csv_cells import csv_lines
from ranking.boards.combined_fits import fit_combined
from ranking.boards.exports.comparison_file import Combination, Material, read_material
from ranking.boards.fitting import FittedBoard, RatingRow, fit_board
from ranking.boards.methods import Definition

ALLOWED = 1e-6  # points, of another processor
NUMBERS = [field.name for field in fields(RatingRow) if field.name not in ("competitor_id", "unrated_because")]


def fit_material(material: Material, names: Sequence[str], definition: Definition) -> FittedBoard:
    """Fit a board to its method's material; the ids of its competitors are their places in `names`."""
    if isinstance(material, Combination):
        return fit_combined(material.votes, material.opinions, dict(enumerate(names)), definition, n_verdicts=0)
    return fit_board(material, definition, list(range(len(names))))


def rebuilt(board: Mapping[str, Any], material: Material) -> list[dict[str, Any]]:
    """The board's lines in the order of its JSON, numbers as they come out of the fit."""
    names, definition = board["competitors"], Definition.then(board["method"], board["seed"], board["parameters"])
    rows = {names[row.competitor_id]: row for row in fit_material(material, names, definition).rows}
    order = [entry["competitor"] for entry in board["entries"]]
    return [{"competitor": name} | {number: getattr(rows[name], number) for number in NUMBERS} for name in order]


def largest_difference(lines: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]) -> float:
    """Over all numbers; infinite if one is missing on either side."""
    pairs = [(line[name], entry[name]) for line, entry in zip(lines, entries, strict=True) for name in NUMBERS]
    if any((new is None) != (old is None) for new, old in pairs):
        return math.inf
    return max((abs(new - old) for new, old in pairs if new is not None), default=0.0)


def main(arguments: Sequence[str]) -> int:
    """Print the board as CSV; returns 0 if it equals the board of the JSON, 1 if not, 2 if the files are unusable."""
    if len(arguments) > 2 or any(argument.startswith("-") for argument in arguments):
        _tell("usage: python rebuild.py [comparisons.csv [board.json]]")
        return 2
    table, described = (*arguments, *("comparisons.csv", "board.json")[len(arguments) :])
    csv.field_size_limit(10**8)
    try:
        board = json.loads(Path(described).read_text(encoding="utf-8"))
        with Path(table).open(encoding="utf-8", newline="") as file:
            material = read_material(file, board["competitors"])
    except (OSError, ValueError, KeyError, StopIteration) as error:
        _tell(f"{table} and {described} are not the two files of one snapshot: {error!r}")
        return 2
    lines = rebuilt(board, material)
    sys.stdout.writelines(line.replace("\r\n", "\n") for line in csv_lines(["competitor", *NUMBERS], lines))
    most = largest_difference(lines, board["entries"])
    verdict = f"differs by at most {most:.3g}" if math.isfinite(most) else "is another: a rating or an interval came or went"
    _tell(f"The board of snapshot {board['snapshot']} {verdict}.")
    return 0 if most <= ALLOWED else 1


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
