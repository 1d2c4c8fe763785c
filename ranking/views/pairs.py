"""A against B: the outcomes between two models, what their ratings expect, and the battles themselves."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from arena import access
from arena.models import Arena, Competitor
from arena.views.context import page_context
from arena.views.private_boards import of_the_board
from arena.views.private_pages import private
from judges.models import Judge
from ranking.boards.pairs.pair_tables import expected_on
from ranking.models import Entry, Leaderboard, Snapshot
from ranking.views.board_chosen import ChosenBoard, chosen_board
from ranking.views.counted_words import counted_on, words_for
from ranking.views.pair_battles import pair_battles

if TYPE_CHECKING:  # it loads scipy
    from ranking.boards.pairs.meetings import Meetings, Record

FEW_MEETINGS, FEW_PROMPTS = 20, 30
"""With fewer votes or verdicts a share says little; with fewer prompts it holds only for these."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One outcome: from where to where it stands on the bar, in per cent, and its share with its interval."""

    kind: str
    words: str
    n: float
    x: float
    percent: float
    low: float
    high: float

    @property
    def middle(self) -> float:
        return self.x + self.percent / 2


@dataclass(frozen=True, slots=True)
class PairRecord:
    """Of a pair, or of a part of what it met on. Shares in per cent, a tie as half a win."""

    name: str
    n: float
    n_prompts: int
    share: float
    low: float
    high: float
    segments: Sequence[Segment]

    @property
    def n_tied(self) -> float:
        return sum(segment.n for segment in self.segments[1:3])


@dataclass(frozen=True, slots=True)
class PairSide:
    """One of the two: its line on the board, and shares seen from it, in per cent."""

    model: Competitor
    entry: Entry | None
    fitted: float | None
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class PairParts:
    """A table of parts; `many` is the plural of what is counted in them."""

    title: str
    many: str
    rows: list[PairRecord]
    note: str = ""


@require_safe
@of_the_board
def pair(request: HttpRequest, arena: Arena, pk: int, other: int) -> HttpResponse:
    if pk == other:
        return redirect("competitor", arena.slug, pk)
    known = Competitor.objects.named().filter(arena=arena).in_bulk([pk, other])
    if len(known) < 2:
        raise Http404("no such model in this arena")
    first, second = known[pk], known[other]
    shown = chosen_board(request, arena)
    entries = {entry.competitor_id: entry for entry in shown.entries}
    fitted = _fitted(shown, entries.get(pk), entries.get(other))
    records = _records(shown, first, second)
    mine, others = _sides(first, second, entries, fitted, records.get("record"))
    context = shown.context() | records | {
        "first": first, "second": second, "fitted": fitted, "sides": [mine, others],
        "are_rated": all(side.entry is not None and side.entry.is_rated for side in (mine, others)),
        "few_meetings": FEW_MEETINGS, "few_prompts": FEW_PROMPTS,
    }  # fmt: skip
    if access.sees_content(request.user, arena):
        favourite = None if fitted is None or fitted == 50 else pk if fitted > 50 else other
        context |= pair_battles(request, arena, shown.board, (pk, other), favourite)
    return private(render(request, "ranking/pair.html", page_context(request, "compare", arena, **context)))


def _fitted(shown: ChosenBoard, first: Entry | None, second: Entry | None) -> float | None:
    """In per cent; None where one of them has no rating."""
    if shown.snapshot is None or first is None or second is None or first.rating is None or second.rating is None:
        return None
    share = float(expected_on(shown.snapshot, np.array(first.rating - second.rating)))
    return None if math.isnan(share) else 100 * share


def _sides(
    first: Competitor, second: Competitor, entries: Mapping[int, Entry], fitted: float | None, record: PairRecord | None
) -> tuple[PairSide, PairSide]:
    """Both sides of the pair; the shares and intervals of the second are the complements of the first's."""
    mine, others = entries.get(first.pk), entries.get(second.pk)
    lost = None if fitted is None else 100 - fitted
    if record is None:
        return PairSide(first, mine, fitted), PairSide(second, others, lost)
    return (
        PairSide(first, mine, fitted, record.share, record.low, record.high),
        PairSide(second, others, lost, 100 - record.share, 100 - record.high, 100 - record.low),
    )


def _records(shown: ChosenBoard, first: Competitor, second: Competitor) -> dict[str, Any]:
    """The record over all battles, and over parts of them if there are several."""
    if shown.snapshot is None:
        return {}
    from ranking.boards.pairs import meetings as of_pair  # scipy: a second that other pages need not wait for

    pair = (first.pk, second.pk)
    meetings = of_pair.meetings_on(shown.snapshot, *pair)
    record = of_pair.record_of(meetings)
    if record is None:
        return {}
    counted = words_for(counted_on(shown.snapshot))["many"]
    parts = [
        PairParts(title, counted, [_shown(first, second, name, each) for name, each in groups])
        for title, groups in _parts(shown.snapshot, meetings, pair)
        if len(groups) > 1
    ]
    if judges := _of_judges(shown.snapshot, pair):
        rows = [_shown(first, second, name, each) for name, each in judges]
        parts.append(
            PairParts(_("What judges say"), _("verdicts"), rows, _("Verdicts as they came, also those that no board counts."))
        )
    return {"record": _shown(first, second, "", record), "parts": parts}


def _parts(snapshot: Snapshot, meetings: "Meetings", pair: tuple[int, int]) -> list[tuple[str, list[tuple[Any, "Record"]]]]:
    """Of what the board counts."""
    from ranking.boards.pairs import meetings as of_pair

    categories, judges = of_pair.by_category(meetings, *pair), of_pair.by_judge(meetings)
    nobody = _("People") if snapshot.parameters.get("sources") == "both" else _("All judges together")
    names = _names([judge for judge, _ in judges])
    return [
        (_("By category"), [(name or _("without a category"), each) for name, each in categories]),
        (_("By judge"), [(names.get(judge, nobody), each) for judge, each in judges]),
        (_("By month"), [(date(year, month, 1), each) for (year, month), each in of_pair.by_month(meetings, *pair)]),
    ]


def _of_judges(snapshot: Snapshot, pair: tuple[int, int]) -> list[tuple[str, "Record"]]:
    """Beside what people say, where they alone count."""
    if counted_on(snapshot) != Leaderboard.Sources.PEOPLE:
        return []
    from ranking.boards.pairs import meetings as of_pair

    judges = of_pair.by_judge(of_pair.said_by_judges(*pair))
    names = _names([judge for judge, _ in judges])
    return [(names[judge], record) for judge, record in judges]


def _names(judges: Sequence[int]) -> dict[int, str]:
    return {judge.pk: str(judge) for judge in Judge.objects.filter(pk__in=judges)}


def _shown(first: Competitor, second: Competitor, name: Any, record: Any) -> PairRecord:
    segments, x = [], 0.0
    outcomes = [
        ("s1", _("%(model)s better") % {"model": first.name}, record.wins), ("s2", _("Both good"), record.ties),
        ("s4", _("Both bad"), record.both_bad), ("s3", _("%(model)s better") % {"model": second.name}, record.losses),
    ]  # fmt: skip
    for kind, words, part in outcomes:
        percent = 100 * part.share
        segments.append(Segment(kind, words, part.n, x, percent, 100 * part.low, 100 * part.high))
        x += percent
    points = record.points
    return PairRecord(
        name, record.n, record.n_prompts, 100 * points.share, 100 * points.low, 100 * points.high, segments
    )  # fmt: skip
