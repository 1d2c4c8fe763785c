"""A picture of points with their intervals, laid out on the server so that no two names lie on each other.

Lengths are units of the picture, which is drawn at about one CSS pixel each.
"""

import math
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ranking.views.board_table import axis_over

LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 40
CHARACTER, LINE = 6.8, 14.0
LONGEST_NAME = 26
REACH = 5.0  # of a mark
MOST_TICKS, ROOM_FOR_A_TICK = 10, 44
FREE_AT = 0.06  # what costs nothing has no place on a logarithmic axis: it stands at its left end

type Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Dot:
    """One model; `number` is that of its line in the table, and `is_best` whether it is on the line."""

    number: int
    name: str
    x: float
    y: float
    low: float | None
    high: float | None
    is_best: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A dot in its place. `text` is its name, its number, or empty where there is no room for either."""

    x: str
    y: str
    y_low: str
    y_high: str
    is_best: bool
    text: str = ""
    text_x: str = ""
    text_y: str = ""
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Scatter:
    width: int
    height: int
    marks: list[Mark]
    line: str  # the points of a polyline
    x_ticks: list[Tick]
    y_ticks: list[Tick]

    @property
    def left(self) -> int:
        return LEFT

    @property
    def right(self) -> int:
        return self.width - RIGHT

    @property
    def bottom(self) -> int:
        return self.height - BOTTOM

    @property
    def below(self) -> int:
        """Where the numbers of the x axis stand."""
        return self.bottom + 17

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2

    @property
    def foot(self) -> int:
        """Where the x axis is named."""
        return self.height - 4


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to shares of the picture's width; logarithmic scales put what is not above zero at their left end."""

    low: float
    high: float
    is_log: bool
    has_zero: bool = False

    @classmethod
    def log(cls, values: Sequence[float]) -> "Scale":
        above = [value for value in values if value > 0] or [1.0]
        return cls(min(above) / 1.4, max(above) * 1.4, is_log=True, has_zero=min(values) <= 0)

    @classmethod
    def linear(cls, values: Sequence[float]) -> "Scale":
        return cls(0.0, max(values) * 1.08, is_log=False)

    def at(self, value: float) -> float:
        if not self.is_log:
            return (value - self.low) / (self.high - self.low)
        if value <= 0:
            return FREE_AT / 2
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return FREE_AT + (1 - FREE_AT) * share if self.has_zero else share

    def ticks(self, most: int) -> list[float]:
        """Round values between the ends, not more than so many where that can be; zero is one where something costs nothing."""
        zero = [0.0] if self.has_zero or not self.is_log else []
        if not self.is_log:
            return [float(value) for _, value in axis_over([self.low, self.high]).ticks if 0 < value < self.high] + zero
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for factors in ((1, 2, 5), (1, 3), (1,)):
            values = [factor * 10.0**power for power in powers for factor in factors]
            inside = [value for value in values if self.low <= value <= self.high]
            if len(inside) <= most:
                break
        return zero + inside


def scatter(
    dots: Sequence[Dot], scale: Scale, *, width: int, height: int, has_names: bool, write: Callable[[float], str]
) -> Scatter:
    """The picture of at least one dot; `has_names`: those on the line are named, else all have numbers alone."""
    y_axis = axis_over(_limits(dots))
    right, bottom = width - RIGHT, height - BOTTOM

    def x_of(value: float) -> float:
        return LEFT + (right - LEFT) * scale.at(value)

    def y_of(value: float) -> float:
        return bottom - (bottom - TOP) * min(max(y_axis.at(value), 0.0), 100.0) / 100

    def end_of(dot: Dot, limit: float | None) -> str:
        return _px(y_of(dot.y if limit is None else limit))

    places = [(x_of(dot.x), y_of(dot.y)) for dot in dots]
    texts = _texts(dots, places, (LEFT, 0, width, bottom), has_names=has_names)
    marks = [
        Mark(_px(x), _px(y), end_of(dot, dot.low), end_of(dot, dot.high), dot.is_best, *texts[i])
        for i, (dot, (x, y)) in enumerate(zip(dots, places, strict=True))
    ]  # fmt: skip
    ticks = _apart([(x_of(value), value) for value in scale.ticks(min(MOST_TICKS, (right - LEFT) // ROOM_FOR_A_TICK))])
    return Scatter(
        width, height, sorted(marks, key=lambda mark: mark.is_best), _line(dots, places),
        [Tick(_px(x), write(value)) for x, value in ticks], [Tick(_px(y_of(value)), str(value)) for _, value in y_axis.ticks],
    )  # fmt: skip


def _limits(dots: Sequence[Dot]) -> list[float]:
    """What the y axis has room for: all ratings, and half of the intervals. The widest are cut: they would flatten the rest."""
    reaches = sorted(max(dot.high - dot.y, dot.y - dot.low) for dot in dots if dot.low is not None and dot.high is not None)
    reach = reaches[len(reaches) // 2] if reaches else 0.0
    return [dot.y + side * reach for dot in dots for side in (-1, 1)]


def _px(value: float) -> str:
    return f"{value:.1f}"


def _line(dots: Sequence[Dot], places: Sequence[tuple[float, float]]) -> str:
    """Steps from each of the best to the next: between two of them nothing is better than the first."""
    best = sorted(place for dot, place in zip(dots, places, strict=True) if dot.is_best)
    steps = best[:1]
    for x, y in best[1:]:
        rises = y < steps[-1][1]
        steps += [(x, steps[-1][1]) if rises else (steps[-1][0], y), (x, y)]
    return " ".join(f"{_px(x)},{_px(y)}" for x, y in steps)


def _apart(ticks: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Those whose numbers do not touch the one before."""
    kept: list[tuple[float, float]] = []
    for x, value in sorted(ticks):
        if not kept or x - kept[-1][0] >= ROOM_FOR_A_TICK * 0.75:
            kept.append((x, value))
    return kept


type _Text = tuple[str, str, str, str]


def _texts(dots: Sequence[Dot], places: Sequence[tuple[float, float]], room: Box, *, has_names: bool) -> list[_Text]:
    """Of each dot what is written, where, and its anchor: the best first, each where nothing lies yet."""
    taken = _Taken([(x - REACH, y - REACH, x + REACH, y + REACH) for x, y in places], room)
    texts: list[_Text] = [("", "", "", "start")] * len(dots)
    for i in sorted(range(len(dots)), key=lambda i: (not dots[i].is_best, dots[i].number)):
        number = str(dots[i].number)
        named = [f"{number} {_short(dots[i].name)}"] if has_names and dots[i].is_best else []
        for text in [*named, number]:
            box_and_text = next(_free(text, places[i], taken), None)
            if box_and_text is not None:
                box, texts[i] = box_and_text
                taken.add(box)
                break
    return texts


class _Taken:
    """Boxes on which nothing else may lie, within the room there is."""

    def __init__(self, boxes: Sequence[Box], room: Box) -> None:
        self.boxes, self.n, self.room = np.zeros((2 * len(boxes), 4)), len(boxes), room
        self.boxes[: self.n] = boxes

    def add(self, box: Box) -> None:
        self.boxes[self.n] = box
        self.n += 1

    def leaves(self, box: Box) -> bool:
        left, top, right, bottom = box
        room, boxes = self.room, self.boxes[: self.n]
        if left < room[0] or top < room[1] or right > room[2] or bottom > room[3]:
            return False
        lies_on = (left < boxes[:, 2]) & (boxes[:, 0] < right) & (top < boxes[:, 3]) & (boxes[:, 1] < bottom)
        return not bool(lies_on.any())


def _free(text: str, place: tuple[float, float], taken: _Taken) -> Iterator[tuple[Box, _Text]]:
    """Boxes beside a mark in which a text lies on nothing, the most usual first."""
    (x, y), width = place, _width(text)
    for dx, dy, anchor in (
        (8, 4, "start"), (-8, 4, "end"), (7, -7, "start"), (7, 15, "start"), (-7, -7, "end"), (-7, 15, "end"),
        (0, -10, "middle"), (0, 18, "middle"),
    ):  # fmt: skip
        start = x + dx - {"start": 0.0, "end": width, "middle": width / 2}[anchor]
        box = (start, y + dy - LINE + 3, start + width, y + dy + 3)
        if taken.leaves(box):
            yield box, (text, _px(x + dx), _px(y + dy), anchor)


def _width(text: str) -> float:
    """Letters of East Asia are as wide as high."""
    return sum(13.0 if unicodedata.east_asian_width(letter) in "WF" else CHARACTER for letter in text)


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
