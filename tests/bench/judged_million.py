"""A million games of two judges, written as fast as a database takes them, and a board of them fitted in a fresh process."""

import json
import sys
import time
from datetime import UTC, datetime

import numpy as np

N_MODELS, N_JUDGES, N_PROMPTS = 20, 2, 5_000
ROWS_A_STATEMENT = 10_000
LIKES_FIRST = (0.3, -0.1)


def fill(n_games: int, *, prompts: int = N_PROMPTS, seed: int = 1) -> int:
    """An arena with so many games in both orders, none like another; its number."""
    from arena.models import Arena, Competitor, Prompt, PromptPool
    from judges.models import Judge

    arena = Arena.objects.create(slug="judged", name="judged")
    Competitor.objects.bulk_create([Competitor(arena=arena, name=f"model {i:02}") for i in range(N_MODELS)])
    pool = PromptPool.objects.create(arena=arena, slug="pool", name="pool")
    Prompt.objects.bulk_create(
        [
            Prompt(arena=arena, pool=pool, key=f"p{i}", turns=[f"{i}?"], content_hash=Prompt.hash_of([f"{i}?"]))
            for i in range(prompts)
        ],
        batch_size=1_000,
    )
    for i in range(N_JUDGES):
        Judge.objects.create(name=f"judge {i}", protocol="pairwise", kind=Judge.Kind.IMPORTED)
    add_games(arena.pk, n_games, seed=seed)
    return arena.pk


def add_games(arena_id: int, n_games: int, *, seed: int) -> None:
    from arena.models import Battle, Competitor, Prompt
    from judges.models import Game, Judge

    rng, now = np.random.default_rng(seed), datetime.now(UTC)
    models = np.array(Competitor.objects.filter(arena=arena_id).order_by("pk").values_list("pk", flat=True))
    prompts = np.array(Prompt.objects.filter(arena=arena_id).order_by("pk").values_list("pk", flat=True))
    judges = list(Judge.objects.order_by("pk").values_list("pk", flat=True))
    n = n_games // (2 * len(judges))
    battle = (Battle.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1 + np.arange(n)
    a = rng.integers(len(models), size=n)
    b = (a + rng.integers(1, len(models), size=n)) % len(models)
    a, b = np.minimum(a, b), np.maximum(a, b)
    prompt = prompts[rng.integers(len(prompts), size=n)]
    columns = [battle.tolist(), [arena_id] * n, prompt.tolist(), models[a].tolist(), models[b].tolist(), [now] * n]
    insert("arena_battle", ("id", "arena_id", "prompt_id", "competitor_a_id", "competitor_b_id", "created_at"), columns)
    event = _event(arena_id, n_games)
    game = Game.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for judge, likes in zip(judges, LIKES_FIRST, strict=True):
        for order, sign in (("ab", 1), ("ba", -1)):
            first = rng.random(n) < 1 / (1 + np.exp(-(sign * (b - a) / 6 + likes)))
            winner = np.where(rng.random(n) < 0.1, "tie", np.where(first, "first", "second"))
            ended = rng.random(n) < 0.99
            columns = [
                (game + 1 + np.arange(n)).tolist(), battle.tolist(), [judge] * n, [order] * n,
                np.where(ended, "ok", "refused").tolist(), np.where(ended, winner, "").tolist(),
                [1 if each else None for each in ended.tolist()], [event] * n,
            ]  # fmt: skip
            names = ("id", "battle_id", "judge_id", "order", "state", "winner", "strength", "event_id")
            insert("judges_game", names, columns, **_rest(now))
            game += n


def _rest(now: datetime) -> dict[str, object]:
    """What every game has alike."""
    empty = dict.fromkeys(("request_key", "label", "reason", "reply", "set_aside_reason"), "")
    return {**empty, "repeat": 0, "reference_given": False, "taints": "[]", "cost": 0, "is_counted": True, "created_at": now}


def _event(arena_id: int, n_games: int) -> int:
    from arena.models import Event

    return Event.objects.create(arena_id=arena_id, kind=Event.Kind.GAMES_DECIDED, after=f"{n_games} games").pk


def insert(table: str, names, columns, **alike) -> None:
    """Rows by `executemany`; `alike` are columns with one value."""
    from django.db import connection, transaction

    listed = ", ".join(f'"{name}"' for name in (*names, *alike))
    sql = f'INSERT INTO "{table}" ({listed}) VALUES ({", ".join("%s" for _ in (*names, *alike))})'
    rest, n = tuple(alike.values()), len(columns[0])
    with transaction.atomic(), connection.cursor() as cursor:
        for start in range(0, n, ROWS_A_STATEMENT):
            part = zip(*(column[start : start + ROWS_A_STATEMENT] for column in columns), strict=True)
            cursor.executemany(sql, [(*row, *rest) for row in part])


def measure(slug: str) -> dict[str, float]:
    """Publish a board; seconds of processor time, and the highest memory above that of the process before it, in MB."""
    from django.db import connection

    from ranking.boards.code_version import code_version
    from ranking.boards.publishing import publish_snapshot
    from ranking.models import Leaderboard
    from tests.bench.processes import most_megabytes

    board = Leaderboard.objects.get(slug=slug)
    connection.ensure_connection()
    code_version()  # kept for the life of a process
    held, began = most_megabytes(), time.process_time()
    snapshot = publish_snapshot(board)
    seconds = time.process_time() - began
    megabytes, began = most_megabytes() - held, time.process_time()
    sum(i * i for i in range(1_000_000))  # how fast this machine is at the moment
    return {
        "seconds": seconds, "megabytes": megabytes, "n_votes": snapshot.n_votes, "loop": time.process_time() - began,
    }  # fmt: skip


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(measure(sys.argv[1])))
