"""Bodies of replies, taken apart without trust: any field may be missing, of another type, or hostile."""

import json
from dataclasses import dataclass

from arena.llm.messages import Finish, Usage

MOST_TOKENS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What a wire read in a body that is a completion."""

    text: str | None
    finish: Finish
    model: str
    usage: Usage | None
    request_id: str


class NoCompletion(Exception):
    """A body that is no completion; says why, for people, and what it cost."""

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.usage = usage


def as_object(body: str) -> dict[str, object]:
    """The JSON object of a body."""
    if not body.strip():
        raise NoCompletion("the body is empty")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        is_page = body.lstrip()[:1] == "<"
        raise NoCompletion(
            "a web page came instead of JSON: check the base URL" if is_page else "the body is no JSON"
        ) from None
    if not isinstance(found, dict):
        raise NoCompletion("the body is JSON, but no object")
    return found


def dig(body: object, *path: str | int) -> object:
    """What stands at a path of keys and indices, or None."""
    for step in path:
        if isinstance(step, int):
            body = body[step] if isinstance(body, list) and len(body) > step else None
        else:
            body = body.get(step) if isinstance(body, dict) else None
    return body


def text_at(body: object, *path: str | int) -> str:
    found = dig(body, *path)
    return found if isinstance(found, str) else ""


def tokens(value: object) -> int | None:
    """A plausible count of tokens."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
    return value if is_count else None  # type: ignore[return-value]


def storable(text: str) -> str:
    """NUL and lone halves of surrogate pairs become U+FFFD: a database refuses both."""
    return text.replace("\0", "�").encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
