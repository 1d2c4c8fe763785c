"""Querysets whose SQL is made once: most of what a small query costs is Django's composing of the statement.

A function under `compiled` is a plain queryset of its keyword arguments. Its first call composes the statement with markers in
place of the arguments; every later call only puts the values where the markers were. So the queryset stays the one source
of what is asked, and `.queryset(...)` gives it to whoever compares. Arguments are whole numbers, texts or moments, never
None and never something on which the form of the statement depends. `CompiledInsert` does the same for a model's new rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from inspect import signature
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, transaction
from django.db.models import Field, Model, QuerySet
from django.db.models.fetch_modes import FETCH_ONE
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery

Values = dict[str, Any]
Slots = Sequence[tuple[str | None, Any]]  # an argument's name and how the database takes it; without a name: always this value
MARKED_NUMBER = 1_900_000_000  # fits every column of whole numbers but the smallest
MARKED_YEAR = 1_000


@dataclass(frozen=True)
class CompiledStatement:
    """SQL, and the arguments in the order of its places."""

    sql: str
    slots: Slots

    def values(self, given: Values) -> list[Any]:
        return [value if name is None else value(given[name]) for name, value in self.slots]


class CompiledSelect[**P, Row]:
    def __init__(self, queryset: Callable[P, QuerySet[Any, Row]]) -> None:
        self.queryset = queryset
        self._kept: dict[str, tuple[CompiledStatement, Callable[[Any], list[Row]]]] = {}  # by kind of database

    def __call__(self, *args: P.args, **given: P.kwargs) -> list[Row]:
        if connection.vendor not in self._kept:
            self._kept[connection.vendor] = self._compiled()
        statement, read = self._kept[connection.vendor]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.values(given))
            return read(cursor.fetchall())

    def _compiled(self) -> tuple[CompiledStatement, Callable[[Any], list[Row]]]:
        markers = _markers(self.queryset)
        queryset = self.queryset(**markers)  # type: ignore[call-arg]
        compiler: Any = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        statement = _statement(compiler, markers)
        converters = list(compiler.get_converters([column for column, *_ in compiler.select]).items())
        as_model = issubclass(queryset._iterable_class, ModelIterable)
        make: Callable[[Sequence[Any]], Any] = _instance_maker(compiler) if as_model else tuple

        def convert(row: Sequence[Any]) -> Sequence[Any]:
            converted = list(row)
            for at, (functions, expression) in converters:
                for function in functions:
                    converted[at] = function(converted[at], expression, connection)
            return converted

        return statement, lambda rows: list(map(make, map(convert, rows) if converters else rows))


class CompiledUpdate[**P]:
    """Returns how many rows it changed."""

    def __init__(self, change: Callable[P, tuple[QuerySet[Any], Values]]) -> None:
        self.change = change
        self._kept: dict[str, CompiledStatement] = {}

    def __call__(self, *args: P.args, **given: P.kwargs) -> int:
        if connection.vendor not in self._kept:
            self._kept[connection.vendor] = self._compiled()
        statement = self._kept[connection.vendor]
        # As `QuerySet.update` does: who catches an error of it cannot commit what came before.
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS), connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.values(given))
            return int(cursor.rowcount)

    def _compiled(self) -> CompiledStatement:
        markers = _markers(self.change)
        queryset, values = self.change(**markers)  # type: ignore[call-arg]
        query: Any = queryset.order_by().query.chain(UpdateQuery)
        query.add_update_values(values)
        return _statement(query.get_compiler(DEFAULT_DB_ALIAS), markers)


class CompiledInsert[Row: Model]:
    """`Model.objects.create` for a model without signals and parents, and of values that are no expressions."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model
        self.fields: list[Field[Any, Any]] = [field for field in model._meta.local_concrete_fields if not field.primary_key]
        self._kept: dict[str, str] = {}  # by kind of database

    def __call__(self, **values: Any) -> Row:
        row = self.model(**values)
        if connection.vendor not in self._kept:
            self._kept[connection.vendor] = self._compiled(row)
        params = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in self.fields]
        with transaction.mark_for_rollback_on_error(using=DEFAULT_DB_ALIAS), connection.cursor() as cursor:
            cursor.execute(self._kept[connection.vendor], params)
            (row.pk,) = cursor.fetchone()
        row._state.adding, row._state.db = False, DEFAULT_DB_ALIAS
        return row

    def _compiled(self, row: Row) -> str:
        query = InsertQuery(self.model)
        query.insert_values(self.fields, [row])
        compiler: Any = query.get_compiler(DEFAULT_DB_ALIAS)
        compiler.returning_fields = [self.model._meta.pk]
        ((sql, _),) = compiler.as_sql()
        return str(sql)


def compiled[**P, Row](queryset: Callable[P, QuerySet[Any, Row]]) -> CompiledSelect[P, Row]:
    """Under it, a queryset of keyword arguments becomes a list of its rows."""
    return CompiledSelect(queryset)


def compiled_update[**P](change: Callable[P, tuple[QuerySet[Any], Values]]) -> CompiledUpdate[P]:
    """Under it, a queryset and what its rows are to become."""
    return CompiledUpdate(change)


def _markers(function: Callable[..., Any]) -> Values:
    """A value of each argument's kind that no constant of ours is like."""
    makers: dict[Any, Callable[[int], Any]] = {
        int: lambda number: MARKED_NUMBER + number,
        str: lambda number: f"<argument {number}>",
        datetime: lambda number: datetime(MARKED_YEAR + number, 1, 1, tzinfo=UTC),
    }
    parameters = signature(function).parameters.values()
    return {each.name: makers[each.annotation](number) for number, each in enumerate(parameters, start=1)}


def _statement(compiler: Any, markers: Values) -> CompiledStatement:
    sql, params = compiler.as_sql()
    slots = [_slot(param, markers) for param in params]
    if missing := markers.keys() - {name for name, _ in slots}:
        raise TypeError(f"the statement does not hold the arguments {', '.join(sorted(missing))}: {sql}")
    return CompiledStatement(sql, slots)


def _slot(param: Any, markers: Values) -> tuple[str | None, Any]:
    for name, marker in markers.items():
        if isinstance(marker, datetime):
            if param == connection.ops.adapt_datetimefield_value(marker):
                return name, lambda value: connection.ops.adapt_datetimefield_value(value)
        elif isinstance(param, type(marker)) and param == marker:
            return name, type(param)  # psycopg has a class for each size of number
    return None, param


def _instance_maker(compiler: Any) -> Callable[[Sequence[Any]], Any]:
    """As Django's own reading of rows into instances and what was joined to them, prepared once."""
    model, columns = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    start, end = columns[0], columns[-1] + 1
    names = [column[0].target.attname for column in compiler.select[start:end]]
    populators = get_related_populators(compiler.klass_info, compiler.select, DEFAULT_DB_ALIAS, FETCH_ONE)
    annotations = list(compiler.annotation_col_map.items())

    def make(row: Sequence[Any]) -> Any:
        instance = model.from_db(DEFAULT_DB_ALIAS, names, row[start:end])
        for populator in populators:
            populator.populate(row, instance)
        for name, at in annotations:
            setattr(instance, name, row[at])
        return instance

    return make
