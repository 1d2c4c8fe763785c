"""Judgements in JudgeBench's layout: each line holds question, both responses, the label, and a judgement in each order.

The file brings its battles along: prompts, answers (of one model, told apart as A and B) and a gold set of the labels.
"""

from pathlib import Path

from arena.models import Arena
from judges.games.game_orders import OTHER
from judges.importing.gold_loading import Placed, load_gold_set
from judges.importing.gold_sets import GoldSetError, read_judgebench
from judges.importing.stored_games import Batch, FileRow, StoredGame, UnreadableFile, as_text, rows_of
from judges.protocols.arena_hard import ARENA_HARD
from judges.verdicts.verdict import Order

N_ORDERS = 2


def read(path: Path, arena: Arena, baseline: str, most_new: int) -> Batch:
    try:
        pairs = read_judgebench(path)
    except GoldSetError as error:
        raise UnreadableFile(str(error)) from error
    loaded = load_gold_set(arena, path.stem, pairs, origin="judgebench", most_new=most_new)
    rows = list(rows_of(path))
    games = [game for row in rows for game in _games(row, loaded.placed[row.text("pair_id")])]
    return Batch(games, len(rows), 0, (*loaded.notes(), *loaded.warnings()))


def _games(row: FileRow, placed: Placed) -> list[StoredGame]:
    judgements = row.values.get("judgments")
    if not isinstance(judgements, list) or not 1 <= len(judgements) <= N_ORDERS:
        raise UnreadableFile(
            f"{row.place}: judgments has to be a list of 1 or {N_ORDERS}, the second with the answers exchanged"
        )
    orders = (placed.order, OTHER[placed.order])
    return [_game(said, placed.battle_id, order) for said, order in zip(judgements, orders, strict=False)]


def _game(said: object, battle_id: int, order: Order) -> StoredGame:
    """The decision is the source's own reading; the reply is kept beside it."""
    values = said if isinstance(said, dict) else {}
    decision, judgement = values.get("decision"), values.get("judgment")
    label = f"[[{as_text(decision)}]]" if decision else ""
    reply = as_text(judgement.get("response")) if isinstance(judgement, dict) else as_text(judgement)
    parsed = ARENA_HARD.read(label)
    verdict = None if parsed.label is None else ARENA_HARD.verdict(parsed.label)
    return StoredGame(battle_id, order, 0, "\n\n".join(filter(None, [label, reply])), parsed, verdict)
