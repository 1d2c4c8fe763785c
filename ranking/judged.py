"""Games of judges -> arrays, at a position of the ledger: the evidence of boards that count judges, or judges and people.

Each game is a comparison with its judge and the slot of each answer, so that a fit can take every judge's liking for a slot
out; or a combiner makes one comparison of a judge's games on a battle. Read from the games themselves at every fit.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from arena.models import Event
from judges.combining import PlayedGame, combine
from judges.models import Game, GameChange, Judge
from judges.models.games import WITH_VERDICT
from judges.offline_games import BASELINES
from judges.states import GameState
from judges.verdicts import Order, Verdict, scored
from ranking.maths import OUTCOMES, Comparisons, Tally
from ranking.styling import counted_ballots, shown_first
from ranking.tallying import NO_PROMPT, Evidence, Ints, Turnout, read_evidence

Floats = NDArray[np.float64]
GAMES = "games"  # the combiner that combines nothing
UNKNOWN = -1
LEAST_COVERAGE, ALPHA = 0.95, 0.01
CODE = {outcome: code for code, outcome in enumerate(OUTCOMES)}
COLUMNS = (
    "pk", "judge_id", "battle_id", "battle__prompt_id", "battle__competitor_a_id", "battle__competitor_b_id", "order", "repeat",
    "state", "winner", "strength", "score_first", "score_second", "taints", "is_counted",
)  # fmt: skip


class Row(NamedTuple):
    """One comparison."""

    prompt: int
    a: int
    b: int
    outcome: int
    first: int  # 0 = a, 1 = b, -1 = no matter or not known
    judge: int  # -1 = a person
    weight: float = 1.0


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
    def of(cls, rows: Sequence[Row]) -> "Rows":
        table = np.array(rows, dtype=np.float64).reshape(-1, len(Row._fields))
        prompt, a, b, outcome, first, judge = table[:, :-1].astype(np.int64).T
        return cls(prompt, a, b, outcome, first, judge, table[:, -1])

    def where(self, mask: NDArray[np.bool_]) -> "Rows":
        return Rows(*(getattr(self, name)[mask] for name in Row._fields))

    def followed_by(self, more: "Rows") -> "Rows":
        return Rows(*(np.concatenate([getattr(self, name), getattr(more, name)]) for name in Row._fields))

    def tally(self) -> Tally:
        return Tally.from_arrays(self.prompt, self.a, self.b, self.outcome)


@dataclass(frozen=True, slots=True)
class JudgedEvidence(Evidence):
    """What counted, row by row, with who judged and which slot each answer stood in; `remarks` are for the board's readers."""

    rows: Rows
    remarks: tuple[str, ...]

    def digest(self) -> str:
        """SHA-256 of the rows, in an order of their own."""
        columns = [np.asarray(getattr(self.rows, name), dtype=np.float64) for name in Row._fields]
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

    def on_prompts(self, prompts: Ints) -> "JudgedEvidence":
        rows = self.rows.where(np.isin(self.rows.prompt, prompts))
        return replace(self, rows=rows, tally=rows.tally())


def judged_evidence(arena_id: int, position: int, *, combiner: str = GAMES, with_people: bool = False) -> JudgedEvidence:
    """The games that counted at `position`, and people's votes beside them where they count too."""
    games = list(_games_at(arena_id, position))
    counted = [game for game in games if game.counts]
    rows = Rows.of(list(_rows(counted, combiner)))
    turnout = Turnout.empty()
    n_set_aside = sum(game.state in WITH_VERDICT and not game.counts for game in games)
    if with_people:
        people = read_evidence(arena_id, position)
        rows, turnout, n_set_aside = (
            rows.followed_by(_people(arena_id, position)),
            people.turnout,
            n_set_aside + people.n_set_aside,
        )
    return JudgedEvidence(position, rows.tally(), turnout, n_set_aside, rows, tuple(_remarks(games)))


# --- games ------------------------------------------------------------------------------------------------------------


class GameThen(NamedTuple):
    """A game as it stood; `counts` where its verdict did."""

    judge: int
    battle: int
    prompt: int
    a: int
    b: int
    order: Order
    repeat: int
    state: str
    verdict: Verdict | None
    score: float | None  # of the one answer that was shown
    counts: bool


def _games_at(arena_id: int, position: int) -> Iterator[GameThen]:
    """Every game that had ended by then, but for those of baselines. A verdict never changes; whether it counts may."""
    changed = _changes(arena_id, position)
    baselines = Judge.objects.filter(kind=Judge.Kind.OFFLINE, protocol__in=BASELINES)
    games = Game.objects.over().filter(battle__arena_id=arena_id, event__position__lte=position).exclude(judge__in=baselines)
    for row in games.order_by("pk").values_list(*COLUMNS).iterator(chunk_size=5_000):
        pk, judge, battle, prompt, a, b, order, repeat, state, winner, strength, first, second, taints, is_counted = row
        stood = changed.get(pk, is_counted)
        scores = None if first is None or second is None else (first, second)
        verdict = Verdict(winner, strength or 1, scores) if winner else None
        has_said = state in WITH_VERDICT
        yield GameThen(
            judge, battle, NO_PROMPT if prompt is None else prompt, a, b, order, repeat, state, verdict,
            first if verdict is None else None, has_said and stood and not taints,
        )  # fmt: skip


def _changes(arena_id: int, position: int) -> dict[int, bool]:
    """Games that were set aside or restored, with whether they counted at a position."""
    changes = GameChange.objects.filter(game__battle__arena_id=arena_id)
    later = changes.filter(Q(event__position__gt=position) | Q(event__position=None)).order_by("-event_id")
    # Before its oldest change a game counted the other way.
    return {game: not is_counted for game, is_counted in later.values_list("game_id", "is_counted")}


def _rows(games: Iterable[GameThen], combiner: str) -> Iterator[Row]:
    singles: dict[tuple[int, int, int], dict[str, GameThen]] = defaultdict(dict)
    played: dict[tuple[int, int], list[GameThen]] = defaultdict(list)
    for game in games:
        if game.verdict is None:
            singles[game.judge, game.battle, game.repeat][game.order] = game
        elif combiner == GAMES:
            yield _row(game, CODE[game.verdict.by_side(game.order)], with_slot=game.state == GameState.OK)
        else:
            played[game.judge, game.battle].append(game)
    yield from _graded(singles)
    for its in played.values():
        yield from _combined(its, combiner)


def _row(game: GameThen, outcome: int, *, with_slot: bool = False, weight: float = 1.0) -> Row:
    """A rule looks at no slot, and neither does one who sees one answer at a time."""
    first = UNKNOWN if not with_slot else 0 if game.order == "ab" else 1
    return Row(game.prompt, game.a, game.b, outcome, first, game.judge, weight)


def _graded(singles: dict[tuple[int, int, int], dict[str, GameThen]]) -> Iterator[Row]:
    """Two answers graded one by one make one comparison, by the margin of the judge's card."""
    margins = dict(Judge.objects.filter(pk__in={judge for judge, *_ in singles}).values_list("pk", "parameters"))
    for (judge, *_), graded in singles.items():
        if len(graded) == 2 and (score_a := graded["ab"].score) is not None and (score_b := graded["ba"].score) is not None:
            verdict = scored(score_a, score_b, margin=float(margins[judge].get("margin", 0)))
            yield _row(graded["ab"], CODE[verdict.by_side("ab")])


def _combined(games: Sequence[GameThen], combiner: str) -> Iterator[Row]:
    """One decision; where a rule gives a share of the points, the share won and the share lost."""
    decision = combine(combiner, [PlayedGame(game.order, game.repeat, game.verdict) for game in games])
    if decision.outcome is None or decision.points is None:
        return
    if decision.points in (0.0, 0.5, 1.0):
        yield _row(games[0], CODE[decision.outcome], weight=decision.weight)
        return
    yield _row(games[0], CODE["a"], weight=decision.weight * decision.points)
    yield _row(games[0], CODE["b"], weight=decision.weight * (1 - decision.points))


def _people(arena_id: int, position: int) -> Rows:
    ballots = counted_ballots(arena_id, position, None)
    first, *_ = shown_first(arena_id, ballots.vote)
    n = len(ballots.vote)
    return Rows(ballots.prompt, ballots.a, ballots.b, ballots.outcome, first, np.full(n, UNKNOWN, np.int64), np.ones(n))


# --- what readers must know -------------------------------------------------------------------------------------------


def _remarks(games: Sequence[GameThen]) -> Iterator[str]:
    """Coverage: overall, and whether it differs between competitors."""
    if not games:
        return
    n_said = sum(game.state in WITH_VERDICT for game in games)
    coverage = n_said / len(games)
    is_low = "" if coverage >= LEAST_COVERAGE else f", under {LEAST_COVERAGE:.0%}"
    yield f"coverage {coverage:.1%}{is_low}: {n_said:,} of {len(games):,} games of judges have a verdict"
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for game in games:
        for competitor in (game.a, game.b):
            counts[competitor][game.state not in WITH_VERDICT] += 1
    table = np.array([counts[competitor] for competitor in sorted(counts)])
    if len(table) > 1 and table.sum(axis=0).all() and chi2_contingency(table, correction=False).pvalue < ALPHA:
        yield f"coverage differs between competitors (chi-square, p < {ALPHA:g}): who failed is not left out at random"


def with_judges_named(notes: Iterable[str]) -> list[str]:
    """Fits know judges by number; readers by name."""
    names = {judge.pk: str(judge) for judge in Judge.objects.all()}
    named = re.compile(r"slot intercept of judge (\d+)")
    return [named.sub(lambda found: f"slot intercept of {names.get(int(found[1]), found[1])}", note) for note in notes]


def has_games(arena_id: int) -> bool:
    """Whether an arena has verdicts that its own judge board would count."""
    baselines = Judge.objects.filter(kind=Judge.Kind.OFFLINE, protocol__in=BASELINES)
    return Event.objects.filter(arena_id=arena_id, kind=Event.Kind.GAMES_DECIDED).exists() and (
        Game.objects.decided().filter(battle__arena_id=arena_id).exclude(judge__in=baselines).exists()
    )
