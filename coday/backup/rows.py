"""Rows as lines of JSON that any database reads: column by column, as stored, and written back as they were.

Nothing is decrypted or encrypted on the way, no default is filled in, and no time is set anew.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from decimal import Decimal
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models
from django.db.models import ExpressionWrapper, F, Field, Model, QuerySet, TextField

from coday.backup.errors import BackupError
from coday.kernel.crypto import EncryptedTextField

ROWS_AT_ONCE = 100
BYTES_AT_ONCE = 1024 * 1024

# What is true of one moment and one place alone: who is logged in, who guesses passwords, which processes live.
# (What is not `managed` belongs to somebody else: the job queue, which is made anew from the runs.)
LEFT_OUT = frozenset({"sessions.session", "accounts.loginfailures", "runs.runner"})


def portable_models() -> list[type[Model]]:
    """Every table that an archive holds, what is pointed at first; the tables of many-to-many relations, too."""
    found = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label_lower not in LEFT_OUT
    ]
    return list(TopologicalSorter({model: _pointed_at(model) for model in found}).static_order())


def columns(model: type[Model]) -> list[str]:
    """The names of the table's columns, in the order in which the model defines them."""
    return [str(field.column) for field in _fields(model)]


def read(model: type[Model]) -> Iterator[bytes]:
    """The rows of a table, by primary key, a line of JSON each."""
    stored = [_as_stored(field) for field in _fields(model)]
    rows: QuerySet[Any, tuple[Any, ...]] = QuerySet(model).order_by("pk").values_list(*stored)
    for row in rows.iterator(chunk_size=ROWS_AT_ONCE):
        yield json.dumps(row, default=_plain, separators=(",", ":")).encode() + b"\n"


def write(model: type[Model], lines: Iterable[bytes], *, blank_secrets: bool = False) -> None:
    """Insert rows as they were read. Whether they point at rows that exist is for the caller to check at the end.

    Args:
        model: the table; its rows are only added to.
        lines: what ``read`` gave.
        blank_secrets: leave encrypted values out.

    Raises:
        BackupError: a line is no such row, or this database cannot hold it.
    """
    fields, sql = _fields(model), _insert(model)
    try:
        with connection.cursor() as cursor:
            for batch in _batches(lines):
                cursor.executemany(sql, [_values(fields, line, blank_secrets=blank_secrets) for line in batch])
    except (DatabaseError, ValidationError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BackupError(f"A row of {model._meta.label} cannot be stored in this database: {error}") from error


def _fields(model: type[Model]) -> list[Field[Any, Any]]:
    return list(model._meta.local_concrete_fields)


def _insert(model: type[Model]) -> str:
    table, *names = map(connection.ops.quote_name, [model._meta.db_table, *columns(model)])
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"  # noqa: S608  # our own names


def _pointed_at(model: type[Model]) -> list[type[Model]]:
    related = (field.related_model for field in _fields(model) if field.remote_field)
    return [other for other in related if isinstance(other, type) and other is not model]


def _as_stored(field: Field[Any, Any]) -> str | ExpressionWrapper[F]:
    """Selects a column without what its field does to it on the way out."""
    return ExpressionWrapper(F(field.attname), TextField()) if _is_secret(field) else field.attname


def _is_secret(field: Field[Any, Any]) -> bool:
    return isinstance(field, EncryptedTextField)


def _plain(value: object) -> str:
    """A column's value as text that its field's ``to_python`` understands."""
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID | Decimal | timedelta):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no portable form")


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Lines in bunches that are few and small enough to be held at once."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) >= ROWS_AT_ONCE or size >= BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _values(fields: list[Field[Any, Any]], line: bytes, *, blank_secrets: bool) -> list[Any]:
    row = json.loads(line)
    if not isinstance(row, list) or len(row) != len(fields):
        raise TypeError("it has other columns")
    return [
        _value(field, "" if blank_secrets and _is_secret(field) else value)
        for field, value in zip(fields, row, strict=True)
    ]


def _value(field: Field[Any, Any], value: Any) -> Any:
    """What the database driver is given for a column."""
    if _is_secret(field):
        return TextField().get_db_prep_save(value, connection)
    if isinstance(field, models.JSONField) and not field.null:
        return field.get_db_prep_value(value, connection)  # None is JSON's null here, not the database's
    return field.get_db_prep_save(field.to_python(value), connection)
