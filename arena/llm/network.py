"""The network below the transport: connections that keep to their call's deadline, and detection of a port's protocol."""

import socket
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2

from arena.llm.deadlines import seconds_left

PROBE_SECONDS = 1.0
_PIECE = 16_384
_PLAIN = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL")


class DeadlineBackend(httpcore2.SyncBackend):
    """Limits each operation to the time left until the call's deadline; a handshake is limited as a whole."""

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        left = _left(timeout, httpcore2.ConnectTimeout)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options))


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces: what is below gives each part that a slow reader takes the whole time anew.
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], _left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout, httpcore2.ConnectTimeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def speaks_plainly(address: str, port: int, error: Exception) -> bool:
    """Whether a handshake failed because the port speaks HTTP without TLS."""
    message = str(error)
    if any(sign in message for sign in _PLAIN):
        return True
    if "CERTIFICATE" in message:
        return False
    try:
        with socket.create_connection((address, port), timeout=_probing()) as tcp:
            tcp.sendall(b"HEAD / HTTP/1.0\r\n\r\n")  # nothing of the call, and no key
            return tcp.recv(5) == b"HTTP/"
    except OSError:
        return False


def speaks_tls(address: str, port: int, error: Exception) -> bool:
    """Whether a request in plain HTTP failed because the port speaks TLS."""
    if "\\x15\\x03" in str(error):  # an alert, where a status line should be
        return True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # nothing is sent: it is only asked what it speaks
    try:
        with socket.create_connection((address, port), timeout=_probing()) as tcp, context.wrap_socket(tcp):
            return True
    except OSError:
        return False


def _probing() -> float:
    return max(seconds_left(PROBE_SECONDS) or 0.0, 0.01)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    left = seconds_left(timeout)
    if left is not None and left <= 0:
        raise late("the call's time is over")
    return left
