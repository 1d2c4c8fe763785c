"""The HTTP under both official clients: one request a call, to a pinned address, within a time and a size.

The key is put in here, at the last moment: the official clients, their exceptions and their logs never hold it, and
whatever else they take from the environment or say about this machine is not sent.
"""

import logging
import zlib
from collections.abc import Mapping
from functools import lru_cache
from ssl import SSLContext

import httpcore2
import httpx2

from arena.llm.addresses import Place
from arena.llm.deadlines import deadline_in, seconds_left
from arena.llm.network import DeadlineBackend, speaks_plainly, speaks_tls

LARGEST_REPLY = 4 * 1024 * 1024
CONNECT_SECONDS = 10.0
MOST_CONNECTIONS = 512
IDLE_SECONDS = 4.0  # below what servers grant: a request on a connection that is just being closed would be lost
_SENT = ("host", "accept", "content-type", "content-length", "user-agent", "anthropic-version", "x-agon-attempt")
_TALKATIVE = ("openai", "anthropic", "httpx2", "httpcore2")
_PLAIN = {"", "identity"}
_ZIPPED = {"gzip", "x-gzip", "deflate"}


class UnreadableReply(httpx2.TransportError):
    """The server answered, but with nothing that can be read within the limits."""


class DamagedReply(httpx2.TransportError):
    """The server answered, but its reply cannot be unpacked."""


class WrongProtocol(httpx2.TransportError):
    """The port speaks TLS where the base URL says http, or the other way round."""


class _Connections(httpx2.HTTPTransport):
    """A pool whose connections keep to the deadline of the call that uses them."""

    def __init__(self, trust: SSLContext) -> None:
        self._pool = httpcore2.ConnectionPool(
            ssl_context=trust, max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS,
            keepalive_expiry=IDLE_SECONDS, retries=0, network_backend=DeadlineBackend(),
        )  # fmt: skip


@lru_cache(maxsize=1)
def public_trust() -> SSLContext:
    """Loaded once: that takes longer than a local call."""
    return httpx2.create_ssl_context(trust_env=False)


class PinnedTransport(httpx2.BaseTransport):
    """Connects to a place's pinned addresses; Host, SNI and the certificate's name stay the original ones."""

    def __init__(
        self, place: Place, *, secret: Mapping[str, str], seconds: float, verify: SSLContext | None = None,
        largest: int | None = LARGEST_REPLY,
    ) -> None:  # fmt: skip
        """`largest`: None where nothing is read but the status and the headers."""
        self._place, self._secret, self._seconds, self._largest = place, dict(secret), seconds, largest
        self._addresses = place.addresses
        self._is_known = False  # it has answered, or was asked what it speaks
        self._inner = _Connections(verify or public_trust())

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        with deadline_in(self._seconds):
            return self._answered(request)

    def _answered(self, request: httpx2.Request) -> httpx2.Response:
        failure: httpx2.TransportError | None = None
        for address in self._addresses:
            try:
                response = self._inner.handle_request(self._pinned(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                self._look_at(address, request, error)
                failure = error  # nothing was sent, so the next address may be tried
                continue
            except (httpx2.NetworkError, httpx2.RemoteProtocolError) as error:
                self._look_at(address, request, error)
                raise
            self._is_known = True
            if address != self._addresses[0]:  # no later call waits for an address that takes no connection
                self._addresses = (address, *(other for other in self._addresses if other != address))
            return self._read(response)
        raise failure or httpx2.ConnectError(f"{self._place.host} has no address")

    def _look_at(self, address: str, request: httpx2.Request, error: Exception) -> None:
        """A port that speaks another protocol will keep doing so: reported at once instead of retried."""
        if self._is_known:
            return
        self._is_known = True
        host, port = f"{self._place.host}:{self._place.port}", self._place.port
        if request.url.scheme == "https" and speaks_plainly(address, port, error):
            raise WrongProtocol(
                f"the server {host} speaks HTTP without TLS, and the base URL says https: use http, or a port with TLS"
            )
        if request.url.scheme == "http" and speaks_tls(address, port, error):
            raise WrongProtocol(f"the server {host} speaks TLS, and the base URL says http: write https there")

    def close(self) -> None:
        self._inner.close()

    def _pinned(self, request: httpx2.Request, address: str) -> httpx2.Request:
        if request.url.host.strip("[]") != self._place.host:
            raise httpx2.UnsupportedProtocol(f"a request for another host than {self._place.host}")
        headers = {name: request.headers[name] for name in _SENT if name in request.headers}
        left = seconds_left(self._seconds)
        times = {"connect": seconds_left(CONNECT_SECONDS), "read": left, "write": left, "pool": left}
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=headers | {"accept-encoding": "identity"} | self._secret,
            content=request.read(),
            extensions=dict(request.extensions) | {"sni_hostname": self._place.host, "timeout": times},
        )

    def _read(self, response: httpx2.Response) -> httpx2.Response:
        """Read the whole body now: a reply that is too slow or too large is cut off here."""
        if self._largest is None:
            response.close()
            return httpx2.Response(response.status_code, headers=_described(response.headers))
        body = bytearray()
        try:
            for chunk in response.stream:  # type: ignore[union-attr]  # the inner transport's is a synchronous one
                body += chunk
                if len(body) > self._largest:
                    raise UnreadableReply(f"the reply is larger than {self._largest} bytes")
        finally:
            response.close()
        plain = _decoded(bytes(body), response.headers.get("content-encoding", "").strip().lower(), self._largest)
        return httpx2.Response(response.status_code, headers=_described(response.headers), content=plain)


def hush() -> None:
    """Below the level of warnings these libraries log complete bodies and headers, which may contain a key that a server
    echoes.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _described(headers: httpx2.Headers) -> list[tuple[str, str]]:
    """The headers for a body that is unpacked, and UTF-8 whatever the server calls it: some character sets are traps."""
    kept = [(name, value) for name, value in headers.items() if name not in {"content-encoding", "content-length"}]
    return [(name, value.split(";")[0] if name == "content-type" else value) for name, value in kept]


def _decoded(body: bytes, encoding: str, largest: int) -> bytes:
    """Servers may compress without being asked; a bomb is cut off at the size of the largest reply."""
    if encoding in _PLAIN or not body:
        return body
    if encoding not in _ZIPPED:
        raise UnreadableReply(f"the reply came as {encoding[:20]!r}, which was not asked for")
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
    try:
        plain = unzip.decompress(body, largest + 1)
    except zlib.error:
        raise DamagedReply("the reply is compressed and damaged") from None
    if len(plain) > largest:
        raise UnreadableReply(f"the reply is larger than {largest} bytes when unpacked")
    if not plain and not unzip.eof:
        raise DamagedReply("the reply is compressed and ends in the middle")
    return plain
