"""What the end of a reply does to its verdict: one that was cut, filtered or broken gives none, whatever its text.

A reply that was cut is asked for once more with twice the limit (`arena.runs.pacing.retry_policy`); cut again, its game ends as
`TRUNCATED`, for good, and counts as asked and unanswered.

Where the server does not say how a reply ended, or says it in an unknown word, the reply must show that it is whole: by a label
that stands alone on its last line, or a JSON object that is closed.
"""

import re

from arena.llm.wires.messages import Finish
from judges.verdicts.game_states import GameState

UNFINISHED: dict[Finish, tuple[GameState, str]] = {
    "length": (GameState.TRUNCATED, "The reply was cut at the token limit."),
    "filtered": (GameState.FILTERED, "The provider's content filter held the reply back."),
    "refused": (GameState.REFUSED, "The provider says that the model refused."),
    "tool": (GameState.ERROR, "The model called a tool, though none was offered."),
    "paused": (GameState.ERROR, "The provider paused the reply before its end."),
    "error": (GameState.ERROR, "The reply broke off with an error."),
}
UNSURE: dict[Finish, str] = {
    "unsaid": "The server does not say how the reply ended, and its last line is no label alone.",
    "unknown": "The server ended the reply with a word that is not known, and its last line is no label alone.",
}
_MARKS = re.compile(r"</?\w{1,20}>|<\|\w{1,20}\|>|```\w*")


def shows_its_end(text: str, start: int, end: int) -> bool:
    """
    Whether what stands at this place of a reply is the whole of its last line, or of the JSON that closes it.

    Examples
    --------
    >>> shows_its_end("It is vague.\\n**[[B]]**\\n", 15, 20), shows_its_end("At first [[B]]", 9, 14)
    (True, False)
    >>> shows_its_end('{"verdict": "B"}', 12, 15), shows_its_end('{"verdict": "B", "why": "it', 12, 15)
    (True, False)
    """
    if _MARKS.sub("", text).rstrip().endswith(("}", "]")) and text[end:].count("}") > text[end:].count("{"):
        return True  # an object that is closed behind the label
    before = text[:start].rpartition("\n")[2]
    return not _has_words(before) and not _has_words(text[end:])


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in _MARKS.sub("", text))
