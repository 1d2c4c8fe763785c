"""Meaning of a JSON field beside the verdict, by its folded name: another verdict, the loser, an error, a draft, an example."""

import re
from collections.abc import Mapping

from arena.lazy_patterns import LazyPattern


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_VERDICTS = _words("verdict winner choice decision judgment judgement preference pick vote")
_SCORES = _words("score rating grade")
_TURNS = _words(
    "corrected correct correction revised revision final updated update amended adjusted actual real true new better best"
    " preferred overall reconsidered"
)
_LOSERS = _words("loser loses losing worse worst rejected eliminated disqualified inferior weaker weakest dispreferred")
_FILLERS = _words("my the label answer response assistant after reflection reconsideration review check is in a of")
_FAILS = _words("error refusal refused abstain abstained abstains failed failure")
_UNFINISHED = _words("draft is_draft pending is_pending provisional is_provisional tentative preliminary is_preliminary")
_SOUND = _words("is_final final valid is_valid complete is_complete confirmed is_confirmed finished usable")
_STATES = _words("draft pending error failed incomplete invalid provisional tentative refused unfinished")
_NOTHING = _words("none no null n/a false 0 - [] {}") | {""}
_SET_ASIDE = LazyPattern(
    r"(?:\w+_)?(?:examples?|samples?|schema|template|format|placeholder|prompt|question|input|request|reference|draft|initial"
    r"|quoted?|quotation|echo|injection|injected|previous|hypothetical|counterfactual|first_impression|preliminary|tentative)(?:_\w+)?"
    r"|(?:answer|response|assistant|candidate|model)_?[12ab](?:_\w+)?"
)


def is_verdict_name(name: str, *, is_score: bool) -> bool:
    """
    Whether a field's name calls it the verdict, or the score, as a whole.

    Examples
    --------
    >>> is_verdict_name("corrected_verdict", is_score=False), is_verdict_name("style_winner", is_score=False)
    (True, False)
    """
    words, nouns = _parts(name), _SCORES if is_score else _VERDICTS
    return words <= nouns | _TURNS | _FILLERS and bool(words & (nouns | _TURNS))


def is_losers_name(name: str) -> bool:
    """Whether a field holds the loser by its name: "loser", "worse_answer"."""
    words = _parts(name)
    return bool(words & _LOSERS) and words <= _LOSERS | _FILLERS


def is_set_aside(name: str) -> bool:
    """Whether a field holds an example, a draft, a schema or a quotation of an answer: a verdict in it is none."""
    return bool(_SET_ASIDE.fullmatch(name))


def withholds(fields: Mapping[str, object]) -> bool:
    """
    Whether the fields of an object void its verdict.

    Examples
    --------
    >>> withholds({"error": "no answer b"}), withholds({"error": None, "valid": True}), withholds({"is_final": False})
    (True, False, True)
    """
    return any(_withholds(name, value) for name, value in fields.items())


def _withholds(name: str, value: object) -> bool:
    content = "" if value is None else str(value).strip().casefold()
    if name in _FAILS | _UNFINISHED:
        return content not in _NOTHING
    if name in _SOUND:
        return content in {"false", "no"}
    return name == "status" and content in _STATES


def _parts(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[_\W]+", name)) - {""}
