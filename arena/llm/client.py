"""One call to a language model: exactly one HTTP request, and either a completion or a typed failure."""

import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

from arena.llm import anthropic_wire, openai_wire
from arena.llm.addresses import Resolve, place_of, resolve_host
from arena.llm.errors import Cause, Kind, LLMError, never_sent
from arena.llm.failures import classified, message_in, refused_parameter
from arena.llm.keys import key_for, redacted
from arena.llm.messages import Completion, Request, Target
from arena.llm.rates import rate_headers, retry_after
from arena.llm.replies import NoCompletion, Reply, as_object, dig, storable, tokens

if TYPE_CHECKING:
    import httpx2

ATTEMPT_HEADER = "X-Agon-Attempt"
LONGEST_REASON = 500
_WIRES: dict[str, ModuleType] = {"openai": openai_wire, "anthropic": anthropic_wire}
_TEXTS = {"messages", "system"}  # of the arguments; the rest are parameters


@dataclass(slots=True)
class _Line:
    """A pooled client to one target, made by the first thread that needs it."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    sdk: Any = None
    failure: LLMError | None = None
    failed_at: float = 0.0


_lines: dict[object, _Line] = {}
_lines_lock = threading.Lock()


def complete(target: Target, request: Request, *, attempt: str, resolve: Resolve = resolve_host) -> Completion:
    """Ask once. Raises LLMError; whatever leaves here, in either way, holds no key."""
    wire = _WIRES[target.wire]
    if {"max_tokens", "max_completion_tokens"} <= target.refused:
        raise never_sent(
            f"{target.model}: the endpoint takes no limit of its output, so no cost could be kept", cause=Cause.PARAMETER
        )
    line = (replace(target, refused=frozenset(), model=""), resolve)
    sdk, arguments = _sdk(line), wire.arguments(target, request)
    started = time.perf_counter()
    response = _exchange(wire, sdk, arguments, attempt)
    outcome = response if isinstance(response, LLMError) else _outcome(wire, response, arguments)
    if isinstance(outcome, LLMError) and not outcome.was_sent:
        _forget(line, sdk)  # the name may lead elsewhere by now; the next call resolves and checks it again
    latency = round((time.perf_counter() - started) * 1000)
    parameters = {name: value for name, value in arguments.items() if name not in _TEXTS}
    if isinstance(outcome, LLMError):
        outcome.latency_ms, outcome.parameters = latency, parameters
        raise outcome  # outside of any except block: no exception that knows more hangs on it
    return replace(outcome, latency_ms=latency, parameters=parameters)


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
        line = _lines.setdefault(key, _Line())
    with line.lock:
        # Who waited for the same look-up shares its outcome.
        if line.sdk is None and (line.failure is None or line.failed_at <= asked_at):
            _open(line, *key)
        if line.sdk is not None:
            return line.sdk
        assert line.failure is not None  # noqa: S101  as _open leaves one of the two  # nosec B101
        raise replace(line.failure)


def _open(line: _Line, target: Target, resolve: Resolve) -> None:
    try:
        line.sdk = _opened(target, resolve)
    except LLMError as error:
        line.failure, line.failed_at = replace(error), time.monotonic()  # a copy has no traceback, whose frames know the key


def _forget(key: tuple[Target, Resolve], sdk: Any) -> None:
    """Unless another thread has a newer one by now. Calls that are under way on the old client end there."""
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
    """The HTTP response, whatever its status, or why there was none."""
    try:
        response: httpx2.Response = wire.send(sdk, arguments, {ATTEMPT_HEADER: attempt})
    except wire.errors() as error:
        answered: httpx2.Response | None = getattr(error, "response", None)
        return _unanswered(error) if answered is None else answered
    return response


def _unanswered(error: Exception) -> LLMError:
    """The official clients wrap what happened to the connection."""
    import httpx2

    from arena.llm.transport import UnreadableReply

    cause = error.__cause__
    if isinstance(cause, UnreadableReply):
        return LLMError(redacted(str(cause)), kind=Kind.GAME, cause=Cause.NO_COMPLETION)
    if isinstance(cause, httpx2.ConnectError) and "CERTIFICATE_VERIFY_FAILED" in str(cause):
        return never_sent("the server's certificate is not valid for its name: check the base URL", cause=Cause.ADDRESS)
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        reason, why, was_sent = "no connection to the server", Cause.UNREACHABLE, False
    elif isinstance(cause, httpx2.TimeoutException):
        reason, why, was_sent = "no whole reply in time", Cause.TIMEOUT, True
    else:
        reason, why, was_sent = "the connection broke before the reply was whole", Cause.DROPPED, True
    return LLMError(f"{reason} ({type(cause).__name__})", kind=Kind.TEMPORARY, cause=why, was_sent=was_sent)


def _outcome(wire: ModuleType, response: "httpx2.Response", arguments: dict[str, Any]) -> Completion | LLMError:
    body = storable(redacted(response.text))
    if response.status_code >= 300:
        return _refusal(wire, response, body, response.status_code, arguments)
    try:
        found = as_object(body)
        if found.get("error"):  # some gateways put an error into a success
            return _refusal(wire, response, body, _status_inside(found), arguments)
        reply: Reply = wire.read(found)
    except NoCompletion as error:
        failure = LLMError(f"no completion: {error}", kind=Kind.GAME, cause=Cause.NO_COMPLETION, usage=error.usage)
        return _with_response(failure, response, body)
    return Completion(
        text=None if reply.text is None else storable(redacted(reply.text)), finish=reply.finish,
        model=_short(reply.model), usage=reply.usage, raw=body, request_id=_request_id(response, reply.request_id),
        latency_ms=0, rate=rate_headers(response.headers, now=datetime.now(UTC)),
    )  # fmt: skip


def _refusal(
    wire: ModuleType, response: "httpx2.Response", body: str, status: int | None, arguments: Mapping[str, Any]
) -> LLMError:
    parameter = None
    kind, why = Kind.GAME, Cause.NO_COMPLETION
    if status is not None:
        kind, why = classified(status, body)
        sent = [name for name in wire.PARAMETERS if name in arguments]
        parameter = refused_parameter(status, body, sent) if why is not Cause.POLICY else None
    if parameter:
        kind, why = Kind.ENDPOINT, Cause.PARAMETER
    reason = f"HTTP {response.status_code}{_advice(why)}: {message_in(body)}"[:LONGEST_REASON]
    failure = LLMError(reason, kind=kind, cause=why, refused_parameter=parameter)
    if kind is Kind.TEMPORARY:
        failure.retry_after = retry_after(response.headers, now=datetime.now(UTC))
    return _with_response(failure, response, body)


def _with_response(failure: LLMError, response: "httpx2.Response", body: str) -> LLMError:
    failure.status, failure.raw = response.status_code, body
    failure.rate = rate_headers(response.headers, now=datetime.now(UTC))
    failure.request_id = _request_id(response, "")
    return failure


def _advice(cause: Cause) -> str:
    return {
        Cause.KEY: ", the endpoint does not take this key",
        Cause.MODEL: ", the endpoint does not know this model or path",
        Cause.ADDRESS: ", the endpoint is elsewhere: check the base URL",
        Cause.CREDIT: ", the account has no credit",
        Cause.PARAMETER: ", the endpoint refuses a parameter",
    }.get(cause, "")


def _status_inside(found: dict[str, object]) -> int | None:
    """The HTTP status that an error in a success names, if it names one."""
    code = tokens(dig(found, "error", "code"))
    return code if code is not None and 400 <= code < 600 else None


def _request_id(response: "httpx2.Response", in_body: str) -> str:
    return _short(response.headers.get("x-request-id") or response.headers.get("request-id") or in_body)


def _short(text: str) -> str:
    return storable(redacted(text))[:200]
