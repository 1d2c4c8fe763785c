"""The battles of PandaLM's test set, by its own numbers, where they came in with people's votes."""

from arena.importing.files.rows import BattleRow
from arena.importing.loading.row_keys import Ordinals, row_keys
from arena.models import Arena, Battle, Vote
from judges.verdicts.verdict import Order

ROWS_A_QUERY = 1_000


def battles_of(arena: Arena, own_ids: list[str]) -> dict[str, tuple[int, Order]]:
    """By the file's own number: the battle, and the order in which it was shown."""
    keys = row_keys("pandalm", [BattleRow(0, own_id, "", "", None, ()) for own_id in own_ids], Ordinals())
    by_key = dict(zip(keys, own_ids, strict=True))
    placed: dict[str, tuple[int, Order]] = {}
    for start in range(0, len(keys), ROWS_A_QUERY):
        battles = Battle.objects.filter(arena=arena, row_key__in=keys[start : start + ROWS_A_QUERY])
        pairs = {pk: by_key[bytes(key)] for pk, key in battles.values_list("pk", "row_key") if key is not None}
        shown = Vote.objects.filter(battle__in=pairs).order_by().values_list("battle", "first_shown").distinct()
        placed |= {pairs[battle]: (battle, "ba" if first == "b" else "ab") for battle, first in shown}
    return placed
