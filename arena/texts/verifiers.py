"""Check whether a text passes a prompt's verifier. Pure and deterministic: no code of an answer is ever run.

A verifier is a dict with a ``kind`` and that kind's parameters. Upper and lower case never matter but in a pattern.

``contains``
    ``all``: words or phrases that must all occur, as whole words; ``any``: at least one of these must.
``exact``
    ``any``: the text is one of these, apart from outer white space, emphasis, quotes and a final full stop.
``regex``
    ``pattern``: is found somewhere in the text, within a second.
``numeric``
    ``value``, ``tolerance`` (default 0): the last number in the text is at most that far away. ``decimal_mark`` is
    ``.`` unless given; the other mark before exactly three digits separates thousands.
``mcq``
    ``answer``: the letter after the last "Answer" or "Antwort"; without one, the letter that opens the text.
``json_equal``
    ``value``: the whole text, or its one fenced block, is JSON equal to this.
``constraint``
    Every one given must hold: ``min_words``, ``max_words``, ``n_sentences``, ``n_lines`` (empty ones do not count),
    ``n_paragraphs`` (parted by empty lines), ``n_bullets``, ``must_include``, ``must_not_include``, ``starts_with``,
    ``ends_with`` (substrings), ``without_letters``, ``all_lowercase``, ``all_uppercase``.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from arena.lazy_patterns import LazyPattern
from arena.wording import gettext as _

if TYPE_CHECKING:
    import regex

type Verifier = Mapping[str, Any]

EXAMPLE = '{"kind": "numeric", "value": 145}'
MAX_PATTERN = 400
MAX_SECONDS = 1.0
"""For a pattern, which a curator writes and an answer's author knows how to slow down."""

_NUMBER = LazyPattern(r"(?<![\w.,])[-−+]?\d(?:[\d.,\u202f']*\d)?")
_LABELLED_LETTER = LazyPattern(r"\b(?:answer|antwort)\b(?:\s+(?:is|ist|lautet))?[\s:*(\[\"`]*([a-z])\b", re.IGNORECASE)
_OPENING_LETTER = LazyPattern(r"[\s*(\[\"`]*([A-Z])(?:[\s*)\]\"`.:,]|$)")
_FENCED = LazyPattern(r"\s*```\w*\n(.*?)\n?```\s*", re.DOTALL)
_NESTED_REPEAT = LazyPattern(r"[*+}][^()]*\)\s*[*+{]")


class VerifierTimeoutError(RuntimeError):
    """A pattern took too long on a text: neither passed nor failed."""


def passes(verifier: Verifier, text: str) -> bool:
    """Whether ``text`` passes.

    Raises
    ------
    ValueError
        For a verifier that does not exist, or whose parameters are missing, unknown or of the wrong type.
    VerifierTimeoutError
        If a pattern took longer than `MAX_SECONDS`.

    Examples
    --------
    >>> passes({"kind": "numeric", "value": 145}, "120 + 25 = 145")
    True
    """
    check_verifier(verifier)
    check, _, _ = _KINDS[verifier["kind"]]
    return check(text, verifier)


def check_verifier(verifier: Verifier) -> None:
    """Raises ValueError, naming what is allowed, unless ``verifier`` has a known kind and that kind's parameters.

    Any JSON value is accepted, not only objects.

    Examples
    --------
    >>> check_verifier({"kind": "numeric", "value": 145})
    >>> check_verifier({"kind": "external"})
    Traceback (most recent call last):
    ...
    ValueError: unknown verifier kind 'external'; allowed are contains, exact, regex, numeric, mcq, json_equal, constraint
    """
    if not isinstance(verifier, Mapping):
        message = _("a verifier has to be an object such as %(example)s, not %(value)r")
        raise ValueError(message % {"example": EXAMPLE, "value": str(verifier)[:60]})
    kind = verifier.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        message = _("unknown verifier kind %(kind)s; allowed are %(kinds)s")
        raise ValueError(message % {"kind": f"{kind!r:.60}", "kinds": ", ".join(_KINDS)})
    needed, optional = _KINDS[kind][1:]
    given = set(verifier) - {"kind"}
    if needed - given:
        message = _("a %(kind)s verifier needs %(names)s")
        raise ValueError(message % {"kind": kind, "names": ", ".join(sorted(needed - given))})
    if given - needed - optional:
        message = _("a %(kind)s verifier has no %(names)s; allowed are %(allowed)s")
        names, allowed = ", ".join(sorted(given - needed - optional)), ", ".join(sorted(needed | optional))
        raise ValueError(message % {"kind": kind, "names": names, "allowed": allowed})
    if not given:
        message = _("a %(kind)s verifier needs one of %(names)s")
        raise ValueError(message % {"kind": kind, "names": ", ".join(sorted(optional))})
    for name in sorted(given):
        _check_type(kind, name, verifier[name])
    if kind == "regex":
        _compile(verifier["pattern"])


def _check_type(kind: str, name: str, value: object) -> None:
    # A word in place of a list would be read letter by letter and let nearly everything pass.
    for names, is_right, what in _TYPES:
        if name in names and kind != "json_equal" and not is_right(value):
            message = _("%(name)s of a %(kind)s verifier is %(value)s; it has to be %(what)s")
            raise ValueError(message % {"name": name, "kind": kind, "value": _short(value), "what": what()})


def _short(value: object) -> str:
    try:
        return f"{value!r:.60}"
    except ValueError:  # an integer of thousands of digits
        return _("a very large number")


def _contains(text: str, verifier: Verifier) -> bool:
    one_of = verifier.get("any")
    has_all = all(_has_phrase(text, phrase) for phrase in verifier.get("all", ()))
    return has_all and (one_of is None or any(_has_phrase(text, phrase) for phrase in one_of))


def _exact(text: str, verifier: Verifier) -> bool:
    return _bare(text) in {_bare(value) for value in verifier["any"]}


def _regex(text: str, verifier: Verifier) -> bool:
    try:
        return _compile(verifier["pattern"]).search(text, timeout=MAX_SECONDS) is not None
    except TimeoutError:
        pattern = verifier["pattern"]
        raise VerifierTimeoutError(
            _("the pattern %(pattern)r took over %(seconds)g s on an answer; write a simpler one")
            % {"pattern": pattern, "seconds": MAX_SECONDS}
        ) from None


def _numeric(text: str, verifier: Verifier) -> bool:
    numbers = _NUMBER.findall(text)
    if not numbers:
        return False
    value = _parse_number(numbers[-1], verifier.get("decimal_mark", "."))
    return value is not None and abs(value - float(verifier["value"])) <= verifier.get("tolerance", 0)


def _mcq(text: str, verifier: Verifier) -> bool:
    labelled = _LABELLED_LETTER.findall(text)
    opening = _OPENING_LETTER.match(text)
    letter = labelled[-1] if labelled else opening[1] if opening else ""
    return bool(letter.upper() == verifier["answer"].upper())


def _json_equal(text: str, verifier: Verifier) -> bool:
    fenced = _FENCED.fullmatch(text)
    try:
        value = json.loads(fenced[1] if fenced else text)
    except (ValueError, RecursionError):  # no JSON; a number of more digits, or nested deeper, than Python reads
        return False
    return _canonical(value) == _canonical(verifier["value"])


def _constraint(text: str, verifier: Verifier) -> bool:
    return all(_CONSTRAINTS[name](text, limit) for name, limit in verifier.items() if name != "kind")


def _has_phrase(text: str, phrase: str) -> bool:
    pattern = rf"(?<!\w){re.escape(phrase)}(?!\w)"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _bare(text: str) -> str:
    return text.strip(" \t\r\n*_`\"'„“”.").casefold()


def _compile(pattern: str) -> "regex.Pattern[str]":
    import regex  # takes long, and most processes check no pattern

    if len(pattern) > MAX_PATTERN:
        message = _("a pattern of %(n)d characters; %(most)d are allowed")
        raise ValueError(message % {"n": len(pattern), "most": MAX_PATTERN})
    if _NESTED_REPEAT.search(pattern):
        message = _("the pattern %(pattern)r repeats a repetition, which can take forever; write it without")
        raise ValueError(message % {"pattern": pattern})
    try:
        return regex.compile(pattern)
    # The library raises other errors too, for some patterns that are none.
    except (regex.error, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        message = _("the pattern %(pattern)r is not a regular expression: %(error)s")
        raise ValueError(message % {"pattern": pattern, "error": error}) from error


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
    # Only from the first mark of a row: a long row would be tried from each of its marks.
    return len([part for part in re.split(r"(?<![.!?…])[.!?…]+[\"”“)*]*(?:\s+|$)", text.strip()) if part])


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
    "n_paragraphs": lambda text, count: len([part for part in re.split(r"\n[ \t]*\n", text) if part.strip()]) == count,
    "n_bullets": lambda text, count: _n_bullets(text) == count,
    "must_include": lambda text, phrases: all(_includes(text, phrase) for phrase in phrases),
    "must_not_include": lambda text, phrases: not any(_includes(text, phrase) for phrase in phrases),
    "without_letters": lambda text, letters: not set(letters.casefold()) & set(text.casefold()),
    "starts_with": lambda text, phrase: text.strip().casefold().startswith(phrase.casefold()),
    "ends_with": lambda text, phrase: text.strip().casefold().endswith(phrase.casefold()),
    "all_lowercase": lambda text, wanted: (text == text.lower()) is wanted,
    "all_uppercase": lambda text, wanted: (text == text.upper()) is wanted,
}


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(each, str) and each for each in value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_number(value: object) -> bool:
    # An integer may be too large for a float, which isfinite turns it into.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max


_COUNTS = {"min_words", "max_words", "n_sentences", "n_lines", "n_paragraphs", "n_bullets"}
_TYPES: tuple[tuple[set[str], Callable[[object], bool], Callable[[], str]], ...] = (
    ({"all", "any", "must_include", "must_not_include"}, _is_list_of_texts, lambda: _("a list of texts, none empty")),
    (_COUNTS, _is_count, lambda: _("a whole number")),
    ({"value"}, _is_number, lambda: _("a number")),
    ({"tolerance"}, lambda value: _is_number(value) and value >= 0, lambda: _("a number, 0 or more")),  # type: ignore[operator]
    ({"decimal_mark"}, lambda value: value in (".", ","), lambda: _("'.' or ','")),
    (
        {"pattern", "without_letters", "starts_with", "ends_with"},
        lambda value: isinstance(value, str) and bool(value),
        lambda: _("a text"),
    ),
    ({"answer"}, lambda value: isinstance(value, str) and re.fullmatch("[A-Za-z]", value) is not None, lambda: _("one letter")),
    ({"all_lowercase", "all_uppercase"}, lambda value: isinstance(value, bool), lambda: _("true or false")),
)

_KINDS: dict[str, tuple[Callable[[str, Verifier], bool], set[str], set[str]]] = {
    "contains": (_contains, set(), {"all", "any"}),
    "exact": (_exact, {"any"}, set()),
    "regex": (_regex, {"pattern"}, set()),
    "numeric": (_numeric, {"value"}, {"tolerance", "decimal_mark"}),
    "mcq": (_mcq, {"answer"}, set()),
    "json_equal": (_json_equal, {"value"}, set()),
    "constraint": (_constraint, set(), set(_CONSTRAINTS)),
}
