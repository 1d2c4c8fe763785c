"""With what the commands end: one table for all of them."""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    DONE = 0
    FAULT = 1
    REFUSED = 2
    PAUSED = 3
    FAILED = 4
    PARTLY = 5


MEANINGS = {
    Exit.DONE: "all that was asked for is done, or was done before",
    Exit.FAULT: "something went wrong on this machine, or a check found something amiss",
    Exit.REFUSED: "the call is wrong, or was not agreed to: nothing was done",
    Exit.PAUSED: "the run is paused, or was interrupted: some of its work is left",
    Exit.FAILED: "the run is over, and nothing came of any of its calls",
    Exit.PARTLY: "the run is over, and some of its calls brought no reply that could be used",
}


def exit_status_help(codes: Iterable[Exit] = tuple(Exit)) -> str:
    """For a command's help."""
    return "Exit status: " + "; ".join(f"{code.value} {MEANINGS[code]}" for code in codes) + "."
