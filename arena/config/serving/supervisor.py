"""The whole site on one machine: web server and worker as children of one process, restarted when they die."""

import contextlib
import fcntl
import http.client
import os
import signal
import socket
import subprocess  # starts our own programs  # nosec B404
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from django.conf import settings

from arena.config.environment import BASE_DIR
from arena.config.serving.parent_watch import PARENT

STOP_SECONDS = 15  # then what still runs is killed: work in hand is taken up again from its row
SOUND_AFTER_SECONDS = 60  # a child that lived so long failed for a new reason
LONGEST_PAUSE = 30.0
# Several threads serve and fit at once already: one thread each for linear algebra, unless told otherwise.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1"}
HOPELESS_AFTER = 3  # failures in a row of a site that has never been up


class CannotServe(Exception):
    """Why the site cannot start, and what to do about it."""


@dataclass
class Child:
    """One program of the site and what became of it."""

    name: str
    argv: list[str]
    pass_fds: tuple[int, ...] = ()
    is_needed: bool = True  # a site that starts without it is none
    process: subprocess.Popen[bytes] | None = None
    n_failures: int = 0
    started_at: float = 0
    restart_at: float = 0

    def start(self, log: "PrefixedLog") -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  # our own command line  # nosec B603
            self.argv,
            env=ONE_THREAD | os.environ | {PARENT: str(os.getpid())} | _same_place(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            start_new_session=True,  # Ctrl-C reaches us alone, and we stop the others in order
        )
        log.follow(self.name, self.process)

    def look_after(self, log: "PrefixedLog") -> None:
        """Note a death, and start again when its pause is over."""
        if self.process is None:
            if time.monotonic() >= self.restart_at:
                self.start(log)
        elif (code := self.process.poll()) is not None:
            self._bury()
            pause = self._pause()
            self.restart_at = time.monotonic() + pause
            log.write(self.name, f"ended ({_ending(code)}); starting again in {pause:g} s")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def wait_or_kill(self, until: float) -> None:
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(max(0.0, until - time.monotonic()))
            self._bury()

    def _bury(self) -> None:
        """Kill the whole process group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def _pause(self) -> float:
        if time.monotonic() - self.started_at > SOUND_AFTER_SECONDS:
            self.n_failures = 0
        self.n_failures += 1
        return min(LONGEST_PAUSE, 0.5 * 2.0 ** (self.n_failures - 1))


@dataclass
class PrefixedLog:
    """The children's output, line by line, each line under its writer's name."""

    out: IO[str]
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def write(self, name: str, line: str) -> None:
        with self._turn, contextlib.suppress(OSError, ValueError):
            self.out.write(f"{name:<6} | {line}\n")
            self.out.flush()

    def follow(self, name: str, process: subprocess.Popen[bytes]) -> None:
        threading.Thread(target=self._copy, args=[name, process.stdout], daemon=True).start()

    def _copy(self, name: str, stream: IO[bytes]) -> None:
        with stream:
            for line in stream:
                self.write(name, line.decode(errors="replace").rstrip())


class Site:
    """Runs until it is told to stop."""

    def __init__(self, children: list[Child], log: PrefixedLog, *, is_up: threading.Event) -> None:
        self.children, self.log, self.is_up = children, log, is_up
        self.stop_requested = threading.Event()

    def run(self, on_ready: Callable[[], None]) -> None:
        before = {name: signal.signal(name, self._tell_to_stop) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
        announced = False
        try:
            while not self.stop_requested.wait(0.2):
                for child in self.children:
                    child.look_after(self.log)
                if self.is_up.is_set() and not announced:
                    announced = True
                    on_ready()
                self._give_up_if_hopeless()
        finally:
            self._stop()
            for name, handler in before.items():
                signal.signal(name, handler)

    def _tell_to_stop(self, *_: object) -> None:
        if self.stop_requested.is_set():  # the second time: now
            for child in self.children:
                child.wait_or_kill(until=0)
        self.stop_requested.set()

    def _give_up_if_hopeless(self) -> None:
        for child in self.children:
            if child.is_needed and not self.is_up.is_set() and child.n_failures >= HOPELESS_AFTER:
                raise CannotServe(f"{child.name} does not start: its last lines above say why")

    def _stop(self) -> None:
        self.log.write("serve", "stopping")
        for child in self.children:
            child.stop()
        until = time.monotonic() + STOP_SECONDS
        for child in self.children:
            child.wait_or_kill(until)
        self.log.write("serve", "stopped")


def site_of(
    listener: socket.socket, *, workers: int, threads: int, concurrency: int, log: PrefixedLog, beside: Sequence[Child] = ()
) -> Site:
    """The programs of a site on this socket. They inherit it: while a web process restarts, requests wait, none is refused."""
    fd = listener.fileno()
    web = [sys.executable, "-m", "arena.config.serving.web_server", "--fd", str(fd), "--threads", str(threads)]
    worker = [sys.executable, "-m", "celery", "-q", "-A", "arena.config.celery", "worker", "-B", "-c", str(concurrency)]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    is_up = threading.Event()
    threading.Thread(target=_wait_for_answer, args=[listener, is_up], daemon=True).start()
    names = ["web"] if workers == 1 else [f"web {n}" for n in range(1, workers + 1)]
    webs = [Child(name, web, pass_fds=(fd,)) for name in names]
    return Site([*webs, Child("worker", worker), *beside], log, is_up=is_up)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(512)
    except OSError as error:
        raise CannotServe(f"cannot listen on {host} port {port} ({error.strerror}): choose another with --port") from error
    return listener


def url_of(listener: socket.socket) -> str:
    """The address to open in a browser of this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not bound to  # nosec B104
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


@contextlib.contextmanager
def folder_held(folder: Path, url: str) -> Iterator[None]:
    """One site for each data folder. The lock is the system's, so a killed process holds nothing."""
    with open(folder / "serve.lock", "a+") as file:
        if not _lock(file):
            file.seek(0)
            process, other = [*file.read().split(), "?", "?"][:2]
            raise CannotServe(
                f"a site already runs on {folder}: process {process}, {other}\n"
                "Stop it first, or give this one a folder of its own with AGON_DATA_DIR=..."
            )
        file.truncate(0)
        file.write(f"{os.getpid()} {url}\n")
        file.flush()
        yield


def running_url(folder: Path) -> str | None:
    """The address of the site that runs on this folder."""
    path = folder / "serve.lock"
    if not path.exists():
        return None
    with open(path, "r+") as file:
        return None if _lock(file) else [*file.read().split(), ""][1] or None


def _lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _wait_for_answer(listener: socket.socket, is_up: threading.Event) -> None:
    """The kernel takes the call at once; it is answered when the web process is there."""
    host, port = listener.getsockname()[:2]
    while not is_up.is_set():
        connection = http.client.HTTPConnection(host, port, timeout=60)
        try:
            connection.request("GET", "/healthz", headers={"Host": _allowed_host()})
            if connection.getresponse().status == 200:
                is_up.set()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)


def _allowed_host() -> str:
    first = settings.ALLOWED_HOSTS[0] if settings.ALLOWED_HOSTS else "localhost"
    return "localhost" if first == "*" else first.removeprefix(".")


def _same_place() -> dict[str, str]:
    """The child reads the same code and the same data, wherever we were started."""
    paths = [str(BASE_DIR), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "arena.config.settings",
        "AGON_DATA_DIR": str(settings.DATA_DIR),
    }


def _ending(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
