"""People's votes and judges' verdicts -> two lists side by side: votes are the truth, verdicts narrow what they say.

A battle that judges were asked about has one opinion, what the board's combiner makes of all their games on it, or half a win
each where it decides nothing. A battle that people voted on too has a *label*; ratings by prediction hold if those with a
label are a random part of all with an opinion. Where enough of them were drawn by lot (`arena.models.Lot`) exactly these are
the labels, each with the chance it had. Else all that were voted on are, and the board says what it then rests on. Votes on
battles that were picked by what judges said are votes like any others, but never labels.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from arena.evidence.vote_tally import Evidence, Ints, VoteColumns, battles_without_answers_yet, read_evidence
from arena.models import Ballot
from ranking.comparisons.combined_outcomes import CombinedOutcomes, decide
from ranking.comparisons.game_columns import Games
from ranking.comparisons.game_groups import grouped
from ranking.comparisons.judge_comparisons import jury_at
from ranking.comparisons.judge_notes import remarks_on
from ranking.comparisons.judge_selection import SelectionRules
from ranking.comparisons.judges_set_aside import Juror
from ranking.comparisons.lots import Lots, lots_of
from ranking.comparisons.style import counted_ballots
from ranking.maths import Comparisons, sampling_weights
from ranking.maths.estimation.half_wins import SCORES
from ranking.maths.notes import Note

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
FEWEST_PROMPTS = 30
NARROW = "narrow votes"  # what a snapshot's parameters say of verdicts
SERVED = "battles that can be served"  # and of lots: those of snapshots that say nothing were on others, too

VOTED_BATTLES = """
    SELECT vote.id, vote.battle_id, coalesce(battle.response_a_id, -1), coalesce(battle.response_b_id, -1),
           CASE ballot.policy WHEN '{lot}' THEN 1 WHEN '{verdicts}' THEN 2 ELSE 0 END
    FROM arena_vote AS vote JOIN arena_battle AS battle ON battle.id = vote.battle_id
    LEFT JOIN arena_ballot AS ballot ON ballot.battle_id = vote.battle_id AND ballot.voter_id = vote.voter_id
    WHERE battle.arena_id = %s ORDER BY vote.id
"""
JUDGED_BATTLES = """
    SELECT battle.id, coalesce(battle.response_a_id, -1), coalesce(battle.response_b_id, -1) FROM arena_battle AS battle
    WHERE battle.arena_id = %s AND EXISTS (SELECT 1 FROM judges_game AS game WHERE game.battle_id = battle.id)
    ORDER BY battle.id
"""
BY_LOT, BY_VERDICTS = 1, 2


@dataclass(frozen=True, slots=True)
class Votes:
    """What people said, a row a vote, all (n,): `battle` numbers pairs of answers; `by_lot` and `by_verdicts` say how the
    voter came to see it."""

    battle: Ints
    prompt: Ints
    a: Ints
    b: Ints
    outcome: Ints
    by_lot: Bools
    by_verdicts: Bools


@dataclass(frozen=True, slots=True)
class Opinions:
    """What judges made of each battle they were asked about, a row a battle, all (n,).

    `points` of a in [0, 1], one half where nothing was decided; `chance` and `place` of its lot, NaN where it drew none.
    """

    battle: Ints
    prompt: Ints
    a: Ints
    b: Ints
    points: Floats
    chance: Floats
    place: Floats


@dataclass(frozen=True, slots=True)
class BattlePoints:
    """Battles that judges were asked about, in order, with the points of a in [0, 1] that their games come to, all (n,)."""

    battle: NDArray[np.int32]
    prompt: NDArray[np.int32]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    points: Floats


@dataclass(frozen=True, slots=True)
class DrawnLabels:
    """Which opinions count, and which of them have a label: 1 / its chance, 0 without one. Both are (n_opinions,)."""

    counts: Bools
    weight: Floats
    are_drawn: bool  # by lot, with known chances

    @property
    def n(self) -> int:
        return int((self.weight > 0).sum())


@dataclass(frozen=True, slots=True)
class Combined:
    """Votes and opinions as comparisons of the same names with the same prompts, and which battle each is about."""

    votes: Comparisons
    vote_weight: Floats
    vote_battle: Ints
    opinions: Comparisons
    labelled: Floats
    opinion_battle: Ints
    are_drawn: bool


@dataclass(frozen=True, slots=True)
class CombinedEvidence(Evidence):
    """What counted; its tally, turnout and counts are those of people's votes."""

    votes: Votes
    opinions: Opinions
    n_verdicts: int
    remarks: tuple[Note, ...]
    rules: SelectionRules
    lots_to: int
    jurors: tuple[Juror, ...]
    left_out: Mapping[str, int]  # see `Uncounted.in_numbers`

    @property
    def n_prompts_fitted(self) -> int:
        return len(np.union1d(self.prompts, self.opinions.prompt))

    @property
    def n_rows(self) -> int:
        return len(self.votes.battle) + len(self.opinions.battle)

    @property
    def competitors(self) -> Ints:
        cells = self.tally.cells()
        return np.unique(np.concatenate([cells.a, cells.b, self.opinions.a, self.opinions.b]))

    def digest(self) -> str:
        """SHA-256 of votes and opinions, in an order of their own."""
        sha = hashlib.sha256()
        for rows in (self.votes, self.opinions):
            table = np.column_stack([np.asarray(getattr(rows, name), dtype=np.float64) for name in rows.__slots__])
            ordered = table[np.lexsort(table.T[::-1])] if len(table) else table
            sha.update(ordered.astype("<f8").tobytes())
        return sha.hexdigest()

    def fixed(self) -> dict[str, object]:
        """What a snapshot has to remember to be made again."""
        judges = {"judges": [juror.in_words() for juror in self.jurors], "left_out": dict(self.left_out)}
        return self.rules.fixed() | judges | {"lots_to": self.lots_to, "lots_on": SERVED}


def combined_evidence(
    arena_id: int,
    position: int,
    rules: SelectionRules,
    *,
    prompts: Ints | None = None,
    without: Collection[int] = (),
    lots_to: int | None = None,
    every_lot: bool = False,
) -> CombinedEvidence:
    """Votes and opinions that counted at `position`, on some prompts or on all; lots up to `lots_to`, or all.

    `every_lot`: those on battles that are never served, too, as older versions had it.
    """
    jury, rules, uncounted = jury_at(arena_id, position, rules, prompts=prompts, without=without)
    asked = jury.games
    points, decided = opinions_of(asked, rules.combiner, jury.margins(), rules.weights())
    people = read_evidence(arena_id, position).leaving(without)
    people = people if prompts is None else people.on_prompts(prompts)
    lots = lots_of(arena_id, up_to=lots_to, every=every_lot)
    votes, opinions = _side_by_side(
        counted_ballots(arena_id, position, prompts, without=without), arena_id, position, points, lots
    )
    return CombinedEvidence(
        watermark=position,
        tally=people.tally,
        turnout=people.turnout,
        n_set_aside=uncounted.n_set_aside + people.n_set_aside,
        votes=votes,
        opinions=opinions,
        n_verdicts=asked.n_said,
        remarks=tuple(remarks_on(jury, decided, rules, uncounted)),
        rules=rules,
        lots_to=lots.last,
        jurors=tuple(jury.jurors.values()),
        left_out=uncounted.in_numbers(asked, decided.undecided.total()),
        without=tuple(without),
    )


# --- one opinion a battle ------------------------------------------------------------------------------------------------


def opinions_of(
    games: Games, combiner: str, margins: Mapping[int, float], weights: Mapping[int, float]
) -> tuple[BattlePoints, CombinedOutcomes]:
    """By battle the points of a that its games come to, one half where they decide nothing; and the counts of that."""
    games = _battle_by_battle(games)
    decided = decide(games, combiner, margins, weights=weights, graders_by_battle=True)
    battle, first = np.unique(games.battle, return_index=True)
    points = _points(decided, np.searchsorted(battle, games.battle[decided.place]), len(battle))
    return BattlePoints(battle, games.prompt[first], games.a[first], games.b[first], points), decided


def _battle_by_battle(games: Games) -> Games:
    """In the order in which battles were first judged: reasons why some are undecided are told in that order."""
    groups = grouped(games.battle.astype(np.int64))
    order = np.argsort(groups.number, kind="stable")
    return games if (order[1:] > order[:-1]).all() else games.at(order)


def _points(decided: CombinedOutcomes, battle: Ints, n: int) -> Floats:
    """The mean over each battle's comparisons, by weight: (n,)."""
    weight = decided.rows.weight
    won = weight * SCORES[decided.rows.outcome]
    total = np.bincount(battle, weights=weight, minlength=n)
    points = np.full(n, 0.5)
    np.divide(np.bincount(battle, weights=won, minlength=n), total, out=points, where=total > 0)
    # Sums of wholes, halves and quarters are exact; those of other shares are rounded as they always were.
    is_odd = np.isin(battle, battle[weight * 1024 % 1 != 0])
    rows: dict[int, list[int]] = defaultdict(list)
    for row in np.flatnonzero(is_odd).tolist():
        rows[int(battle[row])].append(row)
    for place, its in rows.items():
        points[place] = sum(won[its].tolist()) / sum(weight[its].tolist())
    return points


# --- the same battles in both lists --------------------------------------------------------------------------------------


def _side_by_side(
    ballots: VoteColumns, arena_id: int, position: int, asked: BattlePoints, lots: Lots
) -> tuple[Votes, Opinions]:
    voted = _rows(VOTED_BATTLES.format(lot=Ballot.Policy.LOT, verdicts=Ballot.Policy.VERDICTS), arena_id, 5)
    voted = voted[np.searchsorted(voted[:, 0], ballots.vote)]
    judged = _rows(JUDGED_BATTLES, arena_id, 3)
    judged = judged[np.isin(judged[:, 0], asked.battle)]
    bare = battles_without_answers_yet(arena_id, position)
    keys = np.concatenate([_answers(voted[:, 1:4], bare), _answers(judged, bare)])
    battle = np.unique(keys, return_inverse=True)[1].astype(np.int64) if len(keys) else keys
    votes = Votes(
        battle[: len(voted)], ballots.prompt, ballots.a, ballots.b, ballots.outcome,
        voted[:, 4] == BY_LOT, voted[:, 4] == BY_VERDICTS,
    )  # fmt: skip
    prompt, a, b = (column.astype(np.int64) for column in (asked.prompt, asked.a, asked.b))
    return votes, Opinions(battle[len(voted) :], prompt, a, b, asked.points, *lots.of(judged[:, 0]))


def _rows(sql: str, arena_id: int, n_columns: int) -> Ints:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, [arena_id])
        return np.fromiter(chain.from_iterable(cursor), dtype=np.int64).reshape(-1, n_columns)


def _answers(rows: Ints, bare: Ints) -> Ints:
    """One number for a pair of answers, whichever battle they were written down in; for a battle without texts its own.

    `bare` are battles that had none then.
    """
    battle, a, b = rows.T
    return np.asarray(np.where((a >= 0) & (b >= 0) & ~np.isin(battle, bare), (a << 31) | b, -1 - battle), dtype=np.int64)


# --- which opinions have a label -----------------------------------------------------------------------------------------


def labels_of(votes: Votes, opinions: Opinions) -> DrawnLabels:
    """Those drawn by lot, where these are on enough prompts; else all that were voted on, less those picked by verdicts."""
    voted = np.isin(opinions.battle, votes.battle[~votes.by_verdicts])
    reached = _reached(votes, opinions, voted)
    drawn = voted & (opinions.place <= reached)
    if n_prompts(opinions.prompt[drawn]) >= FEWEST_PROMPTS:
        # The chance to have a place up to the one that was reached.
        chance = np.minimum(reached * opinions.chance, 1.0)
        return DrawnLabels(~np.isnan(chance), np.where(drawn, 1 / chance, 0.0), are_drawn=True)
    picked = np.isin(opinions.battle, votes.battle[votes.by_verdicts])
    return DrawnLabels(~(picked & ~voted), voted.astype(np.float64), are_drawn=False)


def _reached(votes: Votes, opinions: Opinions, voted: Bools) -> float:
    """Up to which place the lots were served: as far as a ballot by lot was voted on, or as far as no vote is missing."""
    served = opinions.place[np.isin(opinions.battle, votes.battle[votes.by_lot])]
    missing = opinions.place[~voted]
    whole = opinions.place[voted]
    whole = whole[whole < np.nanmin(missing)] if (~np.isnan(missing)).any() else whole
    reached = np.concatenate([served, whole])
    reached = reached[~np.isnan(reached)]
    return float(reached.max(initial=-1.0))


def n_prompts(prompts: NDArray[np.integer[Any]]) -> int:
    """Where it is not known, each battle has a prompt of its own."""
    return len(np.unique(prompts[prompts >= 0])) + int((prompts < 0).sum())


# --- as comparisons ------------------------------------------------------------------------------------------------------


def combine(votes: Votes, opinions: Opinions, names: Mapping[int, str]) -> Combined:
    """Ready to fit. Votes on drawn battles weigh 1 / chance, on the scale of what they are worth; all others weigh 1."""
    labels = labels_of(votes, opinions)
    kept = np.flatnonzero(labels.counts)
    # A share of the points is a win and a loss that count that much; the whole ones and the ties stay one row.
    whole = np.ones(len(opinions.points))
    shares = [(opinions.points == 1, 0, whole), (opinions.points == 0, 1, whole), (opinions.points == 0.5, 2, whole)]
    mixed = ~np.any([is_so for is_so, *_ in shares], axis=0)
    parts = [*shares, (mixed, 0, opinions.points), (mixed, 1, 1 - opinions.points)]
    rows = np.concatenate([kept[is_so[kept]] for is_so, *_ in parts])
    outcome = np.concatenate([np.full(is_so[kept].sum(), code) for is_so, code, _ in parts])
    weight = np.concatenate([w[kept[is_so[kept]]] for is_so, _, w in parts])
    order = np.lexsort([outcome, rows])
    rows = rows[order]
    prompts = np.unique(np.concatenate([votes.prompt, opinions.prompt]))
    return Combined(
        votes=_comparisons(names, votes.prompt, votes.a, votes.b, votes.outcome, None, prompts),
        vote_weight=_vote_weights(votes, opinions, labels),
        vote_battle=votes.battle,
        opinions=_comparisons(
            names, opinions.prompt[rows], opinions.a[rows], opinions.b[rows], outcome[order], weight[order], prompts
        ),
        labelled=labels.weight[rows],
        opinion_battle=opinions.battle[rows],
        are_drawn=labels.are_drawn,
    )


def _vote_weights(votes: Votes, opinions: Opinions, labels: DrawnLabels) -> Floats:
    """1 / chance on drawn battles, in the mean what other votes weigh."""
    weight = np.ones(len(votes.battle))
    if labels.are_drawn:
        drawn = labels.weight > 0
        of_battle = dict(zip(opinions.battle[drawn].tolist(), labels.weight[drawn].tolist(), strict=True))
        known = np.isin(votes.battle, opinions.battle[drawn])
        weight[known] = sampling_weights(np.array([of_battle[battle] for battle in votes.battle[known].tolist()]))
    return weight


def _comparisons(
    names: Mapping[int, str], prompt: Ints, a: Ints, b: Ints, outcome: Ints, weight: Floats | None, prompts: Ints
) -> Comparisons:
    ids = np.array(list(names), dtype=np.int64)
    order = np.argsort(ids)
    first, second = (order[np.searchsorted(ids, side, sorter=order)].astype(np.int32) for side in (a, b))
    return Comparisons(
        names=tuple(names.values()),
        a=first,
        b=second,
        outcome=outcome.astype(np.int8),
        weight=weight,
        prompt=np.where(prompt >= 0, np.searchsorted(prompts, prompt), -1).astype(np.int32),
    )
