"""Evidence -> board: one fit with its intervals and rank ranges, as plain values ready to be written down."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ranking import maths
from ranking.boards.methods import Definition, Rating, rate
from ranking.maths.data.arrays import Floats
from ranking.maths.data.cells import count_cells
from ranking.maths.estimation.covariance import Rated
from ranking.maths.pair_sampling import information_weights, uniform_weights, with_unrated
from ranking.maths.uncertainty.elo_points import ELO_PER_LOGIT, to_elo


@dataclass(frozen=True, slots=True)
class RatingRow:
    """One competitor's line. All but the counts are None where it has no rating; then `unrated_because` says why.

    A rating of which nothing can be said has no interval, and no place either: the others are ranked without it.
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
    trust: float | None = None
    people_half_width: float | None = None
    unrated_because: str = ""


@dataclass(frozen=True, slots=True)
class FittedBoard:
    rows: list[RatingRow]
    notes: list[str]
    components: list[list[str]]
    interval_kind: str
    competitor_ids: list[int]
    record: NDArray[np.int64]
    weights: NDArray[np.float32] | None


def fit_board(comparisons: maths.Comparisons, definition: Definition, competitor_ids: list[int]) -> FittedBoard:
    """Rate the comparisons by a board's definition; `competitor_ids` are those of `comparisons.names`, in that order."""
    names = comparisons.names
    counts = maths.counts(comparisons)
    rating = rate(comparisons, definition)
    reasons = {unrated.name: unrated.reason for unrated in rating.unrated}
    numbers, notes, kind = _numbers(rating, definition)
    rows = [
        RatingRow(
            competitor_id=pk,
            n_votes=int(counts.n_votes[i]),
            n_prompts=int(counts.n_prompts[i]),
            raw_win_rate=finite(counts.raw_win_rate[i]),
            **numbers.get(name, {"unrated_because": _reason(int(counts.n_votes[i]), reasons.get(name, ""))}),
        )
        for i, (pk, name) in enumerate(zip(competitor_ids, names, strict=True))
    ]
    return FittedBoard(
        rows=rows,
        notes=list(dict.fromkeys([*rating.notes, *notes])),
        components=_groups(rating, {name for name, n in zip(counts.names, counts.n_votes, strict=True) if n}),
        interval_kind=kind,
        competitor_ids=competitor_ids,
        record=_record(comparisons),
        weights=None if rating.fit is None else _weights(rating.fit, names),
    )


def _numbers(rating: Rating, definition: Definition) -> tuple[dict[str, dict[str, Any]], list[str], str]:
    """Per rated competitor the numbers of its row; what the reader must know; the kind of interval."""
    rated = rating.rated
    if len(rated.names) < 2:
        return {}, [], ""
    numbers: dict[str, dict[str, Any]] = {
        name: {"rating": to_elo(rated.ratings[i]), "win_rate": float(rating.win_rates[i])} for i, name in enumerate(rated.names)
    }
    try:
        widths, notes, kind = _widths(rated, definition)
    except ValueError as reason:  # no spread, or too few replicates: the ratings stand, without a width or a place
        return numbers, [str(reason)], "none"
    return {name: numbers[name] | widths[i] for i, name in enumerate(rated.names)}, notes, kind


def _widths(rated: Rated, definition: Definition) -> tuple[list[dict[str, Any]], list[str], str]:
    """Intervals, places and rank ranges of the rated, in their order; none where one cluster carries the rating alone."""
    rng = np.random.default_rng(definition.seed)
    intervals = maths.intervals(rated, cluster=definition.cluster, level=definition.level)
    ranks = maths.rank_sets(rated, cluster=definition.cluster, level=definition.level, rng=rng)
    widths = standings(rated.ratings, intervals, ranks)
    return widths, list(dict.fromkeys([*intervals.notes, *ranks.notes])), intervals.kind


class Limited(Protocol):
    """Standard errors and limits of ratings, natural log-odds, (m,); infinite where nothing can be said."""

    @property
    def se(self) -> Floats: ...

    @property
    def low(self) -> Floats: ...

    @property
    def high(self) -> Floats: ...


def standings(ratings: Floats, limits: Limited, ranks: maths.RankSets) -> list[dict[str, Any]]:
    """Interval, place and range of each; none of them where nothing can be said of its rating.

    Places are those among the others: nothing sets one of these above or below it, so it only lengthens their ranges.
    """
    placed = np.isfinite(limits.se)
    places = 1 + (ratings[None, placed] > ratings[:, None]).sum(axis=1)
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
    """Groups that results do not connect, best first; none where all that have votes are in one."""
    groups = [[name for name in component if name in voted_on] for component in rating.components]
    groups = [group for group in groups if group]
    return groups if len(groups) > 1 else []


def _reason(n_votes: int, reason: str) -> str:
    return (reason if n_votes else "no votes yet") or "not comparable with the others yet"


def finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _record(comparisons: maths.Comparisons) -> NDArray[np.int64]:
    """(m, m, 3): times row beat column, tied with it, was bad like it."""
    cells = count_cells(comparisons)
    return np.stack([cells.wins, cells.ties - cells.both_bad, cells.both_bad], axis=-1).astype(np.int64)


def _weights(fit: maths.Fit, names: tuple[str, ...]) -> NDArray[np.float32]:
    """(m, m): what the next vote on each pair is expected to tell; see `maths.pairing.information_weights`."""
    if len(names) < 2:
        return np.zeros((len(names), len(names)), dtype=np.float32)
    if len(fit.names) < 2:
        return uniform_weights(len(names)).astype(np.float32)
    return with_unrated(information_weights(fit), fit.names, names).astype(np.float32)
