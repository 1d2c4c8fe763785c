"""Requests as they come in: who they say sends them, and how much that sender may send."""

from typing import Any, NamedTuple

from waitress.parser import HTTPRequestParser, ParsingError
from waitress.utilities import Error, RequestEntityTooLarge

SESSION = "sessionid"  # the cookie
OF_PROGRAMS = "bearer agon_"  # how what they sign in with begins


class Claim(NamedTuple):
    """What a request says of its sender; the headers alone prove nothing."""

    is_token: bool
    secret: str


class NoRoom(Error):  # type: ignore[misc]
    code = 503
    reason = "Service Unavailable"


class RequestParser(HTTPRequestParser):  # type: ignore[misc]
    adj: Any
    error: Error | None
    claim: Claim | None = None  # believed until the body is more than a stranger may send
    is_asked = False

    def parse_header(self, header_plus: bytes) -> None:
        """Two lengths of one body are an attempt to smuggle a second request past a proxy: refused, and the connection ends."""
        names = {line.partition(b":")[0].strip().lower() for line in header_plus.split(b"\r\n")[1:]}
        if {b"content-length", b"transfer-encoding"} <= names:
            raise ParsingError("Content-Length and Transfer-Encoding exclude each other: send one of them")
        super().parse_header(header_plus)
        if self.version == "1.1" and not self.headers.get("HOST", "").strip():
            raise ParsingError("HTTP/1.1 needs a Host header")
        self.claim = _claim_of(self.headers)
        if self.claim is None:
            self.adj = self.adj.of_strangers
        elif self.claim.is_token:
            self.adj = self.adj.of_programs

    def received(self, data: bytes) -> int:
        n: int = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge):
            self.error = self.too_large()
        return n

    @property
    def is_to_be_asked(self) -> bool:
        """Half of what a stranger may send has come of a body whose length is not known, or that length is more."""
        most = self.adj.of_strangers.max_request_body_size if self.claim and not self.is_asked else 0
        return bool(most) and (self.content_length >= most or (self.chunked and self.body_bytes_received >= most // 2))

    def too_large(self) -> Error:
        most = self.adj.max_request_body_size >> 20
        return RequestEntityTooLarge(
            f"At most {most} MB are taken here. Sign in before you send a file; larger files go by command."
        )

    def fail(self, error: Error) -> None:
        self.error, self.completed = error, True


def _claim_of(headers: dict[str, str]) -> Claim | None:
    sent: str = headers.get("AUTHORIZATION", "")
    if sent.lower().startswith(OF_PROGRAMS):
        return Claim(is_token=True, secret=sent.partition(" ")[2].strip())
    cookies = (each.partition("=") for each in headers.get("COOKIE", "").split(";"))
    keys = [value.strip() for name, _, value in cookies if name.strip() == SESSION]
    return Claim(is_token=False, secret=keys[-1]) if keys else None
