"""The fake as a running server: in a test's own process, or for ever by `manage.py fakellm`."""

import asyncio
import hashlib
import json
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from judges.fakellm.asked import ReceivedRequest, asked_on_anthropic, asked_on_openai
from judges.fakellm.connections import FakeConnection, Incoming
from judges.fakellm.playing import behaviour_of, reply_text, uniform
from judges.fakellm.script import Script
from judges.fakellm.wires import HttpAnswer, answered, failed, refused

HOST = "127.0.0.1"
WINDOW = 60.0  # seconds that a limit of requests a minute looks back
_WIRES = {"/chat/completions": ("openai", asked_on_openai), "/messages": ("anthropic", asked_on_anthropic)}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request that was received, whatever became of it."""

    number: int
    at: float  # seconds since the server's start
    attempt: str  # its X-Agon-Attempt
    path: str
    key: str  # a fingerprint
    behaviour: str
    status: int | None  # None: no answer was sent
    body: Mapping[str, Any] | None


class FakeServer:
    """Answers by its script, which may be exchanged at any time, and records every request."""

    def __init__(self, script: Script, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.script = script
        self.requests: list[Recorded] = []
        self.url = ""
        self.most_in_flight = 0
        self._clock, self._start, self._in_flight = clock, clock(), 0
        self._windows: dict[str, deque[float]] = {}
        self._connections: weakref.WeakSet[FakeConnection] = weakref.WeakSet()

    @property
    def openai_url(self) -> str:
        return f"{self.url}/v1"

    @property
    def anthropic_url(self) -> str:
        return self.url

    @property
    def address(self) -> str:
        """host:port, for an allow-list."""
        return self.url.removeprefix("http://")

    def attempts(self) -> list[str]:
        return [request.attempt for request in self.requests]

    def connection(self) -> FakeConnection:
        made = FakeConnection(self.handle, self._left)
        self._connections.add(made)
        return made

    def hang_up(self) -> None:
        for connection in self._connections:
            connection.hang_up()

    def handle(self, incoming: Incoming) -> tuple[HttpAnswer, float]:
        """The answer to a request and how long it takes."""
        self._in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self._in_flight)
        path = incoming.path.partition("?")[0]
        if path == "/__log":
            return self._log(), 0.0
        wire = next((wire_at for end, wire_at in _WIRES.items() if path.endswith(end)), None)
        if wire is None or incoming.method != "POST":
            return failed(
                "openai",
                404,
                "not_found",
                f"{incoming.method} {path}: the fake serves POST /v1/chat/completions and /v1/messages",
            ), 0.0
        try:
            body = json.loads(incoming.body)
            asked = wire[1](body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return failed(wire[0], 400, "invalid_request_error", f"malformed request: {error!r}"), 0.0
        return self._answer(incoming, asked, body)

    def _answer(self, incoming: Incoming, asked: ReceivedRequest, body: Mapping[str, Any]) -> tuple[HttpAnswer, float]:
        script, number = self.script.of_model(asked.model), len(self.requests)
        key = incoming.headers.get("authorization", "").removeprefix("Bearer ") or incoming.headers.get("x-api-key", "")
        unwanted = sorted(script.refuse & asked.parameters)
        if self._is_over_limit(key):
            behaviour, answer = (
                "rate_limit",
                failed(asked.wire, 429, "rate_limit_error", "Rate limit reached: requests a minute."),
            )
        elif unwanted:
            behaviour, answer = "refused_parameter", refused(asked.wire, unwanted[0])
        else:
            behaviour = behaviour_of(script, asked, number)
            answer = answered(script, asked, behaviour, reply_text(script, asked, number), number=number, key=key)
        answer = replace(answer, headers=dict(answer.headers) | self._extra_headers(key, number, answer))
        self._record(incoming, behaviour, answer, key, body)
        return answer, _latency(script, asked) if answer.status == 200 else 0.0

    def _is_over_limit(self, key: str) -> bool:
        """A sliding window for each key; what is turned away does not count."""
        if self.script.requests_per_minute is None:
            return False
        now, window = self._clock(), self._windows.setdefault(key, deque())
        while window and window[0] <= now - WINDOW:
            window.popleft()
        if len(window) >= self.script.requests_per_minute:
            return True
        window.append(now)
        return False

    def _extra_headers(self, key: str, number: int, answer: HttpAnswer) -> dict[str, str]:
        headers = {} if "x-request-id" in answer.headers else {"x-request-id": f"req_fake{number}"}
        if answer.status == 429 and self.script.retry_after is not None:
            headers["retry-after"] = f"{self.script.retry_after:g}"
        if self.script.announce_limits and self.script.requests_per_minute is not None:
            used = len(self._windows.get(key, ()))
            headers["x-ratelimit-limit-requests"] = str(self.script.requests_per_minute)
            headers["x-ratelimit-remaining-requests"] = str(self.script.requests_per_minute - used)
        return headers

    def _record(self, incoming: Incoming, behaviour: str, answer: HttpAnswer, key: str, body: Mapping[str, Any]) -> None:
        is_answered = answer.body is not None and answer.cut != 0.0
        recorded = Recorded(
            number=len(self.requests), at=self._clock() - self._start, attempt=incoming.headers.get("x-agon-attempt", ""),
            path=incoming.path, key=hashlib.sha256(key.encode()).hexdigest()[:8] if key else "", behaviour=behaviour,
            status=answer.status if is_answered else None, body=body if self.script.keep_bodies else None,
        )  # fmt: skip
        self.requests.append(recorded)

    def _left(self) -> None:
        self._in_flight -= 1

    def _log(self) -> HttpAnswer:
        return HttpAnswer(body=json.dumps([asdict(request) for request in self.requests]).encode("utf-8", "replace"))


def _latency(script: Script, asked: ReceivedRequest) -> float:
    if not isinstance(script.latency, tuple):
        return script.latency
    low, high = script.latency
    return low + (high - low) * uniform(script.seed, "latency", asked.content_key())


@contextmanager
def serving(script: Script | None = None, *, host: str = HOST, port: int = 0) -> Iterator[FakeServer]:
    """A fake on loopback while the block runs, in a thread of its own."""
    fake, loop, is_up = FakeServer(script or Script()), asyncio.new_event_loop(), threading.Event()
    failure: list[OSError] = []

    async def listen() -> asyncio.Server:
        return await loop.create_server(fake.connection, host, port, backlog=1024)

    def run() -> None:
        try:
            server = loop.run_until_complete(listen())
            fake.url = f"http://{host}:{server.sockets[0].getsockname()[1]}"
        except OSError as error:
            failure.append(error)
            return
        finally:
            is_up.set()
        loop.run_forever()
        server.close()
        fake.hang_up()
        loop.run_until_complete(asyncio.sleep(0))

    thread = threading.Thread(target=run, name="fakellm", daemon=True)
    thread.start()
    is_up.wait()
    if failure:
        raise failure[0]
    try:
        yield fake
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
