"""What the formats make of a file: typed rows. Tuples, because a file may have millions."""

import re
from typing import Any, NamedTuple

from arena.llm.wires.thinking import parted
from arena.outcomes import Outcome


class PromptRow(NamedTuple):
    line: int
    key: str  # the file's own id of the prompt; empty: known by its text alone
    turns: tuple[str, ...] = ()  # empty: the file does not say what was asked
    system_prompt: str = ""
    reference: str = ""
    category: str = ""
    language: str = ""  # empty: recognised from the text
    tags: tuple[str, ...] = ()
    verifier: dict[str, Any] | None = None
    status: str = ""  # empty: active where there is a text


_ID = re.compile(r"[!-~]{0,63}(?![?!.])[!-~]")


def looks_like_id(row: PromptRow) -> bool:
    """
    Whether the whole text of a prompt is one short word as ids are: most likely an id that nothing here has.

    Examples
    --------
    >>> [looks_like_id(PromptRow(1, "", (text,))) for text in ("q-17", " 5.1 ", "Why?", "What is it", "Où")]
    [True, True, False, False, False]
    """
    return len(row.turns) == 1 and _ID.fullmatch(row.turns[0].strip()) is not None


class VoteRow(NamedTuple):
    voter: str  # empty: the file does not say who
    outcome: Outcome  # as seen from the side shown first
    set_aside: str = ""  # why it does not count
    # what Agon's own files say beside it
    is_order_known: bool = True  # else nobody knows which side was shown first
    reasons: tuple[str, ...] = ()
    comment: str = ""
    strength: int | None = None
    dwell_ms: int | None = None


class BattleRow(NamedTuple):
    line: int
    own_id: str  # empty: the file has none
    first: str  # competitor whose answer was shown first
    second: str
    prompt: PromptRow | None
    votes: tuple[VoteRow, ...]
    answers: tuple[str, str] | None = None
    happened: float | None = None  # seconds since 1970
    turns: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())  # of the answers, where they have several
    repeats: tuple[int, int] | None = None  # which answers of the two models to the prompt, where the file has no texts
    called: str = ""  # the file's id of a row that is known by what it says
    known_as: "BattleRow | None" = None  # as it was read when less of it was: its key stays what it was (`loading.row_keys`)


class ResponseRow(NamedTuple):
    line: int
    prompt: str  # the key of a prompt; empty: known by what was asked
    competitor: str
    text: str
    turns: tuple[str, ...] = ()
    finish: str = "stop"
    tokens_in: int | None = None
    tokens_out: int | None = None
    latency_ms: int | None = None
    cost: int | None = None
    repeat: int | None = None  # None: the next free one
    thinking: str = ""  # what the file gives as thought before the answer
    asked: PromptRow | None = None  # what was asked, where the file says it: the prompt is found by it where the id is none
    prompt_row: int | None = None  # the number of the prompt's row in the file that brought it, from 1
    brings_prompt: bool = False  # whether `asked` is surely a prompt, and added where it is not there


def without_thinking(row: ResponseRow) -> ResponseRow:
    """What was thought before the answer stands beside it, as where the answer was generated here."""
    if row.turns:
        each = [parted(turn) for turn in row.turns]
        turns = tuple(turn for turn, _ in each)
        text = row.text if turns == row.turns else "\n\n".join(turns)
        return row._replace(text=text, turns=turns, thinking="\n\n".join(filter(None, (thought for _, thought in each))))
    text, thinking = parted(row.text)
    return row._replace(text=text, thinking=thinking)


def without_ids(row: Any) -> Any:
    """A row whose prompt is known by its text alone; where the file gives no text, its id is all that there is."""
    if isinstance(row, ResponseRow):
        return row._replace(prompt="", asked=row.asked._replace(key="")) if row.asked and row.brings_prompt else row
    if isinstance(row, PromptRow):
        return row._replace(key="") if row.turns else row
    return row._replace(prompt=row.prompt._replace(key="")) if row.prompt and row.prompt.turns else row
