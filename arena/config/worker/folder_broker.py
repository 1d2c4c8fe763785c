"""A broker in a folder: no server to install. Every message is a file, every queue a folder of them.

Kombu's own filesystem transport writes in place, so that a live consumer reads half a file and loses it (kombu #1551).
Here a message appears whole, by a rename, and is taken by the one process that manages to unlink it. The folder may be
deleted at any time: the work it rang for lies in the database.
"""

import contextlib
import json
import os
import re
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from queue import Empty
from secrets import token_hex
from typing import Any

from django.utils.dateparse import parse_datetime
from kombu.transport import virtual
from structlog import get_logger

NEVER = 0
KEPT_UNREADABLE = 50  # of the files that were no messages, the newest ones stay for a person to look at
SWEEP_SECONDS = 10
HALF_WRITTEN_SECONDS = 3600  # what a killed process was writing is taken away after this

log = get_logger(__name__)
_QUEUE = re.compile(r"\A[A-Za-z0-9_-][A-Za-z0-9._@-]*\Z")
_MESSAGE = re.compile(r"\A\d+-[0-9a-f]+-(\d+)\.msg\Z")


class Channel(virtual.Channel):
    """Messages of one process. Names of files hold the times at which they were written and become void."""

    do_restore = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
        self.folder = Path(self.connection.client.transport_options["folder"])
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._seen: dict[str, deque[str]] = {}
        self._swept_at: dict[str, float] = {}

    def _put(self, queue: str, message: dict[str, Any], **kwargs: object) -> None:
        folder = self._folder_of(queue)
        name = f"{time.time_ns()}-{token_hex(4)}-{_void_from(message)}.msg"
        try:
            _write_whole(folder, name, message)
        except FileNotFoundError:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_whole(folder, name, message)
        self._sweep(queue)

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        folder = self._folder_of(queue)
        for name in self._names(queue):
            content = _take(folder / name)
            if content is None or _is_void(name):
                continue
            message = self._read(content)
            if message is not None:
                return message
            self._set_aside(name, content)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(_list(self._folder_of(queue)))

    def _purge(self, queue: str) -> int:
        folder = self._folder_of(queue)
        return sum(_take(folder / name) is not None for name in _list(folder))

    def _folder_of(self, queue: str) -> Path:
        if not _QUEUE.match(queue):
            raise ValueError(f"queue {queue!r}: letters, digits, - _ . and @ only, since it names a folder")
        return self.folder / queue

    def _names(self, queue: str) -> Iterator[str]:
        """Oldest first. A listing is used up before the next is made: long queues are not listed for every message."""
        seen = self._seen.setdefault(queue, deque())
        if not seen:
            seen.extend(_list(self._folder_of(queue)))
        while seen:
            yield seen.popleft()

    def _read(self, content: bytes) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = json.loads(content)
            self.Message(message, channel=self)  # type: ignore[no-untyped-call]
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return message

    def _set_aside(self, name: str, content: bytes) -> None:
        folder = self.folder / ".unreadable"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / name).write_bytes(content)
        for old in _list(folder)[:-KEPT_UNREADABLE]:
            (folder / old).unlink(missing_ok=True)
        log.warning("a file in the broker's folder is no message: set aside", file=str(folder / name), size=len(content))

    def _sweep(self, queue: str) -> None:
        """Remove expired messages, also where no worker does."""
        if time.monotonic() - self._swept_at.get(queue, -SWEEP_SECONDS) < SWEEP_SECONDS:
            return
        self._swept_at[queue] = time.monotonic()
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder_of(queue)) as files:
            for file in files:
                if _is_void(file.name) or _is_forgotten(file):
                    Path(file).unlink(missing_ok=True)


class Transport(virtual.Transport):
    Channel = Channel
    polling_interval = 0.1
    driver_type = driver_name = "folder"
    # bindings of queues, shared by the connections of this process
    _state = virtual.BrokerState()  # type: ignore[no-untyped-call]

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)  # type: ignore[no-untyped-call]
        self.state = self._state

    @property
    def default_connection_params(self) -> dict[str, object]:
        return {}  # no host, no port

    def driver_version(self) -> str:
        return "1"


def _write_whole(folder: Path, name: str, message: dict[str, Any]) -> None:
    temporary = folder / f".{name}"
    temporary.touch(mode=0o600)
    temporary.write_bytes(json.dumps(message, default=str).encode())
    os.replace(temporary, folder / name)


def _take(path: Path) -> bytes | None:
    """The content, for the one process that unlinks the file; for the others, and for a file that has gone, None."""
    try:
        content = path.read_bytes()
        path.unlink()
    except OSError:
        return None
    return content


def _list(folder: Path) -> list[str]:
    """Names of messages, oldest first; those that are being written begin with a dot."""
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except FileNotFoundError:
        return []


def _void_from(message: dict[str, Any]) -> int:
    """The second from which a worker would throw the message away."""
    expires = (message.get("headers") or {}).get("expires")
    moment = parse_datetime(expires) if isinstance(expires, str) else None
    return int(moment.timestamp()) + 1 if moment else NEVER


def _is_void(name: str) -> bool:
    match = _MESSAGE.match(name)
    return match is not None and NEVER < int(match[1]) <= time.time()


def _is_forgotten(file: os.DirEntry[str]) -> bool:
    return file.name.startswith(".") and time.time() - file.stat().st_mtime > HALF_WRITTEN_SECONDS
