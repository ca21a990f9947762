"""The full-text index of passages: FTS5 on SQLite, a ``tsvector`` with a GIN index on PostgreSQL.

Both read ``SourcePassage.words``, so both find the same; and both are the database's own work (triggers, a generated column),
so that whatever writes passages, a restored backup too, is found at once. A migration that makes the table of passages anew
on SQLite (as ``AlterField`` does) loses the triggers: it has to call ``install`` again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from skills.models import SkillSource
from skills.passages import Term

TABLE, INDEX = "skills_sourcepassage", "skills_passageindex"

_DELETED = f"INSERT INTO {INDEX} ({INDEX}, rowid, words) VALUES ('delete', old.id, old.words);"  # noqa: S608
_INSERTED = f"INSERT INTO {INDEX} (rowid, words) VALUES (new.id, new.words);"  # noqa: S608
_FTS5 = f"fts5(words, content='{TABLE}', content_rowid='id', tokenize='unicode61 remove_diacritics 0')"
_VECTOR = "tsvector GENERATED ALWAYS AS (to_tsvector('simple'::regconfig, words)) STORED"
_SQLITE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING {_FTS5}",
    f"CREATE TRIGGER {INDEX}_insert AFTER INSERT ON {TABLE} BEGIN {_INSERTED} END",
    f"CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {TABLE} BEGIN {_DELETED} END",
    f"CREATE TRIGGER {INDEX}_update AFTER UPDATE ON {TABLE} BEGIN {_DELETED} {_INSERTED} END",
    f"INSERT INTO {INDEX} ({INDEX}) VALUES ('rebuild')",  # noqa: S608
)
_POSTGRESQL = (
    f"ALTER TABLE {TABLE} ADD COLUMN word_vector {_VECTOR}",
    f"CREATE INDEX {INDEX} ON {TABLE} USING gin (word_vector)",
)
_INSTALLED = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
_REMOVED = {
    "sqlite": (
        *(f"DROP TRIGGER IF EXISTS {INDEX}_{event}" for event in ("insert", "delete", "update")),
        f"DROP TABLE IF EXISTS {INDEX}",
    ),
    "postgresql": (f"DROP INDEX IF EXISTS {INDEX}", f"ALTER TABLE {TABLE} DROP COLUMN IF EXISTS word_vector"),
}


def install(database: BaseDatabaseWrapper) -> None:
    """Make the index, anew if there is one, and fill it with the passages that are there."""
    remove(database)
    _execute(database, _INSTALLED[database.vendor])


def remove(database: BaseDatabaseWrapper) -> None:
    """Take the index away."""
    _execute(database, _REMOVED[database.vendor])


def _execute(database: BaseDatabaseWrapper, statements: Sequence[str]) -> None:
    with database.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def find(*, wanted: Sequence[Term], skill_ids: Sequence[UUID], limit: int) -> list[int]:
    """The ids of the passages of these skills that hold one of the terms, those that hold them best first."""
    if not wanted or not skill_ids:
        return []
    sql, asked = _sqlite_query(wanted) if connection.vendor == "sqlite" else _postgresql_query(wanted)
    key = SkillSource._meta.get_field("skill")
    keys = [key.get_db_prep_value(skill_id, connection) for skill_id in skill_ids]
    with connection.cursor() as cursor:
        cursor.execute(sql.format(skills=", ".join(["%s"] * len(keys))), [asked, *keys, limit])
        return [row[0] for row in cursor.fetchall()]


def _sqlite_query(wanted: Sequence[Term]) -> tuple[str, Any]:
    sql = (
        f"SELECT passage.id FROM {INDEX} JOIN {TABLE} passage ON passage.id = {INDEX}.rowid"  # noqa: S608  # our own names
        " JOIN skills_skillsource source ON source.id = passage.source_id"
        f" WHERE {INDEX} MATCH %s AND source.skill_id IN ({{skills}}) ORDER BY {INDEX}.rank, passage.id LIMIT %s"
    )
    return sql, " OR ".join(f'"{term.text}"{"*" if term.open else ""}' for term in wanted)


def _postgresql_query(wanted: Sequence[Term]) -> tuple[str, Any]:
    sql = (
        f"SELECT passage.id FROM to_tsquery('simple', %s) asked, {TABLE} passage"  # noqa: S608  # our own names
        " JOIN skills_skillsource source ON source.id = passage.source_id"
        " WHERE passage.word_vector @@ asked AND source.skill_id IN ({skills})"
        " ORDER BY ts_rank(passage.word_vector, asked, 1) DESC, passage.id LIMIT %s"
    )
    return sql, " | ".join(f"'{term.text}'{':*' if term.open else ''}" for term in wanted)
