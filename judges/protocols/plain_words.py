"""Each protocol in a sentence, for those who choose one."""

from judges.protocols import PROTOCOLS, PairProtocol
from judges.sayings import gettext_noop

IN_A_SENTENCE = {
    "pairwise": gettext_noop("Reads both answers side by side and says: the first, the second, or a tie."),
    "arena_hard": gettext_noop("Writes its own answer first, then compares both on five steps from much better to much worse."),
    "mt_pair": gettext_noop("Compares both answers as MT-bench does: the first, the second, or a tie, after an explanation."),
    "mt_pair_two_turns": gettext_noop(
        "Like MT-bench, for conversations of two turns or more: compares the whole conversations."
    ),
    "mt_single": gettext_noop("Grades one answer at a time from 1 to 10; the higher grade wins."),
    "mt_single_two_turns": gettext_noop("Grades one conversation at a time from 1 to 10; the higher grade wins."),
    "pandalm": gettext_noop("Compares both answers, gives a reason and writes an answer of its own."),
    "rubric_5": gettext_noop("Grades one answer at a time from 1 to 5 by your criteria; the higher grade wins."),
    "rubric_10": gettext_noop("Grades one answer at a time from 1 to 10 by your criteria; the higher grade wins."),
    "checklist": gettext_noop("Ticks off the prompt's checklist for one answer at a time; more of it fulfilled wins."),
    "judgelm": gettext_noop("Gives both answers a score in one reply; the higher score wins."),
}
TWO_ORDERS = gettext_noop("Two calls a battle: one in each order.")
TWO_ANSWERS = gettext_noop("Two calls a battle: one for each answer.")


def calls_in_words(protocol: str) -> str:
    """How many calls a battle takes in both orders, in English."""
    return TWO_ORDERS if isinstance(PROTOCOLS.get(protocol), PairProtocol) else TWO_ANSWERS
