"""The error of a server, taken out of whatever body it came in: its code, type, message and the field it names.

The whole body is never searched for words: some servers quote the request in it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from arena.llm.wires.replies import NoCompletion, as_json, dig, text_at, tokens

LONGEST = 2000
_MESSAGES = ("message", "msg", "Message", "error_description", "error_message", "errorMessage", "status_msg", "title", "reason")
_NAMES = ("code", "type", "status", "error_type", "__type", "errorCode", "error_code", "exception", "reason", "quotaId")
_NESTED = ("error", "errors", "detail", "details", "innererror", "inner_error", "base_resp", "cause", "violations", "err")
_NUMBERS = ("code", "status", "statusCode", "status_code", "error_code", "errorCode")
_RAW = ("raw", "body", "provider_error")
_DEEPEST, _MOST = 6, 40


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error in a server's own words; `names` are its codes and types, `fields` the parameters that it names."""

    message: str = ""
    names: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    status: int | None = None  # the HTTP status that the body names
    retry_after: float | None = None  # seconds
    is_filtered: bool = False  # a filter's own result comes with it

    @property
    def words(self) -> str:
        return " ".join((self.message, *self.names))


def complaint_in(body: str) -> Complaint:
    """The complaint in a body that is known to be an error; any text is one."""
    try:
        parsed = as_json(body)
    except NoCompletion:
        return Complaint(message=body.strip()[:LONGEST])
    objects = list(_objects(parsed, 0))[:_MOST]
    messages = list(dict.fromkeys(text.strip() for one in objects for text in _messages(one) if text.strip()))
    return Complaint(
        message=" - ".join(messages)[:LONGEST] or body.strip()[:LONGEST],
        names=tuple(dict.fromkeys(name[:100] for one in objects for name in _names(one))),
        fields=tuple(dict.fromkeys(name[:200] for one in objects for name in _fields(one))),
        status=next((status for one in objects if (status := _status(one)) is not None), None),
        retry_after=next((wait for one in objects if (wait := _wait(one)) is not None), None),
        is_filtered=any(isinstance(one, dict) and "content_filter_result" in one for one in objects),
    )


def is_complaint(body: object) -> bool:
    """Whether a body that came as a success is an error all the same."""
    if isinstance(body, list):
        return bool(body) and isinstance(body[0], dict) and is_complaint(body[0])
    if not isinstance(body, dict):
        return False
    if body.get("error") or text_at(body, "type") == "error" or text_at(body, "object") == "error":
        return True
    if body.get("choices"):
        return False
    if isinstance(body.get("content"), list):
        return False
    status = tokens(dig(body, "base_resp", "status_code"))
    values = (body.get(name) for name in ("errors", "detail", "error_type", "error_code", "errorCode", "message"))
    return bool(status) or any(isinstance(each, str | list) and each for each in values)


def _objects(part: object, depth: int) -> Iterator[object]:
    """The objects and texts that describe the error, outermost first."""
    if depth > _DEEPEST:
        return
    if isinstance(part, list):
        for each in part[:8]:
            yield from _objects(each, depth + 1)
    elif isinstance(part, str):
        inner = _inner(part)
        yield from _objects(inner, depth + 1) if inner is not None else (part,)
    elif isinstance(part, dict):
        yield part
        for name in _NESTED:
            if part.get(name):
                yield from _objects(part[name], depth + 1)
        metadata = part.get("metadata")
        if isinstance(metadata, dict):
            yield metadata
            for name in _RAW:
                if metadata.get(name):
                    yield from _objects(metadata[name], depth + 1)


def _inner(text: str) -> object:
    """An error that a gateway has put into another one's text."""
    start = text.find("{")
    if start < 0:
        return None
    try:
        inner = json.JSONDecoder(strict=False).raw_decode(text, start)[0]
    except (ValueError, RecursionError):
        return None
    return inner if any(name in inner for name in ("error", "message", "detail", "code")) else None


def _messages(one: object) -> Iterator[str]:
    if isinstance(one, str):
        yield one
        return
    for name in _MESSAGES:
        text = text_at(one, name)
        inner = _inner(text) if text else None
        if text:
            yield text
        if inner is not None:
            yield from (each for part in _objects(inner, _DEEPEST - 2) for each in _messages(part) if part is not one)


def _names(one: object) -> Iterator[str]:
    yield from (text for name in _NAMES if (text := text_at(one, name)))
    if isinstance(one, dict) and isinstance(one.get("error"), str) and re.fullmatch(r"[\w.-]{1,60}", one["error"]):
        yield one["error"]


def _fields(one: object) -> Iterator[str]:
    yield from (text for name in ("param", "field", "parameter") if (text := text_at(one, name)))
    place = dig(one, "loc")
    if isinstance(place, list):
        yield ".".join(str(step) for step in place if step != "body")


def _status(one: object) -> int | None:
    for name in _NUMBERS:
        value = dig(one, name)
        if isinstance(value, str) and re.fullmatch(r"[45]\d\d", value.strip()):
            value = int(value)
        number = tokens(value)
        if number is not None and 400 <= number < 600:
            return number
    return None


def _wait(one: object) -> float | None:
    """Seconds to wait: Google's RetryInfo has "34s", a model that loads gives the time that it needs."""
    for name in ("retryDelay", "retry_after", "retryAfter", "estimated_time", "retry_after_seconds"):
        value = dig(one, name)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
            return float(value)
        if isinstance(value, str) and (match := re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,12})?)\s*s?\s*", value)):
            return float(match[1])
    return None
