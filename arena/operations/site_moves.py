"""All rows of a site -> an empty database of either engine, with the same numbers, in one transaction.

    this site's database, which nobody writes meanwhile -> rows, some hundred at once -> the target; compared; committed

The target's tables are made by the migrations beforehand. If the move ends early, for whatever reason, the tables exist and
are empty.
"""

import graphlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import dj_database_url
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, connections, models, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from arena.operations import planner_statistics
from arena.wording import counted

TARGET = "target"
ROWS_AT_ONCE = 500
ON_SQLITE: dict[str, Any] = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}

type Model = type[models.Model]


class CannotMove(Exception):
    """Why the site cannot be moved, and what to do about it. Nothing was moved."""


@contextmanager
def target_at(url: str) -> Iterator[None]:
    """A second database beside this site's own."""
    database: dict[str, Any] = dict(dj_database_url.parse(url))
    is_file = database["ENGINE"].endswith("sqlite3")
    database["OPTIONS"] = (
        ON_SQLITE if is_file else {"connect_timeout": 5, "application_name": "agon-move"} | database.get("OPTIONS", {})
    )
    connections.settings[TARGET] = connections.configure_settings({"default": {}, TARGET: database})[TARGET]
    try:
        yield
    finally:
        connections[TARGET].close()
        del connections[TARGET]
        del connections.settings[TARGET]


def check_places() -> None:
    """Before the target's tables are made. Raises CannotMove."""
    if _place(connection.settings_dict) == _place(connections[TARGET].settings_dict):
        raise CannotMove("the target is the database that this site uses already: name another one")
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CannotMove("this site's database is of another version than the program: run manage.py migrate, then move")
    try:
        there = set(connections[TARGET].introspection.table_names())
    except DatabaseError as error:
        raise CannotMove(f"the target cannot be opened: {_first_line(error)}") from error
    _check_empty([model for model in moved_models() if model._meta.db_table in there])


def move_rows(*, say: Callable[[str, int, int], None] = lambda table, done, total: None) -> dict[str, int]:
    """How many rows of each table were moved. Raises CannotMove."""
    if _migrations("default") != _migrations(TARGET):
        raise CannotMove("the two databases have had different migrations: move with the program that this site runs on")
    counts: dict[str, int] = {}
    moved = moved_models()
    try:
        with _as_it_stands(), transaction.atomic(using=TARGET):
            _check_empty(moved)
            for model in reversed(moved):  # what the migrations put in comes again, with this site's numbers
                model._base_manager.using(TARGET).all()._raw_delete(TARGET)
            for model in moved:
                counts[model._meta.db_table] = _copy(model, say)
            _go_on_numbering(moved)
            _compare(moved, counts)
    except DatabaseError as error:
        raise CannotMove(f"the target does not take the rows: {_first_line(error)}") from error
    planner_statistics.gather(TARGET)
    return counts


def moved_models() -> list[Model]:
    """All models with a table, each after those that its rows refer to."""
    all_models = [
        model for model in apps.get_models(include_auto_created=True) if model._meta.managed and not model._meta.proxy
    ]
    named = {
        model: {
            field.related_model
            for field in model._meta.local_fields
            if isinstance(field, models.ForeignKey) and field.related_model in all_models and field.related_model is not model
        }
        for model in sorted(all_models, key=lambda model: model._meta.db_table)
    }
    return list(graphlib.TopologicalSorter(named).static_order())


def _place(database: dict[str, Any]) -> tuple[str, ...]:
    """Equal for one database, whatever path or link names its file."""
    if str(database["ENGINE"]).endswith("sqlite3"):
        return (str(database["ENGINE"]), str(Path(str(database["NAME"])).resolve()))
    return tuple(str(database.get(name, "")) for name in ("ENGINE", "HOST", "PORT", "NAME"))


def _migrations(alias: str) -> set[tuple[str, str]]:
    return set(MigrationRecorder(connections[alias]).applied_migrations())


def _check_empty(present: Sequence[Model]) -> None:
    seeded = {ContentType, Permission, Group, Group.permissions.through}
    for model in present:
        if model not in seeded and model._base_manager.using(TARGET).exists():
            raise CannotMove(
                f"the target is not empty: {model._meta.db_table} has rows. Name an empty database; nothing there was changed"
            )


@contextmanager
def _as_it_stands() -> Iterator[None]:
    """One moment of this site; on SQLite, writers wait until the move has ended."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _copy(model: Model, say: Callable[[str, int, int], None]) -> int:
    table, fields = model._meta.db_table, list(model._meta.local_concrete_fields)
    target = connections[TARGET]
    quote = target.ops.quote_name
    marks = ", ".join(["%s"] * len(fields))
    statement = f"INSERT INTO {quote(table)} ({', '.join(quote(str(each.column)) for each in fields)}) VALUES ({marks})"  # noqa: S608  # names of our own models, quoted  # nosec B608
    rows = model._base_manager.order_by("pk").values_list(*(each.attname for each in fields))
    done, total, arriving = 0, model._base_manager.count(), rows.iterator(chunk_size=ROWS_AT_ONCE)
    while some := list(islice(arriving, ROWS_AT_ONCE)):
        written = [[_as_column(each, value) for each, value in zip(fields, row, strict=True)] for row in some]
        _insert(statement, written, table)
        done += len(some)
        say(table, done, total)
    return done


def _as_column(field: "models.Field[Any, Any]", value: Any) -> Any:
    if value is None and isinstance(field, models.JSONField) and not field.null:
        value = models.Value(None, models.JSONField())  # the null of JSON, which is read as the database's
    return field.get_db_prep_save(value, connection=connections[TARGET])


def _insert(statement: str, rows: Sequence[Sequence[Any]], table: str) -> None:
    """Insert all rows, or name the one that the target refuses: SQLite stores texts beyond the declared length."""
    try:
        with transaction.atomic(using=TARGET), connections[TARGET].cursor() as cursor:
            cursor.executemany(statement, rows)
    except (DatabaseError, ValueError):
        for row in rows:
            try:
                with transaction.atomic(using=TARGET), connections[TARGET].cursor() as cursor:
                    cursor.execute(statement, row)
            except (DatabaseError, ValueError) as error:
                raise CannotMove(
                    f"{table}, the row with id {row[0]}: the target does not take it ({_first_line(error)}). "
                    "Mend the row on this site, then move again"
                ) from error
        raise


def _go_on_numbering(moved: Sequence[Model]) -> None:
    """Ids of deleted rows are not reused in the target either."""
    last = _last_numbers(moved)
    with connections[TARGET].cursor() as cursor:
        for model in moved:
            number = last.get(model._meta.db_table, 0)
            if not number:
                continue
            table, column = model._meta.db_table, model._meta.pk.column
            if connections[TARGET].vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, %s), %s)", [f'"{table}"', column, number])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, number])


def _last_numbers(moved: Sequence[Model]) -> dict[str, int]:
    numbered = [model for model in moved if isinstance(model._meta.pk, models.AutoField)]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.execute("SELECT name, seq FROM sqlite_sequence")
            return dict(cursor.fetchall())
        numbers = {}
        for model in numbered:
            sequence = [f'"{model._meta.db_table}"', model._meta.pk.column]
            cursor.execute("SELECT pg_sequence_last_value(pg_get_serial_sequence(%s, %s)::regclass)", sequence)
            numbers[model._meta.db_table] = cursor.fetchone()[0] or 0
        return numbers


def _compare(moved: Sequence[Model], counts: dict[str, int]) -> None:
    for model in moved:
        here, there = model._base_manager.count(), model._base_manager.using(TARGET).count()
        if not here == there == counts[model._meta.db_table]:
            raise CannotMove(f"{model._meta.db_table} has {counted(here, 'row', 'rows')} here and {there:,} there")


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
