"""Long tables, streamed in parts; few at a time, since each takes one of the server's few threads."""

import weakref
from collections.abc import Iterator
from itertools import batched
from threading import BoundedSemaphore

from django.db import connection
from django.http import StreamingHttpResponse
from rest_framework.exceptions import Throttled
from rest_framework.renderers import BaseRenderer

LINES_AT_ONCE = 200
TABLES_AT_ONCE = {"sqlite": 1, "postgresql": 3}[connection.vendor]  # of a server's four or eight threads
SECONDS_TO_WAIT = 20


class LongFile(StreamingHttpResponse):
    """A long file that is being sent; its place is freed at the end, or when the reader disconnects."""

    places = BoundedSemaphore(TABLES_AT_ONCE)

    def __init__(self, parts: Iterator[bytes] | Iterator[str], filename: str, media_type: str, *, has_place: bool) -> None:
        super().__init__(parts, content_type=media_type)
        self["Content-Disposition"] = f'attachment; filename="{filename}"'
        # Called once: on close, or on garbage collection if another answer was returned instead.
        self._gives_back = weakref.finalize(self, self.places.release) if has_place else None

    @classmethod
    def take_place(cls) -> None:
        """Take a place, or raise Throttled if all are taken. The caller must hand the place to a table or release it."""
        if not cls.places.acquire(blocking=False):
            raise Throttled(SECONDS_TO_WAIT, "Other tables are being sent: each takes one of the server's few threads.")

    def close(self) -> None:
        try:
            super().close()
        finally:
            if self._gives_back is not None:
                self._gives_back()


class Table(LongFile):
    """As CSV, line by line."""

    def __init__(self, lines: Iterator[str], filename: str, *, has_place: bool) -> None:
        super().__init__(map("".join, batched(lines, LINES_AT_ONCE)), filename, "text/csv; charset=utf-8", has_place=has_place)


class WholeTable(BaseRenderer):
    """Declares CSV; the view streams the lines itself."""

    media_type, format, charset = "text/csv", "csv", "utf-8"
