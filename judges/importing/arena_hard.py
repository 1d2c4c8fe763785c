"""Judgements in Arena-Hard's layout: question_id or uid, model, and two games; in the first one the baseline is answer A.

The last label of a reply counts, as its source has it. Prompts and answers are imported before (`--format arena-hard`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from arena.models import Arena, Competitor, Prompt
from judges.importing.stored_games import Batch, FileRow, StoredGame, UnreadableFile, as_text, rows_of
from judges.protocols.arena_hard import ARENA_HARD
from judges.runs.battle_selection import all_pairs
from judges.runs.scope import Scope
from judges.verdicts.verdict import Order

N_GAMES = 2


def read(path: Path, arena: Arena, baseline: str, most_new: int) -> Batch:
    against = Competitor.objects.filter(arena=arena, name=baseline).first()
    if against is None:
        raise UnreadableFile(f"--baseline {baseline!r}: name the competitor that was answer A in every first game")
    rows = list(rows_of(path))
    battles = _battles(arena, against, {row.text("question_id", "uid") for row in rows})
    games: list[StoredGame] = []
    n_without = 0
    for row in rows:
        found = battles.get((row.text("question_id", "uid"), row.text("model")))
        n_without += found is None
        if found is not None:
            games += _games(row, *found)
    return Batch(games, len(rows), n_without)


def _battles(arena: Arena, baseline: Competitor, keys: set[str]) -> dict[tuple[str, str], tuple[int, Order]]:
    """By prompt and competitor: the battle, and the order with the baseline first."""
    prompts = dict(Prompt.objects.filter(arena=arena, key__in=keys).values_list("pk", "key"))
    made = all_pairs(arena, Scope(prompts=frozenset(prompts)), baseline=baseline)
    rows = arena.battles.filter(pk__in=made).values_list("pk", "prompt_id", "competitor_a__name", "competitor_b__name")
    return {
        (prompts[prompt or 0], b if a == baseline.name else a): (pk, "ab" if a == baseline.name else "ba")
        for pk, prompt, a, b in rows
    }


def _games(row: FileRow, battle_id: int, baseline_first: Order) -> list[StoredGame]:
    games = row.values.get("games")
    if not isinstance(games, list) or len(games) != N_GAMES:
        raise UnreadableFile(f"{row.place}: games has to be a list of {N_GAMES}")
    orders: tuple[Order, Order] = ("ab", "ba") if baseline_first == "ab" else ("ba", "ab")
    return [_game(game, battle_id, order) for game, order in zip(games, orders, strict=True)]


def _game(game: object, battle_id: int, order: Order) -> StoredGame:
    said = _judgement(game if isinstance(game, dict) else {})
    parsed = ARENA_HARD.read(said, pick="last")
    verdict = None if parsed.label is None else ARENA_HARD.verdict(parsed.label)
    return StoredGame(battle_id, order, 0, said or "", parsed, verdict)


def _judgement(game: Mapping[str, Any]) -> str | None:
    """A text, an object that holds it as `answer`, or only the score."""
    judgement = game.get("judgment")
    if isinstance(judgement, dict):
        judgement = judgement.get("answer")
    if isinstance(judgement, str):
        return as_text(judgement)
    return f"[[{as_text(game['score'])}]]" if game.get("score") else None
