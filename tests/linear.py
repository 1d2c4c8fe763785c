"""Whether work grows in proportion to its input, by a ratio measured side by side: a slow machine changes both parts alike."""

import time
from collections.abc import Callable

TIMES = 8  # the longer input
SLACK = 3  # a quadratic cost would be eight times the bound without it
LITTLE = 0.05  # seconds of the processor: below it a clock tells nothing


def assert_linear(work: Callable[[int], object], n: int) -> None:
    """
    Check that work(n) takes no more than about eight times the processor's seconds of work(n / 8).

    Examples
    --------
    >>> assert_linear(lambda n: sum(range(n)), 100_000)
    """
    for is_last in (False, True):  # once more, if the first try says no: something else may have come between
        short, long = _seconds(work, n // TIMES), _seconds(work, n)
        if long <= SLACK * TIMES * short + LITTLE:
            return
        assert not is_last, f"{n // TIMES}: {short:.3f} s, {n}: {long:.3f} s"


def _seconds(work: Callable[[int], object], n: int) -> float:
    began = time.process_time()
    work(n)
    return time.process_time() - began
