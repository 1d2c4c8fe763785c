"""Games of an arena kept in a file between fits: a cache beside the database, which can be made again at any time.

The file says for which position of which ledger it is.
"""

from dataclasses import dataclass

import numpy as np

from arena.evidence.kept_files import form_of, keep_arrays, kept_arrays
from arena.models import Event
from judges.verdicts.verdict_columns import ORDERS, WINNERS
from ranking.comparisons.game_columns import DTYPES, STATES, Games

VERSION = 2
KIND = "games"


@dataclass(frozen=True, slots=True)
class KeptGames:
    """Every game that had ended at a position of the ledger, as it stood there."""

    position: int
    games: Games


def keep_games(arena_id: int, position: int, games: Games) -> None:
    columns = {name: getattr(games, name) for name in (*DTYPES, "points")}
    notes = np.array([position, *_mark(arena_id, position)], dtype=np.int64)
    keep_arrays(arena_id, _form(), {"notes": notes, **columns}, kind=KIND)


def load_games(arena_id: int) -> KeptGames | None:
    """The cached games, if the file is as written and belongs to this ledger."""
    arrays = kept_arrays(arena_id, _form(), kind=KIND)
    if arrays is None:
        return None  # the games are read instead
    position, *mark = (int(number) for number in arrays.pop("notes"))
    return KeptGames(position, Games(**arrays)) if tuple(mark) == _mark(arena_id, position) else None


def _form() -> int:
    """What the numbers in columns mean: places of states, orders and winners."""
    return form_of(VERSION, STATES, ORDERS, WINNERS)


def _mark(arena_id: int, position: int) -> tuple[int, int, int]:
    """Identifies one database's ledger (as against, say, a restored backup): the arena's last event by then, and its time."""
    events = Event.objects.filter(arena_id=arena_id, position__lte=position).order_by("-position")
    last = events.values_list("position", "pk", "created_at").first()
    return (last[0] or 0, last[1], int(last[2].timestamp() * 1e6)) if last else (-1, -1, -1)
