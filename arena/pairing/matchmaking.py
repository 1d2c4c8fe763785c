"""Matchmaking: which pair a voter gets next, and on which sides.

Half of all ballots, while any wait, are battles that judges were asked about and that were drawn by lot for people to vote on
too: the first in the order of their lots (`arena.models.Lot`), whatever was said of them, but none with an empty answer or
with two that are the same. For the others a pair of competitors is drawn by weight among all that have something left for this
voter, then a prompt uniformly, then one answer of each. Every ballot keeps its policy and the probability it had. Answers
whose names the voter has seen come last, because the voter is no longer blind to them. What can be offered, and by
which weights, is in `pair_candidates`; the weights are what the setting `PAIR_WEIGHTS` names
(`ranking.boards.pairs.pair_weights`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from random import Random

import numpy as np
import structlog
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from arena.models import Arena, Ballot, Battle, Lot, Voter
from arena.outcomes import Side
from arena.pairing.pair_candidates import Counts, Floats, Ints, PairCandidates, n_shared, offer_of
from arena.statements.vote_statements import (
    READING_TIME,
    answers_to_pair,
    ballot_read,
    ballots_open_to,
    battles_of_answers,
    lots_waiting,
    new_ballot,
    new_battle,
    next_ballot_read,
    pairs_had_by,
)

log = structlog.get_logger(__name__)

EXPLORATION = 0.1  # the share of ballots whose pair is drawn uniformly, whatever the weights say
TRIES = 4
LOT_SHARE = 0.5  # of the ballots, while drawn battles wait for a vote

PairOfAnswers = tuple[int, int]
Meeting = tuple[int, int, int]  # competitor a, competitor b, prompt


def serve_ballot(voter: Voter, *, ahead: bool, rng: Random, now: datetime | None = None) -> Ballot | None:
    """The ballot that is open to this voter, else a new one; None if no pair is left.

    At most two are open: the current one and, with `ahead`, the next. So a reload shows the same pair.
    """
    now = now or timezone.now()
    for attempt in range(TRIES):
        standing = open_ballots(voter)
        if len(standing) > ahead:
            return _read(standing[ahead], ahead=ahead, now=now)
        history = _history(voter, standing)
        lot = _next_lot(voter, history, now=now) if attempt == 0 else None
        if lot is not None and rng.random() < LOT_SHARE and (ballot := _open_lot(voter, lot, ahead=ahead, rng=rng, now=now)):
            return ballot
        draw = _draw(offer_of(voter.arena, fresh=attempt > 0), history, rng=rng)
        if draw is None and attempt > 0:
            return None
        if draw is not None and (ballot := _open(voter, draw, ahead=ahead, rng=rng, now=now)):
            return ballot
    return None


def show_next(voter: Voter, *, now: datetime) -> None:
    """The prefetched ballot becomes the current one."""
    next_ballot_read(voter=voter.pk, now=now)


def open_ballots(voter: Voter) -> Sequence[Ballot]:
    return ballots_open_to(voter=voter.pk)


# --- what the voter has had ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class History:
    named: set[tuple[int, int]]  # (competitor, prompt): the voter has seen whose answer this is
    compared: dict[Meeting, set[PairOfAnswers]]
    pending: set[int]  # prompts of open ballots


def _history(voter: Voter, standing: Sequence[Ballot]) -> History:
    named: set[tuple[int, int]] = set()
    compared: dict[Meeting, set[PairOfAnswers]] = defaultdict(set)
    for a, b, prompt, answer_a, answer_b, is_told in pairs_had_by(voter=voter.pk):
        compared[a, b, prompt].add((answer_a, answer_b))
        if is_told:
            named |= {(a, prompt), (b, prompt)}
    return History(named, dict(compared), {ballot.battle.prompt_id for ballot in standing if ballot.battle.prompt_id})


# --- the draw --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Draw:
    competitor_a: int
    competitor_b: int
    prompt: int
    probability: float  # P(pair) x P(prompt | pair)
    compared: set[PairOfAnswers]  # where there are repeats: those that the voter has had


@dataclass(frozen=True)
class Left:
    """The part of an offer that is left for one voter."""

    n_answers: Counts  # (m, p)
    n_prompts: Ints  # (m, m)
    spent: dict[tuple[int, int], list[int]]  # by pair of rows: columns that are over for this pair alone


def _draw(offer: PairCandidates, history: History, *, rng: Random) -> Draw | None:
    """Blind ones first; only when none is left, those in which the voter knows an answer by name."""
    for named in (history.named, set[tuple[int, int]]()):
        left = _left(offer, history, named)
        if (pair := _draw_pair(left.n_prompts, offer.weights, rng=rng)) is None:
            continue
        a, b, p_pair = pair
        shared = (left.n_answers[a] > 0) & (left.n_answers[b] > 0)
        shared[left.spent.get((a, b), [])] = False
        columns = np.flatnonzero(shared)
        meeting = offer.competitor_ids[a].item(), offer.competitor_ids[b].item(), offer.prompt_ids[rng.choice(columns)].item()
        return Draw(*meeting, p_pair / len(columns), history.compared.get(meeting, set()))
    return None


def _left(offer: PairCandidates, history: History, named: set[tuple[int, int]]) -> Left:
    """The offer without the answers in `named`, the open prompts, and the answers that were compared already."""
    shut = [offer.column_of[prompt] for prompt in history.pending if prompt in offer.column_of]
    cells = [(offer.row_of[c], offer.column_of[p]) for c, p in named if c in offer.row_of and p in offer.column_of]
    n_answers = offer.n_answers.copy()
    n_answers[:, shut] = 0
    n_answers[[row for row, _ in cells], [column for _, column in cells]] = 0
    touched = sorted({*shut, *(column for _, column in cells)})
    n_prompts = offer.n_prompts - n_shared(offer.n_answers[:, touched]) + n_shared(n_answers[:, touched])
    spent = _spent(offer, history, n_answers)
    for a, b, column in _live(offer.alike, n_answers):
        if column not in spent.setdefault((a, b), []):
            spent[a, b].append(column)
    for (a, b), columns in spent.items():
        n_prompts[[a, b], [b, a]] -= len(columns)
    return Left(n_answers, n_prompts, spent)


def _live(alike: Ints, n_answers: Counts) -> list[tuple[int, int, int]]:
    """Pairs of equal answers that are both still available."""
    a, b, column = alike.T
    return [tuple(row) for row in alike[(n_answers[a, column] > 0) & (n_answers[b, column] > 0)].tolist()]


def _spent(offer: PairCandidates, history: History, n_answers: Counts) -> dict[tuple[int, int], list[int]]:
    """Where every pair of these two competitors' answers was compared: repeats make several pairs on one prompt."""
    spent: dict[tuple[int, int], list[int]] = defaultdict(list)
    for (competitor_a, competitor_b, prompt), answers in history.compared.items():
        if competitor_a in offer.row_of and competitor_b in offer.row_of and prompt in offer.column_of:
            a, b, column = offer.row_of[competitor_a], offer.row_of[competitor_b], offer.column_of[prompt]
            if 0 < int(n_answers[a, column]) * int(n_answers[b, column]) <= len(answers):
                spent[a, b].append(column)
    return spent


def _draw_pair(n_prompts: Ints, weights: Floats | None, *, rng: Random) -> tuple[int, int, float] | None:
    """Rows of the pair and its probability: by weight among the pairs that have prompts left, a tenth of it uniformly."""
    rows, columns = np.nonzero(np.triu(n_prompts, 1))
    if len(rows) == 0:
        return None
    p = np.full(len(rows), 1 / len(rows))
    if weights is not None and (total := weights[rows, columns].sum()) > 0:
        p = EXPLORATION * p + (1 - EXPLORATION) * weights[rows, columns] / total
    drawn = min(int(np.searchsorted(np.cumsum(p), rng.random(), side="right")), len(p) - 1)
    return int(rows[drawn]), int(columns[drawn]), float(p[drawn])


# --- by lot -----------------------------------------------------------------------------------------------------------


def _next_lot(voter: Voter, history: History, *, now: datetime) -> Lot | None:
    """The first drawn battle that waits for a vote and is new to this voter, with both names unseen."""
    for lot in lots_waiting(arena=voter.arena_id, read_since=now - READING_TIME):
        battle = lot.battle
        sides, prompt = (battle.competitor_a_id, battle.competitor_b_id), battle.prompt_id or 0
        answers = (battle.response_a_id or 0, battle.response_b_id or 0)
        known = any((side, prompt) in history.named for side in sides) or prompt in history.pending
        if not known and answers not in history.compared.get((*sides, prompt), set()):
            return lot
    return None


def _open_lot(voter: Voter, lot: Lot, *, ahead: bool, rng: Random, now: datetime) -> Ballot | None:
    """A ballot on a drawn battle; None if another tab was quicker."""
    with _unless_taken(), transaction.atomic():
        _stand_in_line(voter)
        standing = open_ballots(voter)
        if len(standing) > ahead or lot.battle.prompt_id in {ballot.battle.prompt_id for ballot in standing}:
            return None
        return new_ballot(
            battle=lot.battle, voter=voter, first_shown=rng.choice([Side.A, Side.B]), policy=Ballot.Policy.LOT,
            propensity=lot.chance, served_at=now, shown_at=None if ahead else now,
        )  # fmt: skip
    return None


# --- from the draw to the ballot -------------------------------------------------------------------------------------


def _open(voter: Voter, draw: Draw, *, ahead: bool, rng: Random, now: datetime) -> Ballot | None:
    """The new ballot; None where the draw no longer holds, because of a retirement or another request: draw again.

    Constraints ensure that nobody gets a battle twice, and that two answers have one battle.
    """
    pairs = _pairs_of_answers(draw)
    if not pairs:
        return None
    with _unless_taken(), transaction.atomic():
        _stand_in_line(voter)
        standing = open_ballots(voter)
        if len(standing) > ahead:
            return _read(standing[ahead], ahead=ahead, now=now)
        if draw.prompt in {ballot.battle.prompt_id for ballot in standing}:
            return None
        propensity = draw.probability / len(pairs)
        battle = _battle(voter.arena, draw, rng.choice(pairs), propensity=propensity, now=now)
        return new_ballot(
            battle=battle, voter=voter, first_shown=rng.choice([Side.A, Side.B]), propensity=propensity,
            served_at=now, shown_at=None if ahead else now,
        )  # fmt: skip
    return None


@contextmanager
def _unless_taken() -> Iterator[None]:
    """If another request was first, a constraint refuses the ballot and it is drawn again. Every refusal is logged."""
    try:
        yield
    except IntegrityError as refusal:
        log.info("a ballot is drawn again", refusal=str(refusal))


def _stand_in_line(voter: Voter) -> None:
    """Serialise two tabs of one voter. On SQLite IMMEDIATE transactions do so already."""
    if connection.features.has_select_for_update:
        Voter.objects.select_for_update(no_key=True).get(pk=voter.pk)


def _pairs_of_answers(draw: Draw) -> list[PairOfAnswers]:
    """Looked up anew: the offer may be some seconds old."""
    texts: dict[int, dict[int, str]] = defaultdict(dict)
    for competitor, answer, text in answers_to_pair(
        prompt=draw.prompt, competitor_a=draw.competitor_a, competitor_b=draw.competitor_b
    ):
        texts[competitor][answer] = text
    pairs = product(texts[draw.competitor_a].items(), texts[draw.competitor_b].items())
    different = [(a, b) for (a, text), (b, other) in pairs if text != other]
    return [pair for pair in different if pair not in draw.compared]


def _battle(arena: Arena, draw: Draw, answers: PairOfAnswers, *, propensity: float, now: datetime) -> Battle:
    """The battle of these two answers, imported or served before, or a new one."""
    known = battles_of_answers(response_a=answers[0], response_b=answers[1])
    return known[0] if known else new_battle(
        arena=arena, prompt_id=draw.prompt, competitor_a_id=draw.competitor_a, competitor_b_id=draw.competitor_b,
        response_a_id=answers[0], response_b_id=answers[1], propensity=propensity, created_at=now,
    )  # fmt: skip


def _read(ballot: Ballot, *, ahead: bool, now: datetime) -> Ballot:
    """Record when the voter began to read, which is not when the ballot was fetched."""
    if not ahead and ballot.shown_at is None:
        ballot_read(ballot=ballot.pk, now=now)
        ballot.shown_at = now
    return ballot
