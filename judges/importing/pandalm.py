"""Results of PandaLM's judges: idx, and `<judge>_result` (1, 2, Tie or 0), `_reason`, `_reference`.

The battles are those of the test set (`import_battles --format pandalm`): response1 was the first slot.
"""

from pathlib import Path

from arena.importing.files.rows import BattleRow
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.models import Arena, Battle, Vote
from judges.importing.stored_games import Batch, FileRow, StoredGame, UnreadableFile, as_text, rows_of
from judges.protocols.pandalm import PANDALM
from judges.verdicts.verdict import Order

AS_TEXT = {"0": "Tie"}
ROWS_A_QUERY = 1_000


def read(path: Path, arena: Arena, baseline: str, most_new: int) -> Batch:
    rows = {row.text("idx"): row for row in rows_of(path)}
    battles = battles_of(arena, list(rows))
    games = [_game(row, *battles[key]) for key, row in rows.items() if key in battles]
    return Batch(games, len(rows), len(rows) - len(games))


def battles_of(arena: Arena, own_ids: list[str]) -> dict[str, tuple[int, Order]]:
    """By the file's own number: the battle, and the order in which it was shown."""
    keys = row_keys("pandalm", [BattleRow(0, own_id, "", "", None, ()) for own_id in own_ids], Ordinals())
    by_key = dict(zip(keys, own_ids, strict=True))
    found: dict[str, tuple[int, Order]] = {}
    for start in range(0, len(keys), ROWS_A_QUERY):
        battles = Battle.objects.filter(arena=arena, row_key__in=keys[start : start + ROWS_A_QUERY])
        pairs = {pk: by_key[bytes(key)] for pk, key in battles.values_list("pk", "row_key") if key is not None}
        shown = Vote.objects.filter(battle__in=pairs).order_by().values_list("battle", "first_shown").distinct()
        found |= {pairs[battle]: (battle, "ba" if first == "b" else "ab") for battle, first in shown}
    return found


def _game(row: FileRow, battle_id: int, order: Order) -> StoredGame:
    judge = next((name.removesuffix("_result") for name in row.values if name.endswith("_result")), None)
    if judge is None:
        raise UnreadableFile(f"{row.place}: a field such as pandalm_result is needed")
    said = as_text(row.text(f"{judge}_result"))
    said = AS_TEXT.get(said, said)
    parsed = PANDALM.read(said, pick="first")
    rest = [as_text(row.values.get(f"{judge}_{part}")) for part in ("reason", "reference")]
    verdict = None if parsed.label is None else PANDALM.verdict(parsed.label)
    return StoredGame(battle_id, order, 0, "\n\n".join([said, *filter(None, rest)]), parsed, verdict)
