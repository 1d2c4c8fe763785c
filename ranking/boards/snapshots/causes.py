"""Why ratings changed between two snapshots of a board: the change of each model, by cause.

All is fitted by the method and the options of the newer snapshot: what the older one counted; the same votes and verdicts as
they count now; with what has come since between models that had a rating; and everything. What each step adds belongs to one
cause. The rest is the method's: options that differ, or another version that fitted.

It loads the library that fits: pages import it where they use it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np

from arena.evidence.known import KnownEvidence
from arena.evidence.vote_tally import Ints, ballots_at
from arena.models import Competitor
from ranking.boards.categories.reading import read_parts
from ranking.boards.methods import Definition, ratings_alone
from ranking.boards.publishing import definition_then, prompts_then, source_then
from ranking.boards.snapshots.changes import BoardChanges
from ranking.boards.sources import JudgesSource, PeopleSource, Source
from ranking.comparisons.game_history import games_at
from ranking.maths import Comparisons
from ranking.maths.uncertainty.elo_points import to_elo
from ranking.models import Entry, Leaderboard, Snapshot

type Ratings = Mapping[int, float]


@dataclass(frozen=True, slots=True)
class CauseParts:
    """What each cause adds to the change of one model's rating, in points; together they are the change."""

    new_votes: float
    new_models: float
    set_aside: float
    method: float

    @property
    def total(self) -> float:
        return sum(self.by_cause().values())

    def by_cause(self) -> dict[str, float]:
        return {each.name: getattr(self, each.name) for each in fields(self)}


def causes_between(changes: BoardChanges) -> Mapping[int, CauseParts]:
    """By model, of those that are rated in both snapshots and in each step between."""
    steps = _refits(changes.older.key, changes.newer.key)
    parts = {}
    for model in changes.models:
        pk, ends = model.competitor.pk, model.ratings
        if ends is not None and all(pk in ratings for ratings in steps):
            parts[pk] = _parts(ends[0], [ratings[pk] for ratings in steps], ends[1])
    return parts


@lru_cache(maxsize=64)  # snapshots do not change
def _refits(older_key: str, newer_key: str) -> tuple[Ratings, ...]:
    """The ratings of each step."""
    snapshots = Snapshot.objects.select_related("leaderboard").in_bulk([older_key, newer_key], field_name="key")
    older, newer = snapshots[older_key], snapshots[newer_key]
    before, now = _entries(older), _entries(newer)
    rated = [pk for pk, rating in before.items() if rating is not None]
    names = dict(Competitor.objects.filter(arena=newer.leaderboard.arena_id).order_by("pk").values_list("pk", "name"))
    return tuple(
        _ratings(source, {pk: names[pk] for pk in sorted({*there, *source.evidence.competitors.tolist()})}, newer)
        for source, there in zip(_steps(older, newer, rated), (before, before, before, now), strict=True)
    )


def _parts(before: float, steps: list[float], now: float) -> CauseParts:
    first, with_set_aside, with_votes, last = steps
    return CauseParts(
        new_votes=with_votes - with_set_aside,
        new_models=last - with_votes,
        set_aside=with_set_aside - first,
        method=(first - before) + (now - last),
    )


def _entries(snapshot: Snapshot) -> dict[int, float | None]:
    return dict(Entry.objects.filter(snapshot=snapshot).order_by("competitor_id").values_list("competitor_id", "rating"))


def _steps(older: Snapshot, newer: Snapshot, rated: Collection[int]) -> tuple[Source, Source, Source, Source]:
    """The evidence of each step, read by the newer snapshot's parameters."""
    arena, prompts = newer.leaderboard.arena_id, prompts_then(newer)
    # Lots are evidence, too: those that were drawn by then.
    parameters = newer.parameters | {name: older.parameters[name] for name in ("lots_to",) if name in older.parameters}
    votes, (games, states) = _votes(older, newer), _games(older, newer)
    as_now = KnownEvidence(votes, games, states)
    with_votes = KnownEvidence(votes, games, states, among=np.array(sorted(rated), dtype=np.int64))
    return (
        read_parts(arena, older.watermark, parameters, prompts, from_rows=True),
        read_parts(arena, newer.watermark, parameters, prompts, only=as_now),
        read_parts(arena, newer.watermark, newer.parameters, prompts, only=with_votes),
        source_then(newer),
    )


def _votes(older: Snapshot, newer: Snapshot) -> Ints:
    """Ids of all that were there, counting or not."""
    if _counts(newer) == Leaderboard.Sources.JUDGES:
        return np.zeros(0, dtype=np.int64)
    chunks = [ballots.vote for ballots in ballots_at(newer.leaderboard.arena_id, older.watermark)]
    return np.sort(np.concatenate(chunks))


def _games(older: Snapshot, newer: Snapshot) -> tuple[Ints, Ints]:
    """Ids of all that were over, counting or not, and how they had ended."""
    if _counts(newer) == Leaderboard.Sources.PEOPLE:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    games = games_at(newer.leaderboard.arena_id, older.watermark).in_order()
    return games.game.astype(np.int64), games.state.astype(np.int64)


def _counts(snapshot: Snapshot) -> str:
    return str(snapshot.parameters.get("sources", Leaderboard.Sources.PEOPLE))


def _ratings(source: Source, names: dict[int, str], newer: Snapshot) -> Ratings:
    """Of two models or more, in points; none where nobody can be rated."""
    definition = definition_then(newer)
    if isinstance(source, PeopleSource | JudgesSource):
        return _by_method(source, names, definition)
    return {row.competitor_id: row.rating for row in source.fitted(names, definition).rows if row.rating is not None}


def _by_method(source: PeopleSource | JudgesSource, names: dict[int, str], definition: Definition) -> Ratings:
    material = source.material(names, definition)
    if not isinstance(material, Comparisons):
        return {}
    ids = {name: pk for pk, name in names.items()}
    rated = ratings_alone(material, definition)
    return {ids[name]: to_elo(rating) for name, rating in rated.items()} if len(rated) > 1 else {}
