"""The table of causes on the page *What changed*: a stacked bar for each model, gains right of zero, losses left of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from ranking.boards.snapshots.changes import BoardChanges, ModelChange
from ranking.models import Leaderboard
from ranking.views.board_table import Axis, axis_over
from ranking.views.whiskers import place

if TYPE_CHECKING:  # it loads the library that fits
    from ranking.boards.snapshots.causes import CauseParts

LEAST_SHOWN = 0.05  # points, which are shown with one decimal
HAIR = 0.15  # per cent of the width: what is narrower is not drawn


FILLS = {"new_models": "url(#cause-hatch)", "method": "url(#cause-dots)"}
"""Patterns tell causes apart where colours do not; the others are filled by the style sheet."""


@dataclass(frozen=True, slots=True)
class CauseShare:
    """What a cause adds to a rating, or in the mean."""

    cause: str
    name: str
    points: float

    @property
    def fill(self) -> str:
        return FILLS.get(self.cause, "currentColor")


@dataclass(frozen=True, slots=True)
class CauseSegment:
    """A part of a bar, as places in per cent of the axis."""

    cause: str
    x: str
    width: str

    @property
    def fill(self) -> str:
        return FILLS.get(self.cause, "currentColor")


@dataclass(frozen=True, slots=True)
class CauseRow:
    model: ModelChange
    total: float
    parts: list[CauseShare]
    segments: list[CauseSegment]
    x: str  # where the change as a whole ends


@dataclass(frozen=True, slots=True)
class CauseTable:
    rows: list[CauseRow]
    means: list[CauseShare]  # of what each cause adds, whatever the sign
    mean: float
    axis: Axis
    zero: str
    n_left_out: int  # models with a rating in both that cannot be divided

    @property
    def main(self) -> str:
        """The cause behind most of the changes; empty where nothing changed, or no cause stands out."""
        first, second, *_rest = sorted(self.means, key=lambda part: -part.points)
        return first.cause if first.points > 2 * second.points and first.points >= LEAST_SHOWN else ""

    @property
    def sentence(self) -> str:
        """Where ratings mostly changed for one reason, which."""
        if max(abs(part.points) for row in self.rows for part in row.parts) < LEAST_SHOWN:
            return _("No rating changed.")
        return {
            "new_votes": _("Ratings changed mostly because more was counted between models that had a rating before."),
            "new_models": _("Ratings changed mostly because of models that had no rating before."),
            "set_aside": _("Ratings changed mostly because of what was set aside or brought back."),
            "method": _("Ratings changed mostly because the method, its options or the version of Agon is another one."),
        }.get(self.main, "")


def cause_table(changes: BoardChanges, parts: Mapping[int, "CauseParts"], counted: str) -> CauseTable | None:
    """In the order of the newer board; None where no change can be divided."""
    divided = [(model, parts[model.competitor.pk]) for model in changes.models if model.competitor.pk in parts]
    if not divided:
        return None
    axis = axis_over([end for _model, each in divided for end in _ends(each)])
    names = _names(counted)
    return CauseTable(
        rows=[_row(model, each, axis, names) for model, each in divided],
        means=[
            CauseShare(cause, name, _mean([each.by_cause()[cause] for _model, each in divided]))
            for cause, name in names.items()
        ],
        mean=_mean([each.total for _model, each in divided]),
        axis=axis,
        zero=place(axis, 0.0),
        n_left_out=sum(model.points is not None for model in changes.models) - len(divided),
    )


def _names(counted: str) -> dict[str, str]:
    new = {
        Leaderboard.Sources.PEOPLE.value: _("New votes"),
        Leaderboard.Sources.JUDGES.value: _("New verdicts"),
        Leaderboard.Sources.BOTH.value: _("New votes and verdicts"),
    }
    return {
        "new_votes": new[counted],
        "new_models": _("New models"),
        "set_aside": _("Set aside or brought back"),
        "method": pgettext("why a rating changed", "Method"),
    }


def _mean(values: Sequence[float]) -> float:
    return sum(map(abs, values)) / len(values)


def _ends(parts: "CauseParts") -> tuple[float, float]:
    """How far the bar reaches to the left and to the right."""
    values = parts.by_cause().values()
    return sum(min(value, 0.0) for value in values), sum(max(value, 0.0) for value in values)


def _row(model: ModelChange, parts: "CauseParts", axis: Axis, names: Mapping[str, str]) -> CauseRow:
    """The parts that add stand to the right of zero, one after the other, and those that take away to the left."""
    right, left, segments = 0.0, 0.0, []
    for cause, value in parts.by_cause().items():
        start, end = (right, right + value) if value > 0 else (left + value, left)
        right, left = max(right, end), min(left, start)
        width = axis.at(end) - axis.at(start)
        if width >= HAIR:
            segments.append(CauseSegment(cause, place(axis, start), f"{width:.2f}%"))
    named = [CauseShare(cause, names[cause], value) for cause, value in parts.by_cause().items()]
    return CauseRow(model, parts.total, named, segments, place(axis, parts.total))
