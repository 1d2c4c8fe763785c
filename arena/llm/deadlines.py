"""One deadline for a whole call: look-up, connection, TLS, request, status, headers and body.

A time limit on each read applies only to that read: a server that sends one header a second would never meet it. So every
network operation of the calling thread gets the time left until the deadline.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_call = threading.local()  # the official clients send in the thread that calls them


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """Network operations of this thread end by then; an earlier deadline in force stays."""
    before: float | None = getattr(_call, "deadline", None)
    mine = time.monotonic() + seconds
    _call.deadline = mine if before is None else min(before, mine)
    try:
        yield
    finally:
        _call.deadline = before


def seconds_left(most: float | None = None) -> float | None:
    """Seconds until the deadline, at most so many; None if there is no limit. Never negative."""
    deadline: float | None = getattr(_call, "deadline", None)
    left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
    return most if left is None else left if most is None else min(left, most)


def in_time[T](work: Callable[[], T], *, seconds: float | None) -> T:
    """
    What a piece of work returns that knows no time limit, such as a look-up of a name; TimeoutError where it takes longer.

    It is then left to its thread, which ends when the work does.

    Examples
    --------
    >>> in_time(lambda: 4, seconds=5.0)
    4
    """
    results: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="look-up", daemon=True)
    thread.start()
    thread.join(seconds)
    if failed:
        raise failed[0]
    if not results:
        raise TimeoutError(f"nothing within {seconds or 0:g} s")
    return results[0]
