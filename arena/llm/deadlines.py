"""One deadline over a whole call: look-up, connection, TLS, what is sent, status, headers and body.

A time limit on each read holds for that read alone: a server that sends one header a second would never meet it. So every
piece of network work of the thread that calls is given what is left until the deadline.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_call = threading.local()  # the official clients send in the thread that calls them


@contextmanager
def deadline_in(seconds: float) -> Iterator[None]:
    """What this thread does on the network is over by then; an earlier deadline that holds already stays."""
    before: float | None = getattr(_call, "deadline", None)
    mine = time.monotonic() + seconds
    _call.deadline = mine if before is None else min(before, mine)
    try:
        yield
    finally:
        _call.deadline = before


def seconds_left(most: float | None = None) -> float | None:
    """Until the deadline, at most so many; None where there is no limit. Never negative."""
    deadline: float | None = getattr(_call, "deadline", None)
    left = None if deadline is None else max(deadline - time.monotonic(), 0.0)
    return most if left is None else left if most is None else min(left, most)


def in_time[T](work: Callable[[], T], *, seconds: float | None) -> T:
    """
    What a piece of work returns that knows no time limit, such as a look-up of a name; TimeoutError where it takes longer.

    It is left to its thread then, which ends when it does.

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
