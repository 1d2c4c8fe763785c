"""What each category says by itself, beside a board that weighs them or leans on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from arena.models import Competitor
from ranking.models import Entry, Snapshot
from ranking.scale import ELO_PER_LOGIT
from ranking.views.board_table import Axis, axis_over, by_place


@dataclass(frozen=True, slots=True)
class CategoryColumn:
    """A category of a weighed board; subcategories that make up one share its weight."""

    category: str
    percent: float | None
    n_votes: int


@dataclass(frozen=True, slots=True)
class CategoryMark:
    """A rating on an axis, as per cent of its width; None where the category does not rate the model."""

    rating: float
    half_width: float
    place: int
    x: float
    x_low: float
    x_high: float


@dataclass(frozen=True, slots=True)
class CategoryLine:
    competitor: Competitor
    entry: Entry
    marks: list[CategoryMark | None]


@dataclass(frozen=True, slots=True)
class ByCategory:
    columns: list[CategoryColumn]
    lines: list[CategoryLine]
    axis: Axis


@dataclass(frozen=True, slots=True)
class BorrowedLine:
    """A model by its own evidence in the category, with strength borrowed, and over all categories."""

    competitor: Competitor
    entry: Entry
    alone: CategoryMark | None
    whole: float
    own_percent: float
    x: float
    x_low: float
    x_high: float
    x_whole: float


@dataclass(frozen=True, slots=True)
class Borrowed:
    category: str
    n_beside: int
    points: float  # how far ratings of categories lie from the whole, as a standard deviation
    lines: list[BorrowedLine]
    axis: Axis


def parts_of(shown: Snapshot, entries: Sequence[Entry]) -> dict[str, Any]:
    """For the page of a board over several categories; nothing on others."""
    parts = shown.parameters.get("parts") or []
    if not parts:
        return {}
    ordered = sorted(entries, key=by_place)
    if "borrowed" in parts[0]:
        return {"borrowed": _borrowed(parts[0], ordered)}
    return {"by_category": _by_category(parts, ordered)}


def _by_category(parts: Sequence[dict[str, Any]], entries: Sequence[Entry]) -> ByCategory | None:
    ends = [value for part in parts for row in part["rows"].values() for value in row[:3]]
    if not ends:
        return None
    axis = axis_over(ends)
    first = {part["of"]: i for i, part in reversed(list(enumerate(parts)))}
    total = sum(parts[i]["weight"] for i in first.values())
    columns = [
        CategoryColumn(part["category"], 100 * part["weight"] / total if first[part["of"]] == i else None, part["n_votes"])
        for i, part in enumerate(parts)
    ]
    lines = [
        CategoryLine(entry.competitor, entry, [_mark(part["rows"].get(str(entry.competitor_id)), axis) for part in parts])
        for entry in entries
    ]
    return ByCategory(columns, [line for line in lines if any(line.marks)], axis)


def _borrowed(part: dict[str, Any], entries: Sequence[Entry]) -> Borrowed | None:
    rows = part["borrowed"]
    rated = [entry for entry in entries if str(entry.competitor_id) in rows and entry.rating is not None]
    ends = [value for row in rows.values() for value in (*(row["alone"] or ()), row["whole"])]
    ends += [value for entry in rated for value in (entry.rating, entry.low, entry.high) if value is not None]
    if not rated:
        return None
    axis = axis_over(ends)
    lines = [_borrowed_line(entry, rows[str(entry.competitor_id)], axis) for entry in rated]
    return Borrowed(part["category"], part["n_beside"], ELO_PER_LOGIT * part["tau"], lines, axis)


def _borrowed_line(entry: Entry, row: dict[str, Any], axis: Axis) -> BorrowedLine:
    rating = entry.rating or 0.0
    low, high = (rating if limit is None else limit for limit in (entry.low, entry.high))
    alone = None if row["alone"] is None else _mark([*row["alone"], 0], axis)
    at = [round(axis.at(value), 2) for value in (rating, low, high, row["whole"])]
    return BorrowedLine(entry.competitor, entry, alone, row["whole"], 100 * row["own"], *at)


def _mark(row: Sequence[float] | None, axis: Axis) -> CategoryMark | None:
    if row is None:
        return None
    rating, low, high, place = row
    x, x_low, x_high = (round(axis.at(value), 2) for value in (rating, low, high))
    return CategoryMark(rating, (high - low) / 2, int(place), x, x_low, x_high)
