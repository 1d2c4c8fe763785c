"""A file's label, probability, scores or grade -> a judgement. What is unreadable is never a tie."""

import math
from collections.abc import Mapping
from typing import Any

from judges.importing.rows import Judgement
from judges.protocols import PROTOCOLS, SingleProtocol
from judges.replies.parsing import Parsed, Pick
from judges.sayings import gettext_noop
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Side, Verdict, Winner, scored

NO_LABEL = gettext_noop("The file gives no label.")
NO_KNOWN_LABEL = gettext_noop("The label is not a known one.")
FAILED = gettext_noop("The file holds an error in place of a judgement.")
ERRORS = ("$error$", "error", "failed", "failed!", "fail", "null", "none", "nan", "n/a", "network error", "invalid", "-1")
_SLOTS: Mapping[tuple[Order, Side], Winner] = {
    ("ab", "a"): "first", ("ab", "b"): "second", ("ba", "a"): "second", ("ba", "b"): "first",
}  # fmt: skip


def is_error(value: Any) -> bool:
    """Whether a cell holds what programs write for a failed call."""
    if value is None or value == -1:
        return True
    return isinstance(value, str) and (value.strip().casefold() in {*ERRORS, ""} or value.lstrip().startswith("$ERROR$"))


def of_side(side: Side, order: Order, *, strength: int = 1, label: str = "") -> Judgement:
    """Of a label that names a side of the row, whichever was shown first."""
    winner = _SLOTS.get((order, side), side)
    verdict = Verdict(winner, 2 if strength == 2 and side in ("a", "b") else 1)  # type: ignore[arg-type]  # a tie stays one
    return Judgement(GameState.OK, verdict, label or side)


def of_scores(first: float, second: float, order: Order, label: str = "") -> Judgement:
    """Of points for the two sides of the row: the higher ones win."""
    slots = (first, second) if order == "ab" else (second, first)
    return Judgement(GameState.OK, scored(*slots, margin=0), label or f"{first:g} {second:g}")


def of_grade(grade: float) -> Judgement:
    return Judgement(GameState.OK, grade, f"{grade:g}") if math.isfinite(grade) else failed()


def failed() -> Judgement:
    return Judgement(GameState.ERROR, reason=FAILED)


def silent() -> Judgement:
    return Judgement(GameState.UNPARSABLE, reason=NO_LABEL)


def unreadable(label: str) -> Judgement:
    return Judgement(GameState.UNPARSABLE, label=label[:200], reason=NO_KNOWN_LABEL)


def of_reply(reply: str, protocol: str, *, pick: Pick = "agree") -> Judgement:
    """As the protocol reads a reply: slots are those that the judge was shown."""
    if is_error(reply):
        return failed() if reply.strip() else silent()
    return _judgement(PROTOCOLS[protocol].read(reply, pick=pick), protocol)


def _judgement(parsed: Parsed, protocol: str) -> Judgement:
    if parsed.label is None:
        return Judgement(parsed.state, reason=parsed.reason)
    like = PROTOCOLS[protocol]
    verdict = like.score(parsed.label) if isinstance(like, SingleProtocol) else like.verdict(parsed.label)
    return Judgement(parsed.state, verdict, parsed.label, "", parsed.start, parsed.end)


LOOKED_FOR = ("pairwise", "arena_hard")


def contradiction(judgement: Judgement, reply: str, protocol: str, *, pick: Pick = "agree") -> str:
    """What the reply says if that differs from the label; empty if it agrees or says nothing."""
    if not reply or judgement.verdict is None:
        return ""
    for name in dict.fromkeys((protocol, *(LOOKED_FOR if isinstance(judgement.verdict, Verdict) else ()))):
        read = _judgement(PROTOCOLS[name].read(reply, pick=pick), name)
        if read.verdict is not None:
            return "" if _agree(judgement.verdict, read.verdict) else read.label
    return ""


def _agree(one: Verdict | float, other: Verdict | float) -> bool:
    if isinstance(one, Verdict) and isinstance(other, Verdict):
        level = {"tie", "both_bad"}
        return one.winner == other.winner or {one.winner, other.winner} <= level
    return one == other
