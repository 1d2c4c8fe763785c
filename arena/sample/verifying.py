"""Says whether a text passes a prompt's verifier. Pure and deterministic: no code of an answer is ever run.

A verifier is a dict with a ``kind`` and that kind's parameters. Upper and lower case never matter but in a pattern.

``contains``
    ``all``: words or phrases that must all occur, as whole words; ``any``: at least one of these must.
``exact``
    ``any``: the text is one of these, apart from outer white space, emphasis, quotes and a final full stop.
``regex``
    ``pattern``: is found somewhere in the text.
``numeric``
    ``value``, ``tolerance`` (default 0): the last number in the text is at most that far away. ``decimal_mark`` is
    ``.`` unless given; the other mark before exactly three digits separates thousands.
``mcq``
    ``answer``: the letter after the last "Answer" or "Antwort"; without one, the letter that opens the text.
``json_equal``
    ``value``: the whole text, or its one fenced block, is JSON equal to this.
``constraint``
    Every one given must hold: ``min_words``, ``max_words``, ``n_sentences``, ``n_lines`` (empty ones do not count),
    ``n_bullets``, ``must_include``, ``must_not_include`` (substrings), ``without_letters``, ``all_lowercase``.
"""

import json
import re
from collections.abc import Callable
from typing import Any

type Verifier = dict[str, Any]

MAX_TEXT = 10_000
MAX_PATTERN = 400

_NUMBER = re.compile(r"(?<![\w.,])[-−+]?\d(?:[\d.,\u202f']*\d)?")
_LABELLED_LETTER = re.compile(r"\b(?:answer|antwort)\b(?:\s+(?:is|ist|lautet))?[\s:*(\[\"`]*([a-z])\b", re.IGNORECASE)
_OPENING_LETTER = re.compile(r"[\s*(\[\"`]*([A-Z])(?:[\s*)\]\"`.:,]|$)")
_FENCED = re.compile(r"\s*```\w*\n(.*?)\n?```\s*", re.DOTALL)
_NESTED_REPEAT = re.compile(r"[*+}][^()]*\)\s*[*+{]")


def passes(verifier: Verifier, text: str) -> bool:
    """Whether ``text`` passes; raises ValueError for a verifier that does not exist or lacks a parameter."""
    check_verifier(verifier)
    check, _, _ = _KINDS[verifier["kind"]]
    return check(text[:MAX_TEXT], verifier)


def check_verifier(verifier: Verifier) -> None:
    """Raises ValueError, naming what is allowed, unless ``verifier`` has a known kind and that kind's parameters."""
    kind = verifier.get("kind")
    if kind not in _KINDS:
        raise ValueError(f"unknown verifier kind {kind!r}; allowed are {', '.join(_KINDS)}")
    _, needed, optional = _KINDS[kind]
    given = set(verifier) - {"kind"}
    if needed - given:
        raise ValueError(f"a {kind} verifier needs {', '.join(sorted(needed - given))}")
    if given - needed - optional:
        raise ValueError(
            f"a {kind} verifier has no {', '.join(sorted(given - needed - optional))}; "
            f"allowed are {', '.join(sorted(needed | optional))}"
        )
    if not given:
        raise ValueError(f"a {kind} verifier needs one of {', '.join(sorted(optional))}")
    if kind == "regex":
        _compile(verifier["pattern"])


def _contains(text: str, verifier: Verifier) -> bool:
    one_of = verifier.get("any")
    has_all = all(_has_phrase(text, phrase) for phrase in verifier.get("all", ()))
    return has_all and (one_of is None or any(_has_phrase(text, phrase) for phrase in one_of))


def _exact(text: str, verifier: Verifier) -> bool:
    return _bare(text) in {_bare(value) for value in verifier["any"]}


def _regex(text: str, verifier: Verifier) -> bool:
    return _compile(verifier["pattern"]).search(text) is not None


def _numeric(text: str, verifier: Verifier) -> bool:
    numbers = _NUMBER.findall(text)
    if not numbers:
        return False
    found = _parse_number(numbers[-1], verifier.get("decimal_mark", "."))
    return found is not None and abs(found - float(verifier["value"])) <= verifier.get("tolerance", 0)


def _mcq(text: str, verifier: Verifier) -> bool:
    labelled = _LABELLED_LETTER.findall(text)
    opening = _OPENING_LETTER.match(text)
    letter = labelled[-1] if labelled else opening[1] if opening else ""
    return bool(letter.upper() == verifier["answer"])


def _json_equal(text: str, verifier: Verifier) -> bool:
    fenced = _FENCED.fullmatch(text)
    try:
        found = json.loads(fenced[1] if fenced else text)
    except json.JSONDecodeError:
        return False
    return _canonical(found) == _canonical(verifier["value"])


def _constraint(text: str, verifier: Verifier) -> bool:
    return all(_CONSTRAINTS[name](text, limit) for name, limit in verifier.items() if name != "kind")


def _has_phrase(text: str, phrase: str) -> bool:
    pattern = rf"(?<!\w){re.escape(phrase)}(?!\w)"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _bare(text: str) -> str:
    return text.strip(" \t\r\n*_`\"'„“”.").casefold()


def _compile(pattern: str) -> re.Pattern[str]:
    if len(pattern) > MAX_PATTERN:
        raise ValueError(f"a pattern of {len(pattern)} characters; {MAX_PATTERN} are allowed")
    if _NESTED_REPEAT.search(pattern):
        raise ValueError(f"the pattern {pattern!r} repeats a repetition, which can take forever; write it without")
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"the pattern {pattern!r} is not a regular expression: {error}") from error


def _parse_number(digits: str, decimal_mark: str) -> float | None:
    thousands = "," if decimal_mark == "." else "."
    plain = digits.replace("−", "-").replace("'", "").replace("\u202f", "")
    plain = re.sub(rf"{re.escape(thousands)}(?=\d{{3}}(?!\d))", "", plain).replace(",", ".")
    try:
        return float(plain)
    except ValueError:
        return None


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _n_words(text: str) -> int:
    return len(re.findall(r"\w+(?:['’-]\w+)*", text))


def _n_sentences(text: str) -> int:
    return len([part for part in re.split(r"[.!?…]+[\"”“)*]*(?:\s+|$)", text.strip()) if part])


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _n_bullets(text: str) -> int:
    return sum(re.match(r"\s*(?:[-*•–]|\d+[.)])\s", line) is not None for line in text.splitlines())


def _includes(text: str, phrase: str) -> bool:
    return phrase.casefold() in text.casefold()


_CONSTRAINTS: dict[str, Callable[[str, Any], bool]] = {
    "min_words": lambda text, limit: _n_words(text) >= limit,
    "max_words": lambda text, limit: 0 < _n_words(text) <= limit,
    "n_sentences": lambda text, count: _n_sentences(text) == count,
    "n_lines": lambda text, count: len(_lines(text)) == count,
    "n_bullets": lambda text, count: _n_bullets(text) == count,
    "must_include": lambda text, phrases: all(_includes(text, phrase) for phrase in phrases),
    "must_not_include": lambda text, phrases: not any(_includes(text, phrase) for phrase in phrases),
    "without_letters": lambda text, letters: not set(letters.casefold()) & set(text.casefold()),
    "all_lowercase": lambda text, wanted: (text == text.lower()) is wanted,
}

_KINDS: dict[str, tuple[Callable[[str, Verifier], bool], set[str], set[str]]] = {
    "contains": (_contains, set(), {"all", "any"}),
    "exact": (_exact, {"any"}, set()),
    "regex": (_regex, {"pattern"}, set()),
    "numeric": (_numeric, {"value"}, {"tolerance", "decimal_mark"}),
    "mcq": (_mcq, {"answer"}, set()),
    "json_equal": (_json_equal, {"value"}, set()),
    "constraint": (_constraint, set(), set(_CONSTRAINTS)),
}
