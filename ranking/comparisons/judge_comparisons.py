"""Games of judges -> arrays, at a position of the ledger: the evidence of boards that count judges, or judges and people.

Each game is a comparison with its judge and the slot of each answer, so that a fit can take every judge's liking for a slot
out; or a combiner makes one comparison of a judge's games on a battle, or of a panel's. Read from the games at every fit.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from arena.evidence.vote_tally import Evidence, Ints, Turnout, read_evidence
from arena.models import Event
from judges.models import Game, Judge
from judges.own_models import own_competitors
from ranking.comparisons.combined_outcomes import UNKNOWN, ComparisonRow, decide
from ranking.comparisons.game_history import GameAt, counting_judges, games_at
from ranking.comparisons.judge_notes import remarks_on
from ranking.comparisons.judge_selection import (
    Juror,
    Jury,
    OwnAnswers,
    SelectionRules,
    drop_own_answers,
    jury_of,
    left_out_for_marks,
    records_of,
)
from ranking.comparisons.style import counted_ballots, shown_first
from ranking.comparisons.uncounted_verdicts import Uncounted
from ranking.maths import Comparisons, Tally
from ranking.maths.notes import Note

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rows:
    """Comparisons as columns, all (n,)."""

    prompt: Ints
    a: Ints
    b: Ints
    outcome: Ints
    first: Ints
    judge: Ints
    weight: Floats

    @classmethod
    def of(cls, rows: Sequence[ComparisonRow]) -> "Rows":
        table = np.array(rows, dtype=np.float64).reshape(-1, len(ComparisonRow._fields))
        prompt, a, b, outcome, first, judge = table[:, :-1].astype(np.int64).T
        return cls(prompt, a, b, outcome, first, judge, table[:, -1])

    def where(self, mask: NDArray[np.bool_]) -> "Rows":
        return Rows(*(getattr(self, name)[mask] for name in ComparisonRow._fields))

    def followed_by(self, more: "Rows") -> "Rows":
        return Rows(*(np.concatenate([getattr(self, name), getattr(more, name)]) for name in ComparisonRow._fields))

    def tally(self) -> Tally:
        return Tally.from_arrays(self.prompt, self.a, self.b, self.outcome)


@dataclass(frozen=True, slots=True)
class JudgedEvidence(Evidence):
    """What counted, row by row, with who judged and which slot each answer stood in; `remarks` are for the board's readers.

    `rules` are those that were applied, with what they fixed; `jurors` the judges with games here, and what became of them;
    `why_none` says of models that judges saw why none of their verdicts counts.
    """

    rows: Rows
    remarks: tuple[Note, ...]
    rules: SelectionRules
    jurors: tuple[Juror, ...]
    why_none: Mapping[int, str]
    left_out: Mapping[str, int]  # see `Uncounted.in_numbers`

    def fixed(self) -> dict[str, object]:
        """What a snapshot keeps of it: what it has to remember to be made again, and its judges."""
        return self.rules.fixed() | {"judges": [juror.in_words() for juror in self.jurors], "left_out": dict(self.left_out)}

    def digest(self) -> str:
        """SHA-256 of the rows, in an order of their own."""
        columns = [np.asarray(getattr(self.rows, name), dtype=np.float64) for name in ComparisonRow._fields]
        table = np.column_stack(columns)
        ordered = table[np.lexsort(table.T[::-1])] if len(table) else table
        return hashlib.sha256(ordered.astype("<f8").tobytes()).hexdigest()

    def comparisons(self, names: dict[int, str]) -> Comparisons:
        place = {pk: code for code, pk in enumerate(names)}
        prompts = np.unique(self.rows.prompt, return_inverse=True)[1] if len(self.rows.prompt) else self.rows.prompt
        return Comparisons(
            names=tuple(names.values()),
            a=np.array([place[pk] for pk in self.rows.a.tolist()], dtype=np.int32),
            b=np.array([place[pk] for pk in self.rows.b.tolist()], dtype=np.int32),
            outcome=self.rows.outcome.astype(np.int8),
            weight=self.rows.weight,
            prompt=np.where(self.rows.prompt >= 0, prompts, UNKNOWN).astype(np.int32),
            judge=self.rows.judge.astype(np.int32),
            first=self.rows.first.astype(np.int8),
        )


def judged_evidence(
    arena_id: int,
    position: int,
    rules: SelectionRules | None = None,
    *,
    prompts: Ints | None = None,
    without: Collection[int] = (),
) -> JudgedEvidence:
    """The games that counted at `position` (on some prompts, or on all), and people's votes where they count too.

    Whether a judge is usable, and what its vote weighs, rests on all its games in the arena.
    """
    jury, rules, uncounted = jury_at(arena_id, position, rules or SelectionRules(), prompts=prompts, without=without)
    decided = decide(jury.games, rules.combiner, jury.margins(), weights=rules.weights())
    rows, turnout, n_set_aside = Rows.of(decided.rows), Turnout.empty(), uncounted.n_set_aside
    if rules.with_people:
        people = read_evidence(arena_id, position)
        turnout, n_set_aside = people.turnout, n_set_aside + people.n_set_aside
        rows = rows.followed_by(_people(arena_id, position, prompts, without))
    return JudgedEvidence(
        position, rows.tally(), turnout, n_set_aside, rows, tuple(remarks_on(jury, decided, rules, uncounted)), rules,
        jurors=tuple(jury.jurors.values()),
        why_none=uncounted.why_none(jury.games, {*rows.a.tolist(), *rows.b.tolist()}),
        left_out=uncounted.in_numbers(jury.games, decided.undecided.total()), without=tuple(without),
    )  # fmt: skip


def jury_at(
    arena_id: int, position: int, rules: SelectionRules, *, prompts: Ints | None, without: Collection[int] = ()
) -> tuple[Jury, SelectionRules, Uncounted]:
    """Who counted at a position with its games (on some prompts, or on all), the rules with what they fixed, and the games
    that do not count."""
    everything = games_at(arena_id, position, jury=rules.jury)
    judges = Judge.objects.in_bulk({game.judge for game in everything})
    are_left_out = left_out_for_marks(everything, judges, rules.marked)
    stand = [game for game, is_left_out in zip(everything, are_left_out, strict=True) if game.stands and not is_left_out]
    jury = jury_of(arena_id, position, stand, judges)
    jury.divide(_on(stand, prompts, without))
    rules = _fixed(rules, arena_id, jury)
    if rules.own:
        drop_own_answers(jury, rules.own, excluded=rules.own_answers == OwnAnswers.EXCLUDE)
    marked = [game for game, is_left_out in zip(everything, are_left_out, strict=True) if game.stands and is_left_out]
    return jury, rules, Uncounted(
        set_aside=_on([game for game in everything if not game.stands], prompts, without),
        marked=_on(marked, prompts, without),
        of_judges=jury.dropped,
        own=jury.own_dropped,
    )  # fmt: skip


def _fixed(rules: SelectionRules, arena_id: int, jury: Jury) -> SelectionRules:
    """With what rests on more than the ledger, as it stands now, unless a snapshot fixed it."""
    if rules.own is None and rules.own_answers != OwnAnswers.OFF:
        rules = replace(rules, own=own_competitors(arena_id, jury.judges))
    if rules.records is None and rules.are_weighted:
        rules = replace(rules, records=records_of(arena_id, jury.games, jury.margins()))
    return rules


def _on(games: list[GameAt], prompts: Ints | None, without: Collection[int]) -> list[GameAt]:
    """Those on these prompts, between competitors that a board rates."""
    if without:
        games = [game for game in games if game.a not in without and game.b not in without]
    if prompts is None:
        return games
    chosen = set(prompts.tolist())
    return [game for game in games if game.prompt in chosen]


def _people(arena_id: int, position: int, prompts: Ints | None, without: Collection[int]) -> Rows:
    ballots = counted_ballots(arena_id, position, prompts, without=without)
    first, *_ = shown_first(arena_id, position, ballots.vote)
    n = len(ballots.vote)
    return Rows(ballots.prompt, ballots.a, ballots.b, ballots.outcome, first, np.full(n, UNKNOWN, np.int64), np.ones(n))


def judge_names() -> dict[int, str]:
    """What fits call judges, by their codes. Rows without a judge id are human votes."""
    return {UNKNOWN: "people"} | {judge.pk: str(judge) for judge in Judge.objects.all()}


def has_games(arena_id: int) -> bool:
    """Whether an arena has verdicts that its own judge board would count."""
    return Event.objects.filter(arena_id=arena_id, kind=Event.Kind.GAMES_DECIDED).exists() and (
        Game.objects.decided().filter(counting_judges(), battle__arena_id=arena_id).exists()
    )
