"""Arenas to judge, endpoints at the fake server, and runs that are worked off in the test's own process."""

from typing import Any

from arena.models import Arena, Battle, Endpoint, Run
from arena.runs.engine import Engine
from judges.fakellm.server import FakeServer
from tests.factories import make_arena, make_battle, make_competitor, make_prompt, make_response
from tests.judges.game_factories import make_endpoint


def make_battles(n_prompts: int = 4, n_competitors: int = 3, **prompt: Any) -> tuple[Arena, list[Battle]]:
    """Every pair on every prompt, with answers that differ; names and texts are the same in every arena made so."""
    arena = make_arena()
    competitors = [make_competitor(arena, f"model {number}") for number in range(n_competitors)]
    battles = []
    for number in range(n_prompts):
        asked = make_prompt(arena, f"Question {number}?", key=f"prompt-{number}", **prompt)
        for rank, competitor in enumerate(competitors):
            make_response(asked, competitor, f"Answer {rank} to question {number}, quality {rank}.")
        battles += [
            make_battle(a, b, asked, with_answers=True) for i, a in enumerate(competitors) for b in competitors[i + 1 :]
        ]
    return arena, battles


def make_pair(text_a: str, text_b: str, **fields: Any) -> tuple[Arena, Battle]:
    """One battle of two texts; fields of the responses as `a` and `b`."""
    arena = make_arena()
    prompt, a, b = make_prompt(arena), make_competitor(arena), make_competitor(arena)
    first = make_response(prompt, a, text_a, **fields.get("a", {}))
    second = make_response(prompt, b, text_b, **fields.get("b", {}))
    return arena, make_battle(a, b, prompt, response_a=first, response_b=second)


def ids(battles: list[Battle]) -> list[int]:
    return [battle.pk for battle in battles]


def fake_endpoint(fake: FakeServer, settings: Any, *, wire: str = "openai", **fields: Any) -> Endpoint:
    """At the fake, which is allowed by name; proven, so that a test need not wait for the first call."""
    settings.ENDPOINTS_ALLOWED = frozenset({fake.address})
    url = fake.openai_url if wire == "openai" else fake.anthropic_url
    return make_endpoint(base_url=url, wire=wire, **{"requests_per_minute": 600_000, "is_proven": True} | fields)


def work(run: Run, *, n_threads: int = 16, idle_seconds: float = 5) -> Run:
    """To its end, which a loaded machine may need minutes for; or until so long nothing came or went."""
    Engine(run, n_threads=n_threads, idle_seconds=idle_seconds).work(seconds=240)
    run.refresh_from_db()
    return run
