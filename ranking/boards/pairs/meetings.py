"""What counted between two competitors on a board, and shares of it with their intervals.

It loads the library that fits: pages import it where they use it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from arena.evidence.days import Days
from arena.evidence.same_texts import same_texts
from arena.evidence.shown_counts import SET_ASIDE
from arena.evidence.vote_tally import NO_PROMPT, ballots_at
from arena.models import Prompt, Vote
from judges.audits.figures.figure import Label, mean_share
from judges.models import Game
from ranking.boards.publishing import filters_then, prompts_then, source_then
from ranking.comparisons.judge_comparisons import JudgedEvidence
from ranking.comparisons.judge_selection import voters_left_out
from ranking.maths import OUTCOMES
from ranking.maths.data.packing import SWAPPED
from ranking.models import Leaderboard, Snapshot

type Ints = NDArray[np.int64]
type Floats = NDArray[np.float64]
type Bools = NDArray[np.bool_]

NOBODY = -1
MOST_GAMES = 20_000
WINNER_BY_ORDER = {"ab": {"first": "a", "second": "b"}, "ba": {"first": "b", "second": "a"}}
"""Which answer a verdict on a slot is for; a tie is one in either order."""

POINTS = np.array([1.0, 0.0, 0.5, 0.5])
"""Of the first of the two, by outcome."""


@dataclass(frozen=True, slots=True, eq=False)
class Meetings:
    """Votes and verdicts between two competitors, seen from the first; all (n,).

    Attributes
    ----------
    prompt : int64
        -1 = not known. Prompts of one text are one.
    outcome : int64
        Place in `OUTCOMES`: 0 = the first won, 1 = the second.
    judge : int64
        -1 = a person, or a panel.
    weight : float64
    vote : int64
        Of votes their id; -1 = a verdict.
    """

    prompt: Ints
    outcome: Ints
    judge: Ints
    weight: Floats
    vote: Ints

    def __len__(self) -> int:
        return len(self.prompt)

    def where(self, mask: Bools) -> "Meetings":
        return Meetings(*(getattr(self, each.name)[mask] for each in fields(self)))


@dataclass(frozen=True, slots=True)
class ClusteredShare:
    """A share in [0, 1] of so many votes or verdicts, with its 95 % interval, clustered by prompt."""

    n: float
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Record:
    """What became of the meetings: the share of points that the first won (a tie half), and of each outcome."""

    n: float
    n_prompts: int
    points: ClusteredShare
    wins: ClusteredShare
    ties: ClusteredShare
    both_bad: ClusteredShare
    losses: ClusteredShare


def meetings_on(snapshot: Snapshot, first: int, second: int) -> Meetings:
    """What a snapshot counted between two competitors."""
    sources = snapshot.parameters.get("sources", Leaderboard.Sources.PEOPLE)
    if sources == Leaderboard.Sources.PEOPLE or "verdicts" in snapshot.parameters:
        return _votes(snapshot, first, second)
    return _verdicts(snapshot.key, first, second)


def _votes(snapshot: Snapshot, first: int, second: int) -> Meetings:
    """By the votes of these two alone, however many there are of others."""
    arena, position, parameters = snapshot.leaderboard.arena_id, snapshot.watermark, snapshot.parameters
    filters = filters_then(snapshot)
    out = voters_left_out(arena, with_external=parameters.get("external", True), groups=filters.voters)
    pair = (min(first, second), max(first, second))
    parts = list(ballots_at(arena, position, leaving_out=out, days=Days(filters.since, filters.until), pair=pair))
    vote, prompt, outcome = (np.concatenate([getattr(part, name) for part in parts]) for name in ("vote", "prompt", "outcome"))
    taken = outcome != SET_ASIDE
    if (prompts := prompts_then(snapshot)) is not None:
        taken &= np.isin(prompt, prompts)
    vote, prompt, outcome = vote[taken], prompt[taken], outcome[taken]
    if parameters.get("one_text"):
        prompt = same_texts(arena, position).of(prompt)
    n = len(vote)
    return _seen_by(first, Meetings(prompt, outcome, np.full(n, NOBODY), np.ones(n), vote), np.full(n, pair[0]))


@lru_cache(maxsize=256)  # a snapshot does not change; its games are read as a whole
def _verdicts(key: str, first: int, second: int) -> Meetings:
    snapshot = Snapshot.objects.select_related("leaderboard").get(key=key)
    evidence = source_then(snapshot, from_rows=False).evidence
    if not isinstance(evidence, JudgedEvidence):
        raise TypeError(f"snapshot {key} counts verdicts, and its evidence is a {type(evidence).__name__}")
    rows = evidence.rows.where(np.isin(evidence.rows.a, (first, second)) & np.isin(evidence.rows.b, (first, second)))
    prompt, outcome, judge = (column.astype(np.int64) for column in (rows.prompt, rows.outcome, rows.judge))
    prompt = evidence.same.of(prompt)
    meetings = Meetings(prompt, outcome, judge, rows.weight, np.full(len(rows), NOBODY))
    return _seen_by(first, meetings, rows.a.astype(np.int64))


def said_by_judges(first: int, second: int) -> Meetings:
    """The verdicts on battles of the two as they came, whatever a board makes of them; none where they are too many to read."""
    low, high = sorted((first, second))
    games = Game.objects.counted().exclude(winner="").filter(battle__competitor_a=low, battle__competitor_b=high).order_by()
    rows = list(games.values_list("judge", "battle__prompt", "order", "winner")[: MOST_GAMES + 1])
    rows = rows if len(rows) <= MOST_GAMES else []
    sides = [WINNER_BY_ORDER[order].get(winner, winner) for *_, order, winner in rows]
    judge, prompt, outcome = (
        np.array(column, dtype=np.int64)
        for column in ([row[0] for row in rows], [NO_PROMPT if row[1] is None else row[1] for row in rows], _codes(sides))
    )
    n = len(rows)
    return _seen_by(first, Meetings(prompt, outcome, judge, np.ones(n), np.full(n, NOBODY)), np.full(n, low))


def _codes(sides: Sequence[str]) -> list[int]:
    return [OUTCOMES.index(side) for side in sides]


def _seen_by(first: int, meetings: Meetings, a: Ints) -> Meetings:
    return replace(meetings, outcome=np.where(a == first, meetings.outcome, SWAPPED[meetings.outcome]).astype(np.int64))


# --- shares --------------------------------------------------------------------------------------------------------------

_LABEL = Label("share", "share", "battles", "points / battles")


def record_of(meetings: Meetings) -> Record | None:
    """None where there are none."""
    if not len(meetings):
        return None
    prompts = _clusters(meetings.prompt)
    won, lost, tied, bad = (_part(meetings, prompts, meetings.outcome == code) for code in range(len(OUTCOMES)))
    return Record(
        n=float(meetings.weight.sum()), n_prompts=n_known_prompts(meetings),
        points=_part(meetings, prompts, POINTS[meetings.outcome]), wins=won, losses=lost, ties=tied, both_bad=bad,
    )  # fmt: skip


def points_of(meetings: Meetings) -> ClusteredShare:
    """The share of points alone, of at least one meeting."""
    return _part(meetings, _clusters(meetings.prompt), POINTS[meetings.outcome])


def n_known_prompts(meetings: Meetings) -> int:
    return len(np.unique(meetings.prompt[meetings.prompt != NO_PROMPT]))


def _part(meetings: Meetings, prompts: Ints, values: NDArray[np.generic]) -> ClusteredShare:
    shares, weights = values.astype(np.float64), meetings.weight
    are_singles = bool((weights == 1).all())
    figure = mean_share(
        _LABEL, shares.tolist(), prompts, n_replies=max(round(weights.sum()), 1),
        weights=None if are_singles else weights.tolist(),
    )  # fmt: skip
    if figure.value is None or figure.low is None or figure.high is None:
        raise ValueError("a share of something has a value and an interval")
    return ClusteredShare(n=float((shares * weights).sum()), share=figure.value, low=figure.low, high=figure.high)


def _clusters(prompt: Ints) -> Ints:
    """What is of no known prompt is a cluster of its own."""
    return np.where(prompt == NO_PROMPT, -2 - np.arange(len(prompt)), prompt)


# --- groups --------------------------------------------------------------------------------------------------------------


def by_category(meetings: Meetings, first: int, second: int) -> list[tuple[str, Record]]:
    """By the first part of the prompts' categories, the most votes first; "" = without."""
    between = Prompt.objects.filter(battles__competitor_a=min(first, second), battles__competitor_b=max(first, second))
    filed = {pk: category.partition("/")[0] for pk, category in between.values_list("pk", "category").distinct()}
    records = _grouped(meetings, [filed.get(prompt, "") for prompt in meetings.prompt.tolist()])
    return sorted(records, key=lambda each: (-each[1].n, each[0]))


def by_judge(meetings: Meetings) -> list[tuple[int, Record]]:
    """By who said it, people or a panel (-1) first."""
    return sorted(_grouped(meetings, meetings.judge.tolist()))


def by_month(meetings: Meetings, first: int, second: int) -> list[tuple[tuple[int, int], Record]]:
    """By year and month, of votes alone, the newest first."""
    votes = Vote.objects.filter(battle__competitor_a=min(first, second), battle__competitor_b=max(first, second))
    cast = dict(votes.order_by().values_list("pk", "voted_at"))
    known = meetings.where(np.isin(meetings.vote, list(cast)))
    months = [(cast[vote].year, cast[vote].month) for vote in known.vote.tolist()]
    return sorted(_grouped(known, months), reverse=True)


def _grouped[Key: (str, int, tuple[int, int])](meetings: Meetings, keys: Sequence[Key]) -> list[tuple[Key, Record]]:
    places: dict[Key, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    grouped = []
    for key, chosen in places.items():
        mask = np.zeros(len(meetings), dtype=np.bool_)
        mask[chosen] = True
        if record := record_of(meetings.where(mask)):
            grouped.append((key, record))
    return grouped
