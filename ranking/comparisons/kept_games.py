"""Games of an arena kept in a file between fits: a cache beside the database, which can be made again at any time.

The file says for which position of which ledger it is. It is replaced whole, by whichever process was last; a damaged one,
one of another version or of another database is read as none.
"""

import os
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arena.evidence.kept_files import form_of, kept_file
from arena.models import Event
from judges.verdicts.verdict_columns import ORDERS, WINNERS
from ranking.comparisons.game_columns import DTYPES, STATES, Games

VERSION = 1


@dataclass(frozen=True, slots=True)
class KeptGames:
    """Every game that had ended at a position of the ledger, as it stood there."""

    position: int
    games: Games


def keep_games(arena_id: int, position: int, games: Games) -> None:
    """Write them down, whole or not at all; readable by the owner alone."""
    path = kept_file(arena_id, "games")
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path)
    notes = np.array([_form(), position, *_mark(arena_id, position)], dtype=np.int64)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            columns = {name: getattr(games, name) for name in (*DTYPES, "points")}
            np.savez(file, allow_pickle=False, notes=notes, **columns)
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _sweep(path: Path) -> None:
    """Away with what writers left that were killed; nobody writes for an hour."""
    for left in path.parent.glob(f".{path.name}.*.tmp"):
        with suppress(FileNotFoundError):
            if time.time() - left.stat().st_mtime > 3_600:
                left.unlink()


def load_games(arena_id: int) -> KeptGames | None:
    """Those kept, where the file is whole (every column has its checksum) and of this very ledger."""
    try:
        with np.load(kept_file(arena_id, "games"), allow_pickle=False) as file:
            form, position, *mark = (int(number) for number in file["notes"])
            columns = {name: file[name].astype(dtype, copy=False) for name, dtype in DTYPES.items()}
            games = Games(**columns, points=file["points"])
    # Not named one by one: damage to a zip or to a column's header raises a dozen kinds of error.
    except Exception:
        return None  # absent or damaged: the games are read instead
    if form != _form() or tuple(mark) != _mark(arena_id, position):
        return None
    return KeptGames(position, games)


def _form() -> int:
    """Columns hold places of states, orders and winners."""
    return form_of(VERSION, STATES, ORDERS, WINNERS)


def _mark(arena_id: int, position: int) -> tuple[int, int, int]:
    """Tells one database's ledger from another's (a restored backup, say): the arena's last event by then, and its time."""
    events = Event.objects.filter(arena_id=arena_id, position__lte=position).order_by("-position")
    last = events.values_list("position", "pk", "created_at").first()
    return (last[0] or 0, last[1], int(last[2].timestamp() * 1e6)) if last else (-1, -1, -1)
