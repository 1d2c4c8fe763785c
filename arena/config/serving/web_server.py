"""The web server: an event loop reads requests and sends answers; a thread is given to a request that is whole.

Waitress does the work; this module adds what it leaves open. Whoever sends slowly costs a connection and nothing else:
- the headers of a request come within `HEAD_SECONDS`, however many bytes trickle in;
- a body may come slowly, at `SLOWEST_BODY` on average, and not stop for `SILENT_SECONDS`;
- an answer that is not taken for `SILENT_SECONDS`, or slower than `SLOWEST_READER`, ends;
- of one address at most `MOST_OF_ONE` connections wait, of all `MOST_OF_ALL`: the one that waited longest makes room.
- a body that is large for a stranger waits until a thread of its own has looked up whose session or token it comes with.
`/healthz` has a thread of its own: it answers while all others wait for a database.
An answer that ends early ends with a reset: without a length and without chunks, as in HTTP/1.0, nothing else tells it from
a whole one.
"""

import argparse
import contextlib
import copy
import errno
import fcntl
import logging
import resource
import signal
import socket
import struct
import tempfile
import termios
import time
from collections import Counter, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import Error, RequestEntityTooLarge

from arena.config.serving.parent_watch import die_with_parent

HEAD_SECONDS = 5.0  # from the first byte of a request to the end of its headers
SLOWEST_BODY = 500  # bytes a second, on average, after the first seconds
SILENT_SECONDS = 15.0  # without a byte of a body, or with an answer that the client does not read
SLOWEST_READER = 500  # bytes a second of an answer, in each `SILENT_SECONDS`
KEPT_SECONDS = 75.0  # a connection without a request; longer than proxies keep theirs
MOST_OF_ONE, MOST_OF_ALL = 256, 1000
MOST_BYTES = 1 << 30  # of a body; a form's own limit is lower, with a message on what to do
MOST_BYTES_OF_STRANGERS = 4 << 20  # requests without a session cannot fill the disk before the site has checked them
MOST_BYTES_OF_PROGRAMS = 64 << 20  # from whom a token comes: ten thousand answers in one request
LINGER_SECONDS = 2.0  # what still comes after a refusal is thrown away for so long: a reset would take the answer with it
GRACE_SECONDS = 10.0  # for what is under way when the server is told to stop
TEND_SECONDS = 0.5
UPLOAD_SECONDS = 3600.0  # without a byte more: then a file of a request belongs to nobody
LOCK_MILLISECONDS = 5_000
HEALTH = "/healthz"
SESSION = "sessionid"  # the cookie
OF_PROGRAMS = "bearer agon_"  # how what they sign in with begins

log = logging.getLogger(__name__)


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


class Task(WSGITask):  # type: ignore[misc]
    def build_response_header(self) -> bytes:
        if self.channel.server.is_stopping:
            self.set_close_on_finish()
        header: bytes = super().build_response_header()
        return header

    def write(self, data: bytes) -> None:
        """To HEAD, the headers of the answer and no more."""
        is_head = self.request.command == "HEAD"
        super().write(b"" if is_head else data)
        if is_head:
            self.chunked_response = False

    def execute(self) -> None:
        """Waitress takes an OSError for a lost connection and says nothing; those of the connection do not come here."""
        try:
            super().execute()
        except ClientDisconnected:
            raise
        except Exception as error:
            self.channel.is_broken = self.wrote_header
            if isinstance(error, OSError):
                raise RuntimeError(f"{type(error).__name__}: {error}") from error
            raise

    def finish(self) -> None:
        super().finish()
        if log.isEnabledFor(logging.DEBUG):
            address, took = self.channel.addr[0], time.time() - self.start_time
            log.debug("%s %s %s %s %.3f s", address, self.request.command, self.request.request_uri, self.status, took)


class BufferedChannel(HTTPChannel):  # type: ignore[misc]
    request: Any
    close_when_flushed: bool
    parser_class = RequestParser
    task_class = Task

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.began_at = self.moved_at = time.monotonic()  # the present request or pause; the last byte either way
        self.n_bytes = 0
        self.n_sent = self.n_taken = 0  # bytes of answers: sent, and those that the client had when it last moved
        self.is_refused = self.is_lingering = self.is_held = self.is_broken = False
        super().__init__(*args, **kwargs)

    def received(self, data: bytes) -> bool:
        before, self.moved_at = self.request, time.monotonic()
        if before is None:
            self.began_at, self.n_bytes = self.moved_at, 0
        self.n_bytes += len(data)
        try:
            return bool(super().received(data))
        except OSError as error:
            self._refuse(error)
            return False
        finally:
            if self.request is not None and self.request.is_to_be_asked:
                self.request.is_asked = self.is_held = True
                self.server.ask(Asking(self, self.request))
            if self.request is not before:  # one is whole: a pause begins, or the next request
                self.began_at, self.n_bytes = self.moved_at, 0

    def _refuse(self, error: OSError) -> None:
        """A body that cannot be kept."""
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EROFS}:
            raise error
        log.error("a request's body cannot be kept: %s", error.strerror)
        self._fail(NoRoom("The disk of this site is full: nothing was stored. Tell whoever runs it."))

    def _fail(self, error: Error) -> None:
        """The request that is coming in ends so."""
        with self.requests_lock:
            if self.request is not None:
                self.request.fail(error)
                self.requests.append(self.request)
                self.request = None
                if len(self.requests) == 1:
                    self.server.add_task(self)

    def settle(self, request: RequestParser, error: Error | None) -> None:
        """The sender of a large body was looked up."""
        self.is_held = False
        self.moved_at = time.monotonic()
        if error is not None and self.request is request and self.connected:
            self._fail(error)

    def send(self, data: bytes, do_close: bool = True) -> int:
        n: int = super().send(data, do_close)
        self.n_sent += n
        return n

    def write_soon(self, data: Any) -> int:
        if not self.total_outbufs_len:  # an answer that took long to make begins now: it has all its time to be taken
            self.moved_at, self.n_taken = time.monotonic(), self._taken()
        n: int = super().write_soon(data)
        return n

    def readable(self) -> bool:
        return self.is_lingering or (not self.is_held and bool(super().readable()))

    def handle_read(self) -> None:
        if self.is_lingering:
            self.recv(65_536)  # closes by itself where the sender has gone
        else:
            super().handle_read()

    def handle_write(self) -> None:
        if self.is_refused and self.close_when_flushed and not self.total_outbufs_len:
            self.close_when_flushed, self.is_refused, self.is_lingering = False, False, True
            self.began_at = time.monotonic()
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        else:
            super().handle_write()

    def service(self) -> None:
        self.is_refused = self.requests[0].error is not None
        super().service()
        self.began_at = self.moved_at = time.monotonic()

    @property
    def is_waiting(self) -> bool:
        """Whether the connection can be closed without loss: it has no thread, and no answer is being sent."""
        return not (self.requests or self.total_outbufs_len or self.close_when_flushed)

    @property
    def is_idle(self) -> bool:
        return self.is_waiting and self.request is None

    def is_late(self, now: float) -> bool:
        if self.is_lingering:
            return now - self.began_at > LINGER_SECONDS
        if self.total_outbufs_len:
            return self._is_unread(now)
        if self.requests:
            return False
        request, took = self.request, now - self.began_at
        if request is None:
            return took > KEPT_SECONDS
        if not request.headers_finished:
            return took > HEAD_SECONDS
        return now - self.moved_at > SILENT_SECONDS or took > SILENT_SECONDS + self.n_bytes / SLOWEST_BODY

    def _is_unread(self, now: float) -> bool:
        taken = self._taken()
        if taken - self.n_taken >= SLOWEST_READER * SILENT_SECONDS:
            self.n_taken, self.moved_at = taken, now
        return now - self.moved_at > SILENT_SECONDS

    def _taken(self) -> int:
        """The kernel takes megabytes at once and passes them on for minutes: what it still has, the client has not taken."""
        connection = self.socket  # none where it was closed, also while a thread asks
        return self.n_sent - (_n_held_by_kernel(connection) if connection else 0)

    def cut(self, reason: str) -> None:
        """Close, whatever is under way; who was being answered is told so, and the log."""
        if self.is_answering:
            log.warning("an answer was cut short after %d bytes: %s", self._taken(), reason)
        self.handle_close()

    @property
    def is_answering(self) -> bool:
        return bool(self.requests or self.total_outbufs_len)

    def handle_close(self) -> None:
        connection = self.socket  # none where an error has closed it
        if connection is not None and (self.is_broken or self.is_answering):
            with contextlib.suppress(OSError):  # a reset instead of an end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        super().handle_close()


class Asking:
    """Whether the sender of a large body is known: a task of a thread of its own, for the database may be slow."""

    def __init__(self, channel: BufferedChannel, request: RequestParser) -> None:
        self.channel, self.request = channel, request
        self.error: Error | None = NoRoom("The database does not answer: nothing was stored. Send it again later.")

    def service(self) -> None:
        server, request = self.channel.server, self.request
        try:
            if request.claim and server.is_known(request.claim):
                self.error = None
            else:
                request.adj = request.adj.of_strangers
                self.error = request.too_large()
        finally:
            server.asked.append(self)
            server.pull_trigger()

    def cancel(self) -> None:
        """The server ends."""


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Serve on a socket that another process listens on, until it is told to stop."""

    channel_class = BufferedChannel
    is_stopping = False
    next_channel_cleanup = float("inf")  # waitress' own goes by a clock that may be set back; `tend` does it

    def __init__(self, application: Any, listener: socket.socket, *, threads: int, is_known: Callable[[Claim], bool]) -> None:
        adjustments = Adjustments(
            sockets=[listener], threads=threads, ident="", connection_limit=2 * MOST_OF_ALL, channel_timeout=2**31,
            clear_untrusted_proxy_headers=False,  # Django reads them where AGON_BEHIND_PROXY is true
            max_request_header_size=65_536, max_request_body_size=MOST_BYTES, outbuf_high_watermark=256 << 20,
            asyncore_use_poll=True, log_socket_errors=False,
        )  # fmt: skip
        adjustments.of_strangers, adjustments.of_programs = copy.copy(adjustments), copy.copy(adjustments)
        adjustments.of_programs.of_strangers = adjustments.of_strangers
        adjustments.of_strangers.max_request_body_size = MOST_BYTES_OF_STRANGERS
        adjustments.of_programs.max_request_body_size = MOST_BYTES_OF_PROGRAMS
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.health, self.asking, self.is_known = _dispatcher(1), _dispatcher(1), is_known
        self.asked = deque[Asking]()
        self._tended_at = self._stopped_at = time.monotonic()
        super().__init__(
            application, {}, _sock=listener, dispatcher=_dispatcher(threads), adj=adjustments, bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
        )  # fmt: skip
        self.server_name = self.effective_host

    def add_task(self, task: BufferedChannel) -> None:
        is_health = getattr(task.requests[0], "path", "") == HEALTH
        (self.health if is_health else self.task_dispatcher).add_task(task)

    def ask(self, asking: Asking) -> None:
        self.asking.add_task(asking)

    def handle_accept(self) -> None:
        super().handle_accept()
        if len(self.active_channels) > MOST_OF_ONE:
            self._make_room()

    def run(self) -> None:
        while not self.is_stopping:
            self._turn()
        self.del_channel()  # the socket is left open: new connections wait for the next server
        self._stopped_at = time.monotonic()
        while time.monotonic() < self._stopped_at + GRACE_SECONDS and self._has_work():
            self._turn()
        for each in list(self.active_channels.values()):
            each.cut("the server stops")

    def stop(self, *_: object) -> None:
        self.is_stopping = True
        self.pull_trigger()

    def _turn(self) -> None:
        wasyncore.loop(timeout=TEND_SECONDS, use_poll=True, map=self._map, count=1)
        while self.asked:
            asking = self.asked.popleft()
            asking.channel.settle(asking.request, asking.error)
        now = time.monotonic()
        if now - self._tended_at >= TEND_SECONDS:
            self._tended_at = now
            for each in list(self.active_channels.values()):
                if each.is_late(now):
                    each.cut("its reader takes nothing, or next to nothing")

    def _has_work(self) -> bool:
        """A connection that is quiet is closed; what has just been sent on one is still read and answered."""
        now = time.monotonic()
        for each in list(self.active_channels.values()):
            if each.is_idle and now - max(each.began_at, self._stopped_at) > TEND_SECONDS:
                each.handle_close()
        return bool(self.active_channels)

    def _make_room(self) -> None:
        waiting = sorted((each for each in self.active_channels.values() if each.is_waiting), key=lambda each: each.began_at)
        of_address = Counter(each.addr[0] for each in waiting)
        n_all = len(self.active_channels)
        for each in waiting:
            if of_address[each.addr[0]] > MOST_OF_ONE or n_all > MOST_OF_ALL:
                of_address[each.addr[0]] -= 1
                n_all -= 1
                each.handle_close()


def _n_held_by_kernel(connection: socket.socket) -> int:
    """Bytes that were sent that the other side has not acknowledged; 0 where the system does not tell."""
    answer = bytearray(struct.calcsize("i"))
    try:
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, answer)
    except (OSError, ValueError):  # or it is closed
        return 0
    n: int = struct.unpack("i", answer)[0]
    return n


def _dispatcher(n_threads: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(n_threads)
    return dispatcher


def _claim_of(headers: dict[str, str]) -> Claim | None:
    sent: str = headers.get("AUTHORIZATION", "")
    if sent.lower().startswith(OF_PROGRAMS):
        return Claim(is_token=True, secret=sent.partition(" ")[2].strip())
    cookies = (each.partition("=") for each in headers.get("COOKIE", "").split(";"))
    keys = [value.strip() for name, _, value in cookies if name.strip() == SESSION]
    return Claim(is_token=False, secret=keys[-1]) if keys else None


def serve(application: Any, listener: socket.socket, *, threads: int, is_known: Callable[[Claim], bool]) -> None:
    """Until SIGTERM."""
    server = Server(application, listener, threads=threads, is_known=is_known)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, server.stop)
    server.run()


def allow_many_files() -> None:
    """A connection is an open file: as many as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * MOST_OF_ALL if hard == resource.RLIM_INFINITY else min(hard, 4 * MOST_OF_ALL)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    die_with_parent()
    parser = argparse.ArgumentParser(description="Serve the pages on a socket that is inherited; `manage.py serve` does it.")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--threads", type=int, default=4)
    given = parser.parse_args()
    allow_many_files()
    from django.conf import settings
    from django.db.backends.signals import connection_created

    from arena.config.wsgi import application  # sets Django up

    from arena.config.serving.known_senders import is_known  # isort: skip  # it needs that

    tempfile.tempdir = _folder(Path(settings.DATA_DIR) / "tmp")  # where uploads go in the end: no second disk to fill
    forget_uploads(Path(tempfile.tempdir))
    connection_created.connect(give_up_waiting)
    serve(application, socket.socket(fileno=given.fd), threads=given.threads, is_known=is_known)


def give_up_waiting(connection: Any, **_: object) -> None:
    """A page waits a few seconds for a lock, then fails with a message: threads are few. (Workers may wait.)"""
    waiting = {"postgresql": "SET lock_timeout =", "sqlite": "PRAGMA busy_timeout ="}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"{waiting} {LOCK_MILLISECONDS}")


def forget_uploads(folder: Path) -> None:
    """Those that a server left which was told to stop; another may be taking one in now."""
    for path in folder.glob("*.upload*"):
        with contextlib.suppress(OSError):
            if path.stat().st_mtime < time.time() - UPLOAD_SECONDS:
                path.unlink()


def _folder(path: Path) -> str:
    path.mkdir(mode=0o700, exist_ok=True)
    return str(path)


if __name__ == "__main__":
    main()
