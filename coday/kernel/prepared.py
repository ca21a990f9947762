"""Queries whose SQL is made once.

Building SQL costs Django five to ten times what SQLite needs to run it. On the path that every run takes, a query is
therefore written with the ORM as everywhere else, with ``Param`` in the place of its values, compiled at its first use, and
from then on only executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Expression

M = TypeVar("M", bound=models.Model)
AT_ONCE = 100  # rows of one of many inserts


@dataclass(frozen=True, slots=True)
class _Slot:
    """A parameter of the compiled SQL that is filled in at each execution."""

    name: str
    field: models.Field[Any, Any]

    def value(self, given: dict[str, Any], database: BaseDatabaseWrapper) -> Any:
        return self.field.get_db_prep_value(given[self.name], database)


class Param(Expression):
    """A named value in a ``PreparedQuery``, of the type of ``field``."""

    def __init__(self, name: str, field: models.Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", (_Slot(self.name, self.output_field),)


class Result(Protocol):
    """What the drivers' cursors have in common."""

    rowcount: int

    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


def execute(database: BaseDatabaseWrapper, sql: str, values: Sequence[Any]) -> Result:
    """Run one statement, with ``%s`` for its values.

    On SQLite, Django's cursor costs as much again as the statement, mostly to translate the placeholders each time. There
    the driver's own cursor is used, unless somebody watches or counts queries.
    """
    if database.vendor != "sqlite" or database.queries_logged or database.execute_wrappers:
        cursor = database.cursor()
        cursor.execute(sql, values)
        return cursor
    database.ensure_connection()
    database.validate_no_broken_transaction()
    with database.wrap_database_errors:
        result: Result = database.connection.execute(_with_question_marks(sql), values)
        return result


@lru_cache(maxsize=512)
def _with_question_marks(sql: str) -> str:
    return sql.replace("%s", "?")


@dataclass(frozen=True, slots=True)
class _Compiled:
    sql: str
    slots: tuple[Any, ...]
    converters: dict[int, tuple[list[Callable[..., Any]], Expression]]
    apply: Callable[..., Any]


class PreparedQuery(Generic[M]):
    """A queryset that is compiled once for each kind of database.

    Args:
        build: makes the queryset, with ``Param`` for its values. ``all`` and ``first`` want one that selects a model's own
            columns, ``rows`` one that ends in ``values_list``.
    """

    def __init__(self, build: Callable[[], models.QuerySet[M, Any]]) -> None:
        self._build = build
        self._compiled: dict[str, _Compiled] = {}

    def all(self, **values: Any) -> list[M]:
        """The model instances for these values of the parameters."""
        return [self._model.from_db(DEFAULT_DB_ALIAS, self._names, row) for row in self.rows(**values)]

    def first(self, **values: Any) -> M | None:
        """The first instance, or ``None``."""
        found = self.all(**values)
        return found[0] if found else None

    def rows(self, **values: Any) -> list[list[Any]]:
        """The selected columns, row by row, as Python values."""
        database = connections[DEFAULT_DB_ALIAS]
        compiled = self._compiled.get(database.vendor) or self._compile(database)
        filled = [slot.value(values, database) if isinstance(slot, _Slot) else slot for slot in compiled.slots]
        found = execute(database, compiled.sql, filled).fetchall()
        if not compiled.converters:
            return [list(row) for row in found]
        return list(compiled.apply(found, compiled.converters))

    def _compile(self, database: BaseDatabaseWrapper) -> _Compiled:
        compiler = self._build().query.get_compiler(connection=database)
        sql, slots = compiler.as_sql()
        converters = compiler.get_converters([column[0] for column in compiler.select])
        compiled = _Compiled(sql, tuple(slots), converters, compiler.apply_converters)
        self._compiled[database.vendor] = compiled
        return compiled

    @cached_property
    def _model(self) -> type[M]:
        return self._build().model

    @cached_property
    def _names(self) -> list[str]:
        return [field.attname for field in self._model._meta.concrete_fields]


class PreparedInsert(Generic[M]):
    """An ``INSERT`` of rows of one model, every column given by the instance or by its field's default."""

    def __init__(self, model: type[M]) -> None:
        self._fields = model._meta.concrete_fields
        columns = ", ".join(f'"{field.column}"' for field in self._fields)
        self._sql = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608  # our own names
        self._row = f"({', '.join(['%s'] * len(self._fields))})"

    def __call__(self, *instances: M) -> None:
        """Insert the instances with one statement."""
        database = connections[DEFAULT_DB_ALIAS]
        values = [
            field.get_db_prep_save(field.pre_save(instance, True), database)
            for instance in instances
            for field in self._fields
        ]
        execute(database, self._sql + ", ".join([self._row] * len(instances)), values)

    def many(self, instances: Iterable[M]) -> None:
        """Insert any number of instances, so many with each statement that no database has too many parameters. That takes
        half as long as ``bulk_create``, which looks for expressions in every value."""
        rows = iter(instances)
        while batch := tuple(islice(rows, AT_ONCE)):
            self(*batch)


class PreparedUpdate(Generic[M]):
    """A compare-and-set of one row: writes ``fields`` of an instance if the row's ``expected`` column is as it was read."""

    def __init__(self, model: type[M], *, fields: tuple[str, ...], expected: str) -> None:
        meta: Any = model._meta
        self._fields = [meta.get_field(name) for name in fields]
        self._expected = meta.get_field(expected)
        self._key = meta.pk
        columns = ", ".join(f'"{field.column}" = %s' for field in self._fields)
        where = f'"{self._key.column}" = %s AND "{self._expected.column}" = %s'
        self._sql = f'UPDATE "{meta.db_table}" SET {columns} WHERE {where}'  # noqa: S608  # our own names

    def __call__(self, instance: M, *, expected: Any) -> bool:
        """Write the fields; returns whether the row was as expected."""
        database = connections[DEFAULT_DB_ALIAS]
        values = [field.get_db_prep_save(getattr(instance, field.attname), database) for field in self._fields]
        values.append(self._key.get_db_prep_value(instance.pk, database))
        values.append(self._expected.get_db_prep_value(expected, database))
        return bool(execute(database, self._sql, values).rowcount)
