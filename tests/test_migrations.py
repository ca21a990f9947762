"""Two neighbouring versions of Coday can work on one database (docs/operations.md, "Upgrade")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

import coday

# What was there before upgrades without an interruption were promised. Whatever comes after it is looked at.
BASELINE = {"accounts": "0002", "agents": "0002", "runs": "0001", "skills": "0001", "threads": "0001", "usage": "0001"}

# Nothing that the version before does not survive. (What is only loosened is for the new version to use with care.)
EXPANDING = (
    migrations.CreateModel,
    migrations.AddIndex,
    migrations.RemoveIndex,
    migrations.RenameIndex,
    migrations.RemoveConstraint,
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    migrations.RunPython,
)

ON_A_TABLE = (migrations.AddField, migrations.AddConstraint)

Key = tuple[str, str]


def contractions(operation: Operation, *, app: str, before: ProjectState) -> list[str]:
    """What about an operation breaks a process of the version before, which works on the database at the same time."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        inner = operation.database_operations
        return [found for one in inner for found in contractions(one, app=app, before=before)]
    if _is_on_new_table(operation, app=app, before=before):
        return []
    if isinstance(operation, migrations.AddField):
        return _added(operation)
    if isinstance(operation, migrations.AlterField):
        return _altered(operation, before=before.models[app, operation.model_name_lower].fields)
    return [] if isinstance(operation, EXPANDING) else [operation.describe()]


def _is_on_new_table(operation: Operation, *, app: str, before: ProjectState) -> bool:
    """Whether its table is made by the same migration: the version before knows nothing of it."""
    return isinstance(operation, ON_A_TABLE) and (app, operation.model_name_lower) not in before.models


def _added(operation: migrations.AddField) -> list[str]:
    """The version before inserts rows without the new column."""
    field = operation.field
    optional = field.null or field.many_to_many or field.has_db_default()
    return [] if optional else [f"{operation.describe()}: neither null nor db_default"]


def _altered(operation: migrations.AlterField, *, before: dict[str, Any]) -> list[str]:
    """The version before writes what its own column could hold."""
    old, new = before[operation.name], operation.field
    found = []
    if old.null and not new.null:
        found.append("no longer null")
    if new.unique and not old.unique:
        found.append("now unique")
    if old.has_db_default() and not new.has_db_default():
        found.append("without its db_default")
    if _type(old) != _type(new) and not _is_wider(old, new):
        found.append(f"{_type(new)} instead of {_type(old)}")
    return [f"{operation.describe()}: {what}" for what in found]


def _type(field: models.Field[Any, Any]) -> str | None:
    return field.db_type(connection)


def _is_wider(old: models.Field[Any, Any], new: models.Field[Any, Any]) -> bool:
    """Text that may be longer than before."""
    if not isinstance(old, models.CharField) or not isinstance(new, models.CharField | models.TextField):
        return False
    return new.max_length is None or (old.max_length is not None and new.max_length >= old.max_length)


def _newer_than_baseline() -> Iterator[tuple[Key, migrations.Migration, ProjectState]]:
    """Migrations of our apps since the baseline, each with the tables as they are before it."""
    loader = MigrationLoader(None)
    for key, migration in sorted(loader.disk_migrations.items()):
        app, name = key
        if app in BASELINE and name.split("_")[0] > BASELINE[app]:
            yield key, migration, loader.project_state(key, at_end=False)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in text.split("."))


# --- What is there ------------------------------------------------------------------------------------------------


def test_every_app_has_a_baseline() -> None:
    ours = {app for app, _ in MigrationLoader(None).disk_migrations if not _is_foreign(app)}
    assert ours == set(BASELINE)


def _is_foreign(app: str) -> bool:
    return app in {"admin", "auth", "contenttypes", "sessions", "procrastinate"}


def test_a_migration_breaks_nothing_that_the_version_before_uses() -> None:
    """One that does is marked: ``unused_since`` names the release in which nothing used any more what it takes away."""
    unmarked = {
        f"{app}.{name}": found
        for (app, name), migration, before in _newer_than_baseline()
        if not hasattr(migration, "unused_since")
        for operation in migration.operations
        if (found := contractions(operation, app=app, before=before))
    }
    assert unmarked == {}


def test_what_is_taken_away_was_unused_in_an_earlier_release() -> None:
    marks = {key: getattr(migration, "unused_since", None) for key, migration, _ in _newer_than_baseline()}
    assert [key for key, mark in marks.items() if mark and _version(mark) >= _version(coday.__version__)] == []


# --- What the check finds -----------------------------------------------------------------------------------------

THREADS = ProjectState()
THREADS.add_model(
    migrations.state.ModelState(
        "threads",
        "Thread",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("title", models.CharField(max_length=200)),
            ("note", models.TextField(null=True)),
            ("rank", models.IntegerField(db_default=1)),
        ],
    )
)


def _alter(name: str, field: models.Field[Any, Any]) -> Operation:
    return migrations.AlterField("thread", name, field)


@pytest.mark.parametrize(
    "operation",
    [
        lambda: migrations.AddField("thread", "colour", models.TextField()),
        lambda: migrations.AddField("thread", "colour", models.TextField(default="red")),
        lambda: migrations.RemoveField("thread", "title"),
        lambda: migrations.RenameField("thread", "title", "name"),
        lambda: migrations.DeleteModel("Thread"),
        lambda: migrations.RenameModel("Thread", "Talk"),
        lambda: migrations.AlterModelTable("thread", "talks"),
        lambda: migrations.AddConstraint("thread", models.UniqueConstraint(fields=["title"], name="one")),
        lambda: migrations.RunSQL("DROP TABLE threads_thread"),
        lambda: migrations.SeparateDatabaseAndState([migrations.RemoveField("thread", "title")]),
        lambda: _alter("note", models.TextField()),
        lambda: _alter("title", models.CharField(max_length=100)),
        lambda: _alter("title", models.CharField(max_length=200, unique=True)),
        lambda: _alter("title", models.IntegerField()),
        lambda: _alter("rank", models.IntegerField(default=1)),
    ],
)
def test_a_contraction_is_found(operation: Callable[[], Operation]) -> None:
    assert contractions(operation(), app="threads", before=THREADS)


@pytest.mark.parametrize(
    "operation",
    [
        lambda: migrations.AddField("thread", "colour", models.TextField(null=True)),
        lambda: migrations.AddField("thread", "colour", models.TextField(default="red", db_default="red")),
        lambda: migrations.AddField("thread", "friends", models.ManyToManyField("threads.Thread")),
        lambda: migrations.CreateModel("Colour", [("id", models.BigAutoField(primary_key=True))]),
        lambda: migrations.AddIndex("thread", models.Index(fields=["title"], name="by_title")),
        lambda: migrations.AddConstraint("colour", models.UniqueConstraint(fields=["title"], name="one")),
        lambda: migrations.AddField("colour", "title", models.TextField()),
        lambda: migrations.RunPython(migrations.RunPython.noop),
        lambda: migrations.SeparateDatabaseAndState([], [migrations.RemoveField("thread", "title")]),
        lambda: _alter("title", models.CharField(max_length=300)),
        lambda: _alter("title", models.TextField()),
        lambda: _alter("title", models.CharField(max_length=200, help_text="What it is about.")),
        lambda: _alter("title", models.CharField(max_length=200, null=True)),
    ],
)
def test_an_expansion_is_none(operation: Callable[[], Operation]) -> None:
    assert contractions(operation(), app="threads", before=THREADS) == []
