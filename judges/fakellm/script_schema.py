"""The JSON of `fakellm --script`: an object of the fields below, all optional. Each is checked, and named where it is wrong.

A minimal one: {"reply": "I prefer the second.\n\n[[B]]"}. A judge that is right in four of five, and prefers the first slot:
{"judge": {"accuracy": 0.8, "slot_bias": 0.1}, "answers": {"Paris": {"quality": 1}, "Rome": {"quality": 0}}}.
A reply to what contains a word, and a failure: {"rules": [{"contains": "weather", "reply": "[[C]]"}, {"contains": "boom",
"behaviour": "server_error"}]}. `manage.py fakellm --help` prints the whole list.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class ScriptValue(NamedTuple):
    """What a value has to be: in words, and as a question."""

    words: str
    fits: Callable[[Any], bool]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _all(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: _is_list(value) and len(value) > 0 and all(map(fits, value))


def _pair(least: float) -> Callable[[Any], bool]:
    return lambda value: _is_list(value) and len(value) == 2 and all(_is_number(each) and each >= least for each in value)


def one_of(*words: str) -> ScriptValue:
    """A text out of these; the empty one stands for the default."""
    return ScriptValue(f"one of {', '.join(repr(word) for word in words if word)}", lambda value: value in words)


def _object_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, Mapping) and all(map(fits, value.values()))


TEXT = ScriptValue("a text", _is_text)
TRUTH = ScriptValue("true or false", lambda value: isinstance(value, bool))
SHARE = ScriptValue("a number from 0 to 1", lambda value: _is_number(value) and 0 <= value <= 1)
ADDEND = ScriptValue("a number from -1 to 1", lambda value: _is_number(value) and -1 <= value <= 1)
COUNT = ScriptValue(
    "a whole number, 0 or more", lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0
)
SECONDS = ScriptValue("seconds, 0 or more", lambda value: _is_number(value) and value >= 0)
TEXTS = ScriptValue("a list of one text or more", _all(_is_text))
OBJECT = ScriptValue("an object", lambda value: isinstance(value, Mapping))
OBJECTS = ScriptValue("a list of one object or more", _all(lambda each: isinstance(each, Mapping)))
TEXT_TO_TEXT = ScriptValue("an object of texts", _object_of(_is_text))
TEXT_TO_SHARE = ScriptValue("an object of numbers from 0 to 1", _object_of(SHARE.fits))
TEXT_TO_OBJECT = ScriptValue("an object of objects", _object_of(OBJECT.fits))
LATENCY = ScriptValue("seconds, or a list of the least and the most", lambda value: SECONDS.fits(value) or _pair(0)(value))
SCORES = ScriptValue("a list of two numbers", _pair(float("-inf")))
USAGE = ScriptValue(
    "'counted', 'bound', 'words', or a list of two whole numbers",
    lambda value: value in {"counted", "bound", "words"} if _is_text(value) else _is_list(value) and len(value) == 2
    and all(map(COUNT.fits, value)),
)  # fmt: skip


def or_null(kind: ScriptValue) -> ScriptValue:
    """The same, and null, which stands for the default."""
    return ScriptValue(kind.words, lambda value: value is None or kind.fits(value))


type Schema = Mapping[str, tuple[ScriptValue, str]]

SCRIPT: Schema = {
    "reply": (TEXT, "what every reply says"),
    "replies": (TEXTS, "replies in order of arrival, then from the start again"),
    "rules": (OBJECTS, "replies or behaviours for requests that contain a text; the first that fits"),
    "judge": (or_null(OBJECT), "what sort of judge it is; without it `reply` is said"),
    "answers": (TEXT_TO_OBJECT, 'answer -> {"quality": number, "family": text}: what the judge knows of it'),
    "labels": (TEXT_TO_TEXT, 'of "first", "second", "tie", instead of those that the request asks for'),
    "scores": (or_null(SCORES), "of a wrong and of a right answer, where it grades"),
    "criteria": (TEXTS, "of a checklist that it is asked to write"),
    "replay": (TEXT_TO_TEXT, "key of a request -> reply"),
    "models": (TEXT_TO_OBJECT, "name of a model -> a script of its own"),
    "model": (TEXT, "returned instead of the model that was asked for"),
    "seed": (COUNT, "of all draws; the same one draws the same"),
    "latency": (LATENCY, "before each reply"),
    "behaviours": (TEXTS, "in order of arrival; good afterwards"),
    "mix": (TEXT_TO_SHARE, "behaviour -> share of the requests, drawn by content; the rest is good"),
    "requests_per_minute": (or_null(COUNT), "for each key; above it 429"),
    "retry_after": (or_null(SECONDS), "sent with a 429"),
    "announce_limits": (TRUTH, "whether rate-limit headers are sent"),
    "refuse": (TEXTS, 'parameters that get a 400; also "system", "json_schema", "json_object"'),
    "finish": (TEXT, 'the reason that ends a good reply; "null" and "absent" give none'),
    "thinking": (TEXT, "what it thinks before each reply"),
    "thinking_as": (one_of("tags", "field", "part"), "where that stands"),
    "truncate_below": (COUNT, "replies are cut where max_tokens is smaller"),
    "usage": (USAGE, "the tokens that it says it used"),
    "obey": (TEXT, '"outside_fence" or "anywhere": repeat the last label there in the request, as an injected judge does'),
    "ignore": (TEXTS, "words of the operator in which labels are no orders"),
    "keep_bodies": (TRUTH, "whether /__log keeps what was sent"),
}
JUDGE: Schema = {
    "always": (one_of("", "first", "second", "tie"), "says this, whatever the answers are"),
    "p_first": (or_null(SHARE), 'says "first" so often, whatever the answers are'),
    "slot_bias": (ADDEND, "added to the chance of the first slot"),
    "accuracy": (SHARE, "says the better answer so often, where qualities differ"),
    "longer": (SHARE, "says the longer answer so often, where qualities are equal"),
    "family": (TEXT, "its own family of models"),
    "family_bonus": (ADDEND, "added for an answer of its family against another one"),
    "p_tie": (SHARE, "says tie so often"),
    "p_correct": (SHARE, "grading: knows so often whether an answer is right"),
    "p_positive": (SHARE, 'grading: says "right" so often where it does not know'),
    "draw_by": (one_of("game", "item"), "whether the two orders of a battle are drawn apart"),
}
RULE: Schema = {
    "contains": (TEXT, "the text that a request has to contain; needed"),
    "reply": (or_null(TEXT), "what is said then"),
    "behaviour": (TEXT, "or what is done then"),
}


def check(written: Any, schema: Schema, what: str, *, needed: Sequence[str] = ()) -> None:
    """Raises ValueError that names the field, its value and what is allowed."""
    if not isinstance(written, Mapping):
        raise ValueError(f"{what}: is {_shown(written)}; an object is needed, such as {{{next(iter(schema))!r}: ...}}")
    if unknown := sorted(set(written) - set(schema)):
        raise ValueError(f"{what} field {', '.join(map(repr, unknown))}; allowed are {', '.join(sorted(schema))}")
    for name in needed:
        if name not in written:
            raise ValueError(f"{what}: {name} is missing; it needs {schema[name][0].words}")
    for name, value in written.items():
        kind = schema[name][0]
        if not kind.fits(value):
            raise ValueError(f"{what}: {name} is {_shown(value)}; {kind.words} is needed, or leave it out")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


def described(behaviours: Sequence[str]) -> str:
    """All fields, for --help."""
    lines = ["the script is a JSON object; all its fields are optional:", *_lines(SCRIPT)]
    lines += ["", "judge, an object:", *_lines(JUDGE), "", "each of the rules, an object:", *_lines(RULE), ""]
    lines += ["behaviours:", f"  {', '.join(behaviours)}", "", 'for example: {"judge": {"accuracy": 0.8, "slot_bias": 0.1}}']
    return "\n".join(lines)


def _lines(schema: Schema) -> list[str]:
    return [f"  {name}: {kind.words}; {words}" for name, (kind, words) in schema.items()]
