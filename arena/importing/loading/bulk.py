"""Many rows at once, by each engine's own fast way; Django's `bulk_create` takes three times as long.

Call inside a transaction. Ids are taken first, because rows refer to each other.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from itertools import batched, chain
from typing import Any

from django.db import connection, models

ROWS_A_STATEMENT = 500  # more are faster, and take a hundred megabytes
TRANSACTIONS_A_CHECKPOINT = 20
LONG = 200  # characters: such texts are not kept in memory for the next one that says the same


def take_ids(model: type[models.Model], n_ids: int) -> list[int]:
    """Ids that no other row has or will get."""
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
        row = cursor.fetchone()
        first = (row[0] if row else 0) + 1
        return list(range(first, first + n_ids))


def take_block(model: type[models.Model], n_ids: int) -> int:
    """The number before the first of so many ids, one after the other, that nobody else has or will get.

    On PostgreSQL what is taken stays taken, whatever becomes of the transaction; call it in one of its own, as it waits for
    those that write into the table and holds up the next ones.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            row = cursor.fetchone()
            return row[0] if row else 0
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
        (sequence,) = cursor.fetchone()
        cursor.execute("SELECT nextval(%s::regclass)", [sequence])
        (first,) = cursor.fetchone()
        cursor.execute("SELECT setval(%s::regclass, %s)", [sequence, first + n_ids])
        return int(first)


def insert(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Values as the database writes them: integers, texts, bytes, None, and moments made by `as_column`."""
    if connection.vendor == "postgresql":
        _copy(model, columns, rows)
    else:
        _insert_values(model, columns, rows)


def overwrite(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Values of rows that are there; the last value of each is the row's id."""
    if not rows:
        return
    values = ", ".join(f"{name} = %s" for name in columns)
    with connection.cursor() as cursor:
        # The names are this package's own, never from a file.
        cursor.executemany(f"UPDATE {model._meta.db_table} SET {values} WHERE id = %s", rows)  # noqa: S608  # our own column names  # nosec B608


def as_column(when: datetime) -> str:
    """A moment as both engines store it."""
    return str(connection.ops.adapt_datetimefield_value(when))


def _insert_values(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows a statement: a table with triggers costs SQLite a journal for each statement."""
    names, marks = ", ".join(columns), f"({', '.join('?' * len(columns))})"
    connection.ensure_connection()
    for some in batched(rows, ROWS_A_STATEMENT):
        # The names are this package's own, never from a file.
        statement = f"INSERT INTO {model._meta.db_table} ({names}) VALUES {', '.join([marks] * len(some))}"  # noqa: S608  # our own column names  # nosec B608
        with connection.wrap_database_errors:
            connection.connection.execute(statement, list(chain.from_iterable(some)))


def _copy(model: type[models.Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.cursor.copy(statement) as copy:
        copy.write("".join(["\t".join([_AS_TEXT[type(value)](value) for value in row]) + "\n" for row in rows]))


def _escaped(value: str) -> str:
    return _escaped_once(value) if len(value) < LONG else _escaped_now(value)


@lru_cache(maxsize=4096)
def _escaped_once(value: str) -> str:
    return _escaped_now(value)


def _escaped_now(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


_AS_TEXT: dict[type, Callable[[Any], str]] = {
    int: str,
    str: _escaped,
    bytes: lambda value: f"\\\\x{value.hex()}",
    bool: lambda value: "t" if value else "f",
    float: repr,
    type(None): lambda value: "\\N",
}


def has_several_writers() -> bool:
    """Not within a transaction, which other connections could not see."""
    return connection.vendor == "postgresql" and not connection.in_atomic_block


def check_references() -> None:
    """Now, not at the commit, and so beside the other writers: it is half of PostgreSQL's work."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@contextmanager
def large_load(arena_id: int) -> Iterator[Callable[[], None]]:
    """Yields what to call after each transaction.

    The disk is synced once for many transactions. A power cut may take the last ones back, each whole and with its count of
    rows done, so that the import continues from there. A vote that is cast meanwhile is still synced before its voter is
    answered.
    """
    if connection.in_atomic_block:  # a test's own transaction: nothing to tune
        yield lambda: None
    elif connection.vendor == "postgresql":
        with _one_load_an_arena(arena_id):
            yield lambda: None
    else:
        with _log_moved_rarely() as committed:
            yield committed


@contextmanager
def _one_load_an_arena(arena_id: int) -> Iterator[None]:
    """Two files may hold the same rows, and one load cannot see what another has not committed.

    On SQLite each transaction sees all before it.
    """
    with connection.cursor() as cursor:
        lock = _lock_of(arena_id)
        cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [lock])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [lock])


def wait_for_loads(arena_id: int) -> None:
    """In a transaction that brings rows into an arena: after the load that is under way there, and before the next one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_lock_of(arena_id)])


def _lock_of(arena_id: int) -> str:
    return f"import into arena {arena_id}"


@contextmanager
def _log_moved_rarely() -> Iterator[Callable[[], None]]:
    """Each transaction changes thousands of pages of SQLite's indexes: they are moved to their places once for many."""
    n_transactions = 0

    def committed() -> None:
        nonlocal n_transactions
        n_transactions += 1
        if n_transactions % TRANSACTIONS_A_CHECKPOINT == 0:
            _checkpoint()

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.execute("PRAGMA wal_autocheckpoint = 0")
        try:
            yield committed
        finally:
            _checkpoint()
            cursor.execute("PRAGMA synchronous = FULL")
            cursor.execute("PRAGMA wal_autocheckpoint = 1000")


def _checkpoint() -> None:
    """It neither waits nor makes others wait."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
