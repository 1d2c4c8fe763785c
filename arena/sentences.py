"""Reasons as sentences of a page."""

import re

_WORD = re.compile(r"[a-z]+(?=[ ,:]|$)")


def sentence(reason: object) -> str:
    """
    A reason with a capital at its start and a full stop at its end. It begins with a word of ours: a name keeps its letters.

    Examples
    --------
    >>> sentence("the run is over already"), sentence("localhost:8000 would be called"), sentence("It is over.")
    ('The run is over already.', 'localhost:8000 would be called.', 'It is over.')
    """
    said = str(reason)
    if _WORD.match(said) and not re.match(r"\w+:\d", said):
        said = said[0].upper() + said[1:]
    return said if said.endswith((".", "!", "?")) else f"{said}."
