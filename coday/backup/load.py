"""Makes the installation what an archive says: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.core.management.color import no_style
from django.core.management.sql import emit_post_migrate_signal
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet

from coday.backup.archive import ArchiveReader, table_name
from coday.backup.errors import BackupError
from coday.backup.files import is_empty, replacement
from coday.backup.keys import fingerprints
from coday.backup.manifest import Manifest
from coday.backup.migrations import applied, known
from coday.backup.rows import LEFT_OUT, columns, portable_models, write
from coday.kernel.locks import DirectoryInUseError, alone_in

FILLED_BY_MIGRATE = frozenset({"contenttypes.contenttype", "auth.permission"})


def restore(source: Path, *, replace: bool = False, blank_secrets: bool = False) -> Manifest:
    """Check the archive, then put its rows and files in the place of what is there, in one transaction.

    Args:
        source: an archive that ``back_up`` wrote.
        replace: what is in this installation may be lost.
        blank_secrets: do without the keys; what they encrypted becomes empty.

    Raises:
        BackupError: the archive, its keys, its version or the installation does not allow it. Nothing was changed then,
            except that an empty database may have its tables now.
    """
    try:
        with _no_server(), source.open("rb") as file:
            archive = ArchiveReader(file)
            _check(archive, keys_needed=not blank_secrets)
            _prepare_database()
            with replacement(archive, settings.MEDIA_ROOT) as put_in_place, transaction.atomic():
                _clear(replace=replace)
                _load(archive, blank_secrets=blank_secrets)
                put_in_place()
    except OSError as error:
        raise BackupError(f"{source} cannot be restored: {error}.") from error
    return archive.manifest


@contextmanager
def _no_server() -> Iterator[None]:
    """Hold the lock that a server with this data directory holds."""
    try:
        with alone_in(settings.DATA_DIR):
            yield
    except DirectoryInUseError as error:
        raise BackupError(f"A Coday server uses the data directory {settings.DATA_DIR}. Stop it first.") from error


def _check(archive: ArchiveReader, *, keys_needed: bool) -> None:
    """Everything that can be known before anything is touched."""
    manifest = archive.manifest
    if keys_needed and not set(manifest.keys) <= set(fingerprints()):
        raise BackupError(
            "The keys do not fit. Give this installation the SECRET_KEY and CODAY_ENCRYPTION_KEYS of the one that was"
            " backed up."
        )
    if manifest.migrations != known():
        raise BackupError(
            f"The archive was made by Coday {manifest.coday} with other tables. Restore it with that version, then upgrade."
        )
    for model in portable_models():
        member = manifest.members.get(table_name(model._meta.label_lower))
        if member is None or member.columns != columns(model):
            raise BackupError(f"The archive does not hold {model._meta.label} with the columns of this version.")
    archive.verify()


def _prepare_database() -> None:
    """Make the tables of an empty database; leave one of another version alone."""
    found = applied()
    if not found:
        call_command("migrate", verbosity=0, interactive=False)
    elif found != known():
        raise BackupError("The database is not of this version of Coday. Run `manage.py migrate` first.")


def _clear(*, replace: bool) -> None:
    """Empty the tables.

    Raises:
        BackupError: somebody's data would be lost, and that is not wanted.
    """
    models = portable_models()
    used = [model for model in models if model._meta.label_lower not in FILLED_BY_MIGRATE and _count(model)]
    if not replace and (used or not is_empty(settings.MEDIA_ROOT)):
        raise BackupError("This installation is not empty. With --replace, what is in it is deleted.")
    left_out = [model for model in apps.get_models() if model._meta.label_lower in LEFT_OUT]
    with connection.cursor() as cursor:
        for model in (*left_out, *reversed(models)):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608  # our own names


def _load(archive: ArchiveReader, *, blank_secrets: bool) -> None:
    """Fill the tables, and check what they hold then."""
    for model in portable_models():
        name = table_name(model._meta.label_lower)
        write(model, archive.lines(name), blank_secrets=blank_secrets)
        if _count(model) != archive.manifest.members[name].rows:
            raise BackupError(f"There are not as many rows of {model._meta.label} as the archive promises.")
    _reset_sequences()
    try:
        connection.check_constraints()
    except IntegrityError as error:
        raise BackupError(f"The archive's rows do not fit together: {error}") from error
    ContentType.objects.clear_cache()
    emit_post_migrate_signal(verbosity=0, interactive=False, db=connection.alias)  # what this database has besides


def _reset_sequences() -> None:
    """Let the next number of a table be one that is free (PostgreSQL; SQLite looks at the rows)."""
    statements = connection.ops.sequence_reset_sql(no_style(), portable_models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _count(model: type[Model]) -> int:
    return QuerySet(model).count()
