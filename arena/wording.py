"""Counts and reasons in sentences."""

import re

_WORD = re.compile(r"[a-z]+(?=[ ,:]|$)")


def counted(n: int, one: str, many: str = "") -> str:
    """`1 vote`, `2 votes`, `1,000 replies`: the number and its noun. `many` is needed where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def agreeing(n: int, one: str, many: str) -> str:
    """The verb that goes with so many: `was` or `were`."""
    return one if n == 1 else many


def sentence(reason: object) -> str:
    """
    A reason with a capital at its start and a full stop at its end. It begins with a word of ours: a name keeps its letters.

    Examples
    --------
    >>> sentence("the run is over already"), sentence("localhost:8000 would be called"), sentence("It is over.")
    ('The run is over already.', 'localhost:8000 would be called.', 'It is over.')
    """
    text = str(reason)
    if _WORD.match(text) and not re.match(r"\w+:\d", text):
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
