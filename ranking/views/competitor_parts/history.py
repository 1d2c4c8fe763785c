"""A model's rating over time: its entries in stored snapshots of a board, drawn on the server."""

from dataclasses import dataclass
from datetime import datetime

from ranking.boards.snapshots.moments import evenly_in_time, rated_models
from ranking.models import Entry, Leaderboard
from ranking.views.board_table import axis_over

MOST_POINTS = 48
MOST_EVENTS = 3
MOST_DATES = 4  # below the axis, both ends among them
DAYS_APART = 3
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class RatedMoment:
    """One snapshot; how many more votes are set aside (`n_set_aside`) and models rated (`n_joined`) than in the one before."""

    at: datetime
    key: str
    rating: float
    low: float | None
    high: float | None
    n_set_aside: int
    n_joined: int
    is_other_method: bool

    @property
    def is_event(self) -> bool:
        return self.n_set_aside > 0 or self.n_joined > 0 or self.is_other_method


@dataclass(frozen=True, slots=True)
class Drawing:
    """Places in per cent, y from the top; `band` and `line` are the points of a polygon and a polyline."""

    line: str
    bands: list[str]
    ticks: list[tuple[str, int]]
    dates: list[tuple[str, datetime, str]]
    events: list[tuple[str, RatedMoment, bool]]
    last: tuple[str, str]
    is_long: bool  # days, so that times of day do not matter


@dataclass(frozen=True, slots=True)
class RatingHistory:
    moments: list[RatedMoment]
    drawing: Drawing | None  # without two of them there is nothing to draw

    @property
    def first(self) -> RatedMoment:
        return self.moments[0]

    @property
    def last(self) -> RatedMoment:
        return self.moments[-1]


def history_of(board: Leaderboard, competitor: int) -> RatingHistory | None:
    """From at most `MOST_POINTS` of the board's snapshots, evenly in time; None where it is rated in none of them."""
    snapshots = list(board.snapshots.order_by("created_at", "pk").values_list("pk", "created_at"))
    chosen = evenly_in_time(snapshots, most=MOST_POINTS)
    n_models = rated_models(chosen)
    entries = Entry.objects.filter(snapshot__in=chosen, competitor=competitor, rating__isnull=False)
    fields = ("pk", "created_at", "key", "n_set_aside", "method")
    rows = entries.order_by("snapshot__created_at", "snapshot").values_list(
        "rating", "low", "high", *(f"snapshot__{name}" for name in fields)
    )
    moments: list[RatedMoment] = []
    before: tuple[int, int, str] | None = None
    for rating, low, high, snapshot, at, key, n_set_aside, method in rows:
        n_aside, n_rated, its_method = before or (n_set_aside, n_models[snapshot], method)
        more, joined = max(n_set_aside - n_aside, 0), max(n_models[snapshot] - n_rated, 0)
        moments.append(RatedMoment(at, key, rating or 0.0, low, high, more, joined, is_other_method=method != its_method))
        before = n_set_aside, n_models[snapshot], method
    if not moments:
        return None
    has_time = moments[0].at < moments[-1].at
    return RatingHistory(moments, _drawing(moments) if has_time else None)


def _drawing(moments: list[RatedMoment]) -> Drawing:
    limits = [value for moment in moments for value in (moment.rating, moment.low, moment.high) if value is not None]
    axis, start, whole = axis_over(limits), moments[0].at, moments[-1].at - moments[0].at
    x = [100 * ((moment.at - start) / whole) for moment in moments]
    y = [100 - axis.at(moment.rating) for moment in moments]
    bands: list[list[tuple[float, float, float]]] = [[]]
    for i, moment in enumerate(moments):
        if moment.low is None or moment.high is None:
            bands.append([])  # a gap: nothing is known there
        else:
            bands[-1].append((x[i], 100 - axis.at(moment.high), 100 - axis.at(moment.low)))
    events = sorted(
        (moment for moment in moments if moment.is_event),
        key=lambda each: (-each.is_other_method, -each.n_set_aside, -each.n_joined),
    )
    shown = sorted(((x[moments.index(event)], event) for event in events[:MOST_EVENTS]), key=lambda pair: pair[0])
    dates, is_long = dates_of(start, moments[-1].at)
    return Drawing(
        line=_points(list(zip(x, y, strict=True))),
        bands=[_polygon(band) for band in bands if len(band) > 1],
        ticks=[(f"{100 - at:.2f}%", value) for at, value in axis.ticks],
        dates=dates,
        events=[(f"{at:.2f}%", event, at > 60) for at, event in shown],
        last=(f"{x[-1]:.2f}%", f"{y[-1]:.2f}%"),
        is_long=is_long,
    )


def _points(points: list[Point]) -> str:
    return " ".join(f"{x:.2f},{y:.2f}" for x, y in points)


def _polygon(band: list[tuple[float, float, float]]) -> str:
    return _points([*((x, top) for x, top, _ in band), *((x, bottom) for x, _, bottom in reversed(band))])


def dates_of(start: datetime, end: datetime) -> tuple[list[tuple[str, datetime, str]], bool]:
    """The place, time and alignment of each tick: by days if there are several, else only both ends. And whether it is days."""
    n_days = (end - start).days
    parts = min(MOST_DATES - 1, max(n_days // DAYS_APART, 1))
    anchors = {0: "start", parts: "end"}
    dates = [
        (f"{100 * k / parts:.2f}%", start + (end - start) * (k / parts), anchors.get(k, "middle")) for k in range(parts + 1)
    ]
    return dates, n_days >= DAYS_APART
