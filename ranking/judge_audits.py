"""What each judge is worth, in each arena: read from its games and people's votes, made by a task, shown by a page.

audit_judge(judge, arena): claim -> games and battles as plain rows -> judges.auditing -> stored figures, as JSON.
Labels of gold sets and graded answers come from ranking.judge_truths.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import timedelta
from statistics import fmean
from typing import Any

import numpy as np
from django.utils import timezone

from arena import ledger
from arena.leases import heartbeat
from arena.models import Arena, Battle, Vote
from judges.audit_figures import Figure
from judges.audit_rows import AuditGame, AuditItem, Looks, by_battle
from judges.auditing import Audit, audit
from judges.combining import combine
from judges.models import Game, Judge
from judges.states import GameState
from judges.verdicts import Side, Verdict, scored
from ranking.judge_truths import against_gold_sets, gold_labels, grades_of
from ranking.models import JudgeAudit, Leaderboard

LEASE_SECONDS = 60.0
LEAST_SECONDS_BETWEEN_AUDITS = 15.0
REST_PER_AUDIT = 5.0
RULE = "consistent_only"


def due_audits() -> list[tuple[int, int]]:
    """(judge, arena) pairs whose ledger moved since their audit, that have rested and that nobody is at."""
    now, due = timezone.now(), []
    for arena in Arena.objects.all():
        head = ledger.head(arena.pk)
        known = {audit.judge_id: audit for audit in JudgeAudit.objects.filter(arena=arena)}
        for judge_id in _judges_of(arena):
            kept = known.get(judge_id)
            if kept is None or (kept.read_to < head and not kept.rests(now) and not kept.is_held(now)):
                due.append((judge_id, arena.pk))
    return due


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
        games = list(_games(judge, arena))
        rows = [game for _, game in games]
        gold, grades = against_gold_sets(rows, arena, rng=np.random.default_rng(seed)), grades_of(judge, arena)
        found = audit(
            rows,
            list(_items(judge, arena, games)),
            grades=grades.pairs,
            graded_prompts=grades.prompts,
            judge_board=_board(arena, "judges"),
            human_board=_board(arena, "people"),
            rng=np.random.default_rng(seed),
        )
    seconds = (timezone.now() - started).total_seconds()
    rest = timedelta(seconds=max(LEAST_SECONDS_BETWEEN_AUDITS, REST_PER_AUDIT * seconds))
    JudgeAudit.objects.finish(
        kept.pk, token, read_to=position, rule=RULE, seed=seed, made_at=timezone.now(), not_before=timezone.now() + rest,
        n_games=len(games), cost=sum(cost for cost, _ in games), **_stored(found, gold),
    )  # fmt: skip
    kept.refresh_from_db()
    return kept


def _games(judge: Judge, arena: Arena) -> Iterator[tuple[int, AuditGame]]:
    """Its games in this arena with their cost, failed ones too; those that were set aside or tainted carry no verdict."""
    rows = (
        Game.objects.over()
        .filter(judge=judge, battle__arena=arena, is_counted=True)
        .select_related("battle__competitor_a", "battle__competitor_b")
        .order_by("pk")
    )
    for game in rows.iterator(chunk_size=2_000):
        battle = game.battle
        yield (
            game.cost,
            AuditGame(
                battle=str(battle.pk),
                prompt=str(battle.prompt_id or f"of battle {battle.pk}"),
                a=battle.competitor_a.name,
                b=battle.competitor_b.name,
                order=game.order,  # type: ignore[arg-type]
                repeat=game.repeat,
                verdict=_verdict(game),
                state=GameState(game.state),
            ),
        )


def _verdict(game: Game) -> Verdict | None:
    if not game.has_verdict or not game.winner or game.taints:
        return None
    scores = None if game.score_first is None or game.score_second is None else (game.score_first, game.score_second)
    return Verdict(game.winner, game.strength or 1, scores)  # type: ignore[arg-type]


def _items(judge: Judge, arena: Arena, games: Iterable[tuple[int, AuditGame]]) -> Iterator[AuditItem]:
    """Its battles, decided by the default rule, with what people or gold labels say and what the answers look like."""
    played = by_battle(game for _, game in games)
    human, graded = _people(arena) | gold_labels(arena), _graded_sides(judge, arena)
    battles = Battle.objects.filter(pk__in=Game.objects.filter(judge=judge, battle__arena=arena).values("battle"))
    columns = ("response_a", "response_b", "competitor_a", "competitor_b")
    for battle in battles.select_related(*columns).iterator(chunk_size=2_000):
        its = played.get(str(battle.pk))
        if not its:
            continue
        yield AuditItem(
            battle=its[0].battle,
            prompt=its[0].prompt,
            a=its[0].a,
            b=its[0].b,
            judged=graded.get(battle.pk) or combine(RULE, [game.played for game in its]).outcome,
            human=human.get(battle.pk),
            looks_a=_looks(battle.response_a),
            looks_b=_looks(battle.response_b),
            own_a=_is_own(judge, battle.competitor_a.organisation),
            own_b=_is_own(judge, battle.competitor_b.organisation),
        )


def _graded_sides(judge: Judge, arena: Arena) -> dict[int, Side]:
    """Battles whose answers were graded one by one: the better mean, by the margin of the judge's card."""
    points: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    games = Game.objects.counted().filter(judge=judge, battle__arena=arena, winner="", score_first__isnull=False)
    for battle, order, score in games.values_list("battle_id", "order", "score_first").iterator(chunk_size=10_000):
        points[battle][order].append(float(score or 0.0))
    margin = float(judge.parameters.get("margin", 0))
    return {
        battle: scored(fmean(graded["ab"]), fmean(graded["ba"]), margin=margin).by_side("ab")
        for battle, graded in points.items()
        if len(graded) == 2
    }


def _people(arena: Arena) -> dict[int, Side]:
    """What more voters said of each battle than anything else; battles on which they are split are left out."""
    said: dict[int, Counter[str]] = defaultdict(Counter)
    votes = Vote.objects.counted().filter(battle__arena=arena)
    for battle, outcome in votes.values_list("battle_id", "outcome").iterator(chunk_size=10_000):
        said[battle][outcome] += 1
    majorities = {battle: counts.most_common(2) for battle, counts in said.items()}
    return {battle: top[0][0] for battle, top in majorities.items() if len(top) == 1 or top[0][1] > top[1][1]}  # type: ignore[misc]


def _looks(response: Any) -> Looks | None:
    return None if response is None else Looks(response.n_characters, response.n_list_items, response.n_bold)


def _is_own(judge: Judge, organisation: str) -> bool:
    return bool(judge.family) and judge.family.casefold() == organisation.casefold()


def _board(arena: Arena, sources: str) -> Mapping[str, float]:
    """Newest ratings of the arena's first board of these sources over all prompts."""
    boards = Leaderboard.objects.filter(arena=arena, sources=sources, category="", language="")
    board = boards.order_by("-is_default", "pk").first()
    newest = board.newest_snapshot() if board else None
    if newest is None:
        return {}
    rated = newest.entries.exclude(rating=None).values_list("competitor__name", "rating")
    return {name: rating for name, rating in rated if rating is not None}


def _stored(found: Audit, gold: Iterable[Figure]) -> dict[str, Any]:
    """An audit as the columns of its row."""
    sections = {
        "people": found.people,
        "gold": tuple(gold),
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
        "is_usable": found.usability.is_usable,
        "is_measured": found.usability.is_measured,
        "reasons": list(found.usability.reasons),
    }


def _plain(figure: Figure) -> dict[str, Any]:
    """JSON knows no infinity: an open end is null, and `is_unbounded` says so."""
    return {name: _finite(value) for name, value in asdict(figure).items()}


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
