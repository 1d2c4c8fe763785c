"""Offline judges: they need no key and no network. What a program can check of an answer, or a baseline that checks nothing.

Each reads the prompt's verifier or reference. Without one there is no verdict: nothing to check is never a tie. Both
answers pass: a tie. Neither does: both bad.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from arena.texts.verifiers import VerifierTimeoutError, check_verifier, passes
from judges.sayings import gettext_noop
from judges.verdicts.game_states import GameState
from judges.verdicts.verdict import Order, Verdict, Winner

MAX_REFERENCE = 200
"""A longer reference is a whole answer, which even a correct answer neither equals nor contains."""


@dataclass(frozen=True, slots=True)
class OfflineGame:
    """What an offline judge sees of one game.

    Parameters
    ----------
    judge, battle : str
        Ids, for the judge that draws lots.
    order : "ab" or "ba"
    repeat : int
    first, second : str
        The answers by slot.
    reference : str
        "" = none.
    verifier : mapping, optional
        See `arena.texts.verifiers`.
    """

    judge: str
    battle: str
    order: Order
    repeat: int
    first: str
    second: str
    reference: str = ""
    verifier: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class OfflineReply:
    """How the game ended: a verdict, or the reason why there is none; what a call's reply is for other judges."""

    state: GameState
    verdict: Verdict | None
    reason: str


class NothingToCheckError(ValueError):
    """The prompt has no verifier or reference that this judge can use."""


def judge_offline(kind: str, game: OfflineGame) -> OfflineReply:
    """Play one game of an offline judge; the same game gives the same reply.

    Parameters
    ----------
    kind : str
        One of `OFFLINE_JUDGES`.
    game : OfflineGame

    Raises
    ------
    ValueError
        If there is no such judge.

    Examples
    --------
    >>> reply = judge_offline("numeric", OfflineGame("n", "1", "ab", 0, "It is 7.", "It is 8.", reference="8"))
    >>> reply.verdict.winner, reply.reason
    ('second', 'numeric: the first fails, the second passes')
    >>> judge_offline("numeric", OfflineGame("n", "1", "ab", 0, "It is 7.", "It is 8.")).reason
    'numeric: the prompt has no numeric verifier and no reference'
    """
    if kind not in OFFLINE_JUDGES:
        raise ValueError(f"unknown offline judge {kind!r}: allowed are {', '.join(OFFLINE_JUDGES)}")
    try:
        winner, reason = OFFLINE_JUDGES[kind][0](kind, game)
    except (NothingToCheckError, VerifierTimeoutError) as error:
        return OfflineReply(GameState.ERROR, None, f"{kind}: {error}")
    return OfflineReply(GameState.OK, Verdict(winner), f"{kind}: {reason}")


def offline_verifier(kind: str, *, reference: str = "", verifier: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """The verifier that a judge of this kind applies to a prompt: the prompt's own, or one made from its reference.

    Raises
    ------
    NothingToCheckError
        If the prompt offers none. Its text says why.

    Examples
    --------
    >>> offline_verifier("contains", reference="Canberra")
    {'kind': 'contains', 'all': ['Canberra']}
    """
    try:
        if verifier:
            check_verifier(verifier)
    except ValueError as error:  # stored by a version that did not check verifiers on import
        raise NothingToCheckError(f"the prompt's verifier cannot be used: {error}") from error
    if verifier and verifier["kind"] == kind:
        return verifier
    if kind in ("exact", "contains") and verifier and verifier["kind"] == "exact":
        return {"kind": kind, "any": verifier["any"]}
    if kind not in _FROM_REFERENCE:
        raise NothingToCheckError(f"the prompt has no {kind} verifier")
    text = reference.strip()
    if not text:
        raise NothingToCheckError(f"the prompt has no {kind} verifier and no reference")
    if len(text) > MAX_REFERENCE:
        raise NothingToCheckError(f"the reference has {len(text)} characters: over {MAX_REFERENCE} it is no short answer")
    return _FROM_REFERENCE[kind](text)


def _exact_from(reference: str) -> Mapping[str, Any]:
    return {"kind": "exact", "any": [reference]}


def _contains_from(reference: str) -> Mapping[str, Any]:
    return {"kind": "contains", "all": [reference]}


def _numeric_from(reference: str) -> Mapping[str, Any]:
    try:
        return {"kind": "numeric", "value": _finite(reference)}
    except ValueError:
        raise NothingToCheckError(f"the reference {reference!r} is no number, such as 12 or 0.5") from None


def _finite(text: str) -> float:
    value = float(text)
    if value - value:  # infinite, or not a number
        raise ValueError(text)
    return value


def _mcq_from(reference: str) -> Mapping[str, Any]:
    letter = reference.strip(" ().")
    if len(letter) != 1 or not (letter.isascii() and letter.isalpha()):
        raise NothingToCheckError(f"the reference {reference!r} is no letter, such as B")
    return {"kind": "mcq", "answer": letter.upper()}


def _json_from(reference: str) -> Mapping[str, Any]:
    try:
        return {"kind": "json_equal", "value": json.loads(reference)}
    except (ValueError, RecursionError):
        raise NothingToCheckError(f"the reference {reference!r} is no JSON") from None


_FROM_REFERENCE: Mapping[str, Callable[[str], Mapping[str, Any]]] = {
    "exact": _exact_from,
    "contains": _contains_from,
    "numeric": _numeric_from,
    "mcq": _mcq_from,
    "json_equal": _json_from,
}


def _by_verifier(kind: str, game: OfflineGame) -> tuple[Winner, str]:
    verifier = offline_verifier(kind, reference=game.reference, verifier=game.verifier)
    first, second = passes(verifier, game.first), passes(verifier, game.second)
    word = {True: "passes", False: "fails"}
    winner: Winner = ("tie" if first else "both_bad") if first == second else "first" if first else "second"
    return winner, f"the first {word[first]}, the second {word[second]}"


def _longer(kind: str, game: OfflineGame) -> tuple[Winner, str]:
    gap = len(game.first) - len(game.second)
    winner: Winner = "first" if gap > 0 else "second" if gap < 0 else "tie"
    return winner, f"{len(game.first)} and {len(game.second)} characters"


def _random(kind: str, game: OfflineGame) -> tuple[Winner, str]:
    """Draw a verdict from the game's own names, so that it does not depend on earlier games or on the process."""
    drawn = sha256(json.dumps([game.judge, game.battle, game.order, game.repeat]).encode()).digest()
    return ("first" if drawn[0] % 2 else "second"), "drawn by lot"


type OfflineRule = Callable[[str, OfflineGame], tuple[Winner, str]]

OFFLINE_JUDGES: Mapping[str, tuple[OfflineRule, str]] = {
    "exact": (_by_verifier, gettext_noop("The answer is the reference, apart from case, quotes and a full stop.")),
    "contains": (_by_verifier, gettext_noop("The answer has the reference's words in it.")),
    "regex": (_by_verifier, gettext_noop("The verifier's pattern is found in the answer.")),
    "numeric": (_by_verifier, gettext_noop("The last number of the answer is the right one.")),
    "mcq": (_by_verifier, gettext_noop("The letter that the answer chooses is the right one.")),
    "json_equal": (_by_verifier, gettext_noop("The answer is JSON, equal to what was asked for.")),
    "constraint": (_by_verifier, gettext_noop("The answer keeps the limits of length, form and words that the prompt sets.")),
    "longer": (_longer, gettext_noop("The longer answer: how far length alone goes.")),
    "random": (_random, gettext_noop("Draws its verdict by lot, to show what no judgement looks like.")),
}
"""Judges by name, each with one line for people."""
