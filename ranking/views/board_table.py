"""The board as its page shows it: ordered rows, groups that cannot be told apart, one shared axis."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Any

from django.db.models import QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from arena.models import Competitor, CompetitorStatus
from arena.statements.compiled_query import compiled
from arena.wording import MINUS, number
from ranking.models import Entry, Snapshot

SORTS = {
    "rank": False,
    "range": False,
    "name": False,
    "rating": True,
    "first": True,
    "win": True,
    "votes": True,
    "prompts": True,
    "change": True,
    "price": False,
}
DEFAULT_SORT = "rank"
CERTAIN = 0.005
MOST_NAMED = 4  # of those tied for place 1; a fifth is named too rather than called "1 other"
OF_PLACES = ("rank", "range")  # whichever way these are sorted, those without a place stand last


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale of points, as per cent of a column's width."""

    low: float
    high: float
    ticks: list[tuple[float, int]]

    def at(self, value: float) -> float:
        return 100 * (value - self.low) / (self.high - self.low)


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One row of the table."""

    entry: Entry
    competitor: Competitor
    x: float = 0
    x_low: float = 0
    x_high: float = 0
    half_width: float = 0
    change: float | None = None
    n_alike: int = 0  # prompts that it answers with one text
    judged: float | None = None  # its rating by judges, where they stand beside people
    x_judged: float = 0

    @property
    def first_percent(self) -> str:
        """Its chance of being first, in per cent; neither 0 nor 100, which no draws can show."""
        chance = self.entry.p_best
        if chance is None:
            return ""
        return "<1" if chance < CERTAIN else ">99" if chance > 1 - CERTAIN else str(round(100 * chance))

    @property
    def signed_change(self) -> str:
        """In points; empty where its rating of 30 days ago is not known."""
        if self.change is None:
            return ""
        points = round(self.change)
        return f"+{points}" if points > 0 else f"{MINUS}{-points}" if points < 0 else "0"

    @property
    def win_percent(self) -> float:
        return 100 * (self.entry.win_rate or 0)

    @property
    def raw_win_percent(self) -> float:
        return 100 * (self.entry.raw_win_rate or 0)

    @property
    def has_interval(self) -> bool:
        return self.entry.low is not None

    @property
    def is_retired(self) -> bool:
        """Whether the model is out of use, retired or archived."""
        return self.competitor.status == CompetitorStatus.RETIRED or self.competitor.is_archived


@dataclass(frozen=True, slots=True)
class Heading:
    """A column's head: a link that sorts by it. `about` is the id of the box that explains it."""

    key: str
    text: str
    about: str
    aria_sort: str
    next_direction: str
    is_number: bool


@dataclass(frozen=True, slots=True)
class BoardTable:
    groups: list[list[BoardLine]]
    unrated: list[BoardLine]
    axis: Axis | None
    headings: list[Heading]  # of the columns that have content
    columns: frozenset[str]  # their keys
    has_ghosts: bool
    n_models: int  # of the board but archived ones that it does not show, whatever is searched for
    n_rated: int
    first: Competitor | None  # the best of them
    n_archived: int  # archived ones that it does not show
    tied: str  # those of the board who can hold place 1, as a page names them; "" where it is one

    @property
    def narrowed(self) -> list[BoardLine]:
        """The lines whose intervals rely on judges, in the order of the table."""
        return [line for group in self.groups for line in group if line.entry.trust is not None]


def board_table(
    snapshot: Snapshot,
    *,
    sort: str,
    descending: bool,
    with_retired: bool,
    search: str,
    older: dict[int, float],
    with_archived: bool = True,
    alike: dict[int, int] | None = None,
    ghosts: Mapping[int, float] | None = None,
    stored: Sequence[Entry] | None = None,
) -> BoardTable:
    """The snapshot's entries, chosen and in order; `stored` are all of them, where the caller has them.

    By competitor: `older` holds ratings of an earlier snapshot, `alike` how many prompts are answered with one text, `ghosts`
    ratings by judges.
    """
    alike, ghosts = alike or {}, ghosts or {}
    stored = entries_of(snapshot) if stored is None else stored
    listed = [entry for entry in stored if with_archived or not entry.competitor.is_archived]
    entries = [entry for entry in listed if _is_chosen(entry, with_retired, search)]
    rated = [entry for entry in entries if entry.is_rated]
    axis = axis_of(rated, [ghosts[entry.competitor_id] for entry in rated if entry.competitor_id in ghosts]) if rated else None
    lines = [
        line_of(entry, axis, older, n_alike=alike.get(entry.competitor_id, 0), judged=ghosts.get(entry.competitor_id))
        for entry in _sorted(rated, sort, descending, older)
    ]
    columns = _with_content(lines)
    in_order = sort == DEFAULT_SORT and not descending and with_retired and not search
    return BoardTable(
        groups=_tiers(lines) if in_order else [[line] for line in lines],
        unrated=[
            BoardLine(entry, entry.competitor, n_alike=alike.get(entry.competitor_id, 0))
            for entry in sorted(entries, key=lambda entry: entry.competitor.name)
            if not entry.is_rated and entry.competitor.status != CompetitorStatus.UNNAMED
        ],
        axis=axis,
        headings=[_heading(key, sort, descending, is_score=bool(snapshot.way)) for key in SORTS if key in columns],
        columns=columns,
        has_ghosts=any(line.judged is not None for line in lines),
        n_models=len(listed),
        n_rated=sum(entry.is_rated for entry in listed),
        first=next((entry.competitor for entry in sorted(listed, key=by_place) if entry.is_rated), None),
        n_archived=len(stored) - len(listed),
        tied=in_a_row(tied_leaders(stored)),
    )


def entries_of(snapshot: Snapshot) -> list[Entry]:
    """All its lines, with their models."""
    return entries_with_models(snapshot=snapshot.pk)


@compiled
def entries_with_models(*, snapshot: int) -> QuerySet[Entry]:
    return Entry.objects.filter(snapshot=snapshot).select_related("competitor")


def _with_content(lines: Sequence[BoardLine]) -> frozenset[str]:
    """The columns in which some line has something."""
    has = {
        "rank": any(line.entry.has_place for line in lines),
        "range": any(line.entry.has_place for line in lines),
        "first": any(line.entry.p_best is not None for line in lines),
        "win": any(line.entry.win_rate is not None for line in lines),
        "prompts": any(line.entry.n_prompts for line in lines),
        "change": any(line.change is not None for line in lines),
        "price": any(line.competitor.price_out is not None for line in lines),
    }
    return frozenset(key for key in SORTS if has.get(key, True))


def _is_chosen(entry: Entry, with_retired: bool, search: str) -> bool:
    competitor = entry.competitor
    text = f"{competitor.name} {competitor.organisation} {competitor.licence}".casefold()
    return (with_retired or competitor.status != CompetitorStatus.RETIRED) and search.casefold() in text


def _sorted(entries: Sequence[Entry], sort: str, descending: bool, older: Mapping[int, float]) -> list[Entry]:
    keys: dict[str, Callable[[Entry], Any]] = {
        "rank": lambda entry: (entry.rank,),
        "range": lambda entry: (entry.rank_low, entry.rank_high),
        "name": lambda entry: (entry.competitor.name.casefold(),),
        "rating": lambda entry: (entry.rating,),
        "first": lambda entry: (entry.p_best or 0.0,),
        "win": lambda entry: (entry.win_rate or 0.0,),
        "votes": lambda entry: (entry.n_votes,),
        "prompts": lambda entry: (entry.n_prompts,),
        "change": lambda entry: (entry.competitor_id in older, (entry.rating or 0.0) - older.get(entry.competitor_id, 0.0)),
        "price": lambda entry: (entry.competitor.price_out is None, entry.competitor.price_out or 0),
    }
    in_place = sorted(entries, key=by_place)
    if sort not in OF_PLACES:
        return sorted(in_place, key=keys[sort], reverse=descending)
    placed = [entry for entry in in_place if entry.has_place]
    return [*sorted(placed, key=keys[sort], reverse=descending), *(entry for entry in in_place if not entry.has_place)]


def by_place(entry: Entry) -> tuple[bool, int, float, int]:
    """The best first; those without a place behind the others, by rating; those without a rating last."""
    place = entry.rank if entry.has_place and entry.rank is not None else 0
    return not entry.has_place, place, math.inf if entry.rating is None else -entry.rating, entry.pk


def axis_of(rated: Sequence[Entry], others: Sequence[float] = ()) -> Axis:
    """An axis with room for all intervals, and for other values; at least one line has to be rated."""
    own = [value for entry in rated for value in (entry.rating, entry.low, entry.high) if value is not None]
    return axis_over([*own, *others])


def axis_over(limits: Sequence[float]) -> Axis:
    """An axis with room at both ends, and ticks at round values."""
    low, high = min(limits), max(limits)
    room = max((high - low) * 0.06, 1.0)
    low, high = low - room, high + room
    step = _round_step((high - low) / 5)
    first = math.ceil(low / step)
    values = [round(step * k) for k in range(first, math.floor(high / step) + 1)]
    axis = Axis(low, high, [])
    return Axis(low, high, [(round(axis.at(value), 2), value) for value in values if 4 < axis.at(value) < 96])


def _round_step(width: float) -> float:
    """1, 2 or 5 times a power of ten, at least 1 and not below `width`."""
    power: int = 10 ** math.floor(math.log10(max(width, 1)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= max(width, 1))


def line_of(
    entry: Entry, axis: Axis | None, older: dict[int, float], *, n_alike: int = 0, judged: float | None = None
) -> BoardLine:
    """The table's line of an entry, with its places on the axis."""
    if axis is None or entry.rating is None:
        return BoardLine(entry, entry.competitor, n_alike=n_alike)
    before = older.get(entry.competitor_id)
    low, high = (entry.rating if limit is None else limit for limit in (entry.low, entry.high))
    return BoardLine(
        entry,
        entry.competitor,
        x=round(axis.at(entry.rating), 2),
        x_low=round(axis.at(low), 2),
        x_high=round(axis.at(high), 2),
        half_width=(high - low) / 2,
        change=None if before is None else entry.rating - before,
        n_alike=n_alike,
        judged=judged,
        x_judged=0 if judged is None else round(axis.at(judged), 2),
    )


def _tiers(lines: Sequence[BoardLine]) -> list[list[BoardLine]]:
    """Groups of lines, parted only where no range above reaches a place below; a line without a place is its own group."""
    groups: list[list[BoardLine]] = []
    placed = [line.entry for line in lines if line.entry.has_place]
    best_from = list(accumulate((entry.rank_low or 0 for entry in reversed(placed)), min))[::-1]
    reach = 0  # the worst place that anybody above can hold
    for line, best in zip_longest(lines, best_from):
        if line.entry.has_place and best <= reach:
            groups[-1].append(line)
        else:
            groups.append([line])
        reach = max(reach, line.entry.rank_high or 0)
    return groups


TEXTS = {
    "rank": "#", "range": _("Range"), "name": _("Model"), "rating": _("Rating"), "first": _("First %"), "win": _("Win %"),
    "votes": _("Votes"), "prompts": _("Prompts"), "change": _("30 days"), "price": "$/M",
}  # fmt: skip
"""Heads of columns; what counts on the board takes the place of votes."""

EXPLAINED = ("rank", "range", "rating", "first", "win", "votes", "prompts", "change", "price")
"""Columns with a box that explains them."""


def _heading(key: str, sort: str, descending: bool, *, is_score: bool = False) -> Heading:
    is_sorted = key == sort
    aria_sort = ("descending" if descending else "ascending") if is_sorted else ""
    next_descending = not descending if is_sorted else SORTS[key]
    text = gettext("Score") if is_score and key == "rating" else str(TEXTS[key])
    return Heading(
        key, text, f"about-{key}" if key in EXPLAINED else "", aria_sort, "desc" if next_descending else "asc",
        key not in {"name"},
    )  # fmt: skip


def tied_leaders(entries: Sequence[Entry]) -> list[Competitor]:
    """All that can hold place 1, in order of place, no two of which can be told apart; empty if only one can."""
    able = sorted((entry for entry in entries if entry.has_place and entry.rank_low == 1), key=by_place)
    return [entry.competitor for entry in able] if len(able) > 1 else []


def in_a_row(named: Sequence[Competitor]) -> str:
    """Their names in a sentence, the first few of them and how many others there are."""
    shown = named if len(named) <= MOST_NAMED + 1 else named[:MOST_NAMED]
    parts = [format_html("<b><bdi>{}</bdi></b>", each.name) for each in shown]
    if n_others := len(named) - len(shown):
        parts.append(format_html("{}", ngettext("%(n)s other", "%(n)s others", n_others) % {"n": number(n_others)}))
    if not parts:
        return ""
    *before, last = parts
    if not before:
        return last
    return format_html(
        gettext("{first} and {last}"), first=format_html_join(", ", "{}", ([each] for each in before)), last=last
    )
