"""How long the audit of a judge with 20,000 games takes, and how often it asks the database. Run: ``pytest -m bench``."""

import sys
import time

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.models import Arena, Battle, Event, Prompt, Response, Vote, content_hash
from judges.audits.refresh import audit_judge
from judges.models import Game, Judge
from tests.factories import make_arena, make_competitor, make_pool
from tests.judges.game_factories import make_judge

pytestmark = [pytest.mark.bench, pytest.mark.django_db]

N_COMPETITORS, N_PROMPTS, N_BATTLES = 12, 1_000, 10_000
SECONDS = 12  # of a processor, whatever else the machine does


def test_the_audit_of_20_000_games(capsys):
    judge = make_judge(protocol="arena_hard", family="Organisation 1")
    arena = well_judged_arena(judge)
    with CaptureQueriesContext(connection) as asked:
        started = time.process_time()
        audit = audit_judge(judge, arena)
        seconds = time.process_time() - started
    assert audit.n_games == 2 * N_BATTLES
    with capsys.disabled():
        sys.stdout.write(
            f"\n  audit of {audit.n_games:,} games {seconds:6.2f} s of one processor, {len(asked)} queries (bound {SECONDS} s)"
        )
    assert seconds < SECONDS


def well_judged_arena(judge: Judge) -> Arena:
    """People and the judge see the same differences, each with noise; the judge likes the first slot a little."""
    rng, arena, now = np.random.default_rng(1), make_arena(), timezone.now()
    models = [make_competitor(arena, f"model {n:02}", organisation=f"Organisation {n % 4}") for n in range(N_COMPETITORS)]
    pool = make_pool(arena)
    prompts = Prompt.objects.bulk_create(
        Prompt(arena=arena, pool=pool, key=f"p{n}", turns=[f"Question {n}?"], content_hash=Prompt.hash_of([f"Question {n}?"]))
        for n in range(N_PROMPTS)
    )
    answers = Response.objects.bulk_create(
        Response(
            prompt=prompt,
            competitor=model,
            text=f"{model} on {prompt.key}",
            content_hash=content_hash(f"{model} on {prompt.key}"),
            n_characters=int(size),
            n_list_items=int(size) % 5,
            n_bold=int(size) % 3,
        )
        for prompt in prompts
        for model, size in zip(models, rng.integers(50, 2_000, size=N_COMPETITORS), strict=True)
    )
    at = {(answer.prompt_id, answer.competitor_id): answer for answer in answers}
    pairs = [(i, j) for i in range(N_COMPETITORS) for j in range(i + 1, N_COMPETITORS)]
    per_prompt = N_BATTLES // N_PROMPTS
    drawn = [
        (prompt, *pairs[pair]) for prompt in prompts for pair in rng.choice(len(pairs), size=per_prompt, replace=False).tolist()
    ]
    battles = Battle.objects.bulk_create(
        Battle(
            arena=arena,
            prompt=prompt,
            competitor_a=models[i],
            competitor_b=models[j],
            response_a=at[prompt.pk, models[i].pk],
            response_b=at[prompt.pk, models[j].pk],
            created_at=now,
        )
        for prompt, i, j in drawn
    )
    gaps = np.array([0.15 * (j - i) for _, i, j in drawn])
    heard(battles, gaps, rng=rng, now=now)
    judged(judge, battles, gaps, rng=rng, now=now)
    return arena


def heard(battles, gaps, *, rng, now) -> None:
    said = np.where(rng.random(len(gaps)) < 0.15, "tie", np.where(rng.random(len(gaps)) < 1 / (1 + np.exp(-gaps)), "a", "b"))
    votes = Vote.objects.bulk_create(
        Vote(battle=battle, outcome=str(outcome), voted_at=now, strength=None if outcome == "tie" else int(rng.integers(1, 3)))
        for battle, outcome in zip(battles, said.tolist(), strict=True)
    )
    Event.objects.bulk_create(
        Event(kind=Event.Kind.VOTE_CAST, arena_id=battles[0].arena_id, vote=vote, after=vote.outcome) for vote in votes
    )


def judged(judge, battles, gaps, *, rng, now) -> None:
    event = Event.objects.create(arena_id=battles[0].arena_id, kind=Event.Kind.GAMES_DECIDED, after="20000 games")
    games = []
    for battle, gap in zip(battles, gaps.tolist(), strict=True):
        for order, lead in (("ab", gap), ("ba", -gap)):
            first = rng.random() < 1 / (1 + np.exp(-(1.5 * lead + 0.3)))
            failed = rng.random() < 0.02
            verdict = {} if failed else {"winner": "first" if first else "second", "strength": int(rng.integers(1, 3))}
            games.append(
                Game(
                    judge=judge,
                    battle=battle,
                    order=order,
                    state="refused" if failed else "ok",
                    event=event,
                    decided_at=now,
                    **verdict,
                )
            )
    Game.objects.bulk_create(games)
