"""Read the next rows while the database writes the last ones."""

import contextlib
from collections.abc import Generator, Iterable
from queue import Full, Queue
from threading import Event, Thread

N_AHEAD = 2
_POLL_SECONDS = 0.2


class _End:
    """The last thing in the queue: nothing more, or what the reader raised."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_ahead[T](items: Iterable[T]) -> Generator[T]:
    """The same items, made in a thread of their own; what is raised there is raised here, in its place."""
    queue: Queue[T | _End] = Queue(maxsize=N_AHEAD)
    stopped = Event()

    def put(item: T | _End) -> None:
        is_waiting = True
        while is_waiting and not stopped.is_set():
            with contextlib.suppress(Full):
                queue.put(item, timeout=_POLL_SECONDS)
                is_waiting = False

    def read() -> None:
        try:
            for item in items:
                put(item)
                if stopped.is_set():
                    return
            put(_End())
        except BaseException as error:
            put(_End(error))

    thread = Thread(target=read, name="read-ahead", daemon=True)
    thread.start()
    try:
        while not isinstance(item := queue.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        stopped.set()
        thread.join()
