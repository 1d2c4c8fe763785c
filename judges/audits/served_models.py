"""The models that answered for a judge: the model strings that came back, and the parameters that were sent, game by game.

The card says what was requested. The model behind an endpoint may change silently, and an endpoint may refuse a parameter:
only replies show both.
"""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Min, QuerySet

from arena.models import Arena, Attempt
from judges.cards import parameters_of
from judges.models import Game, Judge

MOST_KEPT = 50
NAME_OF_THE_MODEL = "model"  # sent beside the parameters


def answered_by(judge: Judge, arena: Arena) -> dict[str, Any]:
    """As the audit keeps it: `replies`, the newest first; `refused`, parameters of the card that are not sent."""
    if not judge.is_called:
        return {}
    lines_by_model: dict[str, dict[str, Any]] = {}
    for row in _rows(judge, arena):
        sent = {name: _brief(name, value) for name, value in row["parameters"].items() if name != NAME_OF_THE_MODEL}
        _merge(lines_by_model.setdefault(json.dumps([row["model"], sent], sort_keys=True), _line(row["model"], sent, row)), row)
    lines = sorted(lines_by_model.values(), key=lambda line: (line["last"], line["model"]), reverse=True)
    return {"replies": [_as_json(line) for line in lines[:MOST_KEPT]], "refused": refused(judge)}


def refused(judge: Judge) -> list[str]:
    """Parameters that the card asks for and that its endpoint is known not to take, as the card calls them."""
    endpoint = judge.endpoint
    if endpoint is None:
        return []
    parameters, learnt = parameters_of(judge), set(endpoint.refused_parameters)
    wanted = {
        "temperature": parameters.temperature is not None and "temperature" in learnt,
        "seed": parameters.seed is not None and "seed" in learnt,
        "structured": parameters.structured and bool({"response_format", "output_config"} & learnt),
    }
    return [name for name, is_refused in wanted.items() if is_refused]


def _rows(judge: Judge, arena: Arena) -> Iterator[dict[str, Any]]:
    """Games by what came back; one that was read from the cache was answered by the call of the game it is copied from."""
    games = Game.objects.over().filter(judge=judge, battle__arena=arena)
    for place in ("call", "copied_from__call"):
        yield from _grouped(games, f"{place}__attempts")


def _grouped(games: QuerySet[Game], attempts: str) -> Iterator[dict[str, Any]]:
    answered = games.filter(**{f"{attempts}__state": Attempt.State.OK}).order_by()
    grouped = answered.values(f"{attempts}__model", f"{attempts}__parameters").annotate(
        n=Count("pk", distinct=True), first=Min(f"{attempts}__sent_at"), last=Max(f"{attempts}__sent_at")
    )
    for row in grouped:
        yield {
            "model": row[f"{attempts}__model"],
            "parameters": row[f"{attempts}__parameters"] or {},
            "n": row["n"],
            "first": row["first"],
            "last": row["last"],
        }


def _brief(name: str, value: Any) -> Any:
    """Repeats have seeds of their own, which makes them no other parameters; a schema is that of the card."""
    if name == "seed":
        return "one a repeat"
    return str(value.get("type", "given")) if isinstance(value, dict) else value


def _line(model: str, sent: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    return {"model": model, "parameters": sent, "n_games": 0, "first": row["first"], "last": row["last"]}


def _merge(line: dict[str, Any], row: dict[str, Any]) -> None:
    line["n_games"] += row["n"]
    line["first"], line["last"] = min(line["first"], row["first"]), max(line["last"], row["last"])


def _as_json(line: dict[str, Any]) -> dict[str, Any]:
    return line | {name: line[name].isoformat() for name in ("first", "last")}
