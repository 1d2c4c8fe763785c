"""Real sites for tests that kill: real processes, real files, a database and a data folder of their own.

The first site of a test run is prepared by the demo; the others start from a copy of it.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from tests import shared_run, warm_processes
from tests.shared_run import POSTGRES, ROOT


@dataclass
class Machine:
    """A data folder, a database and a broker; what is run on it reads nothing else."""

    folder: Path
    database_url: str = ""
    broker_url: str = ""
    settings: dict[str, str] = field(default_factory=dict)  # more of them, by their names in the environment

    @property
    def env(self):
        return shared_run.clean_environment() | {
            "AGON_DATA_DIR": str(self.folder), "DATABASE_URL": self.database_url, "CELERY_BROKER_URL": self.broker_url,
            "AGON_VOTES_PER_MINUTE": "10000", "AGON_ANONYMOUS_VOTERS_PER_HOUR": "10000",
        } | self.settings  # fmt: skip

    def popen(self, *arguments, **options):
        return subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=self.env, **options)

    def manage(self, *arguments, check=True, before=None):
        """Run a command to its end, after what is called in its process before; its output is text.

        A process that another PYTHONPATH is meant for has to import everything itself.
        """
        if before is None and "PYTHONPATH" not in self.settings:
            ended = warm_processes.manage(arguments, self.env, seconds=240)
        else:
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            process = self.popen("manage.py", *arguments, preexec_fn=before, **pipes)
            out, err = process.communicate(timeout=240)
            ended = subprocess.CompletedProcess(process.args, process.returncode, out, err)
        if check:
            ended.check_returncode()
        return ended

    def python(self, code):
        """Run lines of Python inside Django on this machine."""
        return self.manage("shell", "-v0", "-c", code).stdout

    def rows(self, sql, *values):
        with connected(self) as connection:
            return connection.execute(sql.replace("?", "%s") if self.database_url else sql, values).fetchall()

    def value(self, sql, *values):
        return self.rows(sql, *values)[0][0]


@contextlib.contextmanager
def connected(machine):
    """The machine's database itself, without Django; every statement stands at once."""
    if machine.database_url:
        connection = psycopg.connect(machine.database_url, autocommit=True)
    else:
        connection = sqlite3.connect(machine.folder / "agon.sqlite3", timeout=30, isolation_level=None)
    with contextlib.closing(connection):
        yield connection


@dataclass
class Site:
    """A running `manage.py serve`."""

    process: subprocess.Popen
    out: list = field(default_factory=list)
    log: list = field(default_factory=list)

    @property
    def url(self):
        return re.search(r"http://[\d.:]+/", self.text)[0]

    @property
    def text(self):
        return "".join(self.out)

    def get(self, path="", timeout=30):
        with urllib.request.urlopen(self.url + path, timeout=timeout) as response:
            return response.read().decode()

    def processes(self, word):
        """Ids of the processes below this site whose command line has the word."""
        return [pid for pid in descendants(self.process.pid) if word in command_line(pid)]

    def kill_worker(self):
        (pid,) = [pid for pid in children(self.process.pid) if "celery" in command_line(pid)]
        os.kill(pid, signal.SIGKILL)
        return pid


@contextlib.contextmanager
def running_site(machine, *arguments):
    command = ["manage.py", "serve", "--port", "0", *arguments]
    process = machine.popen(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    site = Site(process)
    for stream, lines in ((process.stdout, site.out), (process.stderr, site.log)):
        threading.Thread(target=_collect, args=[stream, lines], daemon=True).start()
    try:
        wait_for(lambda: "Stop it" in site.text or process.poll() is not None, seconds=150)
        assert process.poll() is None, "".join(site.log)
        yield site
    finally:
        family = descendants(process.pid)
        process.kill()
        process.wait()
        wait_for(lambda: not any(map(is_alive, family)), seconds=60)


class Browser:
    """One anonymous voter with a cookie jar."""

    def __init__(self, site, arena="sample"):
        self.page = f"{site.url}arenas/{arena}/vote/"
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())

    def vote(self, outcome="a1"):
        """Whether the server said that the vote is in; without an answer nobody knows."""
        return self.cast(self.form(outcome))

    def form(self, outcome="a1"):
        """What the page that is open now would send."""
        html = self.opener.open(self.page, timeout=20).read().decode()
        fields = {name: re.search(rf'name="{name}" value="([^"]+)"', html)[1] for name in ("ballot", "csrfmiddlewaretoken")}
        return urllib.parse.urlencode(fields | {"outcome": outcome}).encode()

    def cast(self, form):
        with self.opener.open(self.page + "cast/", form, timeout=20) as response:
            return response.status == 200


def _collect(stream, lines):
    for line in stream:
        lines.append(line)


@contextlib.contextmanager
def new_machine(tmp_path, broker_url=""):
    """A copy of the machine on which the demo was prepared; on PostgreSQL where the suite runs on it."""
    folder, prepared = tmp_path / "data", shared_run.made_once("demo", _prepare)
    shutil.copytree(prepared, folder, ignore=shutil.ignore_patterns("static", "database"))
    (folder / "static").symlink_to(prepared / "static")
    if not POSTGRES:
        yield Machine(folder, broker_url=broker_url)
        return
    with _database(template=(prepared / "database").read_text()) as url:
        yield Machine(folder, url, broker_url)


def migrated_machine(folder):
    """A machine with a file of SQLite that was migrated, and no rows."""
    shutil.copy(shared_run.migrated_file(), folder / "agon.sqlite3")
    return Machine(folder)


@contextlib.contextmanager
def empty_machine(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    if not POSTGRES:
        yield Machine(folder)
        return
    with _database() as url:
        yield Machine(folder, url)


def _prepare(folder):
    machine = Machine(folder)
    if POSTGRES:
        machine.database_url = shared_run.new_database()
        (folder / "database").write_text(machine.database_url.rpartition("/")[2])
    machine.manage("demo", "--no-serve", "--sample-only")  # many slow boards of another arena would keep the worker busy
    machine.python("from arena.config.serving.preparing import collect_statics; collect_statics()")


@contextlib.contextmanager
def _database(template=""):
    url = shared_run.create_database(template)
    try:
        yield url
    finally:
        shared_run.drop_database(url.rpartition("/")[2])


def wait_for(condition, *, seconds):
    until = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < until, f"waited {seconds} s in vain"
        time.sleep(0.05)
    return met


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def children(pid):
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    pairs = [map(int, line.split()) for line in table.splitlines()]
    return [child for child, parent in pairs if parent == pid]


def descendants(pid):
    below = children(pid)
    return below + [grandchild for child in below for grandchild in descendants(child)]
