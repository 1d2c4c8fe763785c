"""A long computation asks now and then whether anybody still waits for it; an exception is the answer that ends it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


def _yes() -> None: ...


_question: ContextVar[Callable[[], None]] = ContextVar("question", default=_yes)


@contextmanager
def asking(question: Callable[[], None]) -> Iterator[None]:
    """What this thread computes inside asks `question`, which raises where it is not wanted any more."""
    token = _question.set(question)
    try:
        yield
    finally:
        _question.reset(token)


def is_wanted() -> None:
    """Go on, or raise.

    Examples
    --------
    >>> with asking(lambda: 1 / 0):
    ...     is_wanted()
    Traceback (most recent call last):
    ...
    ZeroDivisionError: division by zero
    """
    _question.get()()
