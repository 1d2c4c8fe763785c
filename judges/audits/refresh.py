"""Audits of judges, one per arena: computed by a task from a judge's games and people's votes, and shown on a page.

audit_judge(judge, arena): claim -> games and battles as plain rows (`queries`) -> `audit` -> stored figures, as JSON.
Labels of gold sets and graded answers come from `ground_truth`, what answered from `served_models`.
"""

import math
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from arena.clock import is_older
from arena.evidence import ledger
from arena.evidence.vote_tally import Evidence, evidence_at, unrated_competitors
from arena.fit_memory import FitTooLarge, needed, room_for
from arena.leases import FREE, LONGEST_REST, LeaseLost, StillHeld, heartbeat
from arena.models import Arena, Competitor, Event
from arena.prerequisites import why_not_compared
from judges.audits.among_judges import BesideJudge, beside_others
from judges.audits.audit import NOBODY, Audit, HumanBoard, audit
from judges.audits.figures.battle_sets import BattleSet
from judges.audits.figures.end_states import CompetitorStates
from judges.audits.figures.figure import Figure, Label, Notes, say
from judges.audits.figures.human_agreement import NOBODY_SAYS
from judges.audits.figures.rule_boards import BoardPlace, RuleBoard, draws_of
from judges.audits.ground_truth import Grades, GroundTruth, against_gold_sets, contradicted, gold_labels, grades_of
from judges.audits.queries import RULE, GamesRead, games_of, items_of
from judges.audits.served_models import answered_by
from judges.models import Game, Judge, JudgeAudit
from judges.verdicts.marked_verdicts import Marked, treatment
from ranking.maths import fit_bradley_terry
from ranking.maths.cancellation import asking
from ranking.maths.notes import code_of
from ranking.maths.uncertainty.elo_points import to_elo

MARKED_VERDICTS = Label.of("marked_verdicts")
NO_MODEL = "sides of gold labels"
LEASE_SECONDS = 60.0
LEAST_SECONDS_BETWEEN_AUDITS = 15.0
REST_PER_AUDIT = 5.0
REST_AFTER_FAILURE = timedelta(minutes=5)
WHEN_IT_IS_DUE = ("judge_id", "arena_id", "read_to", "made_at", "not_before", "lease_until")
QUIET = timedelta(seconds=10)  # while votes come in, boards are fitted first
LONGEST_BEHIND = timedelta(minutes=2)


def due_audits() -> list[tuple[int, int]]:
    """(judge, arena) pairs whose ledger moved since their audit and is quiet by now, that have rested, that nobody is at.

    A look costs three queries however many arenas there are.
    """
    now, due = timezone.now(), []
    audits = {(audit.judge_id, audit.arena_id): audit for audit in JudgeAudit.objects.only(*WHEN_IT_IS_DUE)}
    heads = _heads()
    behind = {arena for (_, arena), made in audits.items() if made.made_at is None or made.read_to < heads.get(arena, (0,))[0]}
    current = {arena for _, arena in audits} - behind
    for judge_id, arena_id in _judged(heads.keys() - current):
        (head, moved_at), made = heads[arena_id], audits.get((judge_id, arena_id))
        is_quiet = moved_at is None or is_older(moved_at, now, QUIET)
        moved = made is None or made.made_at is None or (made.read_to < head and (is_quiet or _is_old(made, now)))
        if moved and (made is None or _is_free(made, now)):
            due.append((judge_id, arena_id))
    return due


def _heads() -> dict[int, tuple[int, datetime | None]]:
    """The position of each arena's newest event, and when that was."""
    newest = Event.objects.filter(arena=OuterRef("pk"), position__isnull=False).order_by("-position")
    head, moved_at = Subquery(newest.values("position")[:1]), Subquery(newest.values("created_at")[:1])
    return {pk: (position or 0, at) for pk, position, at in Arena.objects.values_list("pk", head, moved_at)}


def _judged(arena_ids: Iterable[int]) -> list[tuple[int, int]]:
    """Judges with games that are over, by arena."""
    games = Game.objects.over().filter(battle__arena__in=arena_ids)
    return sorted(games.order_by().values_list("judge_id", "battle__arena_id").distinct())


def _is_old(audit: JudgeAudit, now: datetime) -> bool:
    return audit.made_at is None or is_older(audit.made_at, now, LONGEST_BEHIND)


def _is_free(audit: JudgeAudit, now: datetime) -> bool:
    return not audit.rests(now) and not audit.is_held(now)


def expect(pairs: Iterable[tuple[int, int]]) -> None:
    """Create the rows of first audits: they stay due until computed, even if the waking message is lost."""
    rows = [JudgeAudit(judge_id=judge, arena_id=arena) for judge, arena in pairs]
    JudgeAudit.objects.bulk_create(rows, ignore_conflicts=True)


def make_anew(audit: JudgeAudit, *, marked: str) -> None:
    """Mark it due as if nothing had been read, with this choice for verdicts on marked answers."""
    JudgeAudit.objects.filter(pk=audit.pk).update(marked=marked, read_to=0, not_before=None)


def audit_judge(judge: Judge, arena: Arena, *, seed: int = 1) -> JudgeAudit | None:
    """Audit a judge on the present evidence; None if another worker is at it."""
    kept, _ = JudgeAudit.objects.get_or_create(judge=judge, arena=arena)
    token = JudgeAudit.objects.claim(kept.pk, seconds=LEASE_SECONDS)
    if token is None:
        return None
    try:
        _make(kept, token, judge, arena, seed=seed)
    except LeaseLost:
        raise
    except Exception as error:  # it would fail again at once: others are to have their turn, and the log its room
        JudgeAudit.objects.held(kept.pk, token).update(
            lease_token=FREE, lease_until=None, not_before=timezone.now() + REST_AFTER_FAILURE,
            error=f"{type(error).__name__}: {error}"[:1_000],
        )  # fmt: skip
        raise
    kept.refresh_from_db()
    return kept


def _make(kept: JudgeAudit, token: str, judge: Judge, arena: Arena, *, seed: int) -> None:
    started, position = time.monotonic(), ledger.sequence()
    with heartbeat(JudgeAudit.objects.all(), kept.pk, token, seconds=LEASE_SECONDS):
        done, margin = treatment(judge.kind, kept.marked), judge.margin
        played = games_of(judge, arena, marked=done)
        labels, unclear = gold_labels(arena), contradicted(arena)
        truths = against_gold_sets(played, arena, rng=np.random.default_rng(seed))
        grades = grades_of(judge, arena, marked=done)
        unnamed = unrated_competitors(arena.pk)
        unrated = frozenset(Competitor.objects.filter(pk__in=unnamed).values_list("name", flat=True))
        evidence = evidence_at(arena.pk, position).leaving(unnamed)
        with _room(evidence, played) as no_boards, asking(StillHeld(JudgeAudit.objects.all(), kept.pk, token)):
            audited = audit(
                played.games,
                list(items_of(judge, arena, played, labels=labels, contradicted=unclear, margin=margin)),
                grades=grades.pairs,
                graded_prompts=grades.prompts,
                graded_battles=grades.battles,
                marked=played.marked,
                left_out=played.left_out,
                margin=margin,
                human_board=NOBODY if no_boards else _people_board(arena, evidence, rng=np.random.default_rng(seed)),
                no_boards=no_boards,
                unrated=unrated,
                rng=np.random.default_rng(seed),
            )
        answered, beside = answered_by(judge, arena), beside_others(judge, arena)
    seconds = max(LEAST_SECONDS_BETWEEN_AUDITS, REST_PER_AUDIT * (time.monotonic() - started))
    rest = min(timedelta(seconds=seconds), LONGEST_REST)
    JudgeAudit.objects.finish(
        kept.pk, token, read_to=position, rule=RULE, seed=seed, made_at=timezone.now(), not_before=timezone.now() + rest,
        n_games=len(played.games) + len(played.left_out), cost=played.cost, answered=answered, error="",
        **_stored(
            _with_bare_battles(with_notes(audited, played, grades), arena), truths, Marks.of(played, done), unrated, beside
        ),
    )  # fmt: skip


def with_notes(audit: Audit, played: GamesRead, grades: Grades) -> Audit:
    """The audit with notes on figures that lack rows: marked answers that are left out, or grades that cannot be used."""
    n_left_out = len(played.marked) if played.left_out else 0
    if n_left_out and not any(game.verdict is not None or game.score is not None for game in played.games):
        reason = (say("all_left_out", n=n_left_out),)
        audit = audit.with_figures(lambda figure: figure if figure.is_defined else replace(figure, notes=reason))
    if grades.unusable:
        leniency = tuple(replace(figure, notes=(*grades.notes(), *figure.notes)) for figure in audit.leniency)
        audit = replace(audit, leniency=leniency)
    return audit


def _with_bare_battles(audit: Audit, arena: Arena) -> Audit:
    """The audit with the reason why none of its battles has a vote: people voted where the judge could not be asked."""
    why = why_not_compared(arena)
    if not why or not any(note.code == NOBODY_SAYS for figure in audit.people for note in figure.notes):
        return audit
    because = say("nobody_says_because", why=why)

    def explained(figure: Figure) -> Figure:
        return replace(figure, notes=tuple(because if note.code == NOBODY_SAYS else note for note in figure.notes))

    return audit.with_figures(explained)


@dataclass(frozen=True, slots=True)
class Marks:
    """Verdicts on answers that seem to speak to their judge, and how they are treated."""

    n: int
    n_verdicts: int
    done: Marked

    @classmethod
    def of(cls, played: GamesRead, done: Marked) -> "Marks":
        n_verdicts = sum(game.is_of_the_judge and game.state.has_verdict for game in (*played.games, *played.left_out))
        return cls(len(played.marked), n_verdicts, done)

    def figures(self) -> tuple[Figure, ...]:
        if not self.n:
            return ()
        note = say("marked_left_out" if self.done == "leave_out" else "marked_counted")
        figure = MARKED_VERDICTS.plain(self.n / self.n_verdicts, self.n_verdicts, notes=(note,))
        return (replace(figure, sets=("marked",)),)


@contextmanager
def _room(evidence: Evidence, played: GamesRead) -> Iterator[str]:
    """Memory for the boards of people and judge, held meanwhile; gives why they are not made where there is too little."""
    n_people = len(evidence.competitors), len(evidence.prompts)
    n_own = len({name for game in played.games for name in (game.a, game.b)}), len({game.prompt for game in played.games})
    with ExitStack() as held:
        try:
            held.enter_context(room_for(*max(n_people, n_own, key=lambda size: needed(*size))))
            reason = ""
        except FitTooLarge as error:
            reason = str(error)
        yield reason


def _people_board(arena: Arena, evidence: Evidence, *, rng: np.random.Generator) -> HumanBoard:
    """People's ratings of the competitors: Bradley-Terry, resampled by prompt."""
    names = dict(Competitor.objects.named().filter(arena=arena).order_by("pk").values_list("pk", "name"))
    fit = fit_bradley_terry(evidence.comparisons(names))
    by_name = np.argsort(np.array(fit.names)) if fit.names else np.zeros(0, dtype=np.int64)
    draws = draws_of(fit, rng=rng)
    ratings = dict(zip(fit.names, fit.ratings.tolist(), strict=True))
    return HumanBoard(ratings, None if draws is None else draws[:, by_name])


def _ends(by_competitor: Iterable[CompetitorStates], unrated: Collection[str]) -> list[dict[str, Any]]:
    """How games ended, by competitor; sides of gold labels whose model is unnamed share one line."""
    counts_by_name: dict[str, Counter[str]] = {}
    for each in by_competitor:
        counts = counts_by_name.setdefault(NO_MODEL if each.competitor in unrated else each.competitor, Counter())
        counts.update({state.value: n for state, n in each.counts.items()})
    return [
        {"competitor": name, "n_games": counts.total(), "counts": {state: n for state, n in counts.items() if n}}
        for name, counts in counts_by_name.items()
    ]


def _stored(
    audit: Audit, truths: GroundTruth, marks: Marks, unrated: Collection[str], beside: Sequence[BesideJudge]
) -> dict[str, Any]:
    """An audit as the columns of its row."""
    sections = {
        "people": audit.people,
        "gold": truths.gold,
        "labels": truths.labels,
        "position": audit.position,
        "leniency": audit.leniency,
        "looks": audit.looks,
        "own": (audit.own_preference,),
        "calibration": audit.calibration,
        "scores": audit.scores,
        "board": audit.board,
        "transitivity": (audit.transitivity,),
        "marks": marks.figures(),
    }
    return {
        "figures": {key: [_plain(figure) for figure in figures] for key, figures in sections.items()},
        "coverage": {
            "overall": _plain(audit.coverage.overall),
            "badge": audit.coverage.badge,
            "warnings": _plain_notes(audit.coverage.warnings),
            "by_competitor": _ends(audit.coverage.by_competitor, unrated),
            "marked": asdict(marks),
            "said": [asdict(row) for row in audit.by_strength],
            "chances": [asdict(each) for each in audit.chances],
            "beside": [asdict(each) for each in beside],
        },
        "battle_sets": {key: _plain_set(each) for key, each in {**audit.sets, **truths.sets}.items()},
        "boards": [_plain_board(board) for board in audit.rules],
        "is_usable": audit.usability.is_usable,
        "is_measured": audit.usability.is_measured,
        "reasons": list(audit.usability.reasons),
        "reason_notes": _plain_notes(audit.usability.reasons),
    }


def _plain(figure: Figure) -> dict[str, Any]:
    """As JSON, which knows no infinity: an open end is null, with `is_unbounded` true. Texts are codes, and in English."""
    plain = {field.name: _finite(getattr(figure, field.name)) for field in fields(figure)}
    return plain | {
        "label": figure.label or figure.key,
        "unit_code": code_of(figure.unit),
        "note": figure.note,
        "notes": _plain_notes(figure.notes),
        "method": figure.method,
        "methods": _plain_notes(figure.methods),
    }


def _plain_notes(notes: Notes) -> list[dict[str, Any]]:
    return [{"code": note.code, "parameters": note.parameters, "text": note} for note in notes]


def _plain_set(battle_set: BattleSet) -> dict[str, Any]:
    return {"words": battle_set.words, "n": battle_set.n, "battles": [int(battle) for battle in battle_set.battles]}


def _by_place(line: tuple[str, BoardPlace]) -> tuple[float, float, str]:
    """The best first; those without a place last, by rating."""
    name, standing = line
    return math.inf if standing.rank is None else standing.rank, -standing.rating, name


def _plain_board(board: RuleBoard) -> dict[str, Any]:
    """Ratings in points, as boards show them."""
    standings = [
        {
            "competitor": name,
            "rank": standing.rank,
            "rating": to_elo(standing.rating),
            "low": None if standing.low is None else to_elo(standing.low),
            "high": None if standing.high is None else to_elo(standing.high),
        }
        for name, standing in sorted(board.standings.items(), key=_by_place)
    ]
    return {
        "rule": board.rule,
        "n_decided": board.n_decided,
        "n_undecided": board.n_undecided,
        "tau": board.tau,
        "reason": board.reason,
        "why": None if board.why is None else board.why.as_stored(),
        "standings": [{name: _finite(value) for name, value in line.items()} for line in standings],
        "unrated": {name: str(why) for name, why in sorted(board.unrated.items())},
        "unrated_notes": {name: why.as_stored() for name, why in board.unrated.items()},
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
