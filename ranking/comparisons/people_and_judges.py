"""People's votes and judges' verdicts side by side: votes are the truth, verdicts narrow their intervals.

A battle that judges were asked about has one opinion, what the board's combiner makes of all their games on it, or half a win
each where it decides nothing. A battle that people voted on too has a *label*; ratings by prediction hold if those with a
label are a random part of all with an opinion. Where enough of them were drawn by lot (`arena.models.Lot`) exactly these are
the labels, each with the chance it had. Else all that were voted on are, and the board says what it then rests on. Votes on
battles that were picked by what judges said are votes like any others, but never labels.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import chain

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
from ranking.comparisons.votes_and_opinions import Opinions, Votes
from ranking.maths.estimation.half_wins import SCORES
from ranking.maths.notes import Note

Floats = NDArray[np.float64]
NARROW = "narrow votes"  # the value of "verdicts" in a snapshot's parameters
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
class BattlePoints:
    """Battles that judges were asked about, in order, with the points of a in [0, 1] that their games come to, all (n,)."""

    battle: NDArray[np.int32]
    prompt: NDArray[np.int32]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    points: Floats


@dataclass(frozen=True, slots=True)
class CombinedEvidence(Evidence):
    """The counted evidence; its tally, turnout and counts are those of people's votes."""

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
        return np.unique(np.concatenate([self.tally.competitors, self.opinions.a, self.opinions.b]))

    def digest(self) -> str:
        """SHA-256 of votes and opinions, in a canonical order."""
        sha = hashlib.sha256()
        for rows in (self.votes, self.opinions):
            table = np.column_stack([np.asarray(getattr(rows, name), dtype=np.float64) for name in rows.__slots__])
            ordered = table[np.lexsort(table.T[::-1])] if len(table) else table
            sha.update(ordered.astype("<f8").tobytes())
        return sha.hexdigest()

    def fixed(self) -> dict[str, object]:
        """The parameters that a snapshot needs to be reproduced."""
        judges = {"judges": [juror.in_words() for juror in self.jurors], "left_out": dict(self.left_out)}
        prompts = np.concatenate([self.votes.prompt, self.opinions.prompt])
        return self.rules.fixed() | judges | {"lots_to": self.lots_to, "lots_on": SERVED} | self.same.fixed(prompts)

    def by_text(self) -> tuple[Votes, Opinions]:
        """The votes and opinions to fit: prompts of one text are one."""
        votes, opinions = self.votes, self.opinions
        return (
            replace(votes, prompt=self.same.of(votes.prompt)), replace(opinions, prompt=self.same.of(opinions.prompt))
        )  # fmt: skip


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
    out = rules.voters_out(arena_id)
    people = read_evidence(arena_id, position, leaving_out=out, days=rules.days, only=rules.only).leaving(without)
    people = people if prompts is None else people.on_prompts(prompts)
    lots = lots_of(arena_id, up_to=lots_to, every=every_lot)
    votes, opinions = _side_by_side(
        counted_ballots(
            arena_id, position, prompts, without=without, leaving_out=out, days=rules.days, only=rules.only
        ),
        arena_id, position, points, lots,
    )  # fmt: skip
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
    """In the order in which battles were first judged: reasons why some are undecided are listed in that order."""
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
    for place, rows_of_battle in rows.items():
        points[place] = sum(won[rows_of_battle].tolist()) / sum(weight[rows_of_battle].tolist())
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
    """One number per pair of answers, whichever battle they are in; a battle without texts has its own.

    `bare` are battles that had none then.
    """
    battle, a, b = rows.T
    return np.asarray(np.where((a >= 0) & (b >= 0) & ~np.isin(battle, bare), (a << 31) | b, -1 - battle), dtype=np.int64)
