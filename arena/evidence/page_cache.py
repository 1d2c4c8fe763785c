"""How much of a database SQLite keeps in memory."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

KILOBYTES = 16_384


@contextmanager
def few_pages_kept() -> Iterator[None]:
    """Use while a whole table is scanned: hardly any page is read twice, and all of them would stay in memory."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        (before,) = cursor.execute("PRAGMA cache_size").fetchone()
        cursor.execute(f"PRAGMA cache_size = -{KILOBYTES}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = {int(before)}")
