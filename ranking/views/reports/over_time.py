"""Ratings over time: some models of a board in its snapshots, with intervals, and what happened to the whole board."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from string import ascii_lowercase

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from arena.models import Arena
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from ranking.boards.snapshots.moments import Moment, moments_in_time
from ranking.models import Entry
from ranking.views.board_chosen import ChosenBoard, chosen_board
from ranking.views.board_parts.timeline import facts_of
from ranking.views.board_table import Axis, axis_over
from ranking.views.competitor_parts.history import dates_of

MOST_MOMENTS, MOST_LINES = 24, 5
APART = 7.0  # per cent of the height between the numbers at the lines' ends


@dataclass(frozen=True, slots=True)
class RatingThen:
    """A rating in one snapshot."""

    rating: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model, as places in per cent: `lines` and `bands` have gaps where it has no rating, or no interval."""

    number: int
    entry: Entry
    lines: list[str]
    bands: list[str]
    end: tuple[str, str]
    label_y: str
    change: float | None  # from its first rating to its last


@dataclass(frozen=True, slots=True)
class MomentRow:
    """One moment: its letter where something happened, what, and the chosen models' ratings."""

    moment: Moment
    letter: str
    facts: list[str]
    x: str
    ratings: list[RatingThen | None]


@dataclass(frozen=True, slots=True)
class RatingsPicture:
    models: list[ModelLine]
    rows: list[MomentRow]
    ticks: list[tuple[str, int]]
    dates: list[tuple[str, datetime, str]]
    is_long: bool

    @property
    def events(self) -> list[MomentRow]:
        return [row for row in self.rows if row.letter]

    @property
    def moved_most(self) -> ModelLine | None:
        """Of several models."""
        moved = [model for model in self.models if model.change is not None and abs(model.change) >= 1]
        return max(moved, key=lambda model: abs(model.change or 0.0), default=None)


@require_safe
@of_the_board
def over_time(request: HttpRequest, arena: Arena) -> HttpResponse:
    shown = chosen_board(request, arena)
    rated = [entry for entry in shown.entries if entry.is_rated]
    asked = {int(text) for text in request.GET.getlist("model") if text.isascii() and text.isdecimal() and len(text) < 12}
    chosen = [entry for entry in rated if entry.competitor_id in asked][:MOST_LINES]
    chosen = chosen or [entry for entry in rated if not entry.competitor.is_archived][:MOST_LINES]
    context = shown.context() | {
        "offered": [entry for entry in rated if not entry.competitor.is_archived or entry in chosen],
        "asked": {entry.competitor_id for entry in chosen},
        "most": MOST_LINES,
        "picture": _picture(shown, chosen),
        "kept_fields": [("model", pk) for pk in sorted(asked)],
    }
    return private(render(request, "ranking/reports/over_time.html", page_context(request, "leaderboard", arena, **context)))


def _picture(shown: ChosenBoard, chosen: Sequence[Entry]) -> RatingsPicture | None:
    """None without two moments."""
    moments = moments_in_time(shown.board, most=MOST_MOMENTS) if shown.board and chosen else []
    if len(moments) < 2 or moments[0].at == moments[-1].at:
        return None
    ratings = _ratings(moments, chosen)
    axis, start, whole = axis_over(_limits(ratings.values())), moments[0].at, moments[-1].at - moments[0].at
    x = {moment.pk: 100 * ((moment.at - start) / whole) for moment in moments}
    lines = [
        _line(number, entry, [(x[moment.pk], ratings.get((moment.pk, entry.competitor_id))) for moment in moments], axis)
        for number, entry in enumerate(chosen, start=1)
    ]
    letters = iter(ascii_lowercase)
    rows = [
        MomentRow(
            moment, next(letters) if moment.is_event else "", facts_of(moment), f"{x[moment.pk]:.2f}%",
            [ratings.get((moment.pk, entry.competitor_id)) for entry in chosen],
        )
        for moment in moments
    ]  # fmt: skip
    dates, is_long = dates_of(start, moments[-1].at)
    return RatingsPicture(_labels_apart(lines), rows, [(f"{100 - at:.2f}%", value) for at, value in axis.ticks], dates, is_long)


def _ratings(moments: Sequence[Moment], chosen: Sequence[Entry]) -> dict[tuple[int, int], RatingThen]:
    """By snapshot and model."""
    models = [entry.competitor_id for entry in chosen]
    entries = Entry.objects.filter(snapshot__in=[moment.pk for moment in moments], competitor__in=models, rating__isnull=False)
    rows = entries.order_by().values_list("snapshot_id", "competitor_id", "rating", "low", "high")
    return {(snapshot, model): RatingThen(rating or 0.0, low, high) for snapshot, model, rating, low, high in rows}


def _limits(ratings: Collection[RatingThen]) -> list[float]:
    """What the axis has room for: all ratings, and half of the intervals. The widest are cut: they would flatten the rest."""
    ends = [
        (each.rating - each.low, each.high - each.rating) for each in ratings if each.low is not None and each.high is not None
    ]
    reaches = sorted(max(pair) for pair in ends)
    reach = reaches[len(reaches) // 2] if reaches else 0.0
    return [each.rating + side * reach for each in ratings for side in (-1, 1)]


def _line(number: int, entry: Entry, points: Sequence[tuple[float, RatingThen | None]], axis: Axis) -> ModelLine:
    rated = [(x, each) for x, each in points if each is not None]
    end_x, end = rated[-1]
    y = 100 - axis.at(end.rating)
    return ModelLine(
        number=number,
        entry=entry,
        lines=[" ".join(f"{x:.2f},{100 - axis.at(each.rating):.2f}" for x, each in run) for run in _runs(points)],
        bands=[_band(run, axis) for run in _runs([(x, each if each and each.low is not None else None) for x, each in points])],
        end=(f"{end_x:.2f}%", f"{y:.2f}%"),
        label_y=f"{y:.2f}",
        change=end.rating - rated[0][1].rating if len(rated) > 1 else None,
    )


def _runs(points: Sequence[tuple[float, RatingThen | None]]) -> list[list[tuple[float, RatingThen]]]:
    """Those that follow each other without a gap, two or more."""
    runs: list[list[tuple[float, RatingThen]]] = [[]]
    for x, each in points:
        if each is None:
            runs.append([])
        else:
            runs[-1].append((x, each))
    return [run for run in runs if len(run) > 1]


def _band(run: Sequence[tuple[float, RatingThen]], axis: Axis) -> str:
    limits = [(x, each.low, each.high) for x, each in run if each.low is not None and each.high is not None]
    corners = [*((x, high) for x, _low, high in limits), *((x, low) for x, low, _high in reversed(limits))]
    return " ".join(f"{x:.2f},{100 - axis.at(value):.2f}" for x, value in corners)


def _labels_apart(models: Sequence[ModelLine]) -> list[ModelLine]:
    """With their numbers moved down where they would lie on the one above, and all up where the last is below the axis."""
    places: list[float] = []
    ordered = sorted(models, key=lambda model: float(model.label_y))
    for model in ordered:
        places.append(max(float(model.label_y), places[-1] + APART if places else 0.0))
    for i in range(len(places) - 1, -1, -1):
        below = places[i + 1] - APART if i + 1 < len(places) else 100.0
        places[i] = min(places[i], below)
    moved = {model.number: replace(model, label_y=f"{place:.2f}%") for model, place in zip(ordered, places, strict=True)}
    return [moved[model.number] for model in models]
