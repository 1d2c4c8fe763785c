"""One line that is written over, where somebody looks at a terminal."""

import time
from typing import Any

EVERY_SECONDS = 0.5


class ProgressLine:
    def __init__(self, stream: Any) -> None:
        self.stream, self.shown_at, self.is_open = stream, time.monotonic(), False

    def say(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self.stream.isatty() or now < self.shown_at + EVERY_SECONDS:
            return
        self.shown_at, self.is_open = now, True
        self.stream.write(f"\r\033[K{what}: {done:,} of {total:,}", ending="")

    def end(self) -> None:
        if self.is_open:
            self.stream.write("\r\033[K", ending="")
