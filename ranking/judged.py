"""Games of judges -> arrays, at a position of the ledger: the evidence of boards that count judges, or judges and people.

Each game is a comparison with its judge and the slot of each answer, so that a fit can take every judge's liking for a slot
out; or a combiner makes one comparison of a judge's games on a battle, or of a panel's. Read from the games at every fit.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency

from arena.models import Event
from judges.models import Game, Judge
from ranking.deciding import GAMES, PANELS, UNKNOWN, Decided, Row, decide
from ranking.judged_games import GameThen, counting_judges, games_at
from ranking.juries import EXCLUDE, OFF, Jury, Record, Rules, jury_of, records_of, recuse
from ranking.maths import Comparisons, Tally
from ranking.own_answers import own_competitors
from ranking.styling import counted_ballots, shown_first
from ranking.tallying import Evidence, Ints, Turnout, read_evidence

Floats = NDArray[np.float64]
LEAST_COVERAGE, ALPHA = 0.95, 0.01


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
    """What counted, row by row, with who judged and which slot each answer stood in; `remarks` are for the board's readers.

    `rules` are those that were applied, with what they fixed.
    """

    rows: Rows
    remarks: tuple[str, ...]
    rules: Rules

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


def judged_evidence(arena_id: int, position: int, rules: Rules | None = None, *, prompts: Ints | None = None) -> JudgedEvidence:
    """The games that counted at `position` (on some prompts, or on all), and people's votes where they count too.

    Whether a judge is usable, and what its vote weighs, rests on all its games in the arena.
    """
    rules = rules or Rules()
    games = games_at(arena_id, position, jury=rules.jury)
    jury = jury_of(games)
    rules = _fixed(rules, arena_id, jury)
    if prompts is not None:
        jury.games = [game for game, on in zip(jury.games, _are_on(jury.games, prompts), strict=True) if on]
    if rules.own:
        recuse(jury, rules.own, excluded=rules.own_answers == EXCLUDE)
    weights = {judge: record.weight for judge, record in (rules.records or {}).items()}
    decided = decide((game for game in jury.games if game.stands), rules.combiner, jury.margins(), weights=weights)
    rows, turnout = Rows.of(decided.rows), Turnout.empty()
    n_set_aside = sum(game.has_said and not game.stands for game in games)
    if rules.with_people:
        people = read_evidence(arena_id, position)
        turnout, n_set_aside = people.turnout, n_set_aside + people.n_set_aside
        rows = rows.followed_by(_people(arena_id, position, prompts))
    remarks = tuple(_remarks(jury, decided, rules))
    return JudgedEvidence(position, rows.tally(), turnout, n_set_aside, rows, remarks, rules)


def _fixed(rules: Rules, arena_id: int, jury: Jury) -> Rules:
    """With what rests on more than the ledger, as it stands now, unless a snapshot fixed it."""
    if rules.own is None and rules.own_answers != OFF:
        rules = replace(rules, own=own_competitors(arena_id, jury.judges.values()))
    if rules.records is None and rules.are_weighted:
        rules = replace(rules, records=records_of(arena_id, [game for game in jury.games if game.stands], jury.margins()))
    return rules


def _are_on(games: Sequence[GameThen], prompts: Ints) -> list[bool]:
    chosen = set(prompts.tolist())
    return [game.prompt in chosen for game in games]


def _people(arena_id: int, position: int, prompts: Ints | None) -> Rows:
    ballots = counted_ballots(arena_id, position, prompts)
    first, *_ = shown_first(arena_id, ballots.vote)
    n = len(ballots.vote)
    return Rows(ballots.prompt, ballots.a, ballots.b, ballots.outcome, first, np.full(n, UNKNOWN, np.int64), np.ones(n))


# --- what readers must know -------------------------------------------------------------------------------------------


def _remarks(jury: Jury, decided: Decided, rules: Rules) -> Iterator[str]:
    names = {pk: str(judge) for pk, judge in jury.judges.items()}
    for judge, (found, n_games) in jury.unusable.items():
        yield f"judge {names[judge]} is unusable, so its {n_games:,} games do not count: {'; '.join(found.reasons)}"
    yield from _coverage(jury.games)
    if rules.combiner != GAMES and decided.n_asked:
        yield _decisions(decided, is_panel=rules.combiner in PANELS, n_judges=len({game.judge for game in jury.games}))
    if rules.records is not None:
        yield f"weights of jurors: {'; '.join(_weights(rules.records, names)) or 'there are none'}"
    if jury.n_own:
        counts = "; ".join(f"{names[judge]} {n:,}" for judge, n in sorted(jury.n_own.items()))
        do = "do not count" if rules.own_answers == EXCLUDE else "count like any others"
        yield f"games of judges on answers of their own model or family {do}: {counts}"
    for judges, why in (
        (jury.unmeasured, "no battle has their verdict in both orders"),
        (jury.graders, "they see one answer at a time, so there is no order to disagree on"),
    ):
        if judges:
            yield f"never measured by both orders, and counted: {', '.join(names[judge] for judge in judges)}; {why}"


def _coverage(games: Sequence[GameThen]) -> Iterator[str]:
    """Overall, and whether it differs between competitors."""
    if not games:
        return
    n_said = sum(game.has_said for game in games)
    coverage = n_said / len(games)
    is_low = "" if coverage >= LEAST_COVERAGE else f", under {LEAST_COVERAGE:.0%}"
    yield f"coverage {coverage:.1%}{is_low}: {n_said:,} of {len(games):,} games of judges have a verdict"
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for game in games:
        for competitor in (game.a, game.b):
            counts[competitor][not game.has_said] += 1
    table = np.array([counts[competitor] for competitor in sorted(counts)])
    if len(table) > 1 and table.sum(axis=0).all() and chi2_contingency(table, correction=False).pvalue < ALPHA:
        yield f"coverage differs between competitors (chi-square, p < {ALPHA:g}): who failed is not left out at random"


def _decisions(decided: Decided, *, is_panel: bool, n_judges: int) -> str:
    n_left = decided.undecided.total()
    left = "".join(f"{', ' if i else '; '}{n:,} {why}" for i, (why, n) in enumerate(decided.undecided.most_common()))
    each = " (each judge's battles for themselves)" if n_judges > 1 and not is_panel else ""
    return f"{decided.n_asked - n_left:,} of {decided.n_asked:,} battles decided{each}{left}"


def _weights(records: Mapping[int, Record], names: Mapping[int, str]) -> Iterator[str]:
    for judge, record in records.items():
        if record.weight:
            told = f"{record.weight:.2f} (right on {record.n_right:,} of {record.n:,} gold labels)"
        elif record.n:
            told = f"none, no better than chance (right on {record.n_right:,} of {record.n:,} gold labels)"
        else:
            told = "none, for want of gold labels"
        yield f"{names.get(judge, f'judge {judge}')} {told}"


def with_judges_named(notes: Iterable[str]) -> list[str]:
    """Fits know judges by number; readers by name. Who has no number is a person."""
    names = {judge.pk: str(judge) for judge in Judge.objects.all()}
    named = re.compile(r"slot intercept of judge (\d+)")
    notes = [note.replace("slot intercept:", "slot intercept of people:", 1) for note in notes]
    return [named.sub(lambda found: f"slot intercept of {names.get(int(found[1]), found[1])}", note) for note in notes]


def has_games(arena_id: int) -> bool:
    """Whether an arena has verdicts that its own judge board would count."""
    return Event.objects.filter(arena_id=arena_id, kind=Event.Kind.GAMES_DECIDED).exists() and (
        Game.objects.decided().filter(counting_judges(), battle__arena_id=arena_id).exists()
    )
