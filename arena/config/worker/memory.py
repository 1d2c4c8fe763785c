"""A worker that has taken too much memory ends, before the system ends something else; its supervisor starts it again."""

import os
import threading
import time
from pathlib import Path

import structlog
from django.conf import settings

CHECK_SECONDS = 1.0
TO_STORE_SECONDS = 5.0  # for replies that are under way: they are paid for
EXIT_CODE = 75

log = structlog.get_logger(__name__)


def resident_mb() -> float:
    """Bytes that this process holds in memory now; 0 where the system does not report it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def watch() -> None:
    threading.Thread(target=_watch, name="memory", daemon=True).start()


def _watch() -> None:
    while (held := resident_mb()) <= settings.WORKER_MEMORY_MB:
        time.sleep(CHECK_SECONDS)
    end(held)


def end(held_mb: float) -> None:
    from arena.runs import worker_slices
    from ranking.boards.publishing import give_up_fits

    reason = (
        f"the worker that fitted this board took {held_mb:,.0f} MB of memory and was ended; the limit is "
        f"AGON_WORKER_MEMORY_MB={settings.WORKER_MEMORY_MB}. The next try is in 15 minutes, if votes have come"
    )
    worker_slices.stop_all()
    try:
        n_boards = give_up_fits(reason)
        log.error("this worker ends: it took too much memory", held_mb=round(held_mb), n_boards=n_boards)
        time.sleep(TO_STORE_SECONDS)
    finally:
        os._exit(EXIT_CODE)
