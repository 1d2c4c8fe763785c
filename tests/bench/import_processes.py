"""Two ways to fill a database with battles, each in a process of its own; prints the seconds of the processor it took.

Run as `python -m tests.bench.import_processes import FILE` or `... executemany`, with the SQLite database in the environment.
The latter writes the battles and votes that it finds there once more, in their order.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

ROWS_A_TRANSACTION = 10_000


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.config.settings")
    django.setup()
    work = {"import": _imports, "executemany": _inserts}[sys.argv[1]]
    sys.stdout.write(f"\n{_seconds(work())}")


def _seconds(work: Callable[[], None]) -> float:
    """Of all threads, and of processes that were started and have ended."""
    before = _used()
    work()
    return _used() - before


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _imports() -> Callable[[], None]:
    from django.core.management import call_command

    path = Path(sys.argv[2])
    return lambda: call_command("import_battles", path, format="chatbot-arena", arena="measured")


def _inserts() -> Callable[[], None]:
    """The tables keep their indexes, foreign keys and triggers: all that they promise."""
    from arena.models import Battle, Vote

    battles, votes = _emptied(Battle), _emptied(Vote)
    database = _database()
    database.execute("VACUUM")
    database.execute("PRAGMA synchronous = NORMAL")  # as the import has it
    database.execute("PRAGMA foreign_keys = ON")

    def insert() -> None:
        for start in range(0, len(battles[1]), ROWS_A_TRANSACTION):
            database.execute("BEGIN IMMEDIATE")
            for statement, rows in (battles, votes):
                database.executemany(statement, rows[start : start + ROWS_A_TRANSACTION])
            database.execute("COMMIT")

    return insert


def _emptied(model: Any) -> tuple[str, list[tuple[Any, ...]]]:
    """How its rows are put in again, and the rows."""
    table, database = model._meta.db_table, _database()
    rows = database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()
    database.execute("PRAGMA foreign_keys = OFF")  # votes would be in the way
    database.execute(f"DELETE FROM {table}")
    return f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows


def _database() -> Any:
    """The sqlite3 connection itself; Django's own would convert each value."""
    from django.db import connection

    connection.ensure_connection()
    return connection.connection


if __name__ == "__main__":
    main()
