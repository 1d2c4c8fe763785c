"""Many rows at once, by each engine's own fast way; Django's `bulk_create` takes three times as long.

Call inside a transaction. Ids are taken first, because rows refer to each other.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, models


def take_ids(model: type[models.Model], n_ids: int) -> list[int]:
    """Ids that nobody else has or will get."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
            cursor.execute(sequence, [table, n_ids])
            return [row[0] for row in cursor.fetchall()]
        # The transaction is IMMEDIATE: no other writer until it ends. Ids of deleted rows are never used again.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        found = cursor.fetchone()
        first = (found[0] if found else 0) + 1
        return list(range(first, first + n_ids))


def insert(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Values as the database writes them: integers, texts, bytes, None, and moments made by `as_column`."""
    if connection.vendor == "postgresql":
        _copy(model, columns, rows)
    else:
        _execute_many(model, columns, rows)


def as_column(when: datetime) -> str:
    """A moment as both engines store it."""
    return str(connection.ops.adapt_datetimefield_value(when))


def _execute_many(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    # The names are this package's own, never from a file.
    statement = f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({marks})"  # noqa: S608 # nosec
    connection.ensure_connection()
    connection.connection.executemany(statement, rows)


def _copy(model: type[models.Model], columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    statement = f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN"
    with connection.cursor() as cursor, cursor.cursor.copy(statement) as copy:
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


def settle() -> None:
    """After a large import: what SQLite appended to its log goes to its place, so that the next reader is fast."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
