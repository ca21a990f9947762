"""What the database reckons for the analytics: milliseconds between two moments, percentiles, and the days of a time zone.

The two databases differ in what they have. Both get exact figures in one pass over the rows, and no row becomes a Python
object: on SQLite, where Django's own functions for times are calls into Python, its native ones are used. The few offsets of
a time zone come from here, so that both databases mean the same zone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from math import ceil
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Field, Func, IntegerField

FRACTIONS = (0.5, 0.95)
STEP = timedelta(days=1)
MINUTE = timedelta(minutes=1)

Sql = tuple[str, Any]


class Milliseconds(Func):
    """Whole milliseconds from the first moment to the second; null where one of them is."""

    arity = 2
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        """Days of the Julian calendar as floats are good to a twentieth of a millisecond."""
        return self._between("CAST((JULIANDAY({end}) - JULIANDAY({begin})) * 86400000.0 + 0.5 AS INTEGER)", compiler)

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        """An interval's epoch."""
        return self._between("(EXTRACT(EPOCH FROM ({end} - {begin})) * 1000)::bigint", compiler)

    def _between(self, template: str, compiler: Any) -> Sql:
        begin, end = (compiler.compile(source) for source in self.source_expressions)
        return template.format(begin=begin[0], end=end[0]), (*end[1], *begin[1])


class Percentiles(Aggregate):
    """The median and the 95th percentile of whole numbers, as the nearest of them; ``None`` where there is none."""

    name = "Percentiles"
    output_field: Field[Any, Any] = Field()

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        """The numbers themselves: SQLite has no percentiles."""
        sql: Sql = self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **context)
        return sql

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        """An ordered-set aggregate."""
        ordered = self.copy()
        ordered.template = "PERCENTILE_DISC(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY %(expressions)s)"
        sql: Sql = ordered.as_sql(compiler, connection, **context)
        return sql

    def convert_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> tuple[int, ...] | None:
        """What each database answers, as one."""
        if value is None:
            return None
        return nearest(json.loads(value)) if isinstance(value, str) else tuple(value)


def nearest(numbers: Sequence[int | None]) -> tuple[int, ...] | None:
    """The percentiles of numbers, nulls apart: each the first number that is not below its share of them."""
    ordered = sorted(number for number in numbers if number is not None)
    if not ordered:
        return None
    return tuple(ordered[ceil(fraction * len(ordered)) - 1] for fraction in FRACTIONS)


class LocalDay(Func):
    """The day of a moment in a time zone, ``2026-07-21``, for moments between ``since`` and ``until``."""

    arity = 1
    output_field: Field[Any, Any] = Field()

    def __init__(self, column: str, *, zone: tzinfo, since: datetime, until: datetime) -> None:
        super().__init__(column)
        self._offsets = offsets(zone, since=since, until=until)

    def as_sqlite(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        """A date with a modifier."""
        return self._day("DATE({moment}, {offset})", compiler, connection)

    def as_postgresql(self, compiler: Any, connection: BaseDatabaseWrapper, **context: Any) -> Sql:
        """A day as text, as SQLite has it."""
        return self._day("((({moment} AT TIME ZONE 'UTC') + ({offset})::interval)::date)::text", compiler, connection)

    def _day(self, template: str, compiler: Any, connection: BaseDatabaseWrapper) -> Sql:
        moment, values = compiler.compile(self.source_expressions[0])
        *earlier, (_, last) = self._offsets
        cases, given = "", list(values)
        for end, offset in earlier:
            cases += f"WHEN {moment} < %s THEN %s "
            given += [*values, connection.ops.adapt_datetimefield_value(end), _seconds(offset)]
        offset_sql = f"CASE {cases}ELSE %s END" if earlier else "%s"
        return template.format(moment=moment, offset=offset_sql), (*given, _seconds(last))


def offsets(zone: tzinfo, *, since: datetime, until: datetime) -> list[tuple[datetime, timedelta]]:
    """The zone's offsets to UTC between two moments, each with the moment at which it ends; the last one with ``until``."""
    found: list[tuple[datetime, timedelta]] = []
    at = since
    while at < until:
        then = min(at + STEP, until)
        if _offset(zone, then) != _offset(zone, at):
            found.append((_change(zone, at, then), _offset(zone, at)))
        at = then
    return [*found, (until, _offset(zone, until))]


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """The minute of the change between two moments."""
    old = _offset(zone, before)
    while after - before > MINUTE:
        middle = before + (after - before) / 2
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after.replace(second=0, microsecond=0)


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _seconds(offset: timedelta) -> str:
    return f"{int(offset.total_seconds()):+d} seconds"
