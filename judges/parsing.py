"""Reply text -> verdict label, or the state that says why there is none. Pure text; whatever comes in, nothing is raised.

A complete label on the last line that is not empty, or in the JSON field, counts; else all labels must agree; else the reply
is `ambiguous`. Before that, what stands inside the request's own fences (an echo of the answers) and all thinking is cut out.
"""

import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from arena.llm.messages import Finish
from judges.echoes import without_echo, without_thoughts
from judges.labels import Found, Labels
from judges.refusals import OPENINGS
from judges.states import GameState
from judges.tracing import Traced

# 1: the first rules. A judge's card holds this number: other rules make another judge.
PARSER_VERSION = 1
# "last" and "first" read stored outputs the way their sources did; they are for replays only.
type Pick = Literal["agree", "last", "first"]

_TAG = re.compile(r"<[^<>\n]{0,40}>")  # </answer>, <|im_end|>
_PAGE = re.compile(r"\s*(?:<\?xml[^<>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.I)
_PAGE_END = re.compile(r"</html\s*>", re.I)
_MOST_OBJECTS = 40  # places where JSON is tried, counted from the end
_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reply says.

    Attributes
    ----------
    state : how the game ended; the others follow only from `ok`
    label : the label, spelled as its protocol spells it
    start, end : where it stands in the reply as received
    reason : why there is no label, for people
    """

    state: GameState
    label: str | None = None
    start: int | None = None
    end: int | None = None
    reason: str = ""


class _Doubled(tuple[object, ...]):
    """The values of a JSON field that an object has more than once."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Object:
    """A JSON object in a text and where it stands."""

    fields: dict[str, object]
    start: int
    end: int


def judge_reply(text: str | None, finish: Finish, labels: Labels, *, fence: str | None = None, pick: Pick = "agree") -> Parsed:
    """
    What one reply of an API says: the finish state counts first, then the text.

    Parameters
    ----------
    text : the content of the reply, None where it had none
    finish : how the provider says the reply ended
    labels : the labels that the protocol asked for
    fence : the fence of the request, to cut out what the reply echoes of it

    Examples
    --------
    >>> from judges.labels import BracketedLabels
    >>> labels = BracketedLabels({"a": "A", "b": "B"})
    >>> judge_reply("B is vague.\\n**[[A]]**", "stop", labels)
    Parsed(state=<GameState.OK: 'ok'>, label='A', start=14, end=19, reason='')
    >>> judge_reply("[[A]]", "length", labels).state
    <GameState.TRUNCATED: 'truncated'>
    """
    if ended := UNFINISHED.get(finish):
        return Parsed(ended[0], reason=ended[1])
    if text is None:
        return Parsed(GameState.UNPARSABLE, reason="The reply has no content (null).")
    if not text.strip():
        return Parsed(GameState.UNPARSABLE, reason="The reply is empty.")
    if is_page(text):
        return Parsed(GameState.ERROR, reason="The reply is an HTML page, not a judge's answer.")
    return _refused_if_so(parse(text, labels, fence=fence, pick=pick), text)


UNFINISHED = {
    "length": (GameState.TRUNCATED, "The reply was cut at the token limit."),
    "filtered": (GameState.FILTERED, "The provider's content filter held the reply back."),
    "refused": (GameState.REFUSED, "The provider says that the model refused."),
}


def parse(text: str, labels: Labels, *, fence: str | None = None, pick: Pick = "agree") -> Parsed:
    """The label in the text, or `ambiguous` or `unparsable` with the reason."""
    traced = Traced.of(text)
    objects = objects_in(text)
    # A string in JSON may name a fence or hold the word <think>; only what is no object as a whole is cut.
    if not _is_all(objects, text):
        traced = without_thoughts(without_echo(traced, fence))
        objects = objects_in(traced.text)
    if not has_words(traced.text):
        return Parsed(GameState.UNPARSABLE, reason="Nothing is left of the reply outside of thinking and echoed text.")
    return _decided(*_founds(traced, objects, labels), pick=pick)


def is_page(text: str) -> bool:
    """Whether this is an HTML page and nothing after it, such as a proxy's error page."""
    ends = list(_PAGE_END.finditer(text))
    return bool(_PAGE.match(text)) and (not ends or not text[ends[-1].end() :].strip())


def has_words(text: str) -> bool:
    """Whether anything is left of a text without its tags, rules and brackets."""
    return any(character.isalnum() for character in _TAG.sub("", text))


def _founds(text: Traced, objects: Sequence[_Object], labels: Labels) -> tuple[list[Found], list[Found]]:
    """What decides, and all there is: labels with their places in the reply as received."""
    ours = [one for one in objects if _is_all(objects, text.text) or any(field in one.fields for field in labels.fields)]
    in_json = [Found(label, *text.span(*_place(one, text.text, labels))) for one in ours for label in _said(one.fields, labels)]
    rest = text.cut((one.start, one.end) for one in ours).folded()
    in_text = [Found(found.label, *rest.span(found.start, found.end)) for found in labels.in_text(rest.text)]
    last_line = _last_line(rest)
    on_last = [found for found in in_text if found.end > last_line]
    # An object at the very end is the last word; one with text behind it may be quoted.
    is_last = bool(ours) and not has_words(text.text[ours[-1].end :])
    return (in_json if is_last else on_last), [*in_json, *in_text]


def _decided(decisive: Sequence[Found], everything: Sequence[Found], *, pick: Pick) -> Parsed:
    complete = sorted((found for found in everything if found.label), key=lambda found: found.start)
    if not complete:
        return Parsed(GameState.UNPARSABLE, reason="A label that is not complete." if everything else "No label.")
    if pick != "agree":
        return _ok(complete[-1 if pick == "last" else 0])
    last_words = [found for found in decisive if found.label]
    # A broken label as the last word is not overruled by whole ones before it.
    if decisive and not last_words:
        return Parsed(GameState.AMBIGUOUS, reason="The last line has a label that is not complete, other lines have others.")
    counted = last_words or complete
    said = sorted({str(found.label) for found in counted})
    if len(said) > 1:
        return Parsed(GameState.AMBIGUOUS, reason=f"Several labels: {', '.join(said)[:200]}.")
    return _ok(counted[-1])


def _ok(found: Found) -> Parsed:
    return Parsed(GameState.OK, found.label, found.start, found.end)


def _refused_if_so(parsed: Parsed, text: str) -> Parsed:
    """A refusal in words, only where there is no label."""
    if parsed.state is not GameState.UNPARSABLE or not refuses(text):
        return parsed
    return Parsed(GameState.REFUSED, reason="The model refused in words.")


def refuses(text: str) -> bool:
    """Whether a reply begins as refusals do."""
    said = without_thoughts(Traced.of(text)).text.strip().lstrip("#*_>\"' \n").casefold()
    return html.unescape(said[:400]).replace("’", "'").replace("**", "").startswith(OPENINGS)


def _last_line(text: Traced) -> int:
    """Where the last line with words begins in the reply as received; behind everything where there is none."""
    for line in reversed(list(_LINE.finditer(text.text))):
        if has_words(line[0]):
            return text.span(*line.span())[0]
    return text.places[-1] + 1 if text.text else 0


def _is_all(objects: Sequence[_Object], text: str) -> bool:
    """Whether the text is one JSON object and nothing else."""
    if len(objects) != 1:
        return False
    around = text[: objects[0].start] + text[objects[0].end :]
    return not has_words(around.replace("```json", "").replace("```JSON", ""))


def objects_in(text: str) -> list[_Object]:
    """The outermost JSON objects in a text, names of fields folded."""
    decoder = json.JSONDecoder(object_pairs_hook=_fields, strict=False)  # models write line breaks into strings
    places = [found.start() for found in re.finditer(r"\{(?=\s*[\"}])", text)]
    objects: list[_Object] = []
    end = 0
    # The first one may be the whole reply; of a long row of braces the last ones count.
    for place in [*places[:1], *places[1:][-_MOST_OBJECTS:]]:
        if place < end:
            continue
        try:
            fields, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):  # not JSON, or nested too deep to be a verdict
            continue
        objects.append(_Object(fields, place, end))
    return objects


def _fields(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object with folded names; a name that comes twice keeps all its values."""
    fields: dict[str, object] = {}
    for name, value in pairs:
        key = name.strip().casefold()
        old = fields.get(key)
        twice = _Doubled((*(old if isinstance(old, _Doubled) else (old,)), value))
        fields[key] = twice if key in fields and old != value else value
    return fields


def _said(fields: dict[str, object], labels: Labels) -> Iterator[str | None]:
    """The label of an object; all of them where a field comes twice."""
    doubled = {name: values for name, values in fields.items() if isinstance(values, _Doubled)}
    alternatives = [fields | {name: value} for name, values in doubled.items() if name in labels.fields for value in values]
    said = dict.fromkeys(labels.in_object(_folded(alternative)) for alternative in alternatives or [fields])
    yield from said


def _folded(fields: dict[str, object]) -> dict[str, object]:
    """String values in the form in which labels are looked for."""
    return {
        name: Traced.of(value).folded().text if isinstance(value, str) and len(value) <= 100 else value
        for name, value in fields.items()
    }


def _place(one: _Object, text: str, labels: Labels) -> tuple[int, int]:
    """Where the field's value stands; the whole object where several fields make the label."""
    if len(labels.fields) > 1:
        return one.start, one.end
    named = re.compile(rf'"{re.escape(labels.fields[0])}"\s*:\s*("(?:[^"\\]|\\.)*"|-?[\d.]+)', re.I)
    values = list(named.finditer(text, one.start, one.end))
    return values[-1].span(1) if values else (one.start, one.end)
