"""Bodies of replies, taken apart without trust: any field may be missing, of another type, or hostile."""

import codecs
import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from arena.llm.wires.messages import Finish, Usage

CALLED_A_TOOL = "tool call: the model called a tool, though none was offered"
MOST_TOKENS = 1_000_000_000
_TEXT_PARTS = {"", "text", "output_text"}
_THINKING_FIELDS = ("text", "thinking", "reasoning", "content", "summary", "reasoning_text")
_DEEPEST = 4  # lists within parts within lists


@dataclass(frozen=True, slots=True)
class WireReply:
    """What a wire read in a body that is a completion."""

    text: str | None
    finish: Finish
    word: str  # the provider's own for how it ended
    thinking: str  # what the body itself keeps apart from the answer
    model: str
    usage: Usage | None
    request_id: str


class NoCompletion(Exception):
    """A body that is no completion, with the reason, for people, and its usage."""

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.usage = usage


class NoModel(NoCompletion):
    """A body that no model's server sends: a web page, plain text, or nothing."""


class BrokenBody(NoCompletion):
    """The beginning of a JSON body."""


def chosen(body: object) -> object:
    """
    The choice of index 0, for one was asked for; the first one where none has an index.

    Examples
    --------
    >>> chosen({"choices": [{"index": 1, "x": "B"}, {"index": 0, "x": "A"}]})
    {'index': 0, 'x': 'A'}
    """
    choices = dig(body, "choices")
    if not isinstance(choices, list):
        return None
    return next((each for each in choices if dig(each, "index") == 0), dig(choices, 0))


def calls_tool(message: object) -> bool:
    """Whether a chat message calls something; servers fill the fields with empty values, too."""
    calls = dig(message, "tool_calls")
    return any(calls) if isinstance(calls, list) else bool(calls) or bool(text_at(message, "function_call", "name"))


def check_role(message: object, usage: Usage | None) -> None:
    """A message of another role, such as a quoted user, is not a reply; most servers name the role, but not all."""
    role = text_at(message, "role").strip().casefold()
    if role not in {"", "assistant", "model"}:
        raise NoCompletion(f"the message is of the role {role[:40]!r}, and not of the assistant", usage)


def decoded(body: bytes) -> str:
    """
    UTF-8 whatever the server calls it, unless it has the byte-order mark of UTF-16; without the mark.

    Examples
    --------
    >>> decoded(b"\\xef\\xbb\\xbf{}"), decoded("{}".encode("utf-16")), decoded(b"{\\xff}")
    ('{}', '{}', '{\\ufffd}')
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8", "replace").removeprefix("\ufeff")


def as_json(body: str) -> object:
    """The JSON of a body."""
    begin = body.lstrip()[:1]
    try:
        return json.loads(body)
    except RecursionError:
        raise NoCompletion("the body is no JSON that can be read") from None
    except ValueError:
        if begin in {"{", "["}:
            raise BrokenBody("the body is no whole JSON") from None
        what = {"": "an empty body", "<": "a web page"}.get(begin, "plain text")
        raise NoModel(f"{what} came instead of JSON: check the base URL") from None


def as_object(body: str) -> dict[str, object]:
    """The JSON object of a body; of a list with one object, that one."""
    parsed = as_json(body)
    if isinstance(parsed, list) and len(parsed) == 1:
        parsed = parsed[0]
    if not isinstance(parsed, dict):
        raise NoCompletion("the body is JSON, but no object")
    return parsed


def dig(body: object, *path: str | int) -> object:
    """What stands at a path of keys and indices, or None."""
    for step in path:
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and len(body) > step else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def text_at(body: object, *path: str | int) -> str:
    value = dig(body, *path)
    return value if isinstance(value, str) else ""


def text_of(content: object) -> str | None:
    """The text of a message: as it stands, or of the parts of a list that are text; None where there is none."""
    if isinstance(content, list):
        parts = [part if isinstance(part, str) else text_at(part, "text") for part in content if _is_text(part)]
        return "".join(parts) if content else None
    return content if isinstance(content, str) else None


def refuses(message: object) -> bool:
    """
    Whether a message carries a refusal of the model: in a field of its own, or in a part of its content.

    Examples
    --------
    >>> refuses({"content": [{"type": "text", "text": "A"}, {"type": "refusal", "refusal": "No."}]}), refuses({"refusal": None})
    (True, False)
    """
    content = dig(message, "content")
    parts = content if isinstance(content, list) else []
    return bool(text_at(message, "refusal")) or any(text_at(part, "type").casefold() == "refusal" for part in parts)


def thinking_of(*places: object) -> str:
    """Contents of a message beside its answer: parts that are no text, and fields of their own."""
    return "\n".join(text for place in places for text in _thoughts(place, 0) if text.strip())


def is_thinking(part: object) -> bool:
    kind = text_at(part, "type").casefold()
    return "think" in kind or "reason" in kind or (isinstance(part, dict) and part.get("thought") is True)


def is_blank(text: str) -> bool:
    """
    Whether a text has nothing visible.

    Examples
    --------
    >>> is_blank(" \\n\\u200b\\ufeff"), is_blank(".")
    (True, False)
    """
    return all(character.isspace() or unicodedata.category(character) in {"Cc", "Cf", "Zs"} for character in text)


def tokens(value: object) -> int | None:
    """A plausible count of tokens."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
    return value if is_count else None  # type: ignore[return-value]


def storable(text: str) -> str:
    """NUL and lone halves of surrogate pairs become U+FFFD: a database refuses both."""
    return text.replace("\0", "�").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _is_text(part: object) -> bool:
    if isinstance(part, str):
        return True
    if not isinstance(part, dict) or is_thinking(part):
        return False
    kind = part.get("type")
    return kind is None or (isinstance(kind, str) and kind.casefold() in _TEXT_PARTS)


def _thoughts(place: object, depth: int) -> Iterator[str]:
    if isinstance(place, str):
        yield place
    elif depth < _DEEPEST and isinstance(place, list):
        for each in place:
            yield from _thoughts(each, depth + 1)
    elif depth < _DEEPEST and isinstance(place, dict):
        for name in _THINKING_FIELDS:
            yield from _thoughts(place.get(name), depth + 1)
