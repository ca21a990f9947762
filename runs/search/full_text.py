"""The full-text index of runs: FTS5 on SQLite, a ``tsvector`` with a GIN index on PostgreSQL.

Both read the columns of ``RunDocument``, so both find the same; and both are the database's own work (triggers, a generated
column), so that a restored backup is found at once. A migration that makes the table of documents anew on SQLite (as
``AlterField`` does) loses the triggers: it has to call ``install`` again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from runs.models import Run, RunDocument
from runs.search.words import Term

TABLE, INDEX = "runs_rundocument", "runs_searchindex"
COLUMNS = ("title", "words", "parts", "scope")
RANKED: Final = 1_000  # hits, the newest ones, that are put in order

_NAMES = ", ".join(COLUMNS)
_OLD, _NEW = (", ".join(f"{row}.{name}" for name in COLUMNS) for row in ("old", "new"))
_DELETED = f"INSERT INTO {INDEX} ({INDEX}, rowid, {_NAMES}) VALUES ('delete', old.id, {_OLD});"  # noqa: S608
_INSERTED = f"INSERT INTO {INDEX} (rowid, {_NAMES}) VALUES (new.id, {_NEW});"  # noqa: S608
_FTS5 = f"fts5({_NAMES}, content='{TABLE}', content_rowid='id', tokenize='unicode61 remove_diacritics 0', prefix='3')"
_SQLITE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING {_FTS5}",
    f"CREATE TRIGGER {INDEX}_insert AFTER INSERT ON {TABLE} BEGIN {_INSERTED} END",
    f"CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {TABLE} BEGIN {_DELETED} END",
    f"CREATE TRIGGER {INDEX}_update AFTER UPDATE ON {TABLE} BEGIN {_DELETED} {_INSERTED} END",
    f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')",  # noqa: S608
)
_LABELS = dict(zip(COLUMNS, "ABCD", strict=True))
_VECTOR = " || ".join(f"setweight(to_tsvector('simple'::regconfig, {name}), '{at}')" for name, at in _LABELS.items())
_POSTGRESQL = (
    f"ALTER TABLE {TABLE} ADD COLUMN vector tsvector GENERATED ALWAYS AS ({_VECTOR}) STORED",
    f"CREATE INDEX {INDEX} ON {TABLE} USING gin (vector)",
)
_INSTALLED = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
_REMOVED = {
    "sqlite": (
        *(f"DROP TRIGGER IF EXISTS {INDEX}_{event}" for event in ("insert", "delete", "update")),
        f"DROP TABLE IF EXISTS {INDEX}",
    ),
    "postgresql": (f"DROP INDEX IF EXISTS {INDEX}", f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS vector"),
}


def install(database: BaseDatabaseWrapper) -> None:
    """Make the index, anew if there is one, and fill it with the documents that are there."""
    remove(database)
    _execute(database, _INSTALLED[database.vendor])


def remove(database: BaseDatabaseWrapper) -> None:
    """Take the index away."""
    _execute(database, _REMOVED[database.vendor])


def _execute(database: BaseDatabaseWrapper, statements: Sequence[str]) -> None:
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def scope_of(user_id: UUID) -> str:
    """The word that all documents of a person have: the index itself leaves the others' out."""
    return f"u{user_id.hex}"


def find(*, terms: Sequence[Term], owner_id: UUID, among: QuerySet[Run], limit: int = RANKED) -> list[UUID]:
    """Those of these runs whose documents have all the terms, the best first; of many the ``limit`` newest.

    Args:
        terms: what to look for; none finds nothing.
        owner_id: whose threads they are in.
        among: the runs that the caller may see and asks for. This decides, the index only gets there quickly.
    """
    if not terms:
        return []
    allowed_runs = among.filter(pk=RawSQL("document.run_id", ())).order_by().values("pk")
    allowed, given = allowed_runs.query.sql_with_params()
    search = _sqlite if connection.vendor == "sqlite" else _postgresql
    sql, values = search(allowed, given, terms, scope_of(owner_id), limit)
    run = RunDocument._meta.get_field("run").target_field
    return [run.to_python(row[0]) for row in _rows(sql, values)]


def _rows(sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    if connection.vendor == "sqlite":  # where a transaction would keep others from writing
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())
    with transaction.atomic(), connection.cursor() as cursor:
        # To the planner a vector costs nothing to look at: it would rather read all of them, one after the other. And it
        # would put together every run that the person may see, where a look at those that were found is enough.
        for plan in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{plan} = off")
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _sqlite(allowed: str, given: Sequence[Any], terms: Sequence[Term], scope: str, limit: int) -> tuple[str, list[Any]]:
    sql = f"""
        SELECT run_id FROM (
            SELECT document.run_id, document.id, bm25({INDEX}, 10.0, 1.0, 0.3, 0.0) AS score
            FROM {INDEX} JOIN {TABLE} document ON document.id = {INDEX}.rowid
            WHERE {INDEX} MATCH %s AND EXISTS ({allowed})
            ORDER BY {INDEX}.rowid DESC LIMIT %s
        ) ORDER BY score, id DESC"""  # noqa: S608  # our own names, and what Django compiled
    asked = " AND ".join(f"({_fts5_term(term)})" for term in terms)
    return sql, [f'scope : "{scope}" AND {{title words parts}} : ({asked})', *given, limit]


def _fts5_term(term: Term) -> str:
    forms = [f'"{form.text}"{" *" if form.open else ""}' for form in term.forms]
    return " OR ".join([*forms, *(f'"{name}"' for name in term.names)])


def _postgresql(
    allowed: str, given: Sequence[Any], terms: Sequence[Term], scope: str, limit: int
) -> tuple[str, list[Any]]:
    sql = f"""
        WITH found AS MATERIALIZED (
            SELECT id, run_id FROM {TABLE} WHERE vector @@ to_tsquery('simple', %s)
        ), newest AS MATERIALIZED (
            SELECT id FROM (SELECT id, run_id FROM found ORDER BY id DESC) document WHERE EXISTS ({allowed}) LIMIT %s
        )
        SELECT document.run_id FROM newest JOIN {TABLE} document ON document.id = newest.id
        ORDER BY ts_rank('{{0, 0.1, 0.4, 1}}', document.vector, to_tsquery('simple', %s), 1) DESC, document.id DESC
        """  # noqa: S608  # our own names, and what Django compiled
    asked = " & ".join(f"({_tsquery_term(term)})" for term in terms)
    return sql, [f"'{scope}' & {asked}", *given, limit, asked]


def _tsquery_term(term: Term) -> str:
    forms = [f"'{form.text}'{':*' if form.open else ''}" for form in term.forms]
    return " | ".join([*forms, *(f"'{name}'" for name in term.names)])
