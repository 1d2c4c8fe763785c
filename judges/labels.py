"""The sets of labels that judges are asked for, and how each is found in folded text and in a JSON object.

A *complete* label is one of the set, written out whole. What looks like a label but is none, `[[AB]]`, is found too, as `None`:
it is no verdict, and it keeps an earlier label from being taken for the last word.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_BRACKETED = re.compile(r"\[\[([^\[\]\n]{1,24})\]\]")
_ARROWS = {"&gt;": ">", "&lt;": "<", "\\gg": ">>", "\\gt": ">", "\\ll": "<<", "\\lt": "<"}
_NAMED = (
    r"(?:(?:my|the|final|overall|is) ){0,3}"
    r"(?:verdict|result|evaluation(?:[ _]result)?|winner|decision|judge?ment|scores?|rating)(?: is)?[ \t]*[:=][ \t]*"
)
# Bounded, so that a line of a hundred thousand signs is read in linear time.
_OPEN, _CLOSE = r"(?:[-+•] |[ \t#>|\"'(\[]){0,12}", r"[ \t\"')\].!,;|]{0,12}"


@dataclass(frozen=True, slots=True)
class Found:
    """A label of the set, or None for what only looks like one, and where it stands."""

    label: str | None
    start: int
    end: int


class Labels(Protocol):
    """A set of labels."""

    @property
    def fields(self) -> tuple[str, ...]:
        """Names of the JSON fields that hold the label."""
        ...

    def in_text(self, text: str) -> list[Found]:
        """All that stand in folded text, in order."""
        ...

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        """The label in a JSON object, or None where it has none of the set."""
        ...


def _in_fields(text: str, field: str) -> list[tuple[str, int, int]]:
    """What stands behind a quoted field name in JSON that does not parse as a whole."""
    pattern = rf'"{field}"[ \t]*:[ \t]*(?:"([^"\n]{{1,24}})"|(-?\d{{1,6}}(?:\.\d{{1,6}})?)(?=[\s,}}]))'
    return [(found[1] or found[2], found.start(), found.end()) for found in re.finditer(pattern, text)]


def _lines_naming(text: str, label: str) -> list[tuple[str | None, int, int]]:
    """Lines that are the label alone, and lines such as `Verdict: label`; None where such a line names something else."""
    bare = rf"^{_OPEN}(?:{_NAMED})?{_OPEN}({label}){_CLOSE}$|^{_OPEN}{_NAMED}([^\n]{{1,24}})$"
    found_lines = re.finditer(bare, text, re.M)
    return [(found[1], found.start(1 if found[1] else 0), found.end(1 if found[1] else 0)) for found in found_lines]


@dataclass(frozen=True, slots=True)
class BracketedLabels:
    """One of a few labels in double brackets: `[[A>>B]]`.

    Examples
    --------
    >>> labels = BracketedLabels({"a": "A", "b": "B", "c": "C"})
    >>> labels.in_text("not [[ab]], so [[ c ]]")
    [Found(label=None, start=4, end=10), Found(label='C', start=15, end=22)]
    """

    spellings: Mapping[str, str]  # folded, without spaces -> the label
    field: str = "verdict"

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def in_text(self, text: str) -> list[Found]:
        brackets = [Found(self._label(found[1]), *found.span()) for found in _BRACKETED.finditer(text)]
        values = _in_fields(text, self.field)
        return sorted([*brackets, *(Found(self._value(value), start, end) for value, start, end in values)], key=_place)

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        value = fields.get(self.field)
        return self._value(value.casefold()) if isinstance(value, str) else None

    def _value(self, value: str) -> str | None:
        found = _BRACKETED.fullmatch(value.strip())
        return self._label(found[1] if found else value)

    def _label(self, inside: str) -> str | None:
        for written, meant in _ARROWS.items():
            inside = inside.replace(written, meant)
        return self.spellings.get("".join(inside.split()))


@dataclass(frozen=True, slots=True)
class LineLabels:
    """One of a few words that stand alone on a line, or behind `Verdict:` or its like: `1`, `2`, `Tie`.

    Examples
    --------
    >>> LineLabels({"1": "1", "2": "2", "tie": "Tie"}).in_text("1 is shorter.\\nresult: tie")
    [Found(label='Tie', start=22, end=25)]
    """

    spellings: Mapping[str, str]
    field: str = "verdict"

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def in_text(self, text: str) -> list[Found]:
        words = "|".join(re.escape(spelling) for spelling in self.spellings)
        lines = [*_lines_naming(text, rf"(?:response |answer )?(?:{words})"), *_in_fields(text, self.field)]
        return sorted((Found(self._label(said), start, end) for said, start, end in lines), key=_place)

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        value = fields.get(self.field)
        is_word = isinstance(value, str | int) and not isinstance(value, bool)
        return self._label(str(value).casefold()) if is_word else None

    def _label(self, said: str | None) -> str | None:
        return self.spellings.get((said or "").strip().removeprefix("response ").removeprefix("answer "))


@dataclass(frozen=True, slots=True)
class ScoreLabels:
    """One number of a scale in double brackets, `[[7]]`, or behind `[RESULT]`.

    Examples
    --------
    >>> ScoreLabels(1, 10).in_text("[[11]] or [[ 7/10 ]]")
    [Found(label=None, start=0, end=6), Found(label='7', start=10, end=20)]
    """

    low: float
    high: float
    whole: bool = False
    field: str = "score"

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.field,)

    def in_text(self, text: str) -> list[Found]:
        results = re.finditer(r"\[result\][ \t]*:?[ \t]*([^\s,;]{1,12})", text)
        written = [(found[1], *found.span()) for found in [*_BRACKETED.finditer(text), *results]]
        found = (Found(self._label(said), start, end) for said, start, end in [*written, *_in_fields(text, self.field)])
        return sorted(found, key=_place)

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        value = fields.get(self.field)
        if isinstance(value, str):
            bracketed = _BRACKETED.fullmatch(value.strip())
            return self._label(bracketed[1] if bracketed else value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return number_in(repr(value), self.low, self.high, self.whole) if is_number else None

    def _label(self, said: str) -> str | None:
        number, _, scale = said.partition("/")
        if scale and scale.strip() != f"{self.high:g}":
            return None
        # A full stop may end the sentence; it is not the number's.
        return number_in(number.strip().removesuffix("."), self.low, self.high, self.whole)


@dataclass(frozen=True, slots=True)
class PairScoreLabels:
    """Two numbers of a scale on one line, the first slot's first: `8 6`.

    Examples
    --------
    >>> PairScoreLabels(1, 10).in_text("scores: 8, 6.5")
    [Found(label='8 6.5', start=8, end=14)]
    """

    low: float
    high: float

    @property
    def fields(self) -> tuple[str, ...]:
        return ("score_1", "score_2")

    def in_text(self, text: str) -> list[Found]:
        number = r"\d{1,6}(?:\.\d{1,6})?"
        lines = _lines_naming(text, rf"{number}(?:[ \t]*,[ \t]*|[ \t]+){number}")
        return [Found(self._label((said or "").replace(",", " ").split()), start, end) for said, start, end in lines]

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        values = [fields.get(field) for field in self.fields]
        are_numbers = all(isinstance(value, int | float | str) and not isinstance(value, bool) for value in values)
        return self._label([str(value).strip() for value in values]) if are_numbers else None

    def _label(self, said: Sequence[str]) -> str | None:
        numbers = [number_in(one, self.low, self.high) for one in said]
        return " ".join(map(str, numbers)) if len(numbers) == 2 and None not in numbers else None


@dataclass(frozen=True, slots=True)
class CheckLabels:
    """Yes or no for each criterion of a list, in lines `1: yes`.

    Examples
    --------
    >>> CheckLabels(2).in_text("1: yes\\n2: no")
    [Found(label='yes no', start=0, end=12)]
    """

    n_criteria: int

    @property
    def fields(self) -> tuple[str, ...]:
        return ("checks",)

    def in_text(self, text: str) -> list[Found]:
        line = rf"^{_OPEN}(?:criterion |check )?#?(\d{{1,3}})[ \t]*[.:=)|\-][ \t]*(yes|no){_CLOSE}$"
        lines = list(re.finditer(line, text, re.M))
        if not lines:
            return []
        start, end = lines[0].start(1), lines[-1].end(2)
        # A criterion that is answered twice, differently, makes two labels: the caller sees that they disagree.
        first = {int(found[1]): found[2] for found in reversed(lines)}
        last = {int(found[1]): found[2] for found in lines}
        labels = {self._label(first): None, self._label(last): None}
        return [Found(label, start, end) for label in labels]

    def in_object(self, fields: Mapping[str, object]) -> str | None:
        checks = fields.get("checks")
        rows = checks if isinstance(checks, list) else []
        said = [_check(row) for row in rows]
        numbers = [number for number, _ in said]
        return self._label(dict(said)) if len(set(numbers)) == len(numbers) else None

    def _label(self, said: Mapping[int, str]) -> str | None:
        """All criteria, each answered, and no others."""
        numbers = range(1, self.n_criteria + 1)
        complete = set(said) == set(numbers) and set(said.values()) <= {"yes", "no"}
        return " ".join(said[number] for number in numbers) if complete else None


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
    """Number and answer of one row; 0 and an empty answer where it says neither."""
    if not isinstance(row, dict):
        return 0, ""
    number, met = str(row.get("number")), row.get("met")
    answer = {True: "yes", False: "no"}[met] if isinstance(met, bool) else str(met).strip().casefold()
    return (int(number) if re.fullmatch(r"[0-9]{1,3}", number) else 0), answer


def _place(found: Found) -> tuple[int, int]:
    return found.start, found.end
