"""The sets of labels that judges are asked for, and how each is found in plain text and in a JSON object.

A *complete* label is one of the set, written out whole. What looks like a label but is none, `[[AB]]`, is found too, as `None`:
it is no verdict, and it keeps an earlier label from being taken for the last word. The ranks of the forms are those of the
table in `judges.replies.parsing`.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from arena.lazy_patterns import LazyPattern

ASKED, BRACKETED, BARE = 1, 2, 3  # ranks of the forms of a label

_DOUBLE = LazyPattern(r"\[ ?\[([^\[\]\n]{1,24})\] ?\]")
_ONE_MORE = LazyPattern(r"\[{2,4}([^\[\]\n]{1,24})\]{2,4}")  # brackets of a line: one too many is still the form
_SINGLE = LazyPattern(r"\[([^\[\]\n]{1,24})\]")
_ARROWS = {"&gt;": ">", "&lt;": "<", "\\gg": ">>", "\\gt": ">", "\\ll": "<<", "\\lt": "<"}
_NAME = LazyPattern(
    r"^(?:(?:it|that)(?: is|'s|’s) )?(?:(?:the )?(?:answer|assistant|response|model|option|candidate) )?(?=\S{1,3}$)"
)
_AROUND = " \t_`.()"


@dataclass(frozen=True, slots=True)
class LabelInProse:
    """A label of the set in prose, or None where the text only looks like one, with its place."""

    label: str | None
    start: int
    end: int


class Stated(NamedTuple):
    """The label of a line without lead-in and markup: the rank of its form, and the label, None where it is not complete."""

    rank: int
    label: str | None
    part: int = 0  # of a checklist: the criterion


class Labels(Protocol):
    """A set of labels."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the JSON fields that hold the label."""
        ...

    @property
    def is_line(self) -> bool:
        """Whether a bare label was asked for as a line of its own: it counts wherever that line stands."""
        ...

    @property
    def is_score(self) -> bool:
        """Whether labels are numbers of points."""
        ...

    def stated(self, line: str, lead: str) -> Stated | None:
        """The label that a line states; None where it is prose. `lead` is its lead-in, such as "final verdict:", or empty."""
        ...

    def in_prose(self, text: str) -> list[LabelInProse]:
        """All in the form that was asked for, in order, wherever they stand in plain text."""
        ...

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        """The label in a JSON object, or None where it has none of the set."""
        ...

    def rows(self, line: str) -> list[tuple[int, int]]:
        """The spans of a line that are lines of their own."""
        ...

    def by_name(self, text: str) -> tuple[Stated, int, int] | None:
        """What the last lines give to each answer by its name, and where."""
        ...

    def parts(self, label: str | None) -> Mapping[int, str | None]:
        """The parts that are decided one by one."""
        ...

    def whole(self, parts: Mapping[int, str]) -> str | None:
        """The label that these parts make, or None where some are missing."""
        ...

    def side(self, label: str) -> str:
        """The side to which a label gives the win: "a" the first answer, "b" the second, "c" neither; "" without sides."""
        ...


class _OneLineLabels:
    """Labels that need no more than a line."""

    __slots__ = ()
    is_score = False

    def rows(self, line: str) -> list[tuple[int, int]]:
        return [(0, len(line))]

    def by_name(self, text: str) -> tuple[Stated, int, int] | None:
        return None

    def side(self, label: str) -> str:
        return ""


class OnePart(_OneLineLabels):
    """Labels that are decided as a whole."""

    __slots__ = ()

    def parts(self, label: str | None) -> Mapping[int, str | None]:
        return {0: label}

    def whole(self, parts: Mapping[int, str]) -> str | None:
        return parts.get(0)


@dataclass(frozen=True, slots=True)
class BracketedLabels(OnePart):
    """One of a few labels in double brackets: `[[A>>B]]`.

    Examples
    --------
    >>> labels = BracketedLabels({"a": "A", "b": "B", "c": "C"})
    >>> labels.in_prose("not [[ab]], so [[ c ]]")
    [LabelInProse(label=None, start=4, end=10), LabelInProse(label='C', start=15, end=22)]
    >>> labels.stated("[[a]]", ""), labels.stated("answer b", "final verdict: "), labels.stated("a is long", "")
    (Stated(rank=1, label='A', part=0), Stated(rank=2, label='B', part=0), None)
    """

    spellings: Mapping[str, str]  # folded, without spaces -> the label
    field: str = "verdict"
    is_line = False

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def stated(self, line: str, lead: str) -> Stated | None:
        if match := _ONE_MORE.fullmatch(line) or _DOUBLE.fullmatch(line):
            return Stated(ASKED, self._label(match[1]))
        match = _SINGLE.fullmatch(line)
        label = self._label(match[1] if match else line)
        return _less_formal(label, is_bracketed=match is not None, lead=lead)

    def in_prose(self, text: str) -> list[LabelInProse]:
        return [LabelInProse(self._label(match[1]), *match.span()) for match in _DOUBLE.finditer(text)]

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        value = fields.get(self.field)
        return self._label(value.casefold().strip("[] ")) if isinstance(value, str) else None

    def side(self, label: str) -> str:
        return "c" if "=" in label else label[:1].lower()

    def _label(self, inside: str) -> str | None:
        for written, meant in _ARROWS.items():
            inside = inside.replace(written, meant)
        return self.spellings.get("".join(_NAME.sub("", inside.strip(_AROUND)).split()))


@dataclass(frozen=True, slots=True)
class LineLabels(OnePart):
    """One of a few words that stand alone on a line, or behind `Verdict:` or its like: `1`, `2`, `Tie`.

    Examples
    --------
    >>> LineLabels({"1": "1", "2": "2", "tie": "Tie"}).stated("tie", "result: ")
    Stated(rank=1, label='Tie', part=0)
    """

    spellings: Mapping[str, str]
    field: str = "verdict"
    is_line = True

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def stated(self, line: str, lead: str) -> Stated | None:
        match = _ONE_MORE.fullmatch(line) or _SINGLE.fullmatch(line)
        label = self._label(match[1] if match else line)
        if label is None:
            return Stated(ASKED, None) if lead else None
        return Stated(ASKED if lead else BRACKETED if match else BARE, label)

    def in_prose(self, text: str) -> list[LabelInProse]:
        return []

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        value = fields.get(self.field)
        is_word = isinstance(value, str | int) and not isinstance(value, bool)
        return self._label(str(value).casefold()) if is_word else None

    def side(self, label: str) -> str:
        return {"1": "a", "2": "b"}.get(label, "c")

    def _label(self, text: str) -> str | None:
        return self.spellings.get(_NAME.sub("", text.strip(_AROUND)))


@dataclass(frozen=True, slots=True)
class ScoreLabels(OnePart):
    """One number of a scale in double brackets, `[[7]]`, or behind `[RESULT]`.

    Examples
    --------
    >>> labels = ScoreLabels(1, 10)
    >>> labels.in_prose("[[11]] or [[ 7/10 ]]")
    [LabelInProse(label=None, start=0, end=6), LabelInProse(label='7', start=10, end=20)]
    >>> labels.stated("8 out of 10", "rating: ")
    Stated(rank=2, label='8', part=0)
    """

    low: float
    high: float
    whole_points: bool = False
    field: str = "score"
    is_line = False
    is_score = True

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def stated(self, line: str, lead: str) -> Stated | None:
        scaled = _SCALE.fullmatch(line)
        number, scale = (scaled["number"], scaled["scale"]) if scaled else (line, None)
        doubled = _ONE_MORE.fullmatch(number) or _DOUBLE.fullmatch(number)
        single = _SINGLE.fullmatch(number)
        inside = (doubled or single)[1] if doubled or single else number  # type: ignore[index]
        label = self._label(f"{inside}/{scale}" if scale else inside)
        if doubled or "[result]" in lead:
            return Stated(ASKED, label)
        # "Final answer: 4" may be the answer to the question, so it counts no more than a bare number does.
        return _less_formal(label, is_bracketed=single is not None, lead="" if _SOLUTION.match(lead) else lead)

    def in_prose(self, text: str) -> list[LabelInProse]:
        labels = [
            LabelInProse(self._label(each[1]), *each.span())
            for pattern in (_DOUBLE, _RESULT)
            for each in pattern.finditer(text)
        ]
        return sorted(labels, key=lambda each: each.start)

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        value = fields.get(self.field)
        if isinstance(value, str):
            return self._label(value.strip("[] "))
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return number_in(repr(value), self.low, self.high, self.whole_points) if is_number else None

    def _label(self, text: str) -> str | None:
        number, _, scale = text.strip(_AROUND).partition("/")
        if scale and scale.strip() != f"{self.high:g}":
            return None
        # A full stop may end the sentence; it is not the number's.
        return number_in(number.strip().removesuffix("."), self.low, self.high, self.whole_points)


_SOLUTION = LazyPattern(r"(?:(?:my|the|our|so|thus|therefore) ){0,3}(?:final[ _]?)?answer\b")
_RESULT = LazyPattern(r"\[result\][ \t]*:?[ \t]*([^\s,;]{1,12})")
_SCALE = LazyPattern(
    r"(?P<number>[^\s/]{1,20}|\[\[[^\[\]\n]{1,24}\]\])[ \t]?"
    r"(?:(?:/|out of|of|von|sur|de|из)[ \t]?(?P<scale>\d{1,3}))?(?:[ \t]?(?:points?|punkte|分|点|stars?))?"
)


@dataclass(frozen=True, slots=True)
class PairScoreLabels(OnePart):
    """Two numbers of a scale on one line, the first slot's first: `8 6`.

    Examples
    --------
    >>> PairScoreLabels(1, 10).stated("8, 6.5", "scores: ")
    Stated(rank=1, label='8 6.5', part=0)
    """

    low: float
    high: float
    is_line = True
    is_score = True

    @property
    def fields(self) -> tuple[str, ...]:
        return ("score_1", "score_2")

    def stated(self, line: str, lead: str) -> Stated | None:
        if pair := _PAIR.fullmatch(line):
            is_scaled = {pair["scale"], pair["scale_2"]} <= {None, f"{self.high:g}"}
            return Stated(ASKED, self._label([pair["first"], pair["second"]]) if is_scaled else None)
        return Stated(ASKED, None) if lead else None

    def by_name(self, text: str) -> tuple[Stated, int, int] | None:
        matches = list(_NAMED.finditer(text))
        last = matches[-1] if matches else None
        # Scores of several qualities, one after the other, are no scores of the answers.
        if last is None or re.search(r"\w", text[last.end() :]) or len(matches) > 1:
            return None
        is_scaled = {last["scale"], last["scale_2"]} <= {None, f"{self.high:g}"}
        label = self._label([last["first"], last["second"]]) if is_scaled else None
        return Stated(BRACKETED, label), last.start("first"), last.end("second")

    def in_prose(self, text: str) -> list[LabelInProse]:
        return []

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        values = [fields.get(field) for field in self.fields]
        are_numbers = all(isinstance(value, int | float | str) and not isinstance(value, bool) for value in values)
        return self._label([str(value).strip() for value in values]) if are_numbers else None

    def side(self, label: str) -> str:
        first, second = map(float, label.split())
        return "a" if first > second else "b" if second > first else "c"

    def _label(self, scores: Sequence[str]) -> str | None:
        numbers = [number_in(one, self.low, self.high) for one in scores]
        return " ".join(map(str, numbers)) if len(numbers) == 2 and None not in numbers else None


_NUMBER = r"(?P<{0}>\d{{1,6}}(?:\.\d{{1,6}})?)(?:[ \t]?/[ \t]?(?P<{1}>\d{{1,3}}))?"
_FIRST, _SECOND = _NUMBER.format("first", "scale"), _NUMBER.format("second", "scale_2")
_PAIR = LazyPattern(rf"{_FIRST}(?:[ \t]*,[ \t]*|[ \t]+){_SECOND}")
_WHOSE = (
    r"(?:the )?(?:assistant|answer|response|model) ?#?{0}(?:['’]s)?(?: (?:final |overall )?(?:score|rating))?"
    r"[ \t|]*[:=|–—-][ \t|]*"
)
_NAMED = LazyPattern(
    rf"^[^\w\n]*{_WHOSE.format(1)}{_FIRST}[ \t|.]*(?:[,;]|\n|[,;]\s*\n)(?:[^\w\n]*\n)*"
    rf"[^\w\n]*(?:and )?{_WHOSE.format(2)}{_SECOND}[ \t|.]*$",
    re.M,
)


@dataclass(frozen=True, slots=True)
class CheckLabels(_OneLineLabels):
    """Yes or no for each criterion of a list, in lines `1: yes`; reasons may follow, `2. **No** - it names none`.

    Examples
    --------
    >>> labels = CheckLabels(2)
    >>> labels.stated("1: yes", ""), labels.stated("2. no, none is named", ""), labels.stated("2: no doubt it is", "")
    (Stated(rank=1, label='yes', part=1), Stated(rank=2, label='no', part=2), Stated(rank=2, label=None, part=2))
    """

    n_criteria: int
    is_line = True

    @property
    def fields(self) -> tuple[str, ...]:
        return ("checks",)

    def stated(self, line: str, lead: str) -> Stated | None:
        match = _CHECK.match(line)
        if match is None or lead:
            return None
        reason = match["reason"].strip(" |.!;,")
        is_clear = not reason or bool(_REASON.match(match["reason"]) and not _TURNED.search(reason))
        return Stated(BRACKETED if reason else ASKED, match["answer"] if is_clear else None, int(match["number"]))

    def in_prose(self, text: str) -> list[LabelInProse]:
        return []

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        checks = fields.get("checks")
        rows = checks if isinstance(checks, list) else []
        checked = [_check(row) for row in rows]
        numbers = [number for number, _ in checked]
        return self.whole(dict(checked)) if len(set(numbers)) == len(numbers) else None

    def rows(self, line: str) -> list[tuple[int, int]]:
        if not _CHECKS.fullmatch(line):
            return [(0, len(line))]
        return [each.span() for each in _ONE_CHECK.finditer(line)]

    def parts(self, label: str | None) -> Mapping[int, str | None]:
        return dict(enumerate(label.split(), 1)) if label else {1: None}

    def whole(self, parts: Mapping[int, str]) -> str | None:
        """All criteria, each answered, and no others."""
        numbers = range(1, self.n_criteria + 1)
        complete = set(parts) == set(numbers) and set(parts.values()) <= {"yes", "no"}
        return " ".join(parts[number] for number in numbers) if complete else None


_CHECK = LazyPattern(
    r"(?:criterion |check |question |item )?#?(?P<number>\d{1,3})(?: ?\([^()\n]{0,80}\))?[ \t]*(?:[.:=)|\-–—]|->|→)+[ \t|:]*[\"'(\[]{0,3}"  # noqa: E501
    r"(?P<answer>yes|no)[\"')\]]{0,3}(?![\w'’/])(?P<reason>.*)"
)
# Several on one line and nothing beside them: "1: yes, 2: no, 3: yes".
_ONE_CHECK = LazyPattern(r"(?:(?:criterion|check|question|item) )?#?\d{1,3}[ \t]?[.:=)–—-][ \t]*(?:yes|no)(?!\w)")
_CHECKS = LazyPattern(rf"[^\w?]*{_ONE_CHECK.pattern}(?:(?:[ \t]*[,;.|/][ \t|]*|[ \t]+)(?:and )?{_ONE_CHECK.pattern})+[ \t.!|]*")
# What sets a reason off from the answer, and what takes the answer back.
_REASON = LazyPattern(r"\s*[,.;:!|(–—]|\s+-|\s+(?:because|since|as|due to)\b")
_TURNED = LazyPattern(
    r"^\W*(?:but|however|though|although|if|or|and no|and yes|maybe|partly|partially|mostly|almost|except|unless|not really"
    r"|only)\b|\b(?:wait|actually|correction|scratch that|on second thought|rather no|rather yes|i mean|make that)\b"
)


def _less_formal(label: str | None, *, is_bracketed: bool, lead: str) -> Stated | None:
    """A label in other brackets or bare; behind a lead-in both are of one rank, and what is no label is an incomplete one."""
    if label is None:
        return Stated(BRACKETED, None) if lead else None
    return Stated(BRACKETED if is_bracketed or lead else BARE, label)


def number_in(text: str, low: float, high: float, whole: bool = False) -> str | None:
    """
    The number in its shortest form, or None where the text is none, or is off the scale.

    Examples
    --------
    >>> number_in("7.0", 1, 10), number_in("seven", 1, 10), number_in("7.5", 1, 10, whole=True)
    ('7', None, None)
    """
    if not re.fullmatch(r"\d{1,6}(?:\.\d{1,6})?", text, re.ASCII):
        return None
    number = float(text)
    fits = math.isfinite(number) and low <= number <= high and not (whole and number % 1)
    return f"{number:.6f}".rstrip("0").rstrip(".") if fits else None


def _check(row: object) -> tuple[int, str]:
    """Number and answer of one row; 0 and an empty answer where it has neither."""
    if not isinstance(row, dict):
        return 0, ""
    number, met = str(row.get("number")), row.get("met")
    answer = {True: "yes", False: "no"}[met] if isinstance(met, bool) else str(met).strip().casefold()
    return (int(number) if re.fullmatch(r"[0-9]{1,3}", number) else 0), answer
