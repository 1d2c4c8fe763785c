"""JSON objects in a reply as models write them: in prose, in wrappers, with Python's quotes, comments or extra commas."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from arena.lazy_patterns import LazyPattern
from judges.replies.json_fields import is_losers_name, is_set_aside, is_verdict_name, withholds
from judges.replies.labels import Labels
from judges.replies.offset_text import OffsetText

_MOST_OBJECTS = 40  # places where JSON is tried, counted from the end
_MOST_LOOSE = 3  # of them, places where other spellings are tried
_LONGEST_LOOSE = 50_000
_DEEPEST = 4  # wrappers around the field
# Names that judges give the asked field; they count where the reply has one of them, at the top of its object.
NEAR = {
    "verdict": ("final_verdict", "winner", "choice", "decision", "judgment", "judgement"),
    "score": ("rating", "final_score", "final_rating", "grade"),
}
_TOKEN = LazyPattern(
    r""""(?:[^"\\]|\\.)*"|'(?P<single>(?:[^'\\\n]|\\.)*)'|(?P<comment>//[^\n]*|/\*[^*]*\*/)|(?P<word>\b(?:True|False|None)\b)"""
    r"|(?P<comma>,)(?=\s*[}\]])"
)
_WORDS = {"True": "true", "False": "false", "None": "null"}


class Doubled(tuple[object, ...]):
    """The values of a JSON field that an object has more than once."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ReplyObject:
    """A JSON object in a text, with its place; names of fields are folded."""

    fields: dict[str, object]
    start: int
    end: int

    def stated_labels(self, labels: Labels) -> list[str | None]:
        """The labels of the objects in it that have the labels' fields; None where one has no label of the set."""
        stated: list[str | None] = []
        for fields in _having(self.fields, labels.fields, _DEEPEST):
            stated += _labels_in(fields, labels)
        return stated

    def holds(self, labels: Labels) -> bool:
        """Whether any object in it has the labels' fields, also as an example or as a quotation of an answer."""
        return any(True for _ in _having(self.fields, labels.fields, _DEEPEST, has_aside=True))

    def is_withheld(self, labels: Labels, label: str | None) -> bool:
        """Whether fields beside the verdict void it: an error, a draft, or the verdict's label as the loser's."""
        inside = list(_having(self.fields, labels.fields, _DEEPEST))
        if any(withholds(fields) for fields in (self.fields, *inside)):
            return True
        beaten = [value for fields in (self.fields, *inside) for name, value in fields.items() if is_losers_name(name)]
        is_one = len(labels.fields) == 1 and label is not None
        return is_one and any(labels.in_object(_folded({labels.fields[0]: value})) == label for value in beaten)

    def others(self, labels: Labels) -> list[str]:
        """The labels of other fields that are named as verdicts are: "corrected_verdict", "final"."""
        if len(labels.fields) != 1:
            return []
        inside = list(_having(self.fields, labels.fields, _DEEPEST))
        other_labels: list[str] = []
        for fields in (self.fields, *inside):
            for name, value in fields.items():
                if name in labels.fields or not is_verdict_name(name, is_score=labels.is_score):
                    continue
                value = value.get(labels.fields[0]) if isinstance(value, dict) else value
                label = labels.in_object(_folded({labels.fields[0]: value}))
                other_labels += [label] if label else []
        return other_labels

    def near(self, labels: Labels) -> list[tuple[str, str]]:
        """Near names at the top of the object that hold exactly a label, with the label."""
        if len(labels.fields) != 1:
            return []
        field = labels.fields[0]
        held = {name: self.fields[name] for name in NEAR.get(field, ()) if name in self.fields}
        label_by_name = {name: labels.in_object({field: value}) for name, value in held.items() if _is_exact(value)}
        return [(name, label) for name, label in label_by_name.items() if label]


def _is_exact(value: object) -> bool:
    """Whether a value can be a label alone, which "Answer A" is not."""
    return isinstance(value, str | int | float) and len(str(value).split()) == 1


def objects_in(text: str) -> list[ReplyObject]:
    """The outermost JSON objects in a text."""
    decoder = json.JSONDecoder(object_pairs_hook=_fields, strict=False)  # models write line breaks into strings
    places = [brace.start() for brace in re.finditer(r"\{(?=\s*[\"'}/])", text)]
    objects: list[ReplyObject] = []
    end, n_loose = 0, 0
    # The first one may be the whole reply; of a long row of braces the last ones count.
    for place in [*places[:1], *places[1:][-_MOST_OBJECTS:]]:
        if place < end:
            continue
        decoded = _decoded(decoder, text, place)
        if decoded is None and n_loose < _MOST_LOOSE:
            n_loose += 1
            decoded = _decoded(decoder, _strict(text[place : place + _LONGEST_LOOSE]), 0)
            decoded = decoded and (decoded[0], decoded[1] + place)
        if decoded is not None:
            end = decoded[1]
            objects.append(ReplyObject(decoded[0], place, end))
    return objects


def _decoded(decoder: json.JSONDecoder, text: str, place: int) -> tuple[dict[str, object], int] | None:
    try:
        decoded: tuple[dict[str, object], int] = decoder.raw_decode(text, place)
    except (ValueError, RecursionError):  # not JSON, or nested too deep to be a verdict
        return None
    return decoded


def _strict(text: str) -> str:
    """The same text, character by character, in JSON's own spelling."""
    return _TOKEN.sub(_respelled, text)


def _respelled(token: re.Match[str]) -> str:
    if token["single"] is not None:
        inside = token["single"].replace('"', "'").replace("\\'", " '")
        return f'"{inside}"'
    if token["word"]:
        return _WORDS[token["word"]]
    return " " * len(token[0]) if token["comment"] or token["comma"] else token[0]


def _fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object with folded names; a repeated name keeps all its values."""
    fields: dict[str, object] = {}
    for name, value in pairs:
        key = name.strip().casefold()
        old = fields.get(key)
        twice = Doubled((*(old if isinstance(old, Doubled) else (old,)), value))
        fields[key] = twice if key in fields and old != value else value
    return fields


def _having(
    fields: Mapping[str, object], names: Sequence[str], depth: int, *, has_aside: bool = False
) -> Iterator[dict[str, object]]:
    """The outermost objects that have one of the fields, not as an object again: an echoed schema has no label.

    What stands in a field for an example, a draft or an answer's own words is left out, unless `has_aside`.
    """
    if any(name in fields and not isinstance(fields[name], dict) for name in names):
        yield dict(fields)
    elif depth:
        for name, value in fields.items():
            if is_set_aside(name) and not has_aside:
                continue
            for each in value if isinstance(value, list | Doubled) else [value]:
                if isinstance(each, dict):
                    yield from _having(each, names, depth - 1, has_aside=has_aside)


def _labels_in(fields: dict[str, object], labels: Labels) -> Iterator[str | None]:
    """The label of an object; all labels if a field is repeated."""
    doubled = {name: values for name, values in fields.items() if isinstance(values, Doubled)}
    alternatives = [fields | {name: value} for name, values in doubled.items() if name in labels.fields for value in values]
    yield from dict.fromkeys(labels.in_object(_folded(alternative)) for alternative in alternatives or [fields])


def _folded(fields: dict[str, object]) -> dict[str, object]:
    """String values in the form in which labels are looked for."""
    return {
        name: OffsetText.of(value).folded().text if isinstance(value, str) and len(value) <= 100 else value
        for name, value in fields.items()
    }


def place_of_label(one: ReplyObject, text: str, labels: Labels, name: str = "") -> tuple[int, int]:
    """The place of the field's value, or of the whole object if several fields make the label."""
    if len(labels.fields) > 1:
        return one.start, one.end
    field = name or labels.fields[0]
    value = r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?[\d.]+)"""
    values = list(re.finditer(rf"""["']{re.escape(field)}["']\s*:\s*{value}""", text[one.start : one.end], re.I))
    start, end = values[-1].span(1) if values else (0, one.end - one.start)
    return one.start + start, one.start + end
