"""What each judge is worth, in each arena: read from its games and people's votes, made by a task, shown by a page.

audit_judge(judge, arena): claim -> games and battles as plain rows (ranking.judge_rows) -> judges.auditing -> stored figures,
as JSON. Labels of gold sets and graded answers come from ranking.judge_truths, what answered from ranking.judge_replies.
"""

import math
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from arena import ledger
from arena.leases import heartbeat
from arena.models import Arena, Competitor, Event
from judges.audit_boards import RuleBoard, draws_of
from judges.audit_figures import Figure
from judges.audit_sets import BattleSet
from judges.auditing import Audit, HumanBoard, audit
from judges.models import Game, Judge
from ranking.judge_replies import answered_by
from ranking.judge_rows import RULE, games_of, items_of
from ranking.judge_truths import Truths, against_gold_sets, gold_labels, grades_of
from ranking.maths import fit_bradley_terry
from ranking.models import JudgeAudit
from ranking.points import CENTRE, POINTS
from ranking.tallying import evidence_at

LEASE_SECONDS = 60.0
LEAST_SECONDS_BETWEEN_AUDITS = 15.0
REST_PER_AUDIT = 5.0
QUIET = timedelta(seconds=10)  # while votes come in, boards are fitted first
LONGEST_BEHIND = timedelta(minutes=2)


def due_audits() -> list[tuple[int, int]]:
    """(judge, arena) pairs whose ledger moved since their audit and is quiet by now, that have rested, that nobody is at."""
    now, due = timezone.now(), []
    for arena in Arena.objects.all():
        head, is_quiet = ledger.head(arena.pk), _is_quiet(arena, now)
        known = {audit.judge_id: audit for audit in JudgeAudit.objects.filter(arena=arena)}
        for judge_id in _judges_of(arena):
            kept = known.get(judge_id)
            if kept is None or (kept.read_to < head and (is_quiet or _is_old(kept, now)) and _is_free(kept, now)):
                due.append((judge_id, arena.pk))
    return due


def _is_quiet(arena: Arena, now: datetime) -> bool:
    newest = Event.objects.filter(arena=arena, position__isnull=False).order_by("-position")
    at = newest.values_list("created_at", flat=True).first()
    return at is None or at < now - QUIET


def _is_old(audit: JudgeAudit, now: datetime) -> bool:
    return audit.made_at is None or audit.made_at < now - LONGEST_BEHIND


def _is_free(audit: JudgeAudit, now: datetime) -> bool:
    return not audit.rests(now) and not audit.is_held(now)


def _judges_of(arena: Arena) -> list[int]:
    games = Game.objects.over().filter(battle__arena=arena)
    return list(games.order_by("judge_id").values_list("judge_id", flat=True).distinct())


def audit_judge(judge: Judge, arena: Arena, *, seed: int = 1) -> JudgeAudit | None:
    """Audit a judge on what stands now; None where another worker is at it."""
    kept, _ = JudgeAudit.objects.get_or_create(judge=judge, arena=arena)
    token = JudgeAudit.objects.claim(kept.pk, seconds=LEASE_SECONDS)
    if token is None:
        return None
    started, position = timezone.now(), ledger.sequence()
    with heartbeat(JudgeAudit.objects.all(), kept.pk, token, seconds=LEASE_SECONDS):
        games, margin = list(games_of(judge, arena)), float(judge.parameters.get("margin", 0))
        rows = [game for _, game in games]
        truths, grades = against_gold_sets(rows, arena, rng=np.random.default_rng(seed)), grades_of(judge, arena)
        found = audit(
            rows,
            list(items_of(judge, arena, rows, labels=gold_labels(arena), margin=margin)),
            grades=grades.pairs,
            graded_prompts=grades.prompts,
            graded_battles=grades.battles,
            margin=margin,
            human_board=_people_board(arena, position, rng=np.random.default_rng(seed)),
            rng=np.random.default_rng(seed),
        )
        answered = answered_by(judge, arena)
    seconds = (timezone.now() - started).total_seconds()
    rest = timedelta(seconds=max(LEAST_SECONDS_BETWEEN_AUDITS, REST_PER_AUDIT * seconds))
    JudgeAudit.objects.finish(
        kept.pk, token, read_to=position, rule=RULE, seed=seed, made_at=timezone.now(), not_before=timezone.now() + rest,
        n_games=len(games), cost=sum(cost for cost, _ in games), answered=answered, **_stored(found, truths),
    )  # fmt: skip
    kept.refresh_from_db()
    return kept


def _people_board(arena: Arena, position: int, *, rng: np.random.Generator) -> HumanBoard:
    """What people's votes up to here make of the competitors: Bradley-Terry, and resampled by prompt."""
    names = dict(Competitor.objects.filter(arena=arena).order_by("pk").values_list("pk", "name"))
    fit = fit_bradley_terry(evidence_at(arena.pk, position).comparisons(names))
    by_name = np.argsort(np.array(fit.names)) if fit.names else np.zeros(0, dtype=np.int64)
    draws = draws_of(fit, rng=rng)
    ratings = dict(zip(fit.names, fit.ratings.tolist(), strict=True))
    return HumanBoard(ratings, None if draws is None else draws[:, by_name])


def _stored(found: Audit, truths: Truths) -> dict[str, Any]:
    """An audit as the columns of its row."""
    sections = {
        "people": found.people,
        "gold": truths.gold,
        "labels": truths.labels,
        "position": found.position,
        "leniency": found.leniency,
        "looks": found.looks,
        "own": (found.own_preference,),
        "calibration": found.calibration,
        "scores": found.scores,
        "board": found.board,
        "transitivity": (found.transitivity,),
    }
    states = [
        {"competitor": each.competitor, "n_games": each.n_games, "counts": {state.value: n for state, n in each.counts.items()}}
        for each in found.coverage.by_competitor
    ]
    return {
        "figures": {key: [_plain(figure) for figure in figures] for key, figures in sections.items()},
        "coverage": {"overall": _plain(found.coverage.overall), "badge": found.coverage.badge, "by_competitor": states},
        "battle_sets": {key: _plain_set(each) for key, each in {**found.sets, **truths.sets}.items()},
        "boards": [_plain_board(board) for board in found.rules],
        "is_usable": found.usability.is_usable,
        "is_measured": found.usability.is_measured,
        "reasons": list(found.usability.reasons),
    }


def _plain(figure: Figure) -> dict[str, Any]:
    """JSON knows no infinity: an open end is null, and `is_unbounded` says so."""
    return {name: _finite(value) for name, value in asdict(figure).items()}


def _plain_set(found: BattleSet) -> dict[str, Any]:
    return {"words": found.words, "n": found.n, "battles": [int(battle) for battle in found.battles]}


def _plain_board(board: RuleBoard) -> dict[str, Any]:
    """Ratings in points, as boards show them."""
    standings = [
        {
            "competitor": name,
            "rank": standing.rank,
            "rating": CENTRE + POINTS * standing.rating,
            "low": None if standing.low is None else CENTRE + POINTS * standing.low,
            "high": None if standing.high is None else CENTRE + POINTS * standing.high,
        }
        for name, standing in sorted(board.standings.items(), key=lambda each: (each[1].rank, each[0]))
    ]
    return {
        "rule": board.rule,
        "n_decided": board.n_decided,
        "n_undecided": board.n_undecided,
        "tau": board.tau,
        "reason": board.reason,
        "standings": [{name: _finite(value) for name, value in line.items()} for line in standings],
        "unrated": dict(sorted(board.unrated.items())),
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
