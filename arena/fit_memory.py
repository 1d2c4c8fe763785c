"""A fit says how much memory it would need before it takes any: one board must not take a worker, or the machine, with it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from arena.wording import counted

# From the highest point of `fit_board`, Bradley-Terry with 40,000 battles, by competitors and prompts: 500 and 300 took 181 MB,
# 500 and 17,300 450 MB, 1,000 and 2,000 566 MB, 2,000 and 2,000 1,336 MB. `tests/bench/test_fit_memory.py` measures it again.
BYTES = 70_000_000  # whatever the size: libraries that a first fit loads
BYTES_A_PAIR = 250  # tables of competitors by competitors
# More of them where a tie is an outcome of its own: 1,000 and 2,000 took 1,161 MB by Davidson.
BYTES_A_PAIR_WITH_TIES = {"davidson": 800, "rao_kupper": 800}
BYTES_A_PLACE = 32  # tables of prompts by competitors
# Columns of evidence that is read row by row, verdicts of judges: a board of a million took 170 to 220 MB in all, the reading
# of its games among it. `tests/bench/engine/test_judges_million.py` measures it again.
BYTES_A_ROW = 160
BLOCK_BYTES, BLOCK_BYTES_A_PAIR = 400_000_000, 600  # such tables of several prompts at once, as many as the block holds
# The plain method above 500 competitors lists the pairs that met: 2,000 and 1,000 took 243 MB (400,000 battles), 2,000 and
# 5,000 211 MB, 5,000 and 5,000 649 MB (250,000 battles), of a whole published board: `tests/bench/engine/test_many_models.py`.
LISTED = "listed"
LISTED_BYTES, LISTED_BYTES_A_PAIR, LISTED_BYTES_A_PLACE = 130_000_000, 27, 8
_MB = 2**20


class FitTooLarge(Exception):
    """Why a board is not fitted, for its readers."""


_changed = threading.Condition()
_taken = 0


def needed(n_competitors: int, n_prompts: int, method: str = "bradley_terry", n_rows: int = 0) -> int:
    """Bytes at the highest point, about; `n_rows` are those of evidence that is no count of votes."""
    n_pairs, n_places = n_competitors**2, n_competitors * n_prompts
    if method == LISTED:
        pairs = LISTED_BYTES_A_PAIR * n_pairs + LISTED_BYTES_A_PLACE * min(n_places, n_pairs)
        return LISTED_BYTES + pairs + BYTES_A_ROW * n_rows
    a_pair = BYTES_A_PAIR_WITH_TIES.get(method, BYTES_A_PAIR)
    tables = a_pair * n_pairs + BYTES_A_PLACE * n_places + min(BLOCK_BYTES, BLOCK_BYTES_A_PAIR * n_pairs)
    return BYTES + tables + BYTES_A_ROW * n_rows


def refuse_too_large(n_competitors: int, n_prompts: int, method: str = "bradley_terry", n_rows: int = 0) -> int:
    """Raises FitTooLarge where a fit would need more than is allowed; otherwise what it needs, in bytes."""
    wanted, most = needed(n_competitors, n_prompts, method, n_rows), settings.FIT_MEMORY_MB * _MB
    in_rows = f" with {counted(n_rows, 'verdict', 'verdicts')}" if n_rows else ""
    if wanted > most:
        raise FitTooLarge(
            f"{counted(n_competitors, 'competitor', 'competitors')} on {counted(n_prompts, 'prompt', 'prompts')}{in_rows} "
            f"would need about {_in_words(wanted)} of memory; "
            f"the limit is {_in_words(most)} (AGON_FIT_MEMORY_MB={settings.FIT_MEMORY_MB}). Raise it where the machine has "
            "more, or set aside the import that brought them: a wrong column may have been read as names"
        )
    return wanted


@contextmanager
def room_for(n_competitors: int, n_prompts: int, method: str = "bradley_terry", n_rows: int = 0) -> Iterator[None]:
    """Refuses what is too large at all; what is too large beside other fits of this process waits for them."""
    global _taken
    wanted, most = refuse_too_large(n_competitors, n_prompts, method, n_rows), settings.FIT_MEMORY_MB * _MB
    with _changed:
        _changed.wait_for(lambda: _taken == 0 or _taken + wanted <= most)
        _taken += wanted
    try:
        yield
    finally:
        with _changed:
            _taken -= wanted
            _changed.notify_all()


def _in_words(n_bytes: int) -> str:
    return f"{n_bytes / 1e9:,.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:,.0f} MB"
