"""From a status and a body to a typed failure: for whom it is final, and which parameter it was about."""

import re
from collections.abc import Sequence

from arena.llm.errors import Cause, Kind
from arena.llm.replies import NoCompletion, as_object, dig, text_at

_POLICY = re.compile(
    r"content[ _-]?(filter|policy|management policy)|usage polic|safety (system|polic|filter)|responsible ?ai|moderation"
    r"|flagged|data_inspection_failed|violat\w+ .{0,40}polic", re.I,
)  # fmt: skip
_CONTEXT = re.compile(
    r"context[ _](length|window|size)|maximum context|prompt is too long|too many tokens|input is too long|reduce the length"
    r"|request_too_large|string_above_max_length|exceeds? the (model'?s )?(available )?context", re.I,
)  # fmt: skip
_CREDIT = re.compile(r"insufficient_quota|credit balance|billing|exceeded your current quota|out of credits|payment", re.I)
_MODEL = re.compile(
    r"model_not_found|model.{0,80}(does not exist|not found)|(no such|unknown|invalid) model|not a valid model", re.I
)
_UNWANTED = re.compile(
    r"unsupported|not supported|n't support|not support|not permitted|not allowed|unrecogni[sz]ed|unknown|unexpected"
    r"|only the default|deprecated|extra_forbidden|unavailable|not available|cannot be used|may not be", re.I,
)  # fmt: skip
_OTHER_WORDS = {
    "response_format": ("json_schema", "structured output", "response format", "guided", "grammar"),
    "output_config": ("output_format", "output format", "json_schema", "structured output"),
}
_MISDIRECTED = {301, 302, 303, 307, 308}
_TEMPORARY = {408, 409, 425, 429}


def classified(status: int, body: str) -> tuple[Kind, Cause]:
    """For whom an HTTP error is final, and why; a refused parameter is looked for before."""
    if status in {400, 403, 422, 451} and _POLICY.search(body):
        return Kind.GAME, Cause.POLICY
    if status == 413 or (status in {400, 422, 500} and _CONTEXT.search(body)):
        return Kind.GAME, Cause.CONTEXT_LENGTH
    if status == 402 or (status in {400, 403, 429} and _CREDIT.search(body)):
        return Kind.ENDPOINT, Cause.CREDIT
    if status in {401, 403}:
        return Kind.ENDPOINT, Cause.KEY
    if status in {404, 410} or (status in {400, 422} and _MODEL.search(body)):
        return Kind.ENDPOINT, Cause.MODEL
    if status in _MISDIRECTED or status in {405, 501}:
        return Kind.ENDPOINT, Cause.ADDRESS
    if status in _TEMPORARY or status >= 500:
        return Kind.TEMPORARY, Cause.RATE_LIMIT if status == 429 else Cause.SERVER
    return Kind.GAME, Cause.BAD_REQUEST


def refused_parameter(status: int, body: str, sent: Sequence[str]) -> str | None:
    """Which of the parameters that were sent a server says it does not take."""
    if status not in {400, 404, 422, 500, 501}:
        return None
    message = message_in(body)
    named = [text for text in _named(body) if text]
    if not _UNWANTED.search(f"{message} {' '.join(named)}"):
        return None
    for parameter in sent:
        if any(_is_about(parameter, name) for name in named):
            return parameter
    # Quoted, or opening the message: a message may name other parameters further on, as advice.
    places = [(place, parameter) for parameter in sent if (place := _first_place(parameter, message)) is not None]
    return min(places)[1] if places else None


def message_in(body: str) -> str:
    """What the server says, in its own words."""
    try:
        found = as_object(body)
    except NoCompletion:
        return body.strip()[:2000]
    candidates = (
        text_at(found, "error", "message"), text_at(found, "error"), text_at(found, "message"), text_at(found, "detail"),
        text_at(found, "detail", 0, "msg"),
    )  # fmt: skip
    return next((text for text in candidates if text), body.strip())[:2000]


def _named(body: str) -> list[str]:
    """The fields in which servers name the parameter."""
    try:
        found = as_object(body)
    except NoCompletion:
        return []
    place = dig(found, "detail", 0, "loc")
    path = ".".join(str(step) for step in place if step != "body") if isinstance(place, list) else ""
    kinds = [text_at(found, "error", "code"), text_at(found, "detail", 0, "type")]
    return [text_at(found, "error", "param"), path, *kinds]


def _is_about(parameter: str, name: str) -> bool:
    return name.lower().split(".")[0].split("[")[0] == parameter


def _first_place(parameter: str, message: str) -> int | None:
    words = (parameter, *_OTHER_WORDS.get(parameter, ()))
    found = [place[0] for word in words if (place := _span(word, message))]
    return min(found, default=None)


def _span(word: str, message: str) -> tuple[int, int] | None:
    found = re.search(rf"(?<![a-z_]){re.escape(word)}s?(?![a-z_])", message, re.I)
    return found.span() if found else None
