"""As much of an HTTP/1.1 server as the fake needs, on asyncio: hundreds of slow requests at once cost next to nothing."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from judges.fakellm.wires import HttpAnswer

_REASONS = {200: "OK", 307: "Temporary Redirect", 400: "Bad Request", 404: "Not Found", 429: "Too Many Requests"}


@dataclass(frozen=True, slots=True)
class Incoming:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


Handle = Callable[[Incoming], tuple[HttpAnswer, float]]  # the answer, and after how many seconds


class FakeConnection(asyncio.Protocol):
    """One connection, kept alive; a request is answered before the next one is read."""

    def __init__(self, handle: Handle, done: Callable[[], None]) -> None:
        self._handle, self._done = handle, done
        self._buffer, self._is_busy = bytearray(), False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # a server's always is  # nosec B101
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_busy and (incoming := self._next()) is not None:
            self._is_busy = True
            answer, delay = self._handle(incoming)
            asyncio.get_running_loop().call_later(delay, self._answer, answer)

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def _next(self) -> Incoming | None:
        """The next whole request, if it is there."""
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        first, *lines = self._buffer[:end].decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        stop = end + 4 + int(headers.get("content-length", 0))
        if len(self._buffer) < stop:
            return None
        body = bytes(self._buffer[end + 4 : stop])
        del self._buffer[:stop]
        method, path, *_ = first.split(" ")
        return Incoming(method, path, headers, body)

    def _answer(self, answer: HttpAnswer) -> None:
        self._done()
        if answer.body is None:  # hangs until the client has had enough
            return
        self._is_busy = False
        if self._transport is None:
            return
        if answer.cut == 0.0:
            self._transport.abort()
            return
        written = _head(answer) + answer.body
        if answer.cut is not None:
            self._transport.write(written[: len(written) - round(len(answer.body) * (1 - answer.cut))])
            self._transport.close()
            return
        self._transport.write(written)
        if self._buffer:
            self.data_received(b"")


def _head(answer: HttpAnswer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Error')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return ("\r\n".join([*lines, f"content-length: {len(answer.body or b'')}"]) + "\r\n\r\n").encode("latin-1")
