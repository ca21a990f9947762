"""Which version of the tables there is: an archive fits the one that it was made with."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from coday.backup.rows import portable_models


def applied() -> list[str]:
    """The migrations that the database has had, ``app.name``, sorted; of the apps that an archive holds."""
    return _named(MigrationRecorder(connection).applied_migrations())


def known() -> list[str]:
    """The migrations of this code, the same way."""
    return _named(MigrationLoader(None).disk_migrations)


def _named(migrations: Iterable[tuple[str, str]]) -> list[str]:
    held = {model._meta.app_label for model in portable_models()}
    return sorted(f"{app}.{name}" for app, name in migrations if app in held)
