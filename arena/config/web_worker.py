"""Threads that wait for a slow sender for so long and no longer: a few who send half a request must not stop the site."""

import time
from typing import Any

from gunicorn.http import get_parser
from gunicorn.http.errors import NoMoreData
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers import gthread

PATIENCE = 15.0  # seconds without a byte
SLOWEST = 500  # bytes a second, on average, once the first seconds are used up


class PatientUnreader(SocketUnreader):  # type: ignore[misc]
    """Only time spent waiting counts, and every byte that comes earns some more of it: slow uploads arrive."""

    seconds_left = PATIENCE

    def next_request(self) -> None:
        self.seconds_left = PATIENCE

    def chunk(self, size_hint: int | None = None) -> bytes:
        given = self.sock.gettimeout()  # gunicorn's own, where it drains what nobody read
        began = time.monotonic()
        self.sock.settimeout(max(0.001, min(PATIENCE, self.seconds_left, PATIENCE if given is None else given)))
        try:
            data: bytes = super().chunk(size_hint)
        except TimeoutError:
            if given is not None:
                raise
            raise NoMoreData from None  # as if the sender had gone
        finally:
            self.sock.settimeout(given)
        self.seconds_left += len(data) / SLOWEST - (time.monotonic() - began)
        return data


class PatientWorker(gthread.ThreadWorker):  # type: ignore[misc]
    def handle(self, conn: Any) -> Any:
        if not conn.initialized and not conn.wait_for_data(0):
            return gthread._DEFER  # nothing sent yet, as by browsers that connect ahead: no thread waits for it
        if conn.parser is None and not self.cfg.is_ssl:
            conn.parser = get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = PatientUnreader(conn.sock)
        if isinstance(conn.parser.unreader if conn.parser else None, PatientUnreader):
            conn.parser.unreader.next_request()
        return super().handle(conn)
