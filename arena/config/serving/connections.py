"""Connections: how long each is waited for, and how it ends.

An answer that ends early ends with a reset: without a length and without chunks, as in HTTP/1.0, nothing else tells it from
a whole one.
"""

import contextlib
import errno
import fcntl
import logging
import socket
import struct
import termios
import time
from typing import Any

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.task import WSGITask
from waitress.utilities import Error

from arena.config.serving import limits
from arena.config.serving.request_parser import NoRoom, RequestParser

log = logging.getLogger(__name__)


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
            return now - self.began_at > limits.LINGER_SECONDS
        if self.total_outbufs_len:
            return self._is_unread(now)
        if self.requests:
            return False
        request, took = self.request, now - self.began_at
        if request is None:
            return took > limits.KEPT_SECONDS
        if not request.headers_finished:
            return took > limits.HEAD_SECONDS
        return now - self.moved_at > limits.SILENT_SECONDS or took > limits.SILENT_SECONDS + self.n_bytes / limits.SLOWEST_BODY

    def _is_unread(self, now: float) -> bool:
        taken = self._taken()
        if taken - self.n_taken >= limits.SLOWEST_READER * limits.SILENT_SECONDS:
            self.n_taken, self.moved_at = taken, now
        return now - self.moved_at > limits.SILENT_SECONDS

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


def _n_held_by_kernel(connection: socket.socket) -> int:
    """Bytes that were sent that the other side has not acknowledged; 0 where the system does not tell."""
    answer = bytearray(struct.calcsize("i"))
    try:
        fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, answer)
    except (OSError, ValueError):  # or it is closed
        return 0
    n: int = struct.unpack("i", answer)[0]
    return n
