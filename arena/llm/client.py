"""One call to a language model: exactly one HTTP request, and either a completion or a typed failure."""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from arena.llm.addresses import Resolve, place_of, resolve_host
from arena.llm.deadlines import deadline_in, seconds_left
from arena.llm.failures.classification import classified
from arena.llm.failures.error_bodies import complaint_in, is_complaint
from arena.llm.failures.errors import Cause, Kind, LLMError, never_sent
from arena.llm.failures.refused_fields import refusal_in
from arena.llm.keys import key_for, redacted
from arena.llm.rate_headers import rate_headers, retry_after
from arena.llm.wires import anthropic, openai
from arena.llm.wires.messages import Completion, Request, Target, Usage
from arena.llm.wires.replies import (
    BrokenBody,
    NoCompletion,
    NoModel,
    WireReply,
    as_json,
    as_object,
    chosen,
    decoded,
    dig,
    storable,
)
from arena.llm.wires.streams import streamed
from arena.llm.wires.thinking import parted
from arena.llm.wires.usage import doubt, usage_in

if TYPE_CHECKING:
    import httpx2

ATTEMPT_HEADER = "X-Agon-Attempt"
LONGEST_REASON = 500
_WIRES: dict[str, ModuleType] = {"openai": openai, "anthropic": anthropic}
_TEXTS = {"messages", "system"}  # of the arguments; the rest are parameters
_NOT_OF_PARAMETERS = {Cause.POLICY, Cause.KEY, Cause.CREDIT, Cause.RATE_LIMIT, Cause.CONTEXT_LENGTH}


@dataclass(slots=True)
class _PooledClient:
    """A pooled client to one target, made by the first thread that needs it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    sdk: Any = None
    failure: LLMError | None = None
    failed_at: float = 0.0


_lines: dict[object, _PooledClient] = {}
_lines_lock = threading.Lock()


def complete(target: Target, request: Request, *, attempt: str, resolve: Resolve = resolve_host) -> Completion:
    """Ask once. Raises LLMError; neither the reply nor the error contains a key."""
    wire = _WIRES[target.wire]
    if {"max_tokens", "max_completion_tokens"} <= target.refused:
        raise never_sent(
            f"the model {target.model} takes no limit of its output here, so no cost could be kept", cause=Cause.PARAMETER
        )
    line = (replace(target, refused=frozenset(), model=""), resolve)
    _load(wire)
    arguments, started = wire.arguments(target, request), time.perf_counter()
    with deadline_in(target.timeout):
        sdk = _sdk(line)
        response = _exchange(wire, sdk, arguments, attempt)
    outcome = response if isinstance(response, LLMError) else _outcome(wire, response, arguments)
    if isinstance(outcome, LLMError) and not outcome.was_sent:
        _forget(line, sdk)  # the name may lead elsewhere by now; the next call resolves and checks it again
    latency = round((time.perf_counter() - started) * 1000)
    parameters = {name: value for name, value in arguments.items() if name not in _TEXTS}
    if doubtful := doubt(outcome.usage, request):
        outcome = replace(outcome, usage=None, doubt=doubtful)
    if isinstance(outcome, LLMError):
        outcome.latency_ms, outcome.parameters = latency, parameters
        raise outcome  # outside of any except block, so that no exception with more detail is chained to it
    return replace(outcome, latency_ms=latency, parameters=parameters)


def _load(wire: ModuleType) -> None:
    """Load the libraries, which takes seconds the first time, before any call's time is measured."""
    from arena.llm.transport import public_trust

    wire.load()
    public_trust()


def close_clients() -> None:
    """Close the pooled connections; the next call opens new ones."""
    with _lines_lock:
        lines = list(_lines.values())
        _lines.clear()
    for line in lines:
        with line.lock, suppress(Exception):
            if line.sdk is not None:
                line.sdk.close()


def _sdk(key: tuple[Target, Resolve]) -> Any:
    asked_at = time.monotonic()
    with _lines_lock:
        line = _lines.setdefault(key, _PooledClient())
    if not line.lock.acquire(timeout=seconds_left(key[0].timeout) or 0.0):
        raise LLMError("its address was not found in time", kind=Kind.TEMPORARY, cause=Cause.TIMEOUT, was_sent=False)
    try:
        # All that waited for the same look-up share its outcome.
        if line.sdk is None and (line.failure is None or line.failed_at <= asked_at):
            _open(line, *key)
        if line.sdk is not None:
            return line.sdk
        assert line.failure is not None  # noqa: S101  # as _open leaves one of the two  # nosec B101
        raise replace(line.failure)
    finally:
        line.lock.release()


def _open(line: _PooledClient, target: Target, resolve: Resolve) -> None:
    try:
        line.sdk = _opened(target, resolve)
    except LLMError as error:
        line.failure, line.failed_at = replace(error), time.monotonic()  # a copy has no traceback, whose frames know the key


def _forget(key: tuple[Target, Resolve], sdk: Any) -> None:
    """Unless another thread has a newer one by now. Calls under way on the old client finish there."""
    with _lines_lock:
        if (line := _lines.get(key)) is not None and line.sdk is sdk:
            del _lines[key]


def _opened(target: Target, resolve: Resolve) -> Any:
    import httpx2

    from arena.llm.transport import CONNECT_SECONDS, PinnedTransport, hush

    wire, place = _WIRES[target.wire], place_of(target.base_url, allowed=target.allowed, resolve=resolve)
    key = key_for(target.key_name, host=place.host, port=place.port) if target.key_name else ""
    timeout = httpx2.Timeout(target.timeout, connect=min(CONNECT_SECONDS, target.timeout))
    transport = PinnedTransport(place, secret=wire.secret(key), seconds=target.timeout)
    http = httpx2.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=timeout)
    sdk = wire.client(target.base_url, http, "the transport puts it in")
    hush()  # after the import: the environment can turn their logs on
    return sdk


def _exchange(wire: ModuleType, sdk: Any, arguments: dict[str, Any], attempt: str) -> "httpx2.Response | LLMError":
    """The HTTP response, whatever its status, or the reason why there is none."""
    try:
        response: httpx2.Response = wire.send(sdk, arguments, {ATTEMPT_HEADER: attempt})
    except wire.errors() as error:
        answered: httpx2.Response | None = getattr(error, "response", None)
        return _unanswered(error) if answered is None else answered
    return response


def _unanswered(error: Exception) -> LLMError:
    """The official clients wrap what happened to the connection."""
    import httpx2

    from arena.llm.transport import DamagedReply, UnreadableReply, WrongProtocol

    cause = error.__cause__
    if isinstance(cause, WrongProtocol):
        return never_sent(redacted(str(cause)), cause=Cause.ADDRESS)
    if isinstance(cause, DamagedReply):
        return LLMError(redacted(str(cause)), kind=Kind.TEMPORARY, cause=Cause.DROPPED)
    if isinstance(cause, UnreadableReply):
        return LLMError(redacted(str(cause)), kind=Kind.GAME, cause=Cause.NO_COMPLETION)
    if isinstance(cause, httpx2.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return never_sent("the server's certificate is not valid for its name: check the base URL", cause=Cause.ADDRESS)
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        reason, why, was_sent = "no connection to the server", Cause.UNREACHABLE, False
    elif isinstance(cause, httpx2.TimeoutException):
        reason, why, was_sent = "no complete reply in time", Cause.TIMEOUT, True
    else:
        reason, why, was_sent = "the connection broke before the reply was complete", Cause.DROPPED, True
    return LLMError(f"{reason} ({type(cause).__name__})", kind=Kind.TEMPORARY, cause=why, was_sent=was_sent)


def _outcome(wire: ModuleType, response: "httpx2.Response", arguments: dict[str, Any]) -> Completion | LLMError:
    body = storable(redacted(decoded(response.content)))
    if response.status_code >= 300:
        return _refusal(wire, response, body, arguments)
    try:
        parsed = as_json(streamed(body) or body)
        if is_complaint(parsed):  # some gateways put an error into a success
            return _refusal(wire, response, body, arguments)
        if broken := _broken_choice(parsed):
            return _refusal(wire, response, json.dumps(broken), arguments, raw=body, usage=usage_in(parsed))
        reply: WireReply = wire.read(parsed if isinstance(parsed, dict) else as_object(body))
    except NoCompletion as error:
        return _with_response(_no_completion(error), response, body)
    return _completed(reply, response, body)


def _no_completion(error: NoCompletion) -> LLMError:
    """A reply that no model's server sends costs nothing; a truncated body may be complete at the next try."""
    reason = f"no completion: {error}"
    if isinstance(error, NoModel):
        return LLMError(reason, kind=Kind.GAME, cause=Cause.NO_MODEL, was_refused=True)
    if isinstance(error, BrokenBody):
        return LLMError(reason, kind=Kind.TEMPORARY, cause=Cause.DROPPED)
    return LLMError(reason, kind=Kind.GAME, cause=Cause.NO_COMPLETION, usage=error.usage)


def _completed(reply: WireReply, response: "httpx2.Response", body: str) -> Completion:
    """The answer and, apart from it, the thinking."""
    answer, thought = parted(reply.text) if reply.text else (reply.text, "")
    usage = reply.usage
    if usage is not None and reply.text and not usage.tokens_out:
        usage = None  # a text of no tokens: the count was not filled in
    return Completion(
        text=None if answer is None else storable(redacted(answer)), finish=reply.finish,
        model=_short(reply.model), usage=usage, raw=body, request_id=_request_id(response, reply.request_id),
        latency_ms=0, rate=rate_headers(response.headers, now=datetime.now(UTC)), word=_short(reply.word),
        thinking=storable(redacted("\n".join(filter(None, (reply.thinking, thought))))),
    )  # fmt: skip


def _broken_choice(body: object) -> object:
    """The error in place of a reply, or beside a partial one."""
    choice = chosen(body)
    error = dig(choice, "error") or dig(choice, "message", "error")
    return {"error": error} if error else None


def _refusal(
    wire: ModuleType, response: "httpx2.Response", body: str, arguments: Mapping[str, Any], *, raw: str = "",
    usage: Usage | None = None,
) -> LLMError:  # fmt: skip
    complaint = complaint_in(streamed(body) or body)
    kind, why = classified(response.status_code, complaint)
    refusal = None if why in _NOT_OF_PARAMETERS else refusal_in(response.status_code, complaint, _sent(wire, arguments))
    if refusal:
        kind, why = Kind.ENDPOINT, Cause.PARAMETER
    own_words = f": {complaint.message}" if complaint.message else ""
    reason = f"HTTP {response.status_code}{_advice(why, response)}{own_words}"
    failure = LLMError(
        reason[:LONGEST_REASON], kind=kind, cause=why, was_refused=True, usage=usage,
        refused_parameter=refusal.parameter if refusal else None, lesson=refusal.lesson if refusal else "",
    )  # fmt: skip
    if kind is Kind.TEMPORARY:
        named = retry_after(response.headers, now=datetime.now(UTC), message=complaint.message)
        failure.retry_after = complaint.retry_after if named is None else named
    return _with_response(failure, response, raw or body)


def _sent(wire: ModuleType, arguments: Mapping[str, Any]) -> dict[str, object]:
    """The optional fields of a request, by their names on the wire, and the system role."""
    sent: dict[str, object] = {name: arguments[name] for name in wire.PARAMETERS if name in arguments}
    has_system = bool(arguments.get("system")) or any(message["role"] == "system" for message in arguments["messages"])
    return sent | ({"system": True} if has_system else {})


def _with_response(failure: LLMError, response: "httpx2.Response", body: str) -> LLMError:
    failure.status, failure.raw = response.status_code, body
    failure.rate = rate_headers(response.headers, now=datetime.now(UTC))
    failure.request_id = _request_id(response, "")
    return failure


def _advice(cause: Cause, response: "httpx2.Response") -> str:
    if cause is Cause.ADDRESS and 300 <= response.status_code < 400:
        wanted = _place_wanted(response.headers.get("location", "")) or "an address that it does not name"
        return f", the endpoint is elsewhere: it sends the call on to {wanted}, and no call follows. Check the base URL"
    return {
        Cause.KEY: ", the endpoint rejects this key",
        Cause.MODEL: ", the endpoint has no such model or path",
        Cause.ADDRESS: ", the endpoint is elsewhere: check the base URL",
        Cause.CREDIT: ", the account has no credit",
        Cause.PARAMETER: ", the endpoint refuses a part of the request and is asked without it",
    }.get(cause, "")


def _place_wanted(location: str) -> str:
    """Where a redirect leads, without any part that may be secret."""
    try:
        parts = urlsplit(location.strip())
        host = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    except ValueError:
        return ""
    start = f"{parts.scheme}://{host}" if host else ""
    return _short("".join(character for character in f"{start}{parts.path}" if character.isprintable()))


def _request_id(response: "httpx2.Response", in_body: str) -> str:
    return _short(response.headers.get("x-request-id") or response.headers.get("request-id") or in_body)


def _short(text: str) -> str:
    return storable(redacted(text))[:200]
