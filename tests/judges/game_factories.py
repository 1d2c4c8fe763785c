"""Plain functions that make judges, endpoints and games without calling anything."""

from itertools import count
from typing import Any

from arena.models import Battle, Call, Endpoint, Event, Run
from arena.models.arenas import Arena
from judges.models import Game, Judge

_numbers = count(1)


def make_endpoint(name: str = "", **fields: Any) -> Endpoint:
    number = next(_numbers)
    fields = {"base_url": f"http://127.0.0.1:9/{number}/v1", "model": "judge-model"} | fields
    return Endpoint.objects.create(name=name or f"endpoint {number}", **fields)


def make_judge(name: str = "", **fields: Any) -> Judge:
    """A called judge that is never called."""
    name = name or f"judge {next(_numbers)}"
    if fields.get("kind", Judge.Kind.CALLED) == Judge.Kind.CALLED:
        endpoint = fields.setdefault("endpoint", None) or make_endpoint()
        fields |= {"endpoint": endpoint, "base_url": endpoint.base_url, "model": endpoint.model}
    return Judge.objects.create(name=name, **{"protocol": "pairwise"} | fields)


def make_run(arena: Arena, **fields: Any) -> Run:
    return Run.objects.create(arena=arena, **{"kind": Run.Kind.JUDGE, "name": f"run {next(_numbers)}"} | fields)


def make_call(run: Run, judge: Judge, **fields: Any) -> Call:
    assert judge.endpoint is not None
    return Call.objects.create(run=run, endpoint=judge.endpoint, **{"place": next(_numbers)} | fields)


def make_game(battle: Battle, judge: Judge, winner: str = "first", *, order: str = "ab", **fields: Any) -> Game:
    """A game that is over, with its event in the ledger."""
    event = Event.objects.create(arena_id=battle.arena_id, kind=Event.Kind.GAMES_DECIDED, after="1 games")
    fields = {"state": "ok" if winner else "unparsable", "event": event} | fields
    return Game.objects.create(battle=battle, judge=judge, order=order, winner=winner, **fields)
