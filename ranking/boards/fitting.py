"""Evidence -> board: one fit with its intervals and rank ranges, as plain values ready to be written down."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np

from ranking import maths
from ranking.boards.many_competitors import Refuse, allow_all, is_of_many, pairs_of_many, rate_many
from ranking.boards.methods import WIDTHS, Definition, Rating, rate
from ranking.boards.neighbours import Neighbours, neighbours_of
from ranking.boards.pairs.listed_pairs import PairList
from ranking.boards.pairs.pair_list import listed
from ranking.maths.data.arrays import Floats, Ints
from ranking.maths.estimation.covariance import Rated
from ranking.maths.estimation.failures import cause_of
from ranking.maths.models.davidson import DAVIDSON
from ranking.maths.models.many_bradley_terry import ManyFit
from ranking.maths.notes import noted
from ranking.maths.uncertainty.elo_points import ELO_PER_LOGIT, to_elo
from ranking.note_texts.of_boards import TEXTS

N_DRAWS_OF_FIRST = 40_000
"""Draws behind a chance of being first, whose error is then at most 0.0025."""


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One competitor's line. Without a rating all but the counts are None, and `unrated_because` says why.

    A rating without a determinable interval has no place either: the others are ranked without it.
    """

    competitor_id: int
    n_votes: int
    n_prompts: int
    raw_win_rate: float | None
    rating: float | None = None
    se: float | None = None
    low: float | None = None
    high: float | None = None
    rank: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    win_rate: float | None = None
    p_best: float | None = None
    trust: float | None = None
    people_half_width: float | None = None
    unrated_because: str = ""


@dataclass(frozen=True, slots=True)
class FittedBoard:
    rows: list[RatingRow]
    notes: list[str]
    components: list[list[str]]
    interval_kind: str
    n_draws: int
    """Behind the rank ranges; 0 where they have none."""
    competitor_ids: list[int]
    pairs: PairList | None
    tie_width: float | None = None
    """Of methods that have one: nu of Davidson's, eta of Rao and Kupper's, 0 where nothing was tied; else None."""
    neighbours: tuple[Neighbours, ...] = ()
    """Of those with a place, the best pair first; none where the method or the number of models gives none."""
    parts: list[dict[str, Any]] = field(default_factory=list)
    """Of boards over several categories: what each of them says by itself."""


class _Sureness(NamedTuple):
    """Numbers of each rated competitor's row, what the reader must know of them, the kind of interval, and draws of ranges."""

    numbers: dict[str, dict[str, Any]]
    notes: list[str]
    kind: str
    n_draws: int = 0


def fit_board(
    comparisons: maths.Comparisons, definition: Definition, competitor_ids: list[int], *, refuse: Refuse = allow_all
) -> FittedBoard:
    """Rate the comparisons by a board's definition; `competitor_ids` are those of `comparisons.names`, in that order.

    `refuse` is called before memory is taken beyond what the numbers of rows and names imply.
    """
    if is_of_many(comparisons, definition):
        return _fit_many(comparisons, definition, competitor_ids, refuse)
    rating = rate(comparisons, definition)
    pairs = None if rating.fit is None else listed(comparisons, rating.fit)
    board = _board(comparisons, rating, _sureness(rating, definition), competitor_ids, pairs)
    ids = dict(zip(comparisons.names, competitor_ids, strict=True))
    return replace(board, neighbours=neighbours_of(rating, definition, ids, _placed(board.rows, ids)))


def _placed(rows: list[RatingRow], ids: dict[str, int]) -> list[str]:
    """The names of those with a place, the best first."""
    names = {pk: name for name, pk in ids.items()}
    placed = [(row.rank, -row.rating, names[row.competitor_id]) for row in rows if row.rank and row.rating is not None]
    return [name for _, _, name in sorted(placed)]


def _fit_many(comparisons: maths.Comparisons, definition: Definition, competitor_ids: list[int], refuse: Refuse) -> FittedBoard:
    """The same by the pairs that met, where a table of all pairs would be too much."""
    rating, many_standings = rate_many(comparisons, definition, refuse)
    if many_standings is None:
        sureness = _sureness(rating, definition)
    else:
        widths = standings(rating.rated.ratings, many_standings.intervals, many_standings)
        numbers = {name: _own_numbers(rating, i) | widths[i] for i, name in enumerate(rating.rated.names)}
        sureness = _Sureness(
            numbers, list(many_standings.intervals.notes), many_standings.intervals.kind, many_standings.n_draws
        )
    return _board(comparisons, rating, sureness, competitor_ids, pairs_of_many(comparisons, rating, many_standings))


def _board(
    comparisons: maths.Comparisons, rating: Rating, sureness: _Sureness, competitor_ids: list[int], pairs: PairList | None
) -> FittedBoard:
    names, counts = comparisons.names, maths.counts(comparisons)
    reasons = {unrated.name: unrated.reason for unrated in rating.unrated}
    return FittedBoard(
        rows=rows_of(
            dict(zip(names, competitor_ids, strict=True)),
            counts,
            sureness.numbers,
            lambda name, n_votes: _reason(n_votes, reasons.get(name, "")),
        ),
        notes=list(dict.fromkeys([*rating.notes, *sureness.notes])),
        components=_groups(rating, {name for name, n in zip(counts.names, counts.n_votes, strict=True) if n}),
        interval_kind=sureness.kind,
        n_draws=sureness.n_draws,
        competitor_ids=competitor_ids,
        pairs=pairs,
        tie_width=_tie_width(rating.fit),
    )


def rows_of(
    ids: Mapping[str, int], counts: maths.Counts, numbers: Mapping[str, dict[str, Any]], why_none: Callable[[str, int], str]
) -> list[RatingRow]:
    """
    Each competitor with its counts and its numbers.

    `ids` are those of `counts.names`, in that order; `why_none` says why the one of this name, with so many votes, has none.
    """
    return [
        RatingRow(
            competitor_id=pk,
            n_votes=int(counts.n_votes[i]),
            n_prompts=int(counts.n_prompts[i]),
            raw_win_rate=finite(counts.raw_win_rate[i]),
            **numbers.get(name, {"unrated_because": why_none(name, int(counts.n_votes[i]))}),
        )
        for i, (name, pk) in enumerate(ids.items())
    ]


def _tie_width(fit: maths.Fit | None) -> float | None:
    if fit is None:
        return None
    if any(limit.name in WIDTHS for limit in fit.at_limit):
        return 0.0
    estimates = {parameter.name: parameter.estimate for parameter in fit.parameters if parameter.name in WIDTHS}
    return next((math.exp(value) if name == DAVIDSON.parameter else value for name, value in estimates.items()), None)


def _own_numbers(rating: Rating, i: int) -> dict[str, Any]:
    return {"rating": to_elo(rating.rated.ratings[i]), "win_rate": float(rating.win_rates[i])}


def _sureness(rating: Rating, definition: Definition) -> _Sureness:
    rated = rating.rated
    if len(rated.names) < 2 or isinstance(rated, ManyFit):
        return _Sureness({}, [], "")
    numbers = {name: _own_numbers(rating, i) for i, name in enumerate(rated.names)}
    try:
        widths, notes, kind, n_draws = _widths(rated, definition)
    except ValueError as reason:  # no spread, or too few replicates: the ratings stand, without a width or a place
        return _Sureness(numbers, [cause_of(reason)], "none")
    return _Sureness({name: numbers[name] | widths[i] for i, name in enumerate(rated.names)}, notes, kind, n_draws)


def _widths(rated: Rated, definition: Definition) -> tuple[list[dict[str, Any]], list[str], str, int]:
    """Intervals, places and rank ranges of the rated, in their order; none if one cluster alone carries the rating."""
    rng = np.random.default_rng(definition.seed)
    intervals = maths.intervals(rated, cluster=definition.cluster, level=definition.level)
    ranks = maths.rank_sets(rated, cluster=definition.cluster, level=definition.level, rng=rng)
    widths = standings(rated.ratings, intervals, ranks)
    placed = np.isfinite(intervals.se)
    first = maths.p_best(
        rated,
        cluster=definition.cluster,
        n_resamples=N_DRAWS_OF_FIRST,
        among=placed,
        rng=np.random.default_rng(definition.seed),
    )
    widths = with_chances(widths, first)
    return widths, list(dict.fromkeys([*intervals.notes, *ranks.notes])), intervals.kind, ranks.n_draws


def with_chances(widths: list[dict[str, Any]], first: maths.Chances) -> list[dict[str, Any]]:
    """With each one's chance to be the first of those with a place; the others have none."""
    chances = first.chance.tolist()
    return [
        width | {"p_best": chance if width["rank"] is not None else None} for width, chance in zip(widths, chances, strict=True)
    ]


class Ranged(Protocol):
    """Best and worst possible places, (m,)."""

    @property
    def low(self) -> Ints: ...

    @property
    def high(self) -> Ints: ...


class Limited(Protocol):
    """Standard errors and limits of ratings, natural log-odds, (m,); infinite if undetermined."""

    @property
    def se(self) -> Floats: ...

    @property
    def low(self) -> Floats: ...

    @property
    def high(self) -> Floats: ...


def standings(ratings: Floats, limits: Limited, ranks: Ranged) -> list[dict[str, Any]]:
    """Interval, place and range of each; none if its rating has no determinable interval.

    Places are those among the others: nothing sets one of these above or below it, so it only lengthens their ranges.
    """
    placed = np.isfinite(limits.se)
    ordered = np.sort(ratings[placed])
    places = 1 + len(ordered) - np.searchsorted(ordered, ratings, side="right")
    n_without = int((~placed).sum())
    return [
        {
            "se": float(ELO_PER_LOGIT * limits.se[i]),
            "low": to_elo(limits.low[i]),
            "high": to_elo(limits.high[i]),
            "rank": int(places[i]),
            "rank_low": int(ranks.low[i]),
            "rank_high": int(ranks.high[i]) - n_without,
        }
        if placed[i]
        else dict.fromkeys(("se", "low", "high", "rank", "rank_low", "rank_high"))
        for i in range(len(ratings))
    ]


def _groups(rating: Rating, voted_on: set[str]) -> list[list[str]]:
    """Groups that results do not connect, best first; empty if all with votes are in one."""
    groups = [[name for name in component if name in voted_on] for component in rating.components]
    groups = [group for group in groups if group]
    return groups if len(groups) > 1 else []


def _reason(n_votes: int, reason: str) -> str:
    return (reason if n_votes else noted("no_votes", TEXTS)) or noted("not_comparable", TEXTS)


def finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
