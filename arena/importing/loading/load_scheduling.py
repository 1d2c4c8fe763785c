"""Scheduling of the reading and writing steps of a load, which differs between the two engines."""

import contextlib
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from queue import Full, Queue
from threading import Barrier, Event, Thread

from django.db import connection

N_AHEAD = 4
MOST_STEPS_A_TURN = 2
TURN_SECONDS = 0.06
_POLL_SECONDS = 0.2


class _End:
    """The last item of the queue: the end, or the reader's exception."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_ahead[T](items: Iterable[T]) -> Generator[T]:
    """The next items are made by a thread, on a connection of its own, while the database writes the last ones.

    What is raised there is raised here, in its place.
    """
    if connection.in_atomic_block:  # which another connection could not see
        yield from items
        return
    queue: Queue[T | _End] = Queue(maxsize=N_AHEAD)
    stopped = Event()
    thread = Thread(target=_read_into, args=[queue, items, stopped], name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()


def _read_into[T](queue: "Queue[T | _End]", items: Iterable[T], stopped: Event) -> None:
    try:
        for item in items:
            _put(queue, item, stopped)
            if stopped.is_set():
                return
        _put(queue, _End(), stopped)
    except BaseException as error:
        _put(queue, _End(error), stopped)
    finally:
        connection.close()


def _put[T](queue: "Queue[T | _End]", item: T | _End, stopped: Event) -> None:
    is_waiting = True
    while is_waiting and not stopped.is_set():
        with contextlib.suppress(Full):
            queue.put(item, timeout=_POLL_SECONDS)
            is_waiting = False


def in_turns[T](steps: Iterable[T]) -> Generator[T]:
    """For SQLite, which has one writer at a time: two steps are written, then voters have their turn.

    Who waits for SQLite looks again after 1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50 and then every 100 ms. The turn is long
    enough for those who came during the last two steps.
    """
    coming = iter(steps)
    while several := _next_turn(coming):
        yield from several


def _next_turn[T](coming: Iterator[T]) -> list[T]:
    end = time.monotonic() + TURN_SECONDS
    several = list(islice(coming, MOST_STEPS_A_TURN))
    time.sleep(max(0.0, end - time.monotonic()))
    return several


def side_by_side[T](steps: Iterable[T], write: Callable[[T, Future[None] | None], None], *, n_writers: int) -> Generator[T]:
    """For PostgreSQL, where the work is the server's: several connections write steps that follow each other.

    `write` is given the step before its own, to wait for before it commits: so what has committed is always a beginning of
    the file. Yields the steps that have committed.
    """
    pool = ThreadPoolExecutor(n_writers, thread_name_prefix="import-writer")
    writing: deque[tuple[T, Future[None]]] = deque()
    last: Future[None] | None = None
    try:
        for step in steps:
            last = pool.submit(write, step, last)
            writing.append((step, last))
            if len(writing) > n_writers:
                yield _committed(writing)
        while writing:
            yield _committed(writing)
    finally:
        _close_connections(pool, n_writers)


def _committed[T](writing: deque[tuple[T, Future[None]]]) -> T:
    step, done = writing.popleft()
    done.result()
    return step


def _close_connections(pool: ThreadPoolExecutor, n_writers: int) -> None:
    """Each thread has one of its own: the barrier gives every thread one of the closings."""
    everybody = Barrier(n_writers)

    def close() -> None:
        everybody.wait()
        connection.close()

    for _ in range(n_writers):
        pool.submit(close)
    pool.shutdown(wait=True)
