"""Runs in a worker: a slice of a run at a time, so that other work gets its turn; a process works on a run only once."""

from threading import Lock

import structlog

from arena.models import Run
from arena.runs import recovery
from arena.runs.engine import Engine, RunGone

SLICE_SECONDS = 300.0
MOST_AT_ONCE = 2  # of a worker's threads: the others refit boards and answer the beat

log = structlog.get_logger(__name__)
_engines: dict[int, Engine | None] = {}
_lock = Lock()


def work_on(run_id: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """Work one slice; False if this process is at that run already, has too many, or the run is not running."""
    with _lock:
        if run_id in _engines or len(_engines) >= MOST_AT_ONCE:
            return False
        _engines[run_id] = None
    try:
        return _slice(run_id, seconds)
    finally:
        with _lock:
            del _engines[run_id]


def stop_all() -> None:
    """This process sends nothing more; replies under way are stored."""
    with _lock:
        engines = [engine for engine in _engines.values() if engine is not None]
    for engine in engines:
        engine.stopped.set()


def _slice(run_id: int, seconds: float) -> bool:
    recovery.free_the_lost(run_id)
    run = Run.objects.going().filter(pk=run_id).first()
    if run is None:
        return False
    engine = Engine(run)
    with _lock:
        _engines[run_id] = engine
    try:
        engine.work(seconds=seconds)
    except RunGone as reason:
        log.info("a run ended with its arena", run=run_id, reason=str(reason))
        return False
    log.info("a slice of a run", run=run_id, state=engine.run.state)
    return True
