"""A rating with its interval on an axis that others share, as places in per cent of its width."""

from dataclasses import dataclass

from ranking.models import Entry
from ranking.views.board_table import Axis


@dataclass(frozen=True, slots=True)
class Whisker:
    """Ready for an SVG, whatever the reader's language: `12.34%`. Without an interval both ends are the mark itself."""

    x: str
    low: str
    high: str
    has_interval: bool


def whisker(axis: Axis, entry: Entry) -> Whisker | None:
    """The whisker of a rating, or None without a rating."""
    return None if entry.rating is None else whisker_of(axis, entry.rating, entry.low, entry.high)


def whisker_of(axis: Axis, value: float, low: float | None, high: float | None) -> Whisker:
    left, right = (value if low is None else low), (value if high is None else high)
    has_interval = low is not None and high is not None
    return Whisker(place(axis, value), place(axis, left), place(axis, right), has_interval=has_interval)


def place(axis: Axis, value: float) -> str:
    """Cut at the edges of the axis."""
    return f"{min(max(axis.at(value), 0.0), 100.0):.2f}%"
