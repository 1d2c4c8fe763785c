"""The web server: an event loop reads requests and sends answers; a thread is given to a request that is whole.

Waitress does the work; `event_loop`, `connections` and `request_parser` add what it leaves open. Whoever sends slowly costs a
connection and nothing else (`limits`):
- the headers of a request come within `HEAD_SECONDS`, however many bytes trickle in;
- a body may come slowly, at `SLOWEST_BODY` on average, and not stop for `SILENT_SECONDS`;
- an answer that is not taken for `SILENT_SECONDS`, or slower than `SLOWEST_READER`, ends;
- of one address at most `MOST_OF_ONE` connections wait, of all `MOST_OF_ALL`: the one that waited longest makes room.
- a body that is large for a stranger waits until a thread of its own has looked up whose session or token it comes with.
`/healthz` has a thread of its own: it answers while all others wait for a database.
"""

import argparse
import contextlib
import resource
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arena.config.serving import limits
from arena.config.serving.event_loop import Server
from arena.config.serving.parent_watch import die_with_parent
from arena.config.serving.request_parser import Claim

UPLOAD_SECONDS = 3600.0  # without a byte more: then a file of a request belongs to nobody
LOCK_MILLISECONDS = 5_000


def serve(application: Any, listener: socket.socket, *, threads: int, is_known: Callable[[Claim], bool]) -> None:
    """Until SIGTERM."""
    server = Server(application, listener, threads=threads, is_known=is_known)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, server.stop)
    server.run()


def allow_many_files() -> None:
    """A connection is an open file: as many as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * limits.MOST_OF_ALL if hard == resource.RLIM_INFINITY else min(hard, 4 * limits.MOST_OF_ALL)
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
