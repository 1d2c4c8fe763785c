"""What is made once for a whole test run and used by all of its processes."""

import atexit
import contextlib
import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import django
import psycopg

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("arena", "judges", "ranking")
POSTGRES = os.environ.get("DATABASE_URL", "").startswith("postgres")
_FOLDER = "TESTS_SHARED_FOLDER"  # in the environment of every process of the run
_DATABASES = "databases"  # one name a line: those on PostgreSQL that go with the folder


def begin() -> None:
    """Make the run's folder, in the process that starts the others; it goes when that one ends."""
    if _FOLDER not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="agon-tests-"))
        os.environ[_FOLDER] = str(folder)
        atexit.register(_end, folder)


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, filled by the first process that asks; the others wait for it."""
    folder = Path(os.environ[_FOLDER]) / name
    with _locked(folder.with_suffix(".lock")):
        if not folder.is_dir():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def migrated_database() -> str:
    """A database with all tables and no rows, to start from: the path of a file, or its name on PostgreSQL."""
    return (made_once("migrated", _migrate) / "name").read_text() if POSTGRES else str(migrated_file())


def migrated_file() -> Path:
    """A file of SQLite with all tables and no rows, whatever the suite runs on; kept for later runs of the same migrations."""
    kept = ROOT / ".pytest_cache" / f"migrated-{_digest_of_migrations()}.sqlite3"
    if not kept.exists():
        made = made_once("migrated-file", lambda folder: _run_migrate({"AGON_DATA_DIR": str(folder)})) / "agon.sqlite3"
        kept.parent.mkdir(exist_ok=True)
        unfinished = shutil.copy(made, kept.with_suffix(f".{os.getpid()}"))
        Path(unfinished).replace(kept)
    return kept


@functools.cache
def _digest_of_migrations() -> str:
    """Changes with every migration, with the models whose names and permissions `migrate` stores, and with Django."""
    digest = hashlib.sha256(django.__version__.encode())
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        if {"migrations", "models"} & {*path.parts, path.stem}:
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def new_database(template: str = "") -> str:
    """Create a database on PostgreSQL that goes when the run ends; its address."""
    url = create_database(template)
    with (Path(os.environ[_FOLDER]) / _DATABASES).open("a") as names:
        names.write(url.rpartition("/")[2] + "\n")
    return url


def create_database(template: str = "") -> str:
    """Create a database on PostgreSQL; its address."""
    name = f"agon_tests_{uuid4().hex[:12]}"
    with _server() as server:
        server.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return os.environ["DATABASE_URL"].rpartition("/")[0] + "/" + name


def drop_database(name: str) -> None:
    with _server() as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def clean_environment() -> dict[str, str]:
    """This process's environment without settings of a site."""
    ours = ("AGON_", "DATABASE_URL", "CELERY_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _migrate(folder: Path) -> None:
    url = new_database()
    (folder / "name").write_text(url.rpartition("/")[2])
    _run_migrate({"AGON_DATA_DIR": str(folder), "DATABASE_URL": url})


def _run_migrate(settings: dict[str, str]) -> None:
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=clean_environment() | settings, check=True)


def _end(folder: Path) -> None:
    names = folder / _DATABASES
    for name in names.read_text().split() if names.exists() else ():
        with contextlib.suppress(psycopg.Error):
            drop_database(name)
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _server() -> Iterator[psycopg.Connection]:
    address = os.environ["DATABASE_URL"].rpartition("/")[0] + "/postgres"
    with psycopg.connect(address, autocommit=True) as connection:
        yield connection


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
