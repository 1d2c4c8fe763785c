"""Many rows at once, by each engine's own fast way; Django's `bulk_create` takes three times as long.

Call inside a transaction. Ids are taken first, because rows refer to each other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import batched, chain
from typing import Any

from django.db import connection, models

ROWS_A_STATEMENT = 500
TRANSACTIONS_A_CHECKPOINT = 20


def take_ids(model: type[models.Model], n_ids: int) -> list[int]:
    """Ids that nobody else has or will get."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            (sequence,) = cursor.fetchone()
            cursor.execute("SELECT array_agg(nextval(%s::regclass)) FROM generate_series(1, %s)", [sequence, n_ids])
            (ids,) = cursor.fetchone()
            return list(ids or [])
        # The transaction is IMMEDIATE: no other writer until it ends. Ids of deleted rows are never used again.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
        return list(range(first, first + n_ids))


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Values as the database writes them: integers, texts, bytes, None, and moments made by `as_column`."""
    if connection.vendor == "postgresql":
        _copy(model, columns, rows)
    else:
        _insert_values(model, columns, rows)


def as_column(when: datetime) -> str:
    """A moment as both engines store it."""
    return str(connection.ops.adapt_datetimefield_value(when))


def _insert_values(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows a statement: a table with triggers costs SQLite a journal for each statement."""
    names, marks = ", ".join(columns), f"({', '.join('?' * len(columns))})"
    connection.ensure_connection()
    for some in batched(rows, ROWS_A_STATEMENT):
        # The names are this package's own, never from a file.
        statement = f"INSERT INTO {model._meta.db_table} ({names}) VALUES {', '.join([marks] * len(some))}"  # noqa: S608 # nosec
        with connection.wrap_database_errors:
            connection.connection.execute(statement, list(chain.from_iterable(some)))


def _copy(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        copy.write("".join(["\t".join([_as_text(value) for value in row]) + "\n" for row in rows]))


def _as_text(value: Any) -> str:
    if type(value) is int:
        return str(value)
    if value is None:
        return "\\N"
    if type(value) is bytes:
        return f"\\\\x{value.hex()}"
    if type(value) is bool:
        return "t" if value else "f"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


@contextmanager
def large_load() -> Iterator[Callable[[], None]]:
    """Yields what to call after each transaction.

    The disk is synced once for many transactions. A power cut may take the last ones back, each whole and with its count of
    rows done, so that the import continues from there. A vote that is cast meanwhile is still synced before its voter is
    answered.
    """
    if connection.in_atomic_block:  # a test's own transaction: nothing to tune
        yield lambda: None
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET synchronous_commit = off")
        else:
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield _Log().committed
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("RESET synchronous_commit")
            else:
                _checkpoint()
                cursor.execute("PRAGMA synchronous = FULL")
                cursor.execute("PRAGMA wal_autocheckpoint = 1000")


class _Log:
    """Each transaction changes thousands of pages of SQLite's indexes: they are moved to their places once for many."""

    def __init__(self) -> None:
        self._n_transactions = 0

    def committed(self) -> None:
        self._n_transactions += 1
        if self._n_transactions % TRANSACTIONS_A_CHECKPOINT == 0 and connection.vendor == "sqlite":
            _checkpoint()


def _checkpoint() -> None:
    """Nobody waits for it, and it waits for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
