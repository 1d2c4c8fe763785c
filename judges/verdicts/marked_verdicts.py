"""What becomes of a verdict on an answer that seems to speak to its judge: such a game keeps the mark, in `Game.taints`.

A mark is a suspicion (`judges.safeguards.injections`), so it never takes a verdict out without a word:

- A language model that is asked here reads the answer, so its verdict may be what the answer told it to say. It is left out
  of boards and of the judge's figures unless a curator counts it, and how many those are is said, with a link to them.
- A stored verdict was given elsewhere and stands in its source's figures: it counts, and the number of marked ones is said.
- A program cannot be talked to: its verdicts count.

Boards and judges' figures read this rule here; each may be told to do otherwise with all of its marked verdicts.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from judges.sayings import gettext_noop

type Marked = Literal["count", "flag", "leave_out"]
MARKED: tuple[Marked, ...] = get_args(Marked.__value__)
IN_WORDS: Mapping[Marked, str] = {
    "count": gettext_noop("count them"),
    "flag": gettext_noop("count them and say how many"),
    "leave_out": gettext_noop("leave them out and say how many"),
}

ON_MARKED = gettext_noop("on answers that seem to speak to a judge")  # the words of boards
BY_KIND: Mapping[str, Marked] = {"called": "leave_out", "imported": "flag", "offline": "count"}
"""The default treatment, by `Judge.Kind`."""


def treatment(kind: str, chosen: str = "") -> Marked:
    """What is done with marked verdicts of a judge of this kind; `chosen` by a curator, "" = by the rule.

    Examples
    --------
    >>> treatment("called"), treatment("imported"), treatment("called", "flag")
    ('leave_out', 'flag', 'flag')
    """
    return next((each for each in MARKED if each == chosen), BY_KIND.get(kind, "leave_out"))
